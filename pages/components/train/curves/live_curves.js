// Draws the learning curves that live_curves.py sends. The chart's element is made once and then
// only given new data, so that zoom, hover and hidden lines stay.

import { whenRemoved } from "../../shell/when_removed.js";
import { colour } from "../../widgets/browser/palette_colour.js";
import { percent } from "../../widgets/browser/percent.js";
import { escaped, plotly } from "../../widgets/browser/plotly_library.js";

/** @typedef {"loss" | "accuracy" | "learning_rate"} Field */
/** @typedef {number | null} Measured null where it is not known */

/**
 * After an epoch.
 * @typedef {object} Epoch
 * @property {number} epoch
 * @property {Measured} loss
 * @property {Measured} accuracy
 * @property {Measured} val_loss
 * @property {Measured} val_accuracy
 */

/**
 * What is marked at an epoch.
 * @typedef {object} Mark
 * @property {number} epoch
 * @property {"best" | "rate" | "end" | "pause" | "further"} kind
 * @property {string} text
 */

/**
 * A run as live_curves.py sends it: what the browser lacks.
 * @typedef {object} SentRun
 * @property {string} id
 * @property {string} name
 * @property {string} version changes when the points sent before are no longer valid
 * @property {number} stride batches that a point is the mean of
 * @property {number} start points that come before these
 * @property {Record<string, Measured[]>} batches columns of the points
 * @property {number} first_epoch epochs that come before these
 * @property {Epoch[]} epochs
 * @property {Mark[]} marks
 * @property {number | null} colour number of its colour; null for the run that the page is about
 */

/** @typedef {Pick<SentRun, "version" | "stride" | "name" | "batches" | "epochs" | "marks" | "colour">} Run */
/** @typedef {{ plotly: string, runs: SentRun[], log: boolean }} Data */

/**
 * @typedef {object} Chart
 * @property {HTMLElement} element
 * @property {Plotly} [library] once it is there
 * @property {Map<string, Run>} runs by id
 * @property {string[]} order ids of those that are shown
 * @property {boolean} log whether loss and error have logarithmic axes
 * @property {number} revision
 * @property {number} asked when missing points were last asked for, 0 where none are missing
 * @property {ResizeObserver} [observer]
 * @property {ReturnType<typeof setTimeout>} [retry]
 * @property {ReturnType<typeof setTimeout>} [later]
 * @property {{ width: number, height: number }} [legend] how high it was at that width
 */

/** @typedef {{ field: Field, title: string, axis: string, hover: string }} Panel */
/** @typedef {Record<string, any> & { x: number[], y: Measured[] }} Trace as Plotly takes it */
/** @typedef {[from: number, to: number]} Range */
/** @typedef {{ x: [Range, Range], y: [Range, Range, Range | null] }} Panels where they stand, in fractions of the chart */

/** @type {Panel[]} */
const PANELS = [
  { field: "loss", title: "Loss", axis: "", hover: "%{y:.4f}" },
  { field: "accuracy", title: "Accuracy", axis: "2", hover: "%{customdata}" },
];
/** @type {Panel} */
const RATE = { field: "learning_rate", title: "Learning rate", axis: "3", hover: "%{y:.2e}" };
const MAX_MARKS = 12; // lines; more would hide the curves
const NARROW = 560; // px: below this the panels stand one below the other
const BUTTONS = 28; // px: height of Plotly's row of buttons, below which a long legend begins
const ROOMY = 860; // px: in a narrower chart even a legend of one row reaches the buttons
const FEW = 40; // epochs: with more, markers would hide the lines
const RETRY = 1500; // milliseconds
// On a logarithmic axis accuracy is drawn as error, so that 99.5% and 99.6% stand apart.
const ERROR_TICKS = [
  0.9, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001,
];
const MIN_ERROR = 0.0001; // zero has no place on a logarithmic axis
const FIRST = 3; // epochs after which a linear axis zooms in on all but the first
const OUTLIERS = 0.05; // share of the highest losses and lowest accuracies that may lie beyond the axis
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

/** @type {WeakMap<HTMLElement, Chart>} */
const charts = new WeakMap(); // by element

/** @param {ComponentArguments<Data>} component */
export default function liveCurves({ data, parentElement, setTriggerValue }) {
  const element = /** @type {HTMLElement} */ (parentElement.querySelector(".learning-curves"));
  if (data.runs.length === 0) {
    // Curves will come later: only get ready.
    element.style.display = "none";
    const whenIdle = window.requestIdleCallback ?? setTimeout; // Safari has none
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
  // Of updates in quick succession Streamlit delivers only the last, so an answer can be lost too: ask
  // until nothing is missing.
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
 * Draws a chart that nobody sees: a page's first chart takes many times as long as the next.
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
 * Takes in a run's new points; false if points before them are missing.
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
  // Private to Plotly: the visitor is drawing a zoom box, which a redraw would end.
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
 * The legend's height is known only once it is drawn: redraws if it was guessed wrong.
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

/** @param {Chart} chart */
function legendHeight(chart) {
  const known = chart.legend?.width === chart.element.clientWidth ? chart.legend : undefined;
  return known?.height ?? leastLegend(chart);
}

/**
 * The height for one run once it has epochs: room is kept for it from the start.
 * @param {Chart} chart
 */
function leastLegend({ element }) {
  return element.clientWidth < NARROW ? 90 : 30;
}

/**
 * One run: its batches, their moving average, training and validation by epoch, learning rate.
 * @param {string} id
 * @param {Run} run
 */
function oneRun(id, { stride, batches, epochs, marks }) {
  const [training, validation] = [colour("training-mark"), colour("validation-mark")];
  const steps = /** @type {number[]} */ (batches.epoch);
  const x = epochs.map((row) => row.epoch);
  const best = marks.find((mark) => mark.kind === "best")?.epoch;
  const each = stride > 1 ? `Mean of ${stride} batches` : "Each batch";
  const curves = PANELS.flatMap((panel) => {
    const { field } = panel;
    // Faintness is in the colour: `opacity` would fade the names in the legend too.
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
 * Entries of the legend for the kinds of marks that there are. The star is in the colour of
 * validation, the lines are grey.
 * @param {Mark[]} marks
 * @returns {Trace[]}
 */
function legendOfMarks(marks) {
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
 * A run among others: a colour each, training dotted, validation solid.
 * @param {string} id
 * @param {Run} run
 * @param {number} number of its colour, from 0
 * @param {boolean} beside whether another run is the subject
 */
function oneOfSeveral(id, { name, epochs }, number, beside) {
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

/** @param {Trace} trace of accuracy */
function drawError(trace) {
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
    // Plotly takes it for a part of a CSS selector, and a run's name is the visitor's own text.
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
function accuracyText(share) {
  return share === null ? null : percent(share, 2, true);
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
 * @param {Chart} chart
 * @param {number} width
 * @param {Trace[]} traces
 * @param {Run | undefined} subject
 */
function layout(chart, width, traces, subject) {
  const narrow = width < NARROW;
  const panels = places(narrow, subject !== undefined);
  const empty = traces.every((one) => one.x.length === 0);
  const legend = legendHeight(chart);
  const above = legend > BUTTONS + 5 || width < ROOMY ? BUTTONS : 0;
  const top = above + legend + 26; // the last for the titles
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
    // With a finger, dragging over the chart scrolls the page.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    ...notesOf(panels, empty, subject),
    uirevision: "for ever",
    datarevision: chart.revision,
  };
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
 * The panels' titles, and the lines of what is marked, with their texts.
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
 * The range of a linear axis: everything at first; after some epochs all but the first, without
 * outliers, because most of the fall lies in the first epoch.
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
