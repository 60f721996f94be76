// Draws the learning curves that live_curves.py sends. The chart is made once and then only given
// new data, so that zoom, tooltips and hidden lines stay as they are.

import { whenRemoved } from "../../shell/when_removed.js";
import { plotly } from "../../widgets/browser/plotly_library.js";
import { layout, leastLegend, legendHeight } from "./curve_layout.js";
import { accuracyText, drawError, legendOfMarks, oneOfSeveral, oneRun } from "./curve_traces.js";

/** @typedef {import("./curve_traces.js").Measured} Measured */
/** @typedef {import("./curve_traces.js").Epoch} Epoch */
/** @typedef {import("./curve_traces.js").Mark} Mark */

/**
 * A run as live_curves.py sends it: only the points and epochs that the browser lacks.
 * @typedef {object} SentRun
 * @property {string} id
 * @property {string} name
 * @property {string} version changes when the points sent before are no longer valid
 * @property {number} stride how many batches a point is the mean of
 * @property {number} start how many points come before these
 * @property {Record<string, Measured[]>} batches the points, column by column
 * @property {number} first_epoch how many epochs come before these
 * @property {Epoch[]} epochs
 * @property {Mark[]} marks
 * @property {number | null} colour number of the run's colour; null for the run the page is about
 */

/** @typedef {Pick<SentRun, "version" | "stride" | "name" | "batches" | "epochs" | "marks" | "colour">} Run */
/** @typedef {{ plotly: string, runs: SentRun[], log: boolean }} Data */

/**
 * @typedef {object} Chart
 * @property {HTMLElement} element
 * @property {Plotly} [library] set once Plotly is loaded
 * @property {Map<string, Run>} runs by id
 * @property {string[]} order ids of the runs that are shown
 * @property {boolean} log whether loss and error have logarithmic axes
 * @property {number} revision
 * @property {number} asked when missing points were last asked for; 0 if none are missing
 * @property {ResizeObserver} [observer]
 * @property {ReturnType<typeof setTimeout>} [retry]
 * @property {ReturnType<typeof setTimeout>} [later]
 * @property {{ width: number, height: number }} [legend] the legend's height at that chart width
 */

const RETRY = 1500; // how long to wait before asking for missing points again, in milliseconds

/** @type {WeakMap<HTMLElement, Chart>} */
const charts = new WeakMap(); // the key is the chart's element

/** @param {ComponentArguments<Data>} component */
export default function liveCurves({ data, parentElement, setTriggerValue }) {
  const element = /** @type {HTMLElement} */ (parentElement.querySelector(".learning-curves"));
  if (data.runs.length === 0) {
    // The curves come later; until then only get ready.
    element.style.display = "none";
    const whenIdle = window.requestIdleCallback ?? setTimeout; // Safari lacks requestIdleCallback
    plotly(data.plotly).then(
      (library) => whenIdle(() => rehearse(library)),
      () => {},
    );
    return;
  }
  const chart = charts.get(element) ?? newChart(element);
  const complete = data.runs.map((run) => receive(chart, run)).every(Boolean);
  chart.order = data.runs.map((run) => run.id);
  chart.log = data.log;
  clearTimeout(chart.retry);
  // Of several updates in quick succession Streamlit delivers only the last, so the missing points
  // can get lost too. So they are asked for until nothing is missing.
  const ask = () => {
    setTriggerValue("resync", true);
    chart.retry = setTimeout(ask, RETRY);
  };
  if (complete) chart.asked = 0;
  else if (Date.now() - chart.asked < RETRY) chart.retry = setTimeout(ask, RETRY);
  else {
    chart.asked = Date.now();
    ask();
  }
  chart.revision += 1;
  plotly(data.plotly).then(
    (library) => {
      chart.library = library;
      draw(chart);
    },
    () => {
      element.textContent = "The curves could not be drawn. Reload the page.";
    },
  );
  return whenRemoved(parentElement, () => {
    clearTimeout(chart.retry);
    chart.observer?.disconnect();
    chart.library?.purge(element);
    charts.delete(element);
  });
}

/** @param {HTMLElement} element */
function newChart(element) {
  /** @type {Chart} */
  const chart = { element, runs: new Map(), order: [], log: false, revision: 0, asked: 0 };
  chart.observer = new ResizeObserver(() => draw(chart));
  chart.observer.observe(element);
  charts.set(element, chart);
  return chart;
}

/**
 * Draws a chart that nobody sees, because the first chart on a page takes many times as long as
 * later ones.
 * @param {Plotly} library
 */
function rehearse(library) {
  const element = document.createElement("div");
  element.style.cssText = "position: absolute; visibility: hidden; width: 800px";
  document.body.append(element);
  /** @type {Run} */
  const run = {
    version: "",
    stride: 1,
    name: "",
    batches: {
      epoch: [0.5, 1],
      loss: [1, 0.5],
      accuracy: [0.5, 1],
      learning_rate: [1, 1],
      mean_loss: [1, 0.5],
      mean_accuracy: [0.5, 1],
    },
    epochs: [],
    marks: [],
    colour: null,
  };
  const runs = new Map([["", run]]);
  draw({ element, library, runs, order: [""], log: false, revision: 0, asked: 0 });
  setTimeout(() => {
    library.purge(element);
    element.remove();
  });
}

/**
 * Takes in a run's new points. Returns false if points or epochs before them are missing.
 * @param {Chart} chart
 * @param {SentRun} run
 */
function receive(chart, run) {
  let known = chart.runs.get(run.id);
  if (!known || known.version !== run.version) {
    if (run.start > 0 || run.first_epoch > 0) return false;
    const { version, stride, name, marks, colour } = run;
    known = { version, stride, name, marks, colour, batches: {}, epochs: [] };
    chart.runs.set(run.id, known);
    for (const column of Object.keys(run.batches)) known.batches[column] = [];
  }
  known.name = run.name;
  known.marks = run.marks;
  known.colour = run.colour;
  const have = known.batches.epoch.length;
  if (run.start > have || run.first_epoch > known.epochs.length) return false;
  known.epochs.push(...run.epochs.slice(known.epochs.length - run.first_epoch));
  for (const [column, values] of Object.entries(run.batches)) {
    known.batches[column].push(...values.slice(have - run.start));
  }
  return true;
}

/** @param {Chart} chart */
function draw(chart) {
  const { element, library } = chart;
  const width = element.clientWidth;
  if (!library || width === 0) return;
  // While the visitor draws a zoom box, a redraw would end it. `_dragging` is private to Plotly.
  if (/** @type {HTMLElement & { _dragging?: boolean }} */ (element)._dragging) {
    clearTimeout(chart.later);
    chart.later = setTimeout(() => draw(chart), 200);
    return;
  }
  const shown = chart.order.flatMap((id) => {
    const run = chart.runs.get(id);
    return run ? [{ id, run }] : [];
  });
  const first = shown.at(0)?.run;
  const subject = first?.colour === null ? first : undefined;
  const traces = shown.flatMap(({ id, run }) =>
    run.colour === null ? oneRun(id, run) : oneOfSeveral(id, run, run.colour, Boolean(subject)),
  );
  if (chart.log) traces.filter((one) => one.yaxis === "y2").forEach(drawError);
  if (subject) traces.push(...legendOfMarks(subject.marks));
  const config = {
    displaylogo: false,
    modeBarButtons: [["toImage"], ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
    toImageButtonOptions: { filename: "learning-curves", scale: 2 },
  };
  library
    .react(element, traces, layout(chart, width, traces, subject), config)
    .then(() => makeRoomForLegend(chart));
  element.dataset.points = String(first?.batches.epoch.length ?? 0);
  element.dataset.epochs = String(first?.epochs.length ?? 0);
  element.setAttribute("aria-label", description(first));
}

/**
 * Redraws if the legend is not as high as was guessed: its height is known only once it is drawn.
 * @param {Chart} chart
 */
function makeRoomForLegend(chart) {
  const legend = chart.element.querySelector(".infolayer > .legend");
  const needed = legend?.getBoundingClientRect().height ?? 0;
  const height = Math.max(Math.ceil(needed), leastLegend(chart));
  if (Math.abs(height - legendHeight(chart)) <= 2) return;
  chart.legend = { width: chart.element.clientWidth, height };
  draw(chart);
}

/** @param {Run | undefined} run */
function description(run) {
  const last = run?.epochs.at(-1);
  if (!last) return "Learning curves, no epoch finished yet";
  const training = accuracyText(last.accuracy) ?? "unknown";
  const said = [`Learning curves after epoch ${last.epoch}: training accuracy ${training}`];
  if (last.val_accuracy !== null) {
    said.push(`validation accuracy ${accuracyText(last.val_accuracy)}`);
  }
  return said.join(", ");
}
