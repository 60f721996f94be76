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
  document.querySelector(`.st-key-${name} button`)?.click(); // a disabled button hears nothing
}

export default function () {
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
    observer.disconnect();
    document.removeEventListener("keydown", press);
  };
}
