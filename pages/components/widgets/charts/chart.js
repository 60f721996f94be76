// Draws the figure that chart.py sends, in the look of the page, and reports which point was clicked.

import { whenRemoved } from "../../shell/when_removed.js";
import { plotly } from "../browser/plotly_library.js";

/** @typedef {[trace: number, first: number]} Point its trace's index, and the first of its customdata */

/**
 * What chart.py sends.
 * @typedef {object} Data
 * @property {string} plotly
 * @property {string} figure Plotly's JSON
 * @property {string} described what it shows, for screen readers
 * @property {boolean} clickable
 * @property {Point | null} chosen a click on this point unselects it
 */

/**
 * @typedef {object} Chart
 * @property {Data} data
 * @property {ComponentArguments<Data>["setTriggerValue"]} trigger
 * @property {ResizeObserver} [observer]
 * @property {Plotly} [library] once it is there
 * @property {string} drawn the figure that is on the page
 * @property {number} width at which it was drawn
 * @property {boolean} watched whether its clicks are listened to
 */

const AXIS = { automargin: true, zeroline: false };
// Colours are those of chart.css.
const LOOK = {
  data: { scatter: [{ marker: { line: { width: 0 } } }] },
  layout: {
    font: { size: 12 },
    xaxis: { ...AXIS, showgrid: false, title: { font: { size: 14 }, standoff: 20 } },
    yaxis: { ...AXIS, title: { font: { size: 14 }, standoff: 24 } },
    margin: { pad: 8 },
  },
};

/** @type {WeakMap<Element, Chart>} */
const charts = new WeakMap(); // by element

/** @param {ComponentArguments<Data>} component */
export default function chart({ data, parentElement, setTriggerValue }) {
  const element = /** @type {PlotlyElement} */ (parentElement.querySelector(".plotly-chart"));
  element.setAttribute("aria-label", data.described);
  const shown = charts.get(element) ?? newChart(element, data, setTriggerValue);
  shown.data = data;
  shown.trigger = setTriggerValue;
  plotly(data.plotly).then(
    (library) => {
      shown.library = library;
      // A task for each chart: between them the page answers.
      setTimeout(() => draw(element, shown));
    },
    () => {
      element.textContent = "The chart could not be drawn. Reload the page.";
    },
  );
  return whenRemoved(parentElement, () => {
    shown.observer?.disconnect();
    shown.library?.purge(element);
    charts.delete(element);
  });
}

/**
 * @param {PlotlyElement} element
 * @param {Data} data
 * @param {Chart["trigger"]} trigger
 */
function newChart(element, data, trigger) {
  /** @type {Chart} */
  const shown = { data, trigger, drawn: "", width: 0, watched: false };
  shown.observer = new ResizeObserver(() => draw(element, shown));
  shown.observer.observe(element);
  charts.set(element, shown);
  return shown;
}

/**
 * @param {PlotlyElement} element
 * @param {Chart} shown
 */
function draw(element, shown) {
  const { data, library } = shown;
  const width = element.clientWidth;
  if (!library || width === 0) return;
  if (shown.drawn === data.figure && shown.width === width) return;
  shown.drawn = data.figure;
  shown.width = width;
  const figure = JSON.parse(data.figure);
  // `uirevision` keeps what was hidden by the legend.
  const layout = { ...figure.layout, width, template: LOOK, uirevision: "for ever" };
  library.react(element, figure.data, layout, { displayModeBar: false }).then(() => {
    if (data.clickable && !shown.watched) watch(element, shown);
    shown.watched = data.clickable;
  });
}

/**
 * @param {PlotlyElement} element
 * @param {Chart} shown
 */
function watch(element, shown) {
  element.on("plotly_click", ({ points: [{ curveNumber, customdata }] }) => {
    const point = [curveNumber, /** @type {number[]} */ (customdata)[0]];
    const again = String(point) === String(shown.data.chosen);
    shown.trigger("clicked", { point: again ? null : point });
  });
}
