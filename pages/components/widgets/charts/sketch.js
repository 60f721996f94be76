// Draws a chart in which the visitor sketches a curve with a finger, a mouse or the arrow keys, and
// which then shows measured curves beside the sketch.

import { svgElement } from "../browser/svg_element.js";

/**
 * What sketch.py sends.
 * @typedef {object} Data
 * @property {number[]} x the places on the horizontal axis at which a curve has values
 * @property {string} xName
 * @property {string} yName
 * @property {number} lowest
 * @property {number} highest
 * @property {number[] | null} drawn the sketch so far
 * @property {boolean} open whether the visitor can sketch
 * @property {{ name: string, y: (number | null)[] }[]} measured
 */

/**
 * @typedef {object} Chart
 * @property {Data} data
 * @property {(number | null)[]} values of the sketch
 * @property {number} index the index of the value that the arrow keys change
 * @property {number | null} last the index that this stroke drew last; null between strokes
 * @property {boolean} sketched whether the visitor has sketched: Python's copy may then be outdated
 */

const WIDTH = 400;
const HEIGHT = 290;
const LEFT = 44;
const RIGHT = 10;
const TOP = 26;
const BOTTOM = 44;
const STEPS = 20; // how many presses of an arrow key lead from the lowest to the highest value

/** @type {WeakMap<Element, Chart>} */
const charts = new WeakMap(); // the key is the chart's element

/**
 * Fills the gaps of a sketch: linearly between known values, with the nearest value at the ends.
 * @param {(number | null)[]} values
 * @returns {number[]}
 */
export function completed(values) {
  const known = values.flatMap((value, index) => (value === null ? [] : [{ value, index }]));
  return values.map((value, index) => {
    if (value !== null) return value;
    const before = known.findLast((point) => point.index < index);
    const after = known.find((point) => point.index > index);
    if (!before || !after) return (before ?? after)?.value ?? 0;
    const share = (index - before.index) / (after.index - before.index);
    return before.value + share * (after.value - before.value);
  });
}

/** @param {ComponentArguments<Data>} component */
export default function sketch({ data, parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".sketch"));
  let chart = charts.get(root);
  if (!chart || chart.data.x.length !== data.x.length) {
    chart = {
      data,
      values: data.drawn ?? data.x.map(() => null),
      index: 0,
      last: null,
      sketched: false,
    };
    charts.set(root, chart);
  } else {
    chart.data = data;
    if (!chart.sketched && data.drawn) chart.values = data.drawn;
  }
  draw(root, chart);
  listen(root, chart, (values) => setTriggerValue("drawn", values));
}

/**
 * @param {HTMLElement} root
 * @param {Chart} chart
 * @param {(values: number[]) => void} report
 */
function listen(root, chart, report) {
  const svg = /** @type {SVGSVGElement} */ (root.querySelector("svg"));
  if (!chart.data.open) return;
  svg.onpointerdown = (event) => {
    svg.setPointerCapture(event.pointerId);
    chart.last = null;
    chart.sketched = true;
    follow(svg, chart, event);
  };
  svg.onpointermove = (event) => {
    if (chart.last !== null) follow(svg, chart, event);
  };
  svg.onpointerup = svg.onpointercancel = () => {
    if (chart.last === null) return;
    chart.last = null;
    finish(svg, chart, report);
  };
  svg.onkeydown = (event) => {
    const { data, values } = chart;
    const step = (data.highest - data.lowest) / STEPS;
    const last = values.length - 1;
    const place = {
      ArrowLeft: Math.max(chart.index - 1, 0),
      ArrowRight: Math.min(chart.index + 1, last),
      Home: 0,
      End: last,
    }[event.key];
    const up = { ArrowUp: step, ArrowDown: -step }[event.key];
    if (place === undefined && up === undefined) return;
    event.preventDefault();
    chart.sketched = true;
    chart.index = place ?? chart.index;
    const before = completed(values)[chart.index];
    const middle = values.every((value) => value === null)
      ? (data.lowest + data.highest) / 2
      : before;
    values[chart.index] = clip(middle + (up ?? 0), data);
    show(svg, chart);
  };
  svg.onkeyup = (event) => {
    if (/^Arrow|^Home$|^End$/.test(event.key)) finish(svg, chart, report);
  };
}

/**
 * @param {SVGSVGElement} svg
 * @param {Chart} chart
 * @param {(values: number[]) => void} report
 */
function finish(svg, chart, report) {
  chart.values = completed(chart.values);
  show(svg, chart);
  report(/** @type {number[]} */ (chart.values));
}

/**
 * Adds the pointer's position to the sketch, and the values it has passed since the last event.
 * @param {SVGSVGElement} svg
 * @param {Chart} chart
 * @param {PointerEvent} event
 */
function follow(svg, chart, event) {
  const box = svg.getBoundingClientRect();
  const { data, values } = chart;
  const across = ((event.clientX - box.left) / box.width) * WIDTH;
  const down = ((event.clientY - box.top) / box.height) * HEIGHT;
  const share = (across - LEFT) / (WIDTH - LEFT - RIGHT);
  const index = Math.round(Math.min(Math.max(share, 0), 1) * (values.length - 1));
  const height = 1 - (down - TOP) / (HEIGHT - TOP - BOTTOM);
  const value = clip(data.lowest + height * (data.highest - data.lowest), data);
  const from = chart.last ?? index;
  const begun = values[from] ?? value;
  const sign = Math.sign(index - from);
  for (let at = from; at !== index; at += sign) {
    values[at] = begun + ((value - begun) * (at - from)) / (index - from);
  }
  values[index] = value;
  chart.last = chart.index = index;
  show(svg, chart);
}

/** @param {number} value @param {Data} data */
function clip(value, data) {
  return Math.min(Math.max(value, data.lowest), data.highest);
}

/**
 * Redraws the chart. The SVG element is kept, and with it the keyboard's focus.
 * @param {HTMLElement} root
 * @param {Chart} chart
 */
function draw(root, chart) {
  const { data } = chart;
  const names = [
    ...(data.drawn || data.open ? ["Your sketch"] : []),
    ...data.measured.map((curve) => curve.name),
  ];
  const kinds = data.drawn || data.open ? ["drawn", "first", "second"] : ["first", "second"];
  let svg = root.querySelector("svg");
  if (!svg) {
    root.innerHTML = `<ul class="legend"></ul><svg viewBox="0 0 ${WIDTH} ${HEIGHT}"></svg>`;
    svg = /** @type {SVGSVGElement} */ (root.querySelector("svg"));
  }
  const legend = /** @type {HTMLElement} */ (root.querySelector("ul"));
  legend.replaceChildren(
    ...names.map((name, number) => {
      const item = document.createElement("li");
      item.className = kinds[number];
      item.textContent = name;
      return item;
    }),
  );
  svg.classList.toggle("open", data.open);
  svg.setAttribute("tabindex", data.open ? "0" : "-1");
  svg.replaceChildren(...frame(data), path("drawn"), svgElement("circle", { r: 6 }));
  for (const [number, curve] of data.measured.entries()) {
    svg.append(path(number ? "second" : "first", lineOf(curve.y, data)));
  }
  show(svg, chart);
}

/**
 * Shows the sketch as it is now.
 * @param {SVGSVGElement} svg
 * @param {Chart} chart
 */
function show(svg, chart) {
  const { data, values, index } = chart;
  const line = /** @type {SVGPathElement} */ (svg.querySelector("path.drawn"));
  line.setAttribute("d", lineOf(values, data));
  const value = values[index];
  const point = /** @type {SVGCircleElement} */ (svg.querySelector("circle"));
  point.toggleAttribute("hidden", !data.open || value === null);
  point.setAttribute("cx", `${acrossOf(index, data)}`);
  point.setAttribute("cy", `${value === null ? 0 : downOf(value, data)}`);
  const said = `${data.xName} ${data.x[index]}: ${value === null ? "nothing yet" : value.toFixed(2)}`;
  if (!data.open) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", described(data));
    return;
  }
  svg.setAttribute("role", "slider");
  svg.setAttribute(
    "aria-label",
    `Sketch of ${data.yName}: left and right move, up and down change the value`,
  );
  svg.setAttribute("aria-valuemin", `${data.lowest}`);
  svg.setAttribute("aria-valuemax", `${data.highest}`);
  svg.setAttribute("aria-valuenow", `${value ?? data.lowest}`);
  svg.setAttribute("aria-valuetext", said);
}

/** Describes a chart that is no longer open, for screen readers. @param {Data} data */
function described(data) {
  const curves = [
    ...(data.drawn ? [{ name: "Your sketch", y: data.drawn }] : []),
    ...data.measured,
  ].map(({ name, y }) => {
    const known = y.filter((value) => value !== null);
    if (!known.length) return `${name}: no values`;
    const lowest = Math.min(...known);
    const at = data.x[y.indexOf(lowest)];
    return `${name}: from ${known[0].toFixed(2)} to ${known[known.length - 1].toFixed(2)}, lowest ${lowest.toFixed(2)} at ${at}`;
  });
  return `${data.yName} by ${data.xName}. ${curves.join(". ")}`;
}

/** @param {number} index @param {Data} data */
function acrossOf(index, data) {
  return LEFT + (index / Math.max(data.x.length - 1, 1)) * (WIDTH - LEFT - RIGHT);
}

/** @param {number} value @param {Data} data */
function downOf(value, data) {
  const share = (clip(value, data) - data.lowest) / (data.highest - data.lowest);
  return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
}

/**
 * @param {(number | null)[]} values
 * @param {Data} data
 */
function lineOf(values, data) {
  let text = "";
  let pen = "M";
  for (const [index, value] of values.entries()) {
    if (value === null) {
      pen = "M";
      continue;
    }
    text += `${pen}${acrossOf(index, data).toFixed(1)},${downOf(value, data).toFixed(1)}`;
    pen = "L";
  }
  return text;
}

/** Draws the axes with their numbers and names. @param {Data} data @returns {SVGElement[]} */
function frame(data) {
  const parts = [];
  for (let step = 0; step <= 4; step++) {
    const value = data.lowest + (step / 4) * (data.highest - data.lowest);
    const y = downOf(value, data);
    const line = path("grid", `M${LEFT},${y}H${WIDTH - RIGHT}`);
    parts.push(line, words(`${Number(value.toPrecision(3))}`, LEFT - 6, y + 5, "end"));
  }
  const every = Math.ceil(data.x.length / 8);
  for (const [index, x] of data.x.entries()) {
    if (index % every === 0) {
      parts.push(words(`${x}`, acrossOf(index, data), HEIGHT - BOTTOM + 18, "middle"));
    }
  }
  parts.push(words(data.xName, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "middle"));
  parts.push(words(data.yName, 4, 14, "start"));
  return parts;
}

/** @param {string} kind @param {string} d */
function path(kind, d = "") {
  return svgElement("path", { class: kind, d });
}

/** @param {string} text @param {number} x @param {number} y @param {string} anchor */
function words(text, x, y, anchor) {
  return svgElement("text", { x, y, "text-anchor": anchor }, text);
}
