/** The canvas's shadow root; undefined while there is no canvas. */
export function canvasRoot() {
  const elements = document.querySelectorAll(".st-key-canvas *");
  return [...elements].find((element) => element.shadowRoot)?.shadowRoot ?? undefined;
}

/** The element that receives the strokes, in the canvas's shadow root. */
export function surface() {
  return canvasRoot()?.querySelector(".upper-canvas"); // private to drawable-canvas
}
