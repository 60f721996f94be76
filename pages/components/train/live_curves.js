// Draws the learning curves that live_curves.py sends. The chart's element is made once and then
// only given new data, so that zoom, hover and hidden lines stay.

import { plotly } from "../widgets/plotly_library.js";

const PANELS = [
  { field: "loss", title: "Loss", axis: "", hover: "%{y:.4f}" },
  { field: "accuracy", title: "Accuracy", axis: "2", hover: "%{y:.2%}" },
];
const RATE = { field: "learning_rate", title: "Learning rate", axis: "3", hover: "%{y:.2e}" };
const TRAINING = "#3b82f6";
const VALIDATION = "#f97316";
const MARK = "#888888";
const MAX_MARKS = 12; // lines; more would hide the curves
// Okabe and Ito's colours, told apart by colour-blind people too: one a run when several are shown.
const RUN_COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"];
const NARROW = 560; // px: below this the panels stand one below the other
const BUTTONS = 28; // px: height of Plotly's row of buttons, below which a long legend begins
const FEW = 40; // epochs: of more the markers would hide the lines
// On a logarithmic axis accuracy is drawn by what it lacks, so that 99.5% and 99.6% stand apart.
const LACKS = [0.9, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001];

const charts = new WeakMap(); // element → { runs, order, revision, … }

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".learning-curves");
  if (data.runs.length === 0) { // there will be curves later: only get ready
    element.style.display = "none";
    const whenIdle = window.requestIdleCallback ?? setTimeout; // Safari has none
    plotly(data.plotly).then(() => whenIdle(rehearse), () => {});
    return;
  }
  let chart = charts.get(element);
  if (!chart) {
    chart = { element, runs: new Map(), order: [], revision: 0, asked: 0 };
    chart.observer = new ResizeObserver(() => draw(chart));
    chart.observer.observe(element);
    charts.set(element, chart);
  }
  const complete = data.runs.map((run) => receive(chart, run)).every(Boolean);
  chart.order = data.runs.map((run) => run.id);
  chart.log = data.log;
  clearTimeout(chart.retry);
  // Updates that follow each other closely reach us as the last of them only, so the answer to a
  // request can be lost too: ask until nothing is missing.
  const ask = () => {
    setTriggerValue("resync", true);
    chart.retry = setTimeout(ask, 1500);
  };
  if (complete) chart.asked = 0;
  else if (Date.now() - chart.asked < 1500) chart.retry = setTimeout(ask, 1500);
  else { chart.asked = Date.now(); ask(); }
  chart.revision += 1;
  plotly(data.plotly).then(
    () => draw(chart),
    () => { element.textContent = "The curves could not be drawn. Reload the page."; },
  );
  return () => {
    if (parentElement.isConnected) return; // newer data came at once: Streamlit calls then, too
    clearTimeout(chart.retry);
    chart.observer.disconnect();
    window.Plotly?.purge(element);
    charts.delete(element);
  };
}

// Draws a chart that nobody sees: the first one takes many times as long as the next.
function rehearse() {
  const element = document.createElement("div");
  element.style = "position: absolute; visibility: hidden; width: 800px";
  document.body.append(element);
  const batches = { epoch: [0.5, 1], loss: [1, 0.5], accuracy: [0.5, 1], learning_rate: [1, 1],
    mean_loss: [1, 0.5], mean_accuracy: [0.5, 1] };
  const run = { batches, epochs: [], marks: [], colour: null };
  draw({ element, runs: new Map([["", run]]), order: [""], revision: 0 });
  setTimeout(() => {
    window.Plotly.purge(element);
    element.remove();
  });
}

// Takes in a run's new points; false if some before them are missing.
function receive(chart, run) {
  let known = chart.runs.get(run.id);
  if (!known || known.version !== run.version) {
    if (run.start > 0 || run.first_epoch > 0) return false;
    known = { version: run.version, batches: {}, epochs: [] };
    chart.runs.set(run.id, known);
    for (const name of Object.keys(run.batches)) known.batches[name] = [];
  }
  known.name = run.name;
  known.marks = run.marks;
  known.colour = run.colour; // null: this run is the subject, the others are drawn beside it
  const have = known.batches.epoch.length;
  if (run.start > have || run.first_epoch > known.epochs.length) return false;
  known.epochs.push(...run.epochs.slice(known.epochs.length - run.first_epoch));
  for (const [name, values] of Object.entries(run.batches)) {
    known.batches[name].push(...values.slice(have - run.start));
  }
  return true;
}

function draw(chart) {
  const width = chart.element.clientWidth;
  if (!window.Plotly || width === 0) return;
  if (chart.element._dragging) { // redrawing would end the visitor's zoom box
    clearTimeout(chart.later);
    chart.later = setTimeout(() => draw(chart), 200);
    return;
  }
  const shown = chart.order.filter((id) => chart.runs.has(id));
  const subject = chart.runs.get(shown[0])?.colour === null ? chart.runs.get(shown[0]) : undefined;
  const traces = shown.flatMap((id) => {
    const run = chart.runs.get(id);
    return run === subject ? oneRun(id, run) : oneOfSeveral(id, run, subject !== undefined);
  });
  if (chart.log) traces.filter((one) => one.yaxis === "y2").forEach(drawWhatItLacks);
  const config = {
    displaylogo: false,
    modeBarButtons: [["toImage"], ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
    toImageButtonOptions: { filename: "learning-curves", scale: 2 },
  };
  window.Plotly.react(chart.element, traces, layout(chart, width, traces, subject), config)
    .then(() => makeRoomForLegend(chart));
  const only = chart.runs.get(shown[0]);
  chart.element.dataset.points = only ? only.batches.epoch.length : 0;
  chart.element.dataset.epochs = only ? only.epochs.length : 0;
  chart.element.setAttribute("aria-label", description(only));
}

// Only a legend that is drawn tells how high it is.
function makeRoomForLegend(chart) {
  const legend = chart.element.querySelector(".infolayer > .legend");
  const needed = legend?.getBoundingClientRect().height ?? 0;
  const height = Math.max(Math.ceil(needed), leastLegend(chart));
  if (Math.abs(height - legendHeight(chart)) <= 2) return;
  chart.legend = { width: chart.element.clientWidth, height };
  draw(chart);
}

function legendHeight(chart) {
  const known = chart.legend?.width === chart.element.clientWidth;
  return known ? chart.legend.height : leastLegend(chart);
}

// That of one run once it has epochs: room is kept for it from the start.
function leastLegend({ element }) {
  return element.clientWidth < NARROW ? 60 : 30;
}

// One run: every batch, their moving average, training and validation by epoch, learning rate.
function oneRun(id, { batches, epochs, marks }) {
  const x = epochs.map((row) => row.epoch);
  const column = (name) => epochs.map((row) => row[name]);
  const best = marks.find((mark) => mark.kind === "best")?.epoch;
  const curves = PANELS.flatMap((panel) => {
    const { field } = panel;
    return [
      trace(panel, id, "Each batch", batches.epoch, batches[field],
        { line: { color: TRAINING, width: 1 }, opacity: 0.25, hoverinfo: "skip", hovertemplate: null }),
      trace(panel, id, "Batch average", batches.epoch, batches[`mean_${field}`],
        { line: { color: TRAINING, width: 1.5 }, opacity: 0.7 }),
      trace(panel, id, "Training", x, column(field), points(TRAINING, "circle", x.length)),
      trace(panel, id, "Validation", x, column(`val_${field}`), {
        mode: "lines+markers",
        line: { color: VALIDATION, width: 2.5 },
        marker: {
          size: x.map((epoch) => (epoch === best ? 15 : x.length > FEW ? 0 : 7)),
          symbol: x.map((epoch) => (epoch === best ? "star" : "diamond")),
        },
      }),
    ];
  });
  curves.push(trace(RATE, id, "Learning rate", batches.epoch, batches.learning_rate,
    { line: { color: MARK, width: 1.5 }, showlegend: false }));
  return curves;
}

// A run among others: a colour each, training dotted, validation solid.
function oneOfSeveral(id, { name, epochs, colour }, beside) {
  const x = epochs.map((row) => row.epoch);
  const color = RUN_COLOURS[colour % RUN_COLOURS.length];
  return PANELS.flatMap((panel) => [
    trace(panel, id, `${name}, training`, x, epochs.map((row) => row[panel.field]),
      { line: { color, width: 1.5, dash: "dot" } }),
    trace(panel, id, `${name}, validation`, x, epochs.map((row) => row[`val_${panel.field}`]),
      beside ? { line: { color, width: 1.5 } } : points(color, "diamond", x.length)),
  ]);
}

function drawWhatItLacks(trace) {
  trace.customdata = trace.y;
  trace.y = trace.y.map((share) => (share === null ? null : Math.max(1 - share, LACKS.at(-1))));
  if (trace.hovertemplate) trace.hovertemplate = "%{customdata:.2%}";
}

function points(color, symbol, count) {
  const mode = count > FEW ? "lines" : "lines+markers";
  return { mode, line: { color, width: 2.5 }, marker: { size: 7, symbol } };
}

function trace({ field, axis, hover }, id, name, x, y, style) {
  return {
    type: "scatter",
    mode: "lines",
    name: escaped(name),
    uid: `${id} ${name} ${field}`,
    legendgroup: `${id} ${name}`,
    showlegend: field === "loss",
    x,
    y,
    xaxis: `x${axis}`,
    yaxis: `y${axis}`,
    hovertemplate: hover,
    ...style,
  };
}

// Plotly reads a few HTML tags in names; a run's name is the visitor's own text.
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function layout(chart, width, traces, subject) {
  const narrow = width < NARROW;
  const all = [0, 1];
  const [x1, x2] = narrow ? [all, all] : [[0, 0.47], [0.53, 1]];
  // Where the panels stand: loss, accuracy, and the learning rate if there is but one run's.
  const [y1, y2, y3] = narrow
    ? subject ? [[0.66, 1], [0.23, 0.57], [0, 0.13]] : [[0.57, 1], [0, 0.43], null]
    : subject ? [[0.32, 1], all, [0, 0.17]] : [all, all, null];
  const empty = traces.every((one) => one.x.length === 0);
  const xaxis = { zeroline: false, rangemode: "tozero", spikethickness: 1, spikedash: "solid",
    spikecolor: MARK, showticklabels: !empty };
  const named = { ...xaxis, title: { text: "Epoch", standoff: 8 } };
  const yaxis = { zeroline: false, automargin: false, showticklabels: !empty };
  const title = (text, x, y) => ({ text: `<b>${text}</b>`, xref: "paper", yref: "paper",
    xanchor: "left", yanchor: "bottom", showarrow: false, x, y });
  const annotations = [
    title(PANELS[0].title, x1[0], y1[1]), title(PANELS[1].title, x2[0], y2[1]),
  ];
  if (subject) annotations.push(title(RATE.title, x1[0], y3[1]));
  const middle = ([from, to]) => (from + to) / 2;
  if (empty) {
    annotations.push({
      text: "Waiting for the first batches",
      xref: "paper", yref: "paper", x: middle(x1), y: middle(y1), showarrow: false,
    });
  }
  const panels = [["x", y1], ["x2", y2]];
  if (subject) panels.push(["x3", y3]);
  const shown = (subject?.marks ?? []).filter((mark) => mark.kind !== "best").slice(-MAX_MARKS);
  const shapes = shown.flatMap(({ epoch, kind }) => panels.map(([xref, [y0, top]]) => ({
    type: "line", layer: "below", xref, yref: "paper", x0: epoch, x1: epoch, y0, y1: top,
    line: { color: MARK, width: 1, dash: kind === "end" ? "dash" : "dot" },
  })));
  for (const { epoch, kind, text } of shown) {
    if (kind === "rate") continue; // its own chart tells the rate
    annotations.push({ text, xref: "x2", yref: "paper", x: epoch, y: y2[0] + 0.02, yanchor: "bottom",
      xanchor: "right", showarrow: false, font: { size: 11 } });
  }
  const type = chart.log ? "log" : "linear";
  const legend = legendHeight(chart);
  const above = legend > BUTTONS + 5 ? BUTTONS : 0;
  const top = above + legend + 26; // the last for the titles
  const height = top + (narrow ? 624 : 340);
  const axes = {
    xaxis: { ...(subject && !narrow ? xaxis : named), domain: x1, anchor: "y" },
    xaxis2: { ...named, domain: x2, anchor: "y2", matches: "x" },
    yaxis: { ...yaxis, domain: y1, type, rangemode: "tozero", nticks: 6, uirevision: type },
    yaxis2: { ...yaxis, domain: y2, anchor: "x2", tickformat: "~%", uirevision: type },
  };
  if (chart.log) {
    const ticktext = LACKS.map((lack) => `${+(100 - 100 * lack).toFixed(2)}%`);
    Object.assign(axes.yaxis2, { type, autorange: "reversed", tickvals: LACKS, ticktext });
  }
  if (subject) {
    axes.xaxis3 = { ...named, domain: x1, anchor: "y3", matches: "x" };
    axes.yaxis3 = { ...yaxis, domain: y3, anchor: "x3", type, rangemode: "tozero", nticks: 3,
      exponentformat: "e", uirevision: type };
  }
  return {
    width,
    height,
    margin: { l: 48, r: 12, t: top, b: 44 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { size: 13 },
    ...axes,
    legend: { orientation: "h", x: 0, xanchor: "left", y: 1 - above / height, yanchor: "top",
      yref: "container" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "rgba(128,128,128,0.7)", activecolor: TRAINING },
    hovermode: "x unified",
    // With a finger, dragging over the chart scrolls the page.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    annotations,
    shapes,
    uirevision: "for ever",
    datarevision: chart.revision,
  };
}

function description(run) {
  const last = run?.epochs.at(-1);
  if (!last) return "Learning curves, no epoch finished yet";
  const said = [`Learning curves after epoch ${last.epoch}: training accuracy ${percent(last.accuracy)}`];
  if (last.val_accuracy !== null) said.push(`validation accuracy ${percent(last.val_accuracy)}`);
  return said.join(", ");
}

function percent(share) {
  return share === null ? "unknown" : `${(100 * share).toFixed(1)}%`;
}
