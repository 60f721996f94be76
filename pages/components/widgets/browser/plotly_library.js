import { appAddress } from "../../shell/app_address.js";

/**
 * Loads Plotly once in the life of a page.
 * @param {string} file the file's address, from plotly_library.py
 * @returns {Promise<Plotly>}
 */
export function plotly(file) {
  window.digitLabPlotly ??= {};
  const libraries = window.digitLabPlotly;
  libraries[file] ??= load(appAddress(file)).catch((error) => {
    delete libraries[file]; // the next call tries again
    throw error;
  });
  return libraries[file];
}

/** @param {string} address */
async function load(address) {
  // As the `src` of a script, the file would be fetched anew for each page, because the server does
  // not say how long it may be cached.
  const response = await fetch(address, { cache: "force-cache" });
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  const script = document.createElement("script");
  script.src = URL.createObjectURL(await response.blob());
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  const library = window.Plotly;
  URL.revokeObjectURL(script.src);
  if (!library) throw new Error(`${address}: no Plotly in it`);
  // Drawing waits for a task of its own: loading and drawing in one would block the page longer.
  await new Promise((resolve) => setTimeout(resolve));
  return library;
}

/**
 * Escapes a text for Plotly's names and labels, in which Plotly interprets a few HTML tags.
 * @param {string} text possibly written by a visitor
 */
export function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
