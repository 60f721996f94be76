// Lets a finger on a chart scroll the page. Plotly captures touches on charts with clickable bars;
// without those events the browser scrolls, and still turns a tap into a click.

const CHART = "[data-testid=stPlotlyChart] .nsewdrag";
let listening = false;

/** @param {TouchEvent} event */
function keepFromPlotly(event) {
  if (event.target instanceof Element && event.target.closest(CHART)) event.stopPropagation();
}

export default function fingerScroll() {
  if (listening) return;
  document.addEventListener("touchstart", keepFromPlotly, { capture: true, passive: true });
  listening = true;
}
