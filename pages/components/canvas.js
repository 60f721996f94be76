// Hides the canvas' own toolbar: it is invisible until hovered, yet takes the touches of the
// canvas' upper right corner. Undo and clear are buttons of the page.

const STYLE = ".dc-toolbar { display: none !important; }";

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
  return () => observer.disconnect();
}
