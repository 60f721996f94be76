/**
 * Where Streamlit serves a file of the folder static/. Its own scripts tell where the app is, also
 * where that is below another path of the server.
 * @param {string} file its path in the folder
 */
export function staticAddress(file) {
  const own = document.querySelector('script[src*="static/js/"]');
  const base = own instanceof HTMLScriptElement ? new URL("../../", own.src).href : "/";
  return `${base}app/static/${file}`;
}
