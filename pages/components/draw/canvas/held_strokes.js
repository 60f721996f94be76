// Strokes that begin while the canvas is about to be cleared or to take on another drawing or brush.
// The canvas library would lose them then, or their beginning. So they are kept from it, shown as a
// plain line, and drawn with a simulated pen afterwards; from then on the pen follows the pointer.

import { canvasRoot, surface } from "./canvas_surface.js";
import { pen } from "./pen.js";

const POINTER_EVENTS = ["pointerdown", "pointermove", "pointerup", "pointercancel"];
const OTHER_EVENTS = ["mousedown", "mousemove", "mouseup", "touchstart", "touchmove", "touchend"];
const HELD_PATIENCE = 15000; // how long to wait before they are drawn all the same, in milliseconds
const HIDDEN = "hides-drawing"; // class of a canvas whose drawing is shown no more

export const HELD_STYLE = `.${HIDDEN} .lower-canvas { filter: brightness(0); }`;

const small = document.createElement("canvas"); // a copy that is quick to read
const SMALL_SIDE = 120;

/** Whether the canvas shows no ink. */
export const isBlank = () => ink().every((value, i) => i % 4 === 3 || value === 0);

/**
 * What the canvas shows, in small: four bytes a pixel; empty while there is no canvas.
 * @returns {Uint8ClampedArray<ArrayBuffer>}
 */
export function ink() {
  const lower = canvasRoot()?.querySelector(".dc-canvas.lower-canvas");
  small.width = small.height = SMALL_SIDE; // which also empties it
  const context = small.getContext("2d", { willReadFrequently: true });
  if (!(lower instanceof HTMLCanvasElement) || !context) return new Uint8ClampedArray();
  context.drawImage(lower, 0, 0, SMALL_SIDE, SMALL_SIDE);
  return context.getImageData(0, 0, SMALL_SIDE, SMALL_SIDE).data;
}

export class HeldStrokes {
  /** @type {[number, number][][]} */
  #strokes = []; // places in shares of the canvas's sides
  /** @type {number | undefined} */
  #pointer; // the pointer whose events are kept from the canvas
  #isDrawing = false; // whether that pointer's stroke is drawn by the simulated pen
  #until = 0; // the time at which to wait no longer

  /**
   * @param {() => boolean} mustWait whether a stroke that begins now would be lost
   * @param {() => { width: number, cleared: boolean }} look of the line, in pixels of the surface,
   *   and whether what was drawn before is cleared
   */
  constructor(mustWait, look) {
    this.mustWait = mustWait;
    this.look = look;
  }

  /** Whether any stroke is waiting. */
  get any() {
    return this.#strokes.length > 0;
  }

  listen() {
    for (const type of [...POINTER_EVENTS, ...OTHER_EVENTS])
      window.addEventListener(type, this.#take, { capture: true, passive: false });
  }

  stop() {
    for (const type of [...POINTER_EVENTS, ...OTHER_EVENTS])
      window.removeEventListener(type, this.#take, { capture: true });
    this.#strokes = [];
  }

  /** @param {Event} event */
  #take = (event) => {
    if (event instanceof PointerEvent && event.type === "pointerdown") this.#begin(event);
    if (this.#pointer === undefined || !event.isTrusted) return;
    event.stopImmediatePropagation();
    if (event.type.startsWith("touch") && event.cancelable) event.preventDefault();
    if (event instanceof PointerEvent && event.pointerId === this.#pointer) this.#follow(event);
  };

  /** @param {PointerEvent} event */
  #begin(event) {
    const target = event.target;
    if (!(target instanceof Element) || !target.closest(".st-key-drawing")) return;
    const wait = this.mustWait(); // asked of every stroke: it notices here that the canvas is empty
    if (!event.isTrusted || event.button !== 0 || this.#pointer !== undefined) return;
    if (!wait && !this.#strokes.length) return;
    this.#pointer = event.pointerId;
    this.#strokes.push([]);
    if (this.#strokes.length > 1) return;
    this.#until = performance.now() + HELD_PATIENCE;
    setTimeout(this.#tryToDraw);
  }

  /** @param {PointerEvent} event */
  #follow(event) {
    const on = surface();
    const ended = event.type === "pointerup" || event.type === "pointercancel";
    if (on && event.type !== "pointercancel") {
      const { left, top, width, height } = on.getBoundingClientRect();
      const [x, y] = [(event.clientX - left) / width, (event.clientY - top) / height];
      if (this.#isDrawing) pen(ended ? "up" : "move", on, x, y);
      else this.#strokes.at(-1)?.push([x, y]);
      if (!this.#isDrawing) this.#showLine(on);
    }
    if (!ended) return;
    this.#pointer = undefined;
    this.#isDrawing = false;
  }

  /** @param {Element} on */
  #showLine(on) {
    const context = on instanceof HTMLCanvasElement ? on.getContext("2d") : null;
    const stroke = this.#strokes.at(-1);
    if (!context || !stroke || !(on instanceof HTMLCanvasElement)) return;
    context.save();
    context.lineWidth = this.look().width;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "white";
    context.beginPath();
    for (const [x, y] of stroke.slice(-2)) context.lineTo(x * on.width, y * on.height);
    context.stroke();
    context.restore();
  }

  #tryToDraw = () => {
    const root = canvasRoot()?.querySelector(".dc-root");
    const wait = this.mustWait() && performance.now() < this.#until;
    root?.classList.toggle(HIDDEN, wait && this.look().cleared);
    if (wait) setTimeout(this.#tryToDraw, 30);
    else this.#draw();
  };

  #draw() {
    const on = surface();
    if (on instanceof HTMLCanvasElement) on.getContext("2d")?.clearRect(0, 0, on.width, on.height);
    const strokes = this.#strokes.splice(0);
    for (const [place, stroke] of strokes.entries()) {
      if (!on || !stroke.length) continue;
      const last = stroke.length - 1;
      pen("down", on, ...stroke[0]);
      for (const each of stroke.slice(1)) pen("move", on, ...each);
      this.#isDrawing = place === strokes.length - 1 && this.#pointer !== undefined;
      if (!this.#isDrawing) pen("up", on, ...stroke[last]);
    }
  }
}
