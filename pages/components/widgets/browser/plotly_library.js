import { appAddress } from "../../shell/app_address.js";

/**
 * Loads Plotly, once in the life of a page. Where a page has had both of its files, window.Plotly is the
 * one that came last, so use what this returns.
 * @param {string} file its address, from plotly_library.py
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
  // As a script's `src` it would be fetched anew with each page: the server says nothing of its age.
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
  // Drawing is a task of its own: with this one it would hold up the page for longer.
  await new Promise((resolve) => setTimeout(resolve));
  return library;
}

/**
 * A text as Plotly shows it in names and labels, in which it reads a few HTML tags.
 * @param {string} text may be a visitor's own
 */
export function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
