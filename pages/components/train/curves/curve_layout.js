// Builds the layout of the learning curves for Plotly: where panels, axes, legend and notes stand.

import { colour } from "../../widgets/browser/palette_colour.js";
import { PANELS, RATE } from "./curve_traces.js";

/** @typedef {import("./live_curves.js").Chart} Chart */
/** @typedef {import("./live_curves.js").Run} Run */
/** @typedef {import("./curve_traces.js").Mark} Mark */
/** @typedef {import("./curve_traces.js").Trace} Trace */
/** @typedef {[from: number, to: number]} Range */
// Where the panels stand, in fractions of the chart: x of loss and accuracy; y of loss, accuracy
// and, if it is drawn, learning rate.
/** @typedef {{ x: [Range, Range], y: [Range, Range, Range | null] }} Panels */

const MAX_MARKS = 12; // only the latest events are marked: more lines would hide the curves
const NARROW = 560; // below this chart width, in pixels, the panels are stacked
const BUTTONS = 28; // height of Plotly's row of buttons, in pixels; a long legend begins below it
const ROOMY = 860; // below this chart width, in pixels, even a one-row legend reaches the buttons
// A logarithmic axis shows errors in place of accuracies, so that 99.5% and 99.6% are well apart.
const ERROR_TICKS = [
  0.9, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001,
];
const FIRST = 3; // after this many epochs a linear axis leaves out the first
const OUTLIERS = 0.05; // this share of the highest losses and lowest accuracies may be off the axis

/**
 * @param {Chart} chart
 * @param {number} width
 * @param {Trace[]} traces
 * @param {Run | undefined} subject
 */
export function layout(chart, width, traces, subject) {
  const narrow = width < NARROW;
  const panels = places(narrow, subject !== undefined);
  const empty = traces.every((one) => one.x.length === 0);
  const legend = legendHeight(chart);
  const above = legend > BUTTONS + 5 || width < ROOMY ? BUTTONS : 0;
  const top = above + legend + 26; // 26 px are for the panels' titles
  const height = top + (narrow ? 624 : 324);
  return {
    width,
    height,
    margin: { l: 48, r: 12, t: top, b: 44 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { size: 13 },
    ...axesOf(chart, panels, empty, subject !== undefined && !narrow),
    legend: {
      orientation: "h",
      x: 0,
      xanchor: "left",
      y: 1 - above / height,
      yanchor: "top",
      yref: "container",
    },
    modebar: {
      bgcolor: "transparent",
      color: colour("neutral-mark"),
      activecolor: colour("accent-mark"),
    },
    hovermode: "x unified",
    // A finger that drags over the chart scrolls the page.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    ...notesOf(panels, empty, subject),
    uirevision: "for ever",
    datarevision: chart.revision,
  };
}

/** @param {Chart} chart */
export function legendHeight(chart) {
  const known = chart.legend?.width === chart.element.clientWidth ? chart.legend : undefined;
  return known?.height ?? leastLegend(chart);
}

/**
 * The legend's least height, in pixels. It is what the legend of one run takes once the run has
 * epochs, and that much room is kept from the start.
 * @param {Chart} chart
 */
export function leastLegend({ element }) {
  return element.clientWidth < NARROW ? 90 : 30;
}

/**
 * Where the panels stand, in fractions of the chart.
 * @param {boolean} narrow
 * @param {boolean} withRate whether the learning rate is drawn: for a single run only
 * @returns {Panels}
 */
function places(narrow, withRate) {
  /** @type {(from: number, to: number) => Range} */
  const range = (from, to) => [from, to];
  const all = range(0, 1);
  if (!narrow) {
    const x = /** @type {[Range, Range]} */ ([range(0, 0.47), range(0.53, 1)]);
    return { x, y: withRate ? [range(0.32, 1), all, range(0, 0.17)] : [all, all, null] };
  }
  if (!withRate) return { x: [all, all], y: [range(0.57, 1), range(0, 0.43), null] };
  return { x: [all, all], y: [range(0.66, 1), range(0.23, 0.57), range(0, 0.13)] };
}

/** @param {Range} range */
function middle([from, to]) {
  return (from + to) / 2;
}

/**
 * The panels' axes.
 * @param {Chart} chart
 * @param {Panels} panels
 * @param {boolean} empty whether there is nothing to draw yet
 * @param {boolean} below whether the learning rate's axis stands below that of the loss
 */
function axesOf(chart, { x: [x1, x2], y: [y1, y2, y3] }, empty, below) {
  const xaxis = {
    zeroline: false,
    rangemode: "tozero",
    spikethickness: 1,
    spikedash: "solid",
    spikecolor: colour("neutral-mark"),
    showticklabels: !empty,
  };
  const named = { ...xaxis, title: { text: "Epoch", standoff: 8 } };
  const yaxis = { zeroline: false, automargin: false, showticklabels: !empty };
  const type = chart.log ? "log" : "linear";
  const linear = (/** @type {"loss" | "accuracy"} */ field) =>
    chart.log ? {} : robustRange(chart, field);
  /** @type {Record<string, object>} */
  const axes = {
    xaxis: { ...(below ? xaxis : named), domain: x1, anchor: "y" },
    xaxis2: { ...named, domain: x2, anchor: "y2", matches: "x" },
    yaxis: {
      ...yaxis,
      domain: y1,
      type,
      nticks: 6,
      uirevision: type,
      ...linear("loss"),
      ...(chart.log ? lossAxis() : {}),
    },
    yaxis2: {
      ...yaxis,
      domain: y2,
      anchor: "x2",
      tickformat: "~%",
      nticks: 7,
      uirevision: type,
      ...linear("accuracy"),
      ...(chart.log ? errorAxis() : {}),
    },
  };
  if (y3) {
    axes.xaxis3 = { ...named, domain: x1, anchor: "y3", matches: "x" };
    axes.yaxis3 = {
      ...yaxis,
      domain: y3,
      anchor: "x3",
      type,
      rangemode: "tozero",
      nticks: 3,
      tickformat: "~g",
      uirevision: type,
    };
  }
  return axes;
}

/**
 * The panels' titles, and the lines that mark events, with their texts.
 * @param {Panels} panels
 * @param {boolean} empty whether there is nothing to draw yet
 * @param {Run | undefined} subject the run that the page is about
 */
function notesOf({ x: [x1, x2], y: [y1, y2, y3] }, empty, subject) {
  const neutral = colour("neutral-mark");
  const annotations = [
    panelTitle(PANELS[0].title, x1[0], y1[1]),
    panelTitle(PANELS[1].title, x2[0], y2[1]),
  ];
  if (y3) annotations.push(panelTitle(RATE.title, x1[0], y3[1]));
  if (empty) annotations.push(waiting(middle(x1), middle(y1)));
  const marked = (subject?.marks ?? []).filter((mark) => mark.kind !== "best").slice(-MAX_MARKS);
  const shapes = marked.flatMap((mark) => [
    markLine(mark, "x", y1, neutral),
    markLine(mark, "x2", y2, neutral),
    ...(y3 ? [markLine(mark, "x3", y3, neutral)] : []),
  ]);
  for (const mark of marked) {
    // The learning rate's own panel shows when it changes.
    if (mark.kind !== "rate") annotations.push(markText(mark, y2[0] + 0.02));
  }
  return { annotations, shapes };
}

/**
 * The range of a linear axis. In the first epochs it holds everything; later it leaves out the
 * first epoch, in which most of the change happens, and outliers.
 * @param {Chart} chart
 * @param {"loss" | "accuracy"} field
 */
function robustRange(chart, field) {
  const later = chart.order
    .flatMap((id) => chart.runs.get(id)?.epochs.slice(1) ?? [])
    .flatMap((row) =>
      field === "loss" ? [row.loss, row.val_loss] : [row.accuracy, row.val_accuracy],
    )
    .filter((value) => value !== null)
    .sort((a, b) => a - b);
  if (later.length < 2 * (FIRST - 1)) return { rangemode: "tozero" };
  const beyond = Math.floor(OUTLIERS * later.length);
  const [lowest, highest] =
    field === "loss"
      ? [later[0], later[later.length - 1 - beyond]]
      : [later[beyond], later[later.length - 1]];
  const room = 0.1 * (highest - lowest) || 0.1 * highest;
  const end = field === "loss" ? highest + room : Math.min(highest + room, 1.002);
  return { range: [Math.max(lowest - room, 0), end] };
}

/** Ticks at 1, 2 and 5 times the powers of ten. */
function lossAxis() {
  const ticks = [-4, -3, -2, -1, 0, 1, 2].flatMap((power) =>
    [1, 2, 5].map((first) => Number(`${first}e${power}`)),
  );
  return { tickvals: ticks, ticktext: ticks.map(String) };
}

/** A logarithmic axis of errors, labelled with accuracies. */
function errorAxis() {
  return {
    type: "log",
    autorange: "reversed",
    tickvals: ERROR_TICKS,
    ticktext: ERROR_TICKS.map((error) => `${+(100 - 100 * error).toFixed(2)}%`),
  };
}

/**
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @returns {Record<string, any>}
 */
function panelTitle(text, x, y) {
  return {
    text: `<b>${text}</b>`,
    xref: "paper",
    yref: "paper",
    xanchor: "left",
    yanchor: "bottom",
    showarrow: false,
    x,
    y,
  };
}

/** @param {number} x @param {number} y */
function waiting(x, y) {
  const text = "Waiting for the first batches";
  return { text, xref: "paper", yref: "paper", x, y, showarrow: false };
}

/** @param {Mark} mark @param {string} xref @param {Range} panel @param {string} color */
function markLine({ epoch, kind }, xref, [y0, y1], color) {
  return {
    type: "line",
    layer: "below",
    xref,
    yref: "paper",
    x0: epoch,
    x1: epoch,
    y0,
    y1,
    line: { color, width: 1, dash: kind === "end" ? "dash" : "dot" },
  };
}

/** @param {Mark} mark @param {number} y */
function markText({ epoch, text }, y) {
  return {
    text,
    xref: "x2",
    yref: "paper",
    x: epoch,
    y,
    yanchor: "bottom",
    xanchor: "right",
    showarrow: false,
    font: { size: 11 },
  };
}
