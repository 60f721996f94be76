import { staticAddress } from "./static_address.js";

/**
 * Loads Plotly, once in the life of a page, as window.Plotly.
 * @param {string} file its name in the folder static/, from plotly_library.py
 * @returns {Promise<unknown>}
 */
export function plotly(file) {
  window.digitLabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = staticAddress(file);
    script.onload = resolve;
    script.onerror = () => {
      window.digitLabPlotly = undefined;
      reject(new Error(script.src));
    };
    document.head.append(script);
  });
  return window.digitLabPlotly;
}
