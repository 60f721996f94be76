// Adds what the canvas library lacks:
// - fits the canvas to the page and names it for screen readers;
// - hides the library's toolbar, which is invisible until hovered but catches touches in the top
//   right corner;
// - carries out Undo, Redo and Clear, from buttons or keys, one at a time, so that none is lost and
//   none removes a stroke drawn after it;
// - shows “Draw here” until the first stroke;
// - begins a new drawing with the first stroke after one that was saved;
// - holds strokes back while the canvas would lose them (held_strokes.js);
// - ends a stroke whose touch was cancelled, or that makes the drawing as large as it may be, and then
//   lets no other begin;
// - scrolls the canvas into view on request;
// - asks for the rest of the page if the canvas was sent before it.

import { isTyping } from "../../shell/typing.js";
import { whenRemoved } from "../../shell/when_removed.js";
import { canvasRoot, surface } from "./canvas_surface.js";
import { HELD_STYLE, HeldStrokes, ink, isBlank } from "./held_strokes.js";

/** @typedef {"undo" | "redo" | "clear"} Name */

/**
 * What canvas.py sends.
 * @typedef {object} Data
 * @property {number} revision changes when the page, not the pen, changes the canvas
 * @property {boolean} empty whether nothing is drawn
 * @property {number} scrolled counts the requests to scroll the canvas into view
 * @property {boolean} alone whether the rest of the page is sent only once the canvas is there
 * @property {number} answered counts what the visitor saved, or tried to
 * @property {boolean} finished whether the next stroke begins a new drawing
 * @property {number} brush width of the line, in pixels of the surface
 * @property {number} room how many points the next stroke may have
 * @property {boolean} digits whether the classes are digits: the invitation then shows one
 */

// These classes are private to drawable-canvas, like the shadow root (canvas_surface.js). The
// library displays the canvas at the size of its drawing surface. These rules scale it to fit the
// page; Fabric converts the pointer's coordinates accordingly.
const STYLE = `
.dc-toolbar { display: none !important; }
.dc-root { width: auto !important; }
.dc-scroll { overflow: hidden !important; }
.dc-container, .canvas-container, canvas {
  width: 100% !important; height: auto !important; aspect-ratio: 1; }
.full { pointer-events: none; }
${HELD_STYLE}`;
const SAVES = ".st-key-label-choice [role=radio], .st-key-guided-next button";
const NAME = "Canvas to draw a digit on";
const PATIENCE = 3000; // how long to wait for a button's effect, in milliseconds
const SETTLING = 300; // how long the canvas may take for what Python sent, in milliseconds
const LONG = 15000; // how long to wait for what a stroke would be lost before, in milliseconds

/**
 * @param {KeyboardEvent} event
 * @returns {Name | null}
 */
function buttonOf(event) {
  if (event.key === "Delete") return "clear";
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return null;
  const key = event.key.toLowerCase();
  if (key === "y" || (key === "z" && event.shiftKey)) return "redo";
  return key === "z" ? "undo" : null;
}

/** @param {KeyboardEvent} event */
function press(event) {
  const name = isTyping(event) ? null : buttonOf(event);
  if (name) queue(event, name);
}

/** @param {MouseEvent} event */
function click(event) {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  const name = NAMES.find((each) => button?.closest(`.st-key-${each}`));
  if (name) queue(event, name);
  if (button?.matches('.st-key-brush [role=radio][aria-checked="false"]')) expectChange();
  if (button?.matches(SAVES)) saving = performance.now() + LONG;
}

// Keys and clicks can come faster than the reruns that enable and disable the buttons, and of two
// clicks before a rerun Python notices only one. So requests queue up here.
/** @type {Name[]} */
const NAMES = ["undo", "redo", "clear"];
// Requests that are not carried out yet; `later` counts the strokes begun since the request.
/** @type {{ name: Name, later: number }[]} */
const waiting = [];
let drawing = false; // whether a stroke is being drawn
let points = 0; // of that stroke
/** @type {(name: string, value: unknown) => void} */
let tell = () => {};
/** @type {Data} */
let shown = {
  revision: 0,
  empty: false,
  scrolled: 0,
  alone: false,
  answered: 0,
  finished: false,
  brush: 0,
  room: Infinity,
  digits: true,
}; // as last sent
/** @type {number | undefined} */
let acted; // the revision that was shown when the last request was sent
let giveUp = 0; // the time at which to stop waiting for the next revision

/** @param {Event} event @param {Name} name */
function queue(event, name) {
  event.preventDefault();
  event.stopPropagation();
  waiting.push({ name, later: 0 });
  if (waiting.length === 1) act();
}

/** Whether the last request was carried out, or is not to be waited for any longer. */
const isAnswered = () => shown.revision !== acted || performance.now() > giveUp;

function act() {
  // A private name of Streamlit: if it changes, Undo, Redo and Clear never run.
  const idle = '[data-testid="stApp"][data-test-script-state="notRunning"]';
  if (isAnswered() && !drawing && document.querySelector(idle)) {
    const next = waiting.shift();
    if (next && document.querySelector(`.st-key-${next.name} button:enabled`)) {
      acted = shown.revision;
      giveUp = performance.now() + PATIENCE;
      if (next.name === "clear" && !next.later) clearing = performance.now() + LONG;
      if (next.name !== "clear") expectChange();
      tell("asked", { ...next, revision: acted });
    }
  }
  if (waiting.length) setTimeout(act, 30);
}

// Until these times a stroke would be lost: after a click that saves the drawing, until the answer
// says whether the next stroke begins a new one; after a request to clear, until the canvas has;
// after a request for another drawing or brush, until the canvas has taken it on.
let saving = 0;
let clearing = 0;
let changing = 0;
let before = new Uint8ClampedArray(); // what the canvas showed at that request

function expectChange() {
  changing = performance.now() + LONG;
  before = ink();
}

/** Whether a stroke that begins now has to wait until the canvas is ready for it. */
function mustWait() {
  const now = performance.now();
  if (now < saving) return true;
  if (shown.finished) {
    if (held.any && !waiting.length && isAnswered()) {
      waiting.push({ name: "clear", later: 0 });
      act();
    }
    return true;
  }
  if (waiting.some(({ name }) => name !== "clear")) return true;
  if (now < clearing && shown.empty && isBlank()) clearing = 0;
  if (now < changing && ink().some((value, i) => value !== before[i])) changing = 0;
  return now < Math.max(clearing, changing);
}

const held = new HeldStrokes(mustWait, () => ({
  width: shown.brush,
  cleared: performance.now() >= saving && (shown.finished || performance.now() < clearing),
}));

/**
 * Ends a stroke whose touch was cancelled, for example by a phone call. The canvas library does not
 * listen for that, so the stroke would never end.
 * @param {Event} event
 */
function endStroke(event) {
  end();
  const mouse = event instanceof PointerEvent && event.pointerType !== "touch";
  document.dispatchEvent(mouse ? new MouseEvent("mouseup") : new TouchEvent("touchend"));
}

/** Styles and names the canvas; returns its surface, or null while there is none. */
function fit() {
  const root = canvasRoot();
  if (!root) return null;
  if (!root.querySelector("style[data-digit-lab]")) {
    const style = document.createElement("style");
    style.dataset.digitLab = "";
    style.textContent = STYLE;
    root.append(style);
  }
  // Observing the document is not enough: that does not reach into a shadow root.
  observer.observe(root, { childList: true, subtree: true });
  const drawnOn = surface();
  drawnOn?.setAttribute("role", "img");
  drawnOn?.setAttribute("aria-label", NAME);
  drawnOn?.classList.toggle("full", !shown.room);
  return drawnOn;
}

/** @param {number} end the time at which to ask for the rest even if there is no canvas yet */
function askForRest(end) {
  if (!shown.alone) return;
  if (fit() || performance.now() > end) tell("rest", true);
  else setTimeout(askForRest, 20, end);
}

const observer = new MutationObserver(fit); // the canvas may be created late, or recreated

/** @param {boolean} visible */
function showInvitation(visible) {
  const invitation = document.querySelector(".canvas-invitation");
  if (invitation instanceof HTMLElement) invitation.hidden = !visible;
}

/** @param {Event} event */
function begin(event) {
  const target = event.target;
  if (!(target instanceof Element) || !target.closest(".st-key-drawing")) return;
  showInvitation(false);
  drawing = true;
  points = 0;
  for (const one of waiting) one.later += 1;
}

function end() {
  drawing = false;
}

/** @param {Event} event */
function move(event) {
  if (!drawing) return;
  points += 1;
  if (points >= shown.room) endStroke(event);
}

/** @param {ComponentArguments<Data>} component */
export default function canvas({ data, parentElement, setTriggerValue }) {
  tell = setTriggerValue;
  if (data.scrolled > shown.scrolled) {
    // To the canvas's end, so that the guide above it stays visible.
    document.querySelector(".st-key-canvas")?.scrollIntoView({ block: "end", behavior: "smooth" });
  }
  // The data may arrive during the first stroke, when Python still takes the canvas for empty.
  if (!data.empty) showInvitation(false);
  else if (data.revision !== shown.revision) showInvitation(true);
  if (data.answered !== shown.answered) saving = 0;
  if (data.revision !== shown.revision) clearing = data.empty ? performance.now() + LONG : 0;
  if (data.revision !== shown.revision || data.brush !== shown.brush)
    changing = Math.min(changing, performance.now() + SETTLING);
  document.querySelector(".canvas-invitation svg")?.classList.toggle("hidden", !data.digits);
  shown = data;
  fit();
  askForRest(performance.now() + PATIENCE);
  // Each change of `data` calls this again; the browser does not add a listener twice.
  observer.observe(document.body, { childList: true, subtree: true });
  held.listen();
  document.addEventListener("keydown", press);
  document.addEventListener("click", click, true);
  document.addEventListener("pointerdown", begin, true);
  document.addEventListener("pointermove", move, true);
  document.addEventListener("pointerup", end, true);
  document.addEventListener("pointercancel", endStroke, true);
  document.addEventListener("touchcancel", endStroke, true);
  return whenRemoved(parentElement, () => {
    observer.disconnect();
    held.stop();
    document.removeEventListener("keydown", press);
    document.removeEventListener("click", click, true);
    document.removeEventListener("pointerdown", begin, true);
    document.removeEventListener("pointermove", move, true);
    document.removeEventListener("pointerup", end, true);
    document.removeEventListener("pointercancel", endStroke, true);
    document.removeEventListener("touchcancel", endStroke, true);
  });
}
