// Demonstrates a digit: draws it on the canvas, stroke by stroke, with simulated pointer events, so
// that everything else treats it as the visitor's own. Touching the canvas stops the demonstration.

import { reducedMotion } from "../../shell/reduced_motion.js";
import { whenRemoved } from "../../shell/when_removed.js";
import { surface } from "./canvas_surface.js";
import { pen } from "./pen.js";

const SPEED = 0.0016; // how fast the pen moves, in canvas widths per millisecond
const LIFT = 150; // how long the pen is lifted between two strokes, in milliseconds
const PATIENCE = 30000; // how long to wait for an empty canvas, in milliseconds

/**
 * What draw_example.py sends.
 * @typedef {object} Data
 * @property {string} digits JSON: the strokes of each digit, each x0, y0, x1, y1, … as fractions of
 *   the canvas's side
 */

let last = -1; // the digit shown last
let current = 0; // number of the current demonstration; changing it stops the one that is running

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const frame = () => new Promise((done) => requestAnimationFrame(done));

function isEmpty() {
  const invitation = document.querySelector(".canvas-invitation");
  return invitation instanceof HTMLElement && !invitation.hidden;
}

/** @returns {Promise<boolean>} whether the canvas is there and empty now */
async function emptied() {
  const ready = () => isEmpty() && Boolean(surface());
  if (ready()) return true;
  if (!isEmpty())
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Delete", bubbles: true }));
  const end = performance.now() + PATIENCE;
  while (!ready() && performance.now() < end) await pause(30);
  await pause(100); // the canvas is cleared after the rest of the page
  return ready();
}

/**
 * @param {Element} on
 * @param {number[]} stroke
 * @param {() => boolean} ended
 */
async function drawStroke(on, stroke, ended) {
  const still = reducedMotion();
  pen("down", on, stroke[0], stroke[1]);
  let way = 0;
  let begun = performance.now();
  for (let i = 2; i < stroke.length && !ended(); i += 2) {
    way += Math.hypot(stroke[i] - stroke[i - 2], stroke[i + 1] - stroke[i - 1]);
    if (!still && way > SPEED * (performance.now() - begun)) {
      await frame();
      const behind = performance.now() - begun - way / SPEED;
      // Animation frames pause in a background tab: the pen does not catch up on the time missed.
      if (behind > 50) begun += behind - 50;
    }
    pen("move", on, stroke[i], stroke[i + 1]);
  }
  pen("up", on, stroke[stroke.length - 2], stroke[stroke.length - 1]);
}

/** @param {number[][]} strokes */
async function show(strokes) {
  current += 1;
  const started = current;
  const ended = () => current !== started;
  if (!(await emptied())) return;
  for (const stroke of strokes) {
    const on = surface();
    if (ended() || !on) return;
    await drawStroke(on, stroke, ended);
    await pause(LIFT);
  }
}

/** @param {Event} event */
function interrupt(event) {
  const target = event.target;
  if (event.isTrusted && target instanceof Element && target.closest(".st-key-drawing"))
    current += 1;
}

/** @param {ComponentArguments<Data>} component */
export default function drawExample({ data, parentElement }) {
  /** @type {number[][][]} */
  const digits = JSON.parse(data.digits);
  const button = parentElement.querySelector("button");
  const choice = parentElement.querySelector("select");
  if (!button || !choice) return;
  document.addEventListener("pointerdown", interrupt, true);
  button.disabled = false;
  button.onclick = () => {
    // If no digit is chosen, each press goes on by three: 3, 6, 9, 2 …
    last = choice.value ? Number(choice.value) : (last < 0 ? 3 : last + 3) % digits.length;
    show(digits[last]);
  };
  choice.onchange = () => {
    if (choice.value) button.click();
  };
  return whenRemoved(parentElement, () =>
    document.removeEventListener("pointerdown", interrupt, true),
  );
}
