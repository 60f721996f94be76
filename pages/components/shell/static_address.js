/**
 * Where Streamlit serves a file of the folder static/. Derived from the address of Streamlit's own
 * scripts, as the app may be served below a path.
 * @param {string} file its path in the folder
 */
export function staticAddress(file) {
  const own = document.querySelector('script[src*="static/js/"]');
  const base = own instanceof HTMLScriptElement ? new URL("../../", own.src).href : "/";
  return `${base}app/static/${file}`;
}
