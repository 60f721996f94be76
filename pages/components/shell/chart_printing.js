function letChartsShrink() {
  for (const svg of document.querySelectorAll(".js-plotly-plot .main-svg")) {
    const size = ["width", "height"].map((side) => svg.getAttribute(side));
    svg.setAttribute("viewBox", `0 0 ${size.join(" ")}`);
  }
}

function keepChartsSize() {
  for (const svg of document.querySelectorAll(".js-plotly-plot .main-svg[viewBox]")) {
    svg.removeAttribute("viewBox");
  }
}

/** Lets frame.css shrink charts to the width of the paper: for that an SVG needs a viewBox. */
export function chartPrinting() {
  window.addEventListener("beforeprint", letChartsShrink);
  window.addEventListener("afterprint", keepChartsSize);
  return () => {
    window.removeEventListener("beforeprint", letChartsShrink);
    window.removeEventListener("afterprint", keepChartsSize);
  };
}
