// A finger on a chart scrolls the page. Plotly would keep every touch on a chart whose bars can be
// clicked to itself; without it the browser scrolls, and makes a click of a tap, which Plotly hears.

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
