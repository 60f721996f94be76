// Draws the map of digits that digit_map.py sends: a point for each digit, coloured by its label,
// a cross over each error; the hovered digit's image beside the pointer.

import { plotly } from "./plotly_library.js";

// Ten colours that stay apart on white and on black (after Tableau's).
const COLOURS = [
  "#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f",
  "#d6b41f", "#b07aa1", "#ff7fa7", "#9c755f", "#8f8f8f",
];

const maps = new WeakMap(); // element → { data, sprite, trigger }

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".digit-map");
  const plot = root.querySelector(".plot");
  const map = maps.get(root) ?? { sprite: new Image() };
  maps.set(root, map);
  map.trigger = setTriggerValue;
  if (map.data?.version !== data.version || map.data.drawing !== data.drawing) {
    map.data = data;
    map.sprite.src = data.sprite;
    plotly(data.plotly).then(
      () => draw(root, plot, map),
      () => { plot.textContent = "The map could not be drawn. Reload the page."; },
    );
  }
  return () => {
    if (parentElement.isConnected) return; // newer data came at once: Streamlit calls then, too
    window.Plotly?.purge(plot); // the window would keep it, and a browser has few WebGL contexts
    maps.delete(root);
  };
}

function draw(root, plot, map) {
  const { data } = map;
  root.querySelector(".hovered").hidden = true;
  const places = data.labels.map((_, i) => i);
  map.type ??= hasWebGL() ? "scattergl" : "scatter";
  const { type } = map;
  const trace = (name, chosen, marker) => ({
    type, name, mode: "markers", hoverinfo: "none",
    x: chosen.map((i) => data.x[i]), y: chosen.map((i) => data.y[i]), customdata: chosen, marker,
    selected: { marker: { opacity: 1 } }, unselected: { marker: { opacity: 0.12 } },
  });
  const traces = COLOURS.map((color, digit) =>
    trace(String(digit), places.filter((i) => data.labels[i] === digit), { color, size: 5, opacity: 0.75 }));
  const ink = getComputedStyle(root).getPropertyValue("--st-text-color") || "#808080";
  const errors = places.filter((i) => data.labels[i] !== data.predicted[i]);
  traces.push(trace("errors", errors, { symbol: "x", color: ink.trim(), size: matchMedia("(max-width: 640px)").matches ? 5 : 8, opacity: 1 }));
  const phone = matchMedia("(pointer: coarse)").matches;
  const axis = { visible: false, zeroline: false };
  const layout = {
    xaxis: axis, yaxis: { ...axis, scaleanchor: "x" }, hovermode: "closest", hoverdistance: 12,
    dragmode: phone ? false : "lasso", margin: { l: 0, r: 0, t: 40, b: 0 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    modebar: { orientation: "v", bgcolor: "rgba(0,0,0,0)", color: "#888", activecolor: "#3b82f6" },
    selections: data.loops.map((loop) => ({
      type: "path", xref: "x", yref: "y", path: `M${loop.map(String).join("L")}Z`,
      line: { color: ink.trim(), width: 1, dash: "dot" },
    })),
    legend: { orientation: "h", x: 0, y: 1.01, yanchor: "bottom", itemsizing: "constant" },
  };
  const config = {
    displaylogo: false, responsive: true, scrollZoom: !phone, displayModeBar: true,
    modeBarButtons: [["lasso2d", "select2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
  };
  // Anew in the same plot: to set WebGL up once more takes longer than all the rest.
  window.Plotly.react(plot, traces, layout, config).then(() => {
    plot.dataset.points = places.length;
    if (map.watched) return;
    map.watched = true;
    plot.on("plotly_hover", (event) => show(root, map, event));
    plot.on("plotly_unhover", () => { root.querySelector(".hovered").hidden = true; });
    plot.on("plotly_click", (event) => map.trigger("clicked", map.data.indices[event.points[0].customdata]));
    plot.on("plotly_selected", (event) => {
      if (event?.selections) map.trigger("selected", { loops: event.selections.map(corners) });
    });
    plot.on("plotly_deselect", () => map.trigger("selected", { loops: [] }));
  });
}

// A selection's corners as x, y, x, y … in the points' units: of a lasso at most 60, so that the
// page's address stays short.
function corners({ type, path, x0, y0, x1, y1 }) {
  if (type === "rect") return [x0, y0, x1, y0, x1, y1, x0, y1].map(short);
  const all = path.slice(1, -1).split("L").map((corner) => corner.split(",").map(Number));
  const every = Math.ceil(all.length / 60);
  return all.filter((_, i) => i % every === 0).flat().map(short);
}

const short = (value) => Number(value.toPrecision(4));

function hasWebGL() {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
}

function show(root, map, event) {
  const { data } = map;
  const place = event.points[0].customdata;
  const box = root.querySelector(".hovered");
  const row = Math.floor(place / data.columns);
  const column = place % data.columns;
  box.querySelector("canvas").getContext("2d")
    .drawImage(map.sprite, 28 * column, 28 * row, 28, 28, 0, 0, 28, 28);
  const [label, predicted] = [data.labels[place], data.predicted[place]];
  const caption = box.querySelector("figcaption");
  caption.textContent = label === predicted ? `${label} ✓` : `${label} → ${predicted}`;
  caption.className = label === predicted ? "" : "wrong";
  box.hidden = false;
  const bounds = root.getBoundingClientRect();
  const { clientX, clientY } = event.event;
  const left = clientX - bounds.left + 16;
  box.style.left = `${left + 130 > bounds.width ? left - 160 : left}px`;
  box.style.top = `${Math.min(clientY - bounds.top + 12, bounds.height - 150)}px`;
}
