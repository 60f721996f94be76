// Builds the lines of the learning curves as what Plotly calls traces.

import { colour } from "../../widgets/browser/palette_colour.js";
import { percent } from "../../widgets/browser/percent.js";
import { escaped } from "../../widgets/browser/plotly_library.js";

/** @typedef {import("./live_curves.js").Run} Run */
/** @typedef {"loss" | "accuracy" | "learning_rate"} Field */
/** @typedef {number | null} Measured null where it is not known */

/**
 * What was measured in an epoch.
 * @typedef {object} Epoch
 * @property {number} epoch
 * @property {Measured} loss
 * @property {Measured} accuracy
 * @property {Measured} val_loss
 * @property {Measured} val_accuracy
 */

/**
 * Something that the curves mark at an epoch.
 * @typedef {object} Mark
 * @property {number} epoch
 * @property {"best" | "rate" | "end" | "pause" | "further"} kind
 * @property {string} text
 */

/** @typedef {{ field: Field, title: string, axis: string, hover: string }} Panel */
/** @typedef {Record<string, any> & { x: number[], y: Measured[] }} Trace in Plotly's form */

/** @type {Panel[]} */
export const PANELS = [
  { field: "loss", title: "Loss", axis: "", hover: "%{y:.4f}" },
  { field: "accuracy", title: "Accuracy", axis: "2", hover: "%{customdata}" },
];
/** @type {Panel} */
export const RATE = {
  field: "learning_rate",
  title: "Learning rate",
  axis: "3",
  hover: "%{y:.2e}",
};
const FEW = 40; // with more epochs than this, markers would hide the lines
const MIN_ERROR = 0.0001; // smaller errors are drawn as this: a logarithmic axis has no zero
/**
 * The marks' entries in the legend.
 * @type {Record<Mark["kind"], string>}
 */
const MARKS = {
  best: "Lowest validation loss",
  rate: "Learning rate changed",
  pause: "Pause",
  further: "Continued",
  end: "Stopped",
};

/**
 * The traces of a single run: its batches and their moving average, training and validation by
 * epoch, and the learning rate.
 * @param {string} id
 * @param {Run} run
 */
export function oneRun(id, { stride, batches, epochs, marks }) {
  const [training, validation] = [colour("training-mark"), colour("validation-mark")];
  const steps = /** @type {number[]} */ (batches.epoch);
  const x = epochs.map((row) => row.epoch);
  const best = marks.find((mark) => mark.kind === "best")?.epoch;
  const each = stride > 1 ? `Mean of ${stride} batches` : "Each batch";
  const curves = PANELS.flatMap((panel) => {
    const { field } = panel;
    // The line is faint by its colour, because `opacity` would fade its name in the legend too.
    return [
      trace(panel, id, each, steps, batches[field], {
        line: { color: `${training}80`, width: 1 },
        hoverinfo: "skip",
        hovertemplate: null,
      }),
      trace(panel, id, "Batch average", steps, batches[`mean_${field}`], {
        line: { color: training, width: 1.5 },
      }),
      trace(panel, id, "Training", x, column(epochs, field), points(training, "circle", x.length)),
      trace(panel, id, "Validation", x, validationColumn(epochs, field), {
        mode: "lines+markers",
        line: { color: validation, width: 2.5 },
        marker: {
          size: x.map((epoch) => (epoch === best ? 15 : x.length > FEW ? 0 : 7)),
          symbol: x.map((epoch) => (epoch === best ? "star" : "diamond")),
        },
      }),
    ];
  });
  const style = { line: { color: colour("neutral-mark"), width: 1.5 }, showlegend: false };
  curves.push(trace(RATE, id, "Learning rate", steps, batches.learning_rate, style));
  return curves;
}

/**
 * The legend's entries for the kinds of marks that the run has. The star has the colour of
 * validation; the lines are grey.
 * @param {Mark[]} marks
 * @returns {Trace[]}
 */
export function legendOfMarks(marks) {
  const kinds = /** @type {Mark["kind"][]} */ (Object.keys(MARKS));
  return kinds
    .filter((kind) => marks.some((mark) => mark.kind === kind))
    .map((kind) => ({
      type: "scatter",
      name: MARKS[kind],
      uid: `mark ${kind}`,
      x: [0], // without a point Plotly leaves the entry out
      y: [null],
      hoverinfo: "skip",
      mode: kind === "best" ? "markers" : "lines",
      marker: { symbol: "star", size: 12, color: colour("validation-mark") },
      line: { color: colour("neutral-mark"), width: 1.5, dash: kind === "end" ? "dash" : "dot" },
    }));
}

/**
 * The traces of one run among several. Each run has its own colour; training is dotted, validation
 * solid.
 * @param {string} id
 * @param {Run} run
 * @param {number} number of the run's colour, from 0
 * @param {boolean} beside whether the page is about another run, which is drawn too
 */
export function oneOfSeveral(id, { name, epochs }, number, beside) {
  const x = epochs.map((row) => row.epoch);
  const color = colour(`run-${number + 1}`);
  const thin = { line: { color, width: 1.5 } };
  return PANELS.flatMap((panel) => [
    trace(panel, id, `${name}, training`, x, column(epochs, panel.field), {
      line: { color, width: 1.5, dash: "dot" },
    }),
    trace(
      panel,
      id,
      `${name}, validation`,
      x,
      validationColumn(epochs, panel.field),
      beside ? thin : points(color, "diamond", x.length),
    ),
  ]);
}

/** @param {Epoch[]} epochs @param {Field} field */
function column(epochs, field) {
  return epochs.map((row) => (field === "loss" ? row.loss : row.accuracy));
}

/** @param {Epoch[]} epochs @param {Field} field */
function validationColumn(epochs, field) {
  return epochs.map((row) => (field === "loss" ? row.val_loss : row.val_accuracy));
}

/** Turns accuracies into errors, for the logarithmic axis. @param {Trace} trace */
export function drawError(trace) {
  trace.y = trace.y.map((share) => (share === null ? null : Math.max(1 - share, MIN_ERROR)));
}

/** @param {string} color @param {string} symbol @param {number} count */
function points(color, symbol, count) {
  const mode = count > FEW ? "lines" : "lines+markers";
  return { mode, line: { color, width: 2.5 }, marker: { size: 7, symbol } };
}

/**
 * @param {Panel} panel
 * @param {string} id
 * @param {string} name
 * @param {number[]} x
 * @param {Measured[]} y
 * @param {object} style
 * @returns {Trace}
 */
function trace({ field, axis, hover }, id, name, x, y, style) {
  return {
    type: "scatter",
    mode: "lines",
    name: escaped(name),
    // Plotly puts this into a CSS selector, and a run's name can hold anything a visitor writes.
    uid: `${id} ${name} ${field}`.replaceAll(/[^\w-]/g, "_"),
    legendgroup: `${id} ${name}`,
    showlegend: field === "loss",
    x,
    y,
    customdata: field === "accuracy" ? y.map(accuracyText) : undefined,
    xaxis: `x${axis}`,
    yaxis: `y${axis}`,
    hovertemplate: hover,
    ...style,
  };
}

/** @param {Measured} share */
export function accuracyText(share) {
  return share === null ? null : percent(share, 2, true);
}
