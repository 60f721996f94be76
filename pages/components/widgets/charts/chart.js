// Draws the figure that chart.py sends, in the page's colours, and reports which point was clicked.

import { whenRemoved } from "../../shell/when_removed.js";
import { bringIntoSight } from "../browser/into_sight.js";
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
 * @property {string} shows selects the part of the page that shows what is chosen, if any
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

const REACH = 24; // pixels to the side of a bar within which a click means it

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
  const clickanywhere = data.clickable; // also beside the bars
  const layout = {
    ...figure.layout,
    width,
    template: LOOK,
    uirevision: "for ever",
    clickanywhere,
  };
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
  element.on("plotly_click", ({ points: [hit], xaxes, xvals }) => {
    /** @param {number} x */
    const pixels = (x) => Number(xaxes?.[0].d2p(x));
    const point = hit
      ? [hit.curveNumber, /** @type {number[]} */ (hit.customdata)[0]]
      : nearestBar(element.data, pixels, pixels(Number(xvals?.[0])));
    if (!point) return;
    const again = String(point) === String(shown.data.chosen);
    shown.trigger("clicked", { point: again ? null : point });
    if (shown.data.shows && !again) bringIntoSight(document.querySelector(shown.data.shows));
  });
}

/**
 * The bar nearest to a click beside them, as a point; null if none is within reach. Only what is to
 * the side counts, so that a click above a bar means it.
 * @param {PlotlyTrace[]} traces
 * @param {(x: number) => number} pixels where a number on the axis is
 * @param {number} clicked in pixels
 */
export function nearestBar(traces, pixels, clicked) {
  const groups = traces.filter(({ type, visible }) => type === "bar" && visible !== "legendonly");
  let [found, least] = [/** @type {Point | null} */ (null), REACH];
  for (const [k, trace] of groups.entries()) {
    const step = (pixels(trace.x[1]) - pixels(trace.x[0])) / groups.length; // bars stand side by side
    for (const [i, x] of trace.x.entries()) {
      const centre = pixels(x) + (k - (groups.length - 1) / 2) * (groups.length > 1 ? step : 0);
      const distance = Math.abs(centre - clicked);
      if (!trace.y[i] || !(distance < least)) continue;
      [found, least] = [[traces.indexOf(trace), trace.customdata[i][0]], distance];
    }
  }
  return found;
}
