// Shows the canvas as large as its place on the page, and names it for screen readers. Hides its own
// toolbar, which is invisible until hovered, yet takes the touches of the canvas's upper right
// corner. Undo, redo and clear are buttons of the page: keys press them, no key or click is lost, and
// none takes along what was drawn after it. Invites to draw until the first stroke begins. Ends a
// stroke whose touch is cancelled.
// Scrolls the canvas into view when asked to. Asks for the rest of the page where the canvas came alone.

/** @typedef {"undo" | "redo" | "clear"} Name */

/**
 * What canvas.py sends.
 * @typedef {object} Data
 * @property {number} revision changes when the page, not the pen, changes the canvas
 * @property {boolean} empty whether nothing is drawn
 * @property {number} scrolled counts the requests to scroll the canvas into view
 * @property {boolean} alone whether the rest of the page is to come when the canvas is there
 * @property {boolean} digits whether the network knows digits: the invitation shows one
 */

// Private to drawable-canvas, as is the shadow root that `fit` looks for. It gives the canvas the
// size of its surface in pixels; Fabric reads off where the pointer is, however large it is shown.
const STYLE = `
.dc-toolbar { display: none !important; }
.dc-root { width: auto !important; }
.dc-scroll { overflow: hidden !important; }
.dc-container, .canvas-container, canvas {
  width: 100% !important; height: auto !important; aspect-ratio: 1; }`;
const NAME = "Canvas to draw a digit on";
const PATIENCE = 3000; // milliseconds to wait for a button's effect

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
  const target = event.composedPath()[0];
  const typing =
    target instanceof Element && target.closest("input, textarea, [contenteditable]") !== null;
  const name = typing ? null : buttonOf(event);
  if (name) queue(event, name);
}

/** @param {MouseEvent} event */
function click(event) {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  const name = NAMES.find((each) => button?.closest(`.st-key-${each}`));
  if (name) queue(event, name);
}

// Keys and clicks can come faster than reruns, which enable and disable the buttons, and Python
// notices only one of two clicks before a rerun. So they are carried out one after the other.
/** @type {Name[]} */
const NAMES = ["undo", "redo", "clear"];
/** @type {{ name: Name, later: number }[]} with the strokes begun since they were asked for */
const waiting = [];
let drawing = false; // whether a stroke is being drawn
/** @type {(name: string, value: unknown) => void} */
let tell = () => {};
/** @type {Data} */
let shown = { revision: 0, empty: false, scrolled: 0, alone: false, digits: true }; // what Python last said
/** @type {number | undefined} */
let acted; // revision of the drawing when the last one was carried out
let giveUp = 0; // when to stop waiting for the next revision

/** @param {Event} event @param {Name} name */
function queue(event, name) {
  event.preventDefault();
  event.stopPropagation();
  waiting.push({ name, later: 0 });
  if (waiting.length === 1) act();
}

function act() {
  const answered = shown.revision !== acted || performance.now() > giveUp;
  // Private to Streamlit: without it no key or click on the buttons is ever acted on.
  const idle = '[data-testid="stApp"][data-test-script-state="notRunning"]';
  if (answered && !drawing && document.querySelector(idle)) {
    const next = waiting.shift();
    if (next && document.querySelector(`.st-key-${next.name} button:enabled`)) {
      acted = shown.revision;
      giveUp = performance.now() + PATIENCE;
      tell("asked", { ...next, revision: acted });
    }
  }
  if (waiting.length) setTimeout(act, 30);
}

/**
 * Ends the stroke of a touch that a call or a gesture of the system cancelled. The canvas's library
 * listens to mouse and touch events, yet not to cancelled ones: it would never end that stroke.
 * @param {Event} event
 */
function endStroke(event) {
  end();
  const mouse = event instanceof PointerEvent && event.pointerType !== "touch";
  document.dispatchEvent(mouse ? new MouseEvent("mouseup") : new TouchEvent("touchend"));
}

/** Returns the surface, once it is there. */
function fit() {
  const host = [...document.querySelectorAll(".st-key-canvas *")].find((e) => e.shadowRoot);
  const root = host?.shadowRoot;
  if (!root) return null;
  if (!root.querySelector("style[data-digit-lab]")) {
    const style = document.createElement("style");
    style.dataset.digitLab = "";
    style.textContent = STYLE;
    root.append(style);
  }
  observer.observe(root, { childList: true, subtree: true }); // the document's does not see in there
  const surface = root.querySelector(".upper-canvas");
  surface?.setAttribute("role", "img");
  surface?.setAttribute("aria-label", NAME);
  return surface;
}

/** @param {number} end when to ask for the rest even if there is no canvas yet */
function askForRest(end) {
  if (!shown.alone) return;
  if (fit() || performance.now() > end) tell("rest", true);
  else setTimeout(askForRest, 20, end);
}

const observer = new MutationObserver(fit); // the canvas may come later, or come anew

/** @param {boolean} open */
function invite(open) {
  const invitation = document.querySelector(".canvas-invitation");
  if (invitation instanceof HTMLElement) invitation.hidden = !open;
}

/** @param {Event} event */
function begin(event) {
  const target = event.target;
  if (!(target instanceof Element) || !target.closest(".st-key-drawing")) return;
  invite(false);
  drawing = true;
  for (const one of waiting) one.later += 1;
}

function end() {
  drawing = false;
}

/** @param {ComponentArguments<Data>} component */
export default function canvas({ data, parentElement, setTriggerValue }) {
  tell = setTriggerValue;
  if (data.scrolled > shown.scrolled) {
    document.querySelector(".st-key-canvas")?.scrollIntoView({ block: "end", behavior: "smooth" }); // what is above it is seen, too
  }
  // A rerun may come while the first stroke is drawn, and know nothing of it.
  if (!data.empty) invite(false);
  else if (data.revision !== shown.revision) invite(true);
  document.querySelector(".canvas-invitation svg")?.classList.toggle("hidden", !data.digits);
  shown = data;
  fit();
  askForRest(performance.now() + PATIENCE);
  // Called again whenever `data` change; a listener that is registered already is not added twice.
  observer.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("keydown", press);
  document.addEventListener("click", click, true);
  document.addEventListener("pointerdown", begin, true);
  document.addEventListener("pointerup", end, true);
  document.addEventListener("pointercancel", endStroke, true);
  document.addEventListener("touchcancel", endStroke, true);
  return () => {
    if (parentElement.isConnected) return; // Streamlit cleans up for newer data, too
    observer.disconnect();
    document.removeEventListener("keydown", press);
    document.removeEventListener("click", click, true);
    document.removeEventListener("pointerdown", begin, true);
    document.removeEventListener("pointerup", end, true);
    document.removeEventListener("pointercancel", endStroke, true);
    document.removeEventListener("touchcancel", endStroke, true);
  };
}
