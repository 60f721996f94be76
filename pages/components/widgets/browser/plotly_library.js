import { staticAddress } from "../../shell/static_address.js";

/**
 * Loads Plotly, once in the life of a page. Where a page has had both of its files, window.Plotly is the
 * one that came last, so use what this returns.
 * @param {string} file its place in the folder static/, from plotly_library.py
 * @returns {Promise<Plotly>}
 */
export function plotly(file) {
  window.digitLabPlotly ??= {};
  const libraries = window.digitLabPlotly;
  libraries[file] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const fail = () => {
      delete libraries[file]; // the next call tries again
      reject(new Error(script.src));
    };
    script.src = staticAddress(file);
    script.onload = () => {
      const library = window.Plotly;
      // Drawing is a task of its own: with this one it would hold up the page for longer.
      setTimeout(() => (library ? resolve(library) : fail()));
    };
    script.onerror = fail;
    document.head.append(script);
  });
  return libraries[file];
}

/**
 * A text as Plotly shows it in names and labels, in which it reads a few HTML tags.
 * @param {string} text may be a visitor's own
 */
export function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
