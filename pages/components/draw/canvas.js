// Hides the canvas' own toolbar: it is invisible until hovered, yet takes the touches of the
// canvas' upper right corner. Undo, redo and clear are buttons of the page; keys press them, and no
// key or click is lost. Scrolls the canvas into view where it is asked to.

const STYLE = ".dc-toolbar { display: none !important; }";

function buttonOf(event) {
  if (event.key === "Delete") return "clear";
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return null;
  const key = event.key.toLowerCase();
  if (key === "y" || (key === "z" && event.shiftKey)) return "redo";
  return key === "z" ? "undo" : null;
}

function press(event) {
  const typing = event.composedPath()[0].closest?.("input, textarea, [contenteditable]");
  const name = typing ? null : buttonOf(event);
  if (name) queue(event, name);
}

function click(event) {
  const button = event.target.closest?.("button");
  const name = NAMES.find((name) => button?.closest(`.st-key-${name}`));
  if (name && event.isTrusted) queue(event, name); // not where `act` clicks
}

// Keys and clicks may come faster than reruns, which enable and disable the buttons, and of two
// clicks before a rerun Python heeds one: so they are done one after the other.
const NAMES = ["undo", "redo", "clear"];
const waiting = [];
let shown = {}; // what Python last said
let acted; // the revision of the drawing that the last one was done to
let patience = 0; // until when to wait for the next revision

function queue(event, name) {
  event.preventDefault();
  event.stopPropagation();
  waiting.push(name);
  if (waiting.length === 1) act();
}

function act() {
  const answered = shown.revision !== acted || performance.now() > patience;
  const idle = '[data-testid="stApp"][data-test-script-state="notRunning"]';
  if (answered && document.querySelector(idle)) {
    const button = document.querySelector(`.st-key-${waiting.shift()} button:enabled`);
    if (button) [acted, patience] = [shown.revision, performance.now() + 3000];
    button?.click();
  }
  if (waiting.length) setTimeout(act, 30);
}

function tame() {
  const host = [...document.querySelectorAll(".st-key-canvas *")].find((e) => e.shadowRoot);
  const root = host?.shadowRoot;
  if (!root || root.querySelector("style[data-digit-lab]")) return;
  const style = document.createElement("style");
  style.dataset.digitLab = "";
  style.textContent = STYLE;
  root.append(style);
}

const observer = new MutationObserver(tame); // the canvas may come after us, or come anew

export default function ({ data, parentElement }) {
  if (data.brought > (shown.brought ?? 0)) {
    document.querySelector(".st-key-canvas").scrollIntoView({ block: "center", behavior: "smooth" });
  }
  shown = data;
  tame();
  // Called again at every change of `data`: what is registered already is not registered twice.
  observer.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("keydown", press);
  document.addEventListener("click", click, true);
  return () => {
    if (parentElement.isConnected) return; // Streamlit calls where newer data came at once, too
    observer.disconnect();
    document.removeEventListener("keydown", press);
    document.removeEventListener("click", click, true);
  };
}
