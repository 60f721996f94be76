// Loads Plotly, whose file name stands in FILE. plotly_library.py puts this before a component's own
// script.
function plotly() {
  window.digitLabPlotly ??= new Promise((resolve, reject) => {
    // Streamlit's own scripts tell where the app is, also behind a base path.
    const own = document.querySelector('script[src*="static/js/"]');
    const script = document.createElement("script");
    script.src = own ? new URL(`../../app/static/${FILE}`, own.src) : `/app/static/${FILE}`;
    script.onload = resolve;
    script.onerror = () => {
      window.digitLabPlotly = undefined;
      reject(new Error(script.src));
    };
    document.head.append(script);
  });
  return window.digitLabPlotly;
}
