// Draws the figure that chart.py sends, in the page's colours, and reports which point was clicked.

import { whenRemoved } from "../../shell/when_removed.js";
import { plotly } from "../browser/plotly_library.js";

// A point of the figure: the index of its trace, and the first entry of the point's customdata.
/** @typedef {[trace: number, first: number]} Point */

/**
 * What chart.py sends.
 * @typedef {object} Data
 * @property {string} plotly
 * @property {string} figure the figure as Plotly's JSON
 * @property {string} described what the figure shows, for screen readers
 * @property {boolean} clickable
 * @property {Point | null} chosen the selected point; a click on it deselects it
 */

/**
 * @typedef {object} Chart
 * @property {Data} data
 * @property {ComponentArguments<Data>["setTriggerValue"]} trigger
 * @property {ResizeObserver} [observer]
 * @property {Plotly} [library] set once Plotly is loaded
 * @property {string} drawn the figure that is on the page
 * @property {number} width the width at which it was drawn, in pixels
 * @property {boolean} watched whether the chart already listens for clicks
 */

const AXIS = { automargin: true, zeroline: false };
// The colours come from chart.css.
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
const charts = new WeakMap(); // the key is the chart's element

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
      // Each chart is drawn in a task of its own, so that the page can respond in between.
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
  // `uirevision` keeps hidden the lines that the visitor hid by a click in the legend.
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
