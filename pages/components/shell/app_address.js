/**
 * The address of a file on the app's server. It is derived from the address of Streamlit's own
 * scripts, because the app may be served below a path.
 * @param {string} file its path below the app's own
 */
export function appAddress(file) {
  const own = document.querySelector('script[src*="static/js/"]');
  const base = own instanceof HTMLScriptElement ? new URL("../../", own.src).href : "/";
  return base + file;
}
