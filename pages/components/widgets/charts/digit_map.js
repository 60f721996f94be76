// Draws the map of digits that digit_map.py sends: a point for each digit, coloured by its label,
// and a cross over each error. Beside the pointer it shows the image of the digit under it.

import { whenRemoved } from "../../shell/when_removed.js";
import { colour } from "../browser/palette_colour.js";
import { escaped, plotly } from "../browser/plotly_library.js";

/**
 * One of the visitor's own drawings, marked by a star.
 * @typedef {object} Own
 * @property {number} x
 * @property {number} y
 * @property {string} name shown beside the pointer
 * @property {string} image the address of its image
 */

/**
 * What digit_map.py sends; `x`, `y`, `labels`, `predicted` and `indices` have an entry per digit.
 * @typedef {object} Data
 * @property {string} version changes whenever the digits do
 * @property {number} drawing changes whenever `loops` does
 * @property {string} plotly
 * @property {number[]} x
 * @property {number[]} y
 * @property {number[]} digits every possible label
 * @property {string[]} names each label's name
 * @property {[string, string][]} marks each label's colour, and its shape by Plotly's name
 * @property {number[]} labels
 * @property {number[]} predicted
 * @property {number[]} indices their indices in the data set
 * @property {number} side width and height of an image, in pixels
 * @property {number} columns how many images are in a row of the sprite
 * @property {string} sprite the address of a picture that holds all images
 * @property {Own[]} own the visitor's own drawings
 * @property {[number, number][][]} loops corners of the selections, in the points' units
 */

/**
 * @typedef {object} DigitMap
 * @property {Data} data
 * @property {HTMLImageElement} sprite
 * @property {ComponentArguments<Data>["setTriggerValue"]} trigger
 * @property {Plotly} [library] set once Plotly is loaded
 * @property {string} type the type of Plotly's traces, which use WebGL if the browser has it
 * @property {boolean} watched whether the map already listens for the plot's events
 */

const STAR = 18; // how wide a star is, in pixels
const MAX_CORNERS = 60; // a lasso has no more corners, to keep the page's address short
const FIGURES = 4; // a coordinate has no more significant figures, for the same reason

/** @type {WeakMap<Element, DigitMap>} */
const maps = new WeakMap(); // the key is the map's element

/** @param {ComponentArguments<Data>} component */
export default function digitMap({ data, parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".digit-map"));
  const plot = /** @type {PlotlyElement} */ (root.querySelector(".plot"));
  const known = maps.get(root);
  const map = known ?? {
    data,
    sprite: new Image(),
    trigger: setTriggerValue,
    type: hasWebGL() ? "scattergl" : "scatter",
    watched: false,
  };
  maps.set(root, map);
  map.trigger = setTriggerValue;
  const same =
    known?.data.version === data.version &&
    known.data.drawing === data.drawing &&
    JSON.stringify(known.data.own) === JSON.stringify(data.own);
  if (!same) {
    map.data = data;
    map.sprite.src = data.sprite;
    plotly(data.plotly).then(
      (library) => {
        map.library = library;
        draw(library, root, plot, map);
      },
      () => {
        plot.textContent = "The map could not be drawn. Reload the page.";
      },
    );
  }
  return whenRemoved(parentElement, () => {
    map.library?.purge(plot); // frees the plot's WebGL context, since a browser allows only a few
    maps.delete(root);
  });
}

/**
 * @param {Plotly} library
 * @param {HTMLElement} root
 * @param {PlotlyElement} plot
 * @param {DigitMap} map
 */
function draw(library, root, plot, map) {
  const { data } = map;
  hide(root);
  const text = getComputedStyle(root).getPropertyValue("--st-text-color").trim();
  const ink = text || colour("neutral-mark");
  const phone = matchMedia("(pointer: coarse)").matches;
  const config = {
    displaylogo: false,
    responsive: true,
    scrollZoom: !phone,
    displayModeBar: !phone,
    modeBarButtons: [["lasso2d", "select2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
  };
  // Redraws in the same plot: setting up WebGL again would take longer than everything else.
  library
    .react(plot, tracesOf(root, map, ink), layoutOf(root, data, ink, phone), config)
    .then(() => {
      loopButton(root).hidden = !phone;
      stopLooping(root);
      plot.dataset.points = String(data.labels.length);
      plot.dataset.own = String(data.own.length);
      if (!map.watched) listen(root, plot, map);
      map.watched = true;
    });
}

/**
 * The traces: points for each label, crosses for the errors, stars for the visitor's drawings.
 * @param {HTMLElement} root
 * @param {DigitMap} map
 * @param {string} ink the colour of crosses and stars
 */
function tracesOf(root, { data, type }, ink) {
  const all = data.labels.map((_, i) => i);
  /** @param {string} name @param {number[]} chosen @param {object} marker */
  const trace = (name, chosen, marker) => ({
    type,
    name,
    mode: "markers",
    hoverinfo: "none",
    x: chosen.map((i) => data.x[i]),
    y: chosen.map((i) => data.y[i]),
    customdata: chosen,
    marker,
    selected: { marker: { opacity: 1 } },
    unselected: { marker: { opacity: 0.12 } },
  });
  const traces = data.digits.map((digit) => {
    const [name, symbol] = data.marks[digit];
    const size = data.digits.length > 10 ? 7 : 5; // beyond ten labels, shapes differ and need room
    const marker = { color: colour(name), symbol, size, opacity: 0.75 };
    const chosen = all.filter((i) => data.labels[i] === digit);
    return trace(escaped(data.names[digit]), chosen, marker);
  });
  const errors = all.filter((i) => data.labels[i] !== data.predicted[i]);
  const size = matchMedia("(max-width: 640px)").matches ? 5 : 8;
  traces.push(trace("errors", errors, { symbol: "x", color: ink, size, opacity: 1 }));
  if (data.own.length) {
    const outline = {
      color: getComputedStyle(root).getPropertyValue("--st-background-color"),
      width: 2,
    };
    traces.push({
      ...trace(data.own.length > 1 ? "your drawings" : "your drawing", [], {
        symbol: "star",
        color: ink,
        size: STAR,
        opacity: 1,
        line: outline,
      }),
      x: data.own.map(({ x }) => x),
      y: data.own.map(({ y }) => y),
      customdata: data.own.map((_, i) => all.length + i), // the indices after those of the digits
      unselected: { marker: { opacity: 1 } },
    });
  }
  return traces;
}

/**
 * @param {HTMLElement} root
 * @param {Data} data
 * @param {string} ink the colour of the loops
 * @param {boolean} phone
 */
function layoutOf(root, data, ink, phone) {
  const axis = { visible: false, zeroline: false };
  return {
    xaxis: axis,
    yaxis: { ...axis, scaleanchor: "x" },
    hovermode: "closest",
    hoverdistance: 12,
    dragmode: phone ? false : "lasso",
    margin: { l: 0, r: phone ? 0 : 36, t: 40, b: 0 }, // on the right there is room for the toolbar
    annotations: names(data, root),
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    modebar: {
      orientation: "v",
      bgcolor: "transparent",
      color: colour("neutral-mark"),
      activecolor: colour("accent-mark"),
    },
    selections: data.loops.map((loop) => ({
      type: "path",
      xref: "x",
      yref: "y",
      path: `M${loop.map(String).join("L")}Z`,
      line: { color: ink, width: 1, dash: "dot" },
    })),
    legend: { orientation: "h", x: 0, y: 1.01, yanchor: "bottom", itemsizing: "constant" },
  };
}

/**
 * Writes each label's name at the median of its points, because not everybody can tell ten colours
 * apart.
 * @param {Data} data
 * @param {HTMLElement} root
 */
function names(data, root) {
  const style = getComputedStyle(root);
  const present = data.digits.filter((digit) => data.labels.includes(digit));
  const middles = present.map((digit) => {
    /** @param {number[]} values */
    const middle = (values) => {
      const own = values.filter((_, i) => data.labels[i] === digit).sort((a, b) => a - b);
      return own[Math.floor(own.length / 2)];
    };
    return { digit, x: middle(data.x), y: middle(data.y) };
  });
  const width = data.x.reduce((a, b) => Math.max(a, b)) - data.x.reduce((a, b) => Math.min(a, b));
  return middles.map(({ digit, x, y }, i) => {
    const close = middles.slice(0, i).filter((o) => Math.hypot(o.x - x, o.y - y) < width / 25);
    return {
      x,
      y,
      xshift: 20 * close.length, // otherwise one name would cover another
      text: `<b>${escaped(data.names[digit])}</b>`,
      showarrow: false,
      font: { size: 18, color: style.getPropertyValue("--st-text-color").trim() },
      bgcolor: style.getPropertyValue("--st-background-color").trim(),
      opacity: 0.85,
      borderpad: 1,
    };
  });
}

/** @param {HTMLElement} root */
function loopButton(root) {
  return /** @type {HTMLButtonElement} */ (root.querySelector(".draw-loop"));
}

/**
 * Sets up the button “Draw a loop”: on a touch screen a finger scrolls the page while it is off,
 * and draws a loop while it is on.
 * @param {HTMLElement} root
 * @param {PlotlyElement} plot
 * @param {DigitMap} map
 */
function offerLoop(root, plot, map) {
  const button = loopButton(root);
  button.onclick = () => {
    const looping = root.classList.toggle("looping");
    button.setAttribute("aria-pressed", String(looping));
    map.library?.relayout(plot, { dragmode: looping ? "lasso" : false });
  };
}

/** @param {HTMLElement} root */
function stopLooping(root) {
  if (root.classList.contains("looping")) loopButton(root).click();
}

/**
 * @param {HTMLElement} root
 * @param {PlotlyElement} plot
 * @param {DigitMap} map
 */
function listen(root, plot, map) {
  offerLoop(root, plot, map);
  plot.on("plotly_hover", (event) => show(root, map, event, indexUnder(plot, map, event)));
  plot.on("plotly_unhover", () => hide(root));
  plot.on("plotly_click", (event) => {
    const index = map.data.indices[indexUnder(plot, map, event)];
    if (index !== undefined) map.trigger("clicked", index); // the visitor's drawings have no index
  });
  plot.on("plotly_selected", (event) => {
    if (!event?.selections) return;
    map.trigger("selected", { loops: event.selections.map(corners) });
    stopLooping(root);
  });
  plot.on("plotly_deselect", () => map.trigger("selected", { loops: [] }));
}

/**
 * The corners of a selection, x0, y0, x1, y1, …, in the points' units.
 * @param {PlotlySelection} selection
 */
function corners(selection) {
  if (selection.type === "rect") {
    const { x0, y0, x1, y1 } = selection;
    return [x0, y0, x1, y0, x1, y1, x0, y1].map(short);
  }
  const path = selection.path.slice(1, -1).split("L");
  const all = path.map((corner) => corner.split(",").map(Number));
  const every = Math.ceil(all.length / MAX_CORNERS);
  return all
    .filter((_, i) => i % every === 0)
    .flat()
    .map(short);
}

/** @param {number} value */
function short(value) {
  return Number(value.toPrecision(FIGURES));
}

function hasWebGL() {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
}

/** @param {HTMLElement} root */
function hovered(root) {
  return /** @type {HTMLElement} */ (root.querySelector(".hovered"));
}

/** @param {HTMLElement} root */
function hide(root) {
  hovered(root).hidden = true;
}

/**
 * The index of what is under the pointer. A visitor's star wins over the digits beneath it; Plotly
 * alone would choose the smaller mark.
 * @param {PlotlyElement} plot
 * @param {DigitMap} map
 * @param {PlotlyEvent} event
 */
function indexUnder(plot, { data }, event) {
  const area = plot.querySelector(".nsewdrag")?.getBoundingClientRect();
  const { xaxis, yaxis } = plot.layout;
  const under = Number(event.points[0].customdata);
  if (!area) return under;
  /** @param {number} value @param {number[]} range */
  const share = (value, [from, to]) => (value - from) / (to - from);
  const own = data.own.findIndex(({ x, y }) => {
    const across = area.left + share(x, xaxis.range) * area.width - event.event.clientX;
    const down = area.bottom - share(y, yaxis.range) * area.height - event.event.clientY;
    return Math.hypot(across, down) <= STAR / 2;
  });
  return own < 0 ? under : data.labels.length + own;
}

/**
 * Shows the image of the digit under the pointer.
 * @param {HTMLElement} root
 * @param {DigitMap} map
 * @param {PlotlyEvent} event
 * @param {number} index
 */
function show(root, { data, sprite }, event, index) {
  const box = hovered(root);
  const canvas = /** @type {HTMLCanvasElement} */ (box.querySelector("canvas"));
  const caption = /** @type {HTMLElement} */ (box.querySelector("figcaption"));
  const { side } = data;
  const context = canvas.getContext("2d");
  const own = data.own[index - data.labels.length];
  if (own) {
    const image = new Image();
    image.onload = () => context?.drawImage(image, 0, 0);
    image.src = own.image;
    caption.textContent = own.name;
    caption.className = "";
  } else {
    const left = side * (index % data.columns);
    const top = side * Math.floor(index / data.columns);
    context?.drawImage(sprite, left, top, side, side, 0, 0, side, side);
    const [label, predicted] = [data.labels[index], data.predicted[index]].map(
      (digit) => data.names[digit],
    );
    caption.textContent = label === predicted ? `${label} ✓` : `${label} → ${predicted}`;
    caption.className = label === predicted ? "" : "wrong";
  }
  box.hidden = false;
  const bounds = root.getBoundingClientRect();
  const { clientX, clientY } = event.event;
  const beside = clientX - bounds.left + 16;
  box.style.left = `${beside + 130 > bounds.width ? beside - 160 : beside}px`;
  box.style.top = `${Math.min(clientY - bounds.top + 12, bounds.height - 150)}px`;
}
