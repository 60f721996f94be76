// The map of digits that digit_map.py sends: a point for each digit, coloured by its label, and a
// cross over each error. Beside the pointer it shows the image of the digit under it; a loop round
// points selects them.

import { whenRemoved } from "../../shell/when_removed.js";
import { DIRECTIONS } from "../browser/arrow_keys.js";
import { bringIntoSight } from "../browser/into_sight.js";
import {
  drawLegend,
  drawLoops,
  drawMap,
  middlesOf,
  onMap,
  STAR,
  showHovered,
} from "./digit_map_drawing.js";
import { inside, nearest } from "./digit_map_geometry.js";

/** @typedef {import("./digit_map_geometry.js").Place} Place */

/**
 * One of the visitor's own drawings, marked by a star.
 * @typedef {object} Own
 * @property {number} x
 * @property {number} y
 * @property {string} name shown beside the pointer
 * @property {string} image the address of its image
 */

/**
 * What digit_map.py sends. The arrays come as base64.
 * @typedef {object} Data
 * @property {string} version changes whenever the digits do
 * @property {string} points x and y of each digit, 32-bit floats, little-endian
 * @property {string} labels a byte for each digit
 * @property {string} predicted the same for the answers
 * @property {string} indices their indices in the data set, 32-bit integers, little-endian
 * @property {string[]} names each label's name
 * @property {[colour: string, shape: string][]} marks each label's
 * @property {number} side width and height of an image, in pixels
 * @property {number} columns how many images are in a row of the sprite
 * @property {Own[]} own the visitor's own drawings
 * @property {Place[][]} loops corners of the selections, in the points' units
 * @property {string} shows the part of the page in which the selection's images are, as a selector
 */

/**
 * @typedef {object} DigitMap
 * @property {Data} data
 * @property {ComponentArguments<Data>["setTriggerValue"]} trigger
 * @property {ComponentArguments<Data>["setStateValue"]} keep
 * @property {HTMLElement} root
 * @property {HTMLElement} plot
 * @property {HTMLCanvasElement} canvas
 * @property {SVGElement} svg
 * @property {HTMLElement} legend
 * @property {HTMLElement} hovered
 * @property {Float32Array} points
 * @property {Uint8Array} labels
 * @property {Uint8Array} predicted
 * @property {Uint32Array} indices
 * @property {{ label: number, middle: Place }[]} middles
 * @property {{ left: number, right: number, bottom: number, top: number }} bounds of all points
 * @property {Place[][]} loops as they are drawn
 * @property {Uint8Array} selected 1 for each digit inside of a loop, else 0
 * @property {Set<number>} hidden labels, and perhaps `errors` and `drawings`
 * @property {number} errors stands for the crosses in `hidden`
 * @property {number} drawings stands for the stars in `hidden`
 * @property {Tool} tool what dragging does
 * @property {Place[]} [drag] the pointer's way while it is down, in pixels
 * @property {boolean} dragged whether the pointer moved between down and up
 * @property {Place} size width and height in pixels
 * @property {Place} centre in the points' units
 * @property {number} scale pixels per unit when all is seen
 * @property {number} zoom 1 when all is seen
 * @property {Float32Array} screen x and y of each point in pixels
 * @property {Float32Array} stars the same for the visitor's drawings
 * @property {number} [frame] the redrawing that is due
 * @property {ResizeObserver} observer
 */

/** @typedef {"loop" | "move" | ""} Tool */

const MIN_CORNERS = 3;
const MAX_CORNERS = 60; // a loop has no more corners, to keep the page's address short
const FIGURES = 4; // a coordinate has no more significant figures, for the same reason
const REACH = 12; // pixels between the pointer and the point that it means
const MAX_ZOOM = 40;
const STEP = 60; // pixels that an arrow key moves the map

/** @type {WeakMap<Element, DigitMap>} */
const maps = new WeakMap(); // the key is the map's element

/** @param {ComponentArguments<Data>} component */
export default function digitMap({ data, parentElement, setTriggerValue, setStateValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".digit-map"));
  const known = maps.get(root);
  const map = known ?? newMap(root);
  maps.set(root, map);
  map.trigger = setTriggerValue;
  map.keep = setStateValue;
  const old = map.data;
  map.data = data;
  if (old?.version !== data.version || JSON.stringify(old.own) !== JSON.stringify(data.own)) {
    takePoints(map);
    drawLegend(map, () => {
      drawSoon(map);
      map.keep("hidden", [...map.hidden].sort());
    });
  }
  setLoops(map, data.loops);
  drawSoon(map);
  return whenRemoved(parentElement, () => map.observer.disconnect());
}

/**
 * @param {HTMLElement} root
 * @returns {DigitMap}
 */
function newMap(root) {
  /** @param {string} selector */
  const part = (selector) => /** @type {any} */ (root.querySelector(selector));
  const map = /** @type {DigitMap} */ ({
    root,
    plot: part(".plot"),
    canvas: part(".plot > canvas"),
    svg: part(".plot > svg"),
    legend: part(".legend"),
    hovered: part(".hovered"),
    hidden: new Set(),
    dragged: false,
    zoom: 1,
  });
  map.observer = new ResizeObserver(() => drawSoon(map));
  map.observer.observe(map.plot);
  listen(map);
  chooseTool(map, coarse() ? "" : "loop"); // a finger scrolls the page until a tool is chosen
  return map;
}

function coarse() {
  return matchMedia("(pointer: coarse)").matches;
}

/** @param {DigitMap} map */
function takePoints(map) {
  const { data } = map;
  map.points = new Float32Array(bytes(data.points).buffer);
  map.labels = bytes(data.labels);
  map.predicted = bytes(data.predicted);
  map.indices = new Uint32Array(bytes(data.indices).buffer);
  map.screen = new Float32Array(map.points.length);
  map.middles = middlesOf(map.points, map.labels);
  [map.errors, map.drawings] = [data.names.length, data.names.length + 1];
  /** @param {number} axis */
  const along = (axis) => [
    ...map.points.filter((_, i) => i % 2 === axis),
    ...data.own.map(({ x, y }) => [x, y][axis]),
  ];
  const [x, y] = [along(0), along(1)];
  map.bounds = {
    left: Math.min(...x),
    right: Math.max(...x),
    bottom: Math.min(...y),
    top: Math.max(...y),
  };
  map.zoom = 1;
}

/** @param {string} base64 */
function bytes(base64) {
  const text = atob(base64);
  const made = new Uint8Array(text.length);
  for (let i = 0; i < made.length; i++) made[i] = text.charCodeAt(i);
  return made;
}

/** @param {DigitMap} map @param {Place[][]} loops */
function setLoops(map, loops) {
  map.loops = loops;
  map.selected = inside(map.points, loops);
  removeButton(map).hidden = !loops.length;
}

/** @param {DigitMap} map */
function drawSoon(map) {
  map.frame ??= requestAnimationFrame(() => {
    map.frame = undefined;
    drawMap(map);
  });
}

/** @param {DigitMap} map */
function removeButton({ root }) {
  return /** @type {HTMLButtonElement} */ (root.querySelector(".no-loop"));
}

/** @param {DigitMap} map @param {Tool} tool */
function chooseTool(map, tool) {
  map.tool = tool;
  map.plot.classList.toggle("dragging", tool !== "");
  for (const name of ["loop", "move"]) {
    map.root.querySelector(`.${name}`)?.setAttribute("aria-pressed", String(name === tool));
  }
}

/**
 * Zooms in on a place, or out; never to less than the whole map.
 * @param {DigitMap} map
 * @param {number} factor
 * @param {Place} at the place that stays where it is, in pixels
 */
function zoom(map, factor, at) {
  const before = onMap(map, at);
  map.zoom = Math.min(Math.max(map.zoom * factor, 1), MAX_ZOOM);
  const after = onMap(map, at);
  moveBy(map, [before[0] - after[0], before[1] - after[1]]);
}

/** @param {DigitMap} map @param {Place} way in the points' units */
function moveBy(map, [x, y]) {
  map.centre = [map.centre[0] + x, map.centre[1] + y];
  drawSoon(map);
}

/** @param {DigitMap} map */
function listen(map) {
  const { root, plot } = map;
  /** @param {string} name @param {() => void} action */
  const button = (name, action) => {
    const element = /** @type {HTMLButtonElement} */ (root.querySelector(`.${name}`));
    element.onclick = action;
    return element;
  };
  /** @returns {Place} */
  const middle = () => [map.size[0] / 2, map.size[1] / 2];
  const loop = button("loop", () => chooseTool(map, map.tool === "loop" ? "" : "loop"));
  button("move", () => chooseTool(map, map.tool === "move" ? "" : "move"));
  button("zoom-in", () => zoom(map, 1.5, middle()));
  button("zoom-out", () => zoom(map, 1 / 1.5, middle()));
  button("whole", () => zoom(map, 0, middle()));
  button("no-loop", () => {
    select(map, []);
    loop.focus(); // the one that had the focus is hidden now
  });
  plot.onkeydown = (event) => {
    const direction = DIRECTIONS[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "+") zoom(map, 1.5, middle());
    else if (event.key === "-") zoom(map, 1 / 1.5, middle());
    else if (direction && map.zoom > 1) {
      event.preventDefault(); // the page does not scroll
      const pixels = map.scale * map.zoom;
      moveBy(map, [(direction[0] * STEP) / pixels, (-direction[1] * STEP) / pixels]);
    }
  };
  plot.onwheel = (event) => {
    if (!event.ctrlKey) return; // the page scrolls
    event.preventDefault();
    zoom(map, event.deltaY < 0 ? 1.25 : 0.8, placeOf(map, event));
  };
  plot.onpointerdown = (event) => begin(map, event);
  plot.onpointermove = (event) => (map.drag ? drag(map, event) : hover(map, event));
  plot.onpointerup = (event) => end(map, event);
  plot.onpointercancel = () => drop(map);
  plot.onpointerleave = () => {
    map.hovered.hidden = true;
  };
  plot.onclick = (event) => {
    const index = map.indices[map.dragged ? -1 : under(map, placeOf(map, event))];
    if (index !== undefined) map.trigger("clicked", index); // the visitor's drawings have no index
  };
}

/**
 * @param {DigitMap} map
 * @param {MouseEvent} event
 * @returns {Place}
 */
function placeOf({ plot }, event) {
  const { left, top } = plot.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}

/**
 * The index of what is under the pointer, or -1. A star wins over the digits beneath it.
 * @param {DigitMap} map
 * @param {Place} at
 */
function under(map, at) {
  const { labels, hidden } = map;
  const star = nearest(map.stars, at, STAR, () => !hidden.has(map.drawings));
  if (star >= 0) return labels.length + star;
  return nearest(map.screen, at, REACH, (i) => !hidden.has(labels[i]));
}

/** @param {DigitMap} map @param {PointerEvent} event */
function hover(map, event) {
  if (event.pointerType === "touch") return;
  const at = placeOf(map, event);
  const index = under(map, at);
  map.plot.classList.toggle("on-a-digit", index >= 0);
  if (index < 0) map.hovered.hidden = true;
  else showHovered(map, index, at);
}

/** Ends what the pointer is dragging, without effect. @param {DigitMap} map */
function drop(map) {
  map.drag = undefined;
  drawLoops(map);
}

/** @param {DigitMap} map @param {PointerEvent} event */
function begin(map, event) {
  if (!event.isPrimary) {
    drop(map); // with a second finger it is no drawing
    return;
  }
  map.dragged = false;
  if (event.button || !map.tool) return;
  map.plot.setPointerCapture(event.pointerId);
  map.drag = [placeOf(map, event)];
}

/** @param {DigitMap} map @param {PointerEvent} event */
function drag(map, event) {
  const way = /** @type {Place[]} */ (map.drag);
  const [from, to] = [way[way.length - 1], placeOf(map, event)];
  way.push(to);
  map.dragged ||= Math.hypot(to[0] - way[0][0], to[1] - way[0][1]) > 4;
  map.hovered.hidden = true;
  if (map.tool === "loop") drawLoops(map);
  else {
    const [before, after] = [onMap(map, from), onMap(map, to)];
    moveBy(map, [before[0] - after[0], before[1] - after[1]]);
  }
}

/** @param {DigitMap} map @param {PointerEvent} event */
function end(map, event) {
  const way = map.drag;
  drop(map);
  if (!way || way.length < MIN_CORNERS || !map.dragged || map.tool !== "loop") return;
  const every = Math.ceil(way.length / MAX_CORNERS);
  const loop = way.filter((_, i) => i % every === 0).map((corner) => shortened(onMap(map, corner)));
  select(map, event.shiftKey ? [...map.loops, loop] : [loop]);
  bringIntoSight(document.querySelector(map.data.shows));
  if (coarse()) chooseTool(map, "");
}

/**
 * @param {Place} place
 * @returns {Place}
 */
function shortened([x, y]) {
  return [Number(x.toPrecision(FIGURES)), Number(y.toPrecision(FIGURES))];
}

/** @param {DigitMap} map @param {Place[][]} loops */
function select(map, loops) {
  setLoops(map, loops);
  drawSoon(map);
  map.trigger("selected", { loops: loops.map((loop) => loop.flat()) });
}
