import { staticAddress } from "../../shell/static_address.js";

/**
 * Loads Plotly, once in the life of a page, also as window.Plotly.
 * @param {string} file its place in the folder static/, from plotly_library.py
 * @returns {Promise<Plotly>}
 */
export function plotly(file) {
  window.digitLabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const fail = () => {
      window.digitLabPlotly = undefined; // the next call tries again
      reject(new Error(script.src));
    };
    script.src = staticAddress(file);
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : fail());
    script.onerror = fail;
    document.head.append(script);
  });
  return window.digitLabPlotly;
}
