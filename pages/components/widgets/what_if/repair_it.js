// Lets the visitor paint on a digit's pixels, with a pointer or the keyboard. Python is told after
// each stroke.

import { DIRECTIONS } from "../browser/arrow_keys.js";

// Distances in pixels of the image.
const RADIUS = 1.3; // a dab has its full strength up to this distance from its centre
const SOFT = 0.8; // beyond that it fades out over this distance
const STEP = 0.3; // how far apart the dabs of a stroke are

/** @typedef {"ink" | "eraser"} Tool */
/** @typedef {{ levels: number[], side: number, most: number }} Data */

/**
 * @typedef {object} State
 * @property {number[]} levels
 * @property {Tool} tool
 * @property {[number, number]} cursor column and row
 * @property {[number, number] | null} last where the pointer was, in pixels of the image
 */

/** @type {WeakMap<Element, State>} */
const states = new WeakMap();

/**
 * Paints a dab around a point.
 * @param {number[]} levels
 * @param {Data} data
 * @param {Tool} tool
 * @param {[number, number]} point
 */
function dab(levels, { side, most }, tool, [x, y]) {
  for (let index = 0; index < levels.length; index++) {
    const [column, row] = [index % side, Math.floor(index / side)];
    const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
    const share = Math.min(Math.max((RADIUS + SOFT - distance) / SOFT, 0), 1);
    const level = Math.round(most * (tool === "ink" ? share : 1 - share));
    const both = [levels[index], level];
    levels[index] = tool === "ink" ? Math.max(...both) : Math.min(...both);
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {State} state
 * @param {Data} data
 */
function show(canvas, state, { side }) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const picture = context.createImageData(side, side);
  for (const [index, level] of state.levels.entries()) {
    picture.data.set([level, level, level, 255], 4 * index);
  }
  context.putImageData(picture, 0, 0);
  const mark = /** @type {HTMLElement} */ (canvas.nextElementSibling);
  mark.style.width = `${100 / side}%`;
  mark.style.left = `${(100 * state.cursor[0]) / side}%`;
  mark.style.top = `${(100 * state.cursor[1]) / side}%`;
}

/** @param {ComponentArguments<Data>} component */
export default function repairIt({ data, parentElement, setStateValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".repair"));
  const canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
  const middle = Math.floor(data.side / 2);
  /** @type {State} */
  const state = states.get(root) ?? {
    levels: [...data.levels],
    tool: "ink",
    cursor: [middle, middle],
    last: null,
  };
  states.set(root, state);
  const tell = () => setStateValue("levels", [...state.levels]);
  const redraw = () => show(canvas, state, data);

  /** @param {PointerEvent} event @returns {[number, number]} */
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * data.side,
      ((event.clientY - box.top) / box.height) * data.side,
    ];
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    state.last = at(event);
    dab(state.levels, data, state.tool, state.last);
    redraw();
  };
  canvas.onpointermove = (event) => {
    if (!state.last) return;
    const [from, to] = [state.last, at(event)];
    const dabs = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / STEP);
    for (let n = 1; n <= dabs; n++) {
      const share = n / dabs;
      const x = from[0] + share * (to[0] - from[0]);
      dab(state.levels, data, state.tool, [x, from[1] + share * (to[1] - from[1])]);
    }
    state.last = to;
    redraw();
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (state.last) tell();
    state.last = null;
  };
  canvas.onkeydown = (event) => {
    const direction = DIRECTIONS[event.key];
    if (!direction && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation(); // in the digit dialog, arrow keys also change the digit
    if (direction) {
      const moved = state.cursor.map((coordinate, axis) => coordinate + direction[axis]);
      const [x, y] = moved.map((coordinate) => Math.min(Math.max(coordinate, 0), data.side - 1));
      state.cursor = [x, y];
    } else {
      const [x, y] = state.cursor;
      dab(state.levels, data, event.shiftKey ? "eraser" : state.tool, [x + 0.5, y + 0.5]);
      tell();
    }
    redraw();
  };
  root.onclick = ({ target }) => {
    const tool = target instanceof HTMLElement && target.dataset.tool;
    if (tool === "ink" || tool === "eraser") state.tool = tool;
    else if (tool === "reset") {
      state.levels = [...data.levels];
      tell();
    }
    for (const button of root.querySelectorAll("[aria-pressed]")) {
      const pressed = button instanceof HTMLElement && button.dataset.tool === state.tool;
      button.setAttribute("aria-pressed", String(pressed));
    }
    redraw();
  };
  redraw();
}
