// Hides the canvas' own toolbar: it is invisible until hovered, yet takes the touches of the
// canvas' upper right corner. Undo, redo and clear are buttons of the page; keys press them.

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
  if (!name) return;
  event.preventDefault();
  pressed.push(name);
  if (pressed.length === 1) act();
}

// Keys may come faster than reruns, which enable and disable the buttons: one after the other.
const pressed = [];

function act() {
  if (document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')) {
    document.querySelector(`.st-key-${pressed.shift()} button`)?.click(); // if it is not disabled
  }
  if (pressed.length) setTimeout(act, 30);
}

export default function ({ parentElement }) {
  const tame = () => {
    const host = [...document.querySelectorAll(".st-key-canvas *")].find((e) => e.shadowRoot);
    const root = host?.shadowRoot;
    if (!root || root.querySelector("style[data-digit-lab]")) return;
    const style = document.createElement("style");
    style.dataset.digitLab = "";
    style.textContent = STYLE;
    root.append(style);
  };
  tame();
  const observer = new MutationObserver(tame); // the canvas may come after us, or come anew
  observer.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("keydown", press);
  return () => {
    if (parentElement.isConnected) return; // Streamlit calls where newer data came at once, too
    observer.disconnect();
    document.removeEventListener("keydown", press);
  };
}
