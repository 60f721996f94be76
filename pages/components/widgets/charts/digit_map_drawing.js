// Draws the map of digits: the points on a canvas, which takes some milliseconds for 10,000 digits;
// over it crosses, stars, names and loops as SVG, which follow the page's colours, also on paper.

import { colour } from "../browser/palette_colour.js";
import { svgElement } from "../browser/svg_element.js";
import { apart } from "./digit_map_geometry.js";

/** @typedef {import("./digit_map.js").DigitMap} DigitMap */
/** @typedef {import("./digit_map_geometry.js").Place} Place */

export const STAR = 9; // a star's radius in pixels
const ROOM = 16; // pixels between the outermost points and the edge
const NAME = 18; // the font size of the names, in pixels
const [PLAIN, FAINT] = [0.75, 0.12]; // opacities; FAINT is that of what is outside of all loops

/** @param {DigitMap} map */
export function drawMap(map) {
  const { plot, canvas, svg } = map;
  const { clientWidth: width, clientHeight: height } = plot;
  if (!width) return;
  map.size = [width, height];
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  placeAll(map);
  drawPoints(map);
  svg.replaceChildren(...crosses(map), ...stars(map), ...names(map));
  drawLoops(map);
  plot.dataset.points = String(map.labels.length);
  plot.dataset.own = String(map.data.own.length);
}

/**
 * The loops, and the one that is being drawn.
 * @param {DigitMap} map
 */
export function drawLoops(map) {
  for (const old of map.svg.querySelectorAll(".loop")) old.remove();
  const loops = map.loops.map((loop) => loop.map((corner) => onScreen(map, corner)));
  if (map.tool === "loop" && map.drag) loops.push(map.drag);
  for (const loop of loops) {
    map.svg.append(svgElement("path", { class: "loop", d: `M${loop.join("L")}Z` }));
  }
}

/**
 * The place in pixels of a place in the points' units.
 * @param {DigitMap} map
 * @param {Place} place
 * @returns {Place}
 */
function onScreen({ size: [width, height], centre, zoom, scale }, [x, y]) {
  const pixels = scale * zoom;
  return [width / 2 + (x - centre[0]) * pixels, height / 2 - (y - centre[1]) * pixels];
}

/**
 * The place in the points' units of a place in pixels.
 * @param {DigitMap} map
 * @param {Place} place
 * @returns {Place}
 */
export function onMap({ size: [width, height], centre, zoom, scale }, [x, y]) {
  const pixels = scale * zoom;
  return [centre[0] + (x - width / 2) / pixels, centre[1] - (y - height / 2) / pixels];
}

/**
 * Fits all points into the plot, at zoom 1, and works out where each point and star is.
 * @param {DigitMap} map
 */
function placeAll(map) {
  const { points, screen, bounds, size } = map;
  const [spanX, spanY] = [bounds.right - bounds.left, bounds.top - bounds.bottom];
  map.scale = Math.min((size[0] - 2 * ROOM) / (spanX || 1), (size[1] - 2 * ROOM) / (spanY || 1));
  if (map.zoom === 1) {
    map.centre = [(bounds.left + bounds.right) / 2, (bounds.top + bounds.bottom) / 2];
  }
  for (let i = 0; i < points.length; i += 2) {
    [screen[i], screen[i + 1]] = onScreen(map, [points[i], points[i + 1]]);
  }
  map.stars = new Float32Array(map.data.own.flatMap(({ x, y }) => onScreen(map, [x, y])));
}

/** @param {DigitMap} map */
function drawPoints(map) {
  const { data, labels, hidden, selected, screen } = map;
  const context = /** @type {CanvasRenderingContext2D} */ (map.canvas.getContext("2d"));
  const size = data.names.length > 10 ? 7 : 5; // beyond ten labels, shapes differ and need room
  const stamps = data.marks.map(([name, shape]) => stamp(shape, size / 2, colour(name)));
  const side = stamps[0].width / devicePixelRatio;
  context.scale(devicePixelRatio, devicePixelRatio);
  // What is inside of a loop comes last, over what is faint.
  for (const chosen of map.loops.length ? [0, 1] : [0]) {
    context.globalAlpha = chosen ? 1 : map.loops.length ? FAINT : PLAIN;
    for (let i = 0; i < labels.length; i++) {
      if (selected[i] !== chosen || hidden.has(labels[i])) continue;
      const [x, y] = [screen[2 * i] - side / 2, screen[2 * i + 1] - side / 2];
      context.drawImage(stamps[labels[i]], x, y, side, side);
    }
  }
}

/**
 * A point, drawn once to be put in many places.
 * @param {string} shape
 * @param {number} radius in pixels of the page
 * @param {string} fill
 */
function stamp(shape, radius, fill) {
  const made = document.createElement("canvas");
  made.width = made.height = Math.ceil((2 * radius + 2) * devicePixelRatio);
  const context = /** @type {CanvasRenderingContext2D} */ (made.getContext("2d"));
  context.translate(made.width / 2, made.height / 2);
  context.scale(radius * devicePixelRatio, radius * devicePixelRatio);
  context.fillStyle = fill;
  context.fill(new Path2D(SHAPES[shape]));
  return made;
}

/**
 * The shapes of the marks as SVG paths, of radius 1.
 * @type {Record<string, string>}
 */
const SHAPES = {
  circle: "M-1 0A1 1 0 0 1 1 0A1 1 0 0 1 -1 0Z",
  square: "M-.9-.9H.9V.9H-.9Z",
  triangle: "M0-1L1 .8H-1Z",
  cross: "M-.8-.8L.8 .8M-.8 .8L.8-.8",
  star: "M0-1L.23-.32L.95-.31L.38 .12L.59 .81L0 .4L-.59 .81L-.38 .12L-.95-.31L-.23-.32Z",
};

/**
 * A cross over each error.
 * @param {DigitMap} map
 */
function crosses({ labels, predicted, hidden, selected, screen, loops, errors, size }) {
  if (hidden.has(errors)) return [];
  const half = size[0] < 500 ? 2 : 3;
  const d = ["", ""]; // outside of all loops, and inside
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === predicted[i] || hidden.has(labels[i])) continue;
    const [x, y] = [screen[2 * i], screen[2 * i + 1]];
    const [left, right, top, bottom] = [x - half, x + half, y - half, y + half];
    d[selected[i]] += `M${left} ${top}L${right} ${bottom}M${left} ${bottom}L${right} ${top}`;
  }
  const opacity = loops.length ? FAINT : 1;
  return [
    svgElement("path", { class: "crosses", d: d[0], opacity }),
    svgElement("path", { class: "crosses", d: d[1] }),
  ];
}

/**
 * A star for each of the visitor's drawings.
 * @param {DigitMap} map
 */
function stars({ data, hidden, drawings, stars: places }) {
  if (hidden.has(drawings)) return [];
  return data.own.map((_, i) => {
    const place = `translate(${places[2 * i]} ${places[2 * i + 1]}) scale(${STAR})`;
    return svgElement("path", { class: "star", d: SHAPES.star, transform: place });
  });
}

/**
 * Each label's name at the median of its points, because not everybody can tell ten colours apart;
 * where names would lie on each other, they move apart.
 * @param {DigitMap} map
 */
function names(map) {
  const shown = map.middles.filter(({ label }) => !map.hidden.has(label));
  const boxes = shown.map(({ label, middle }) => {
    const [x, y] = onScreen(map, middle);
    return { x, y, width: NAME * 0.65 * (map.data.names[label].length + 0.5), height: NAME * 1.1 };
  });
  return apart(boxes).map(([x, y], i) =>
    svgElement("text", { x, y, "font-size": NAME }, map.data.names[shown[i].label]),
  );
}

/**
 * The median of each label's points, in both directions.
 * @param {Float32Array} points
 * @param {Uint8Array} labels
 * @returns {{ label: number, middle: Place }[]}
 */
export function middlesOf(points, labels) {
  return [...new Set(labels)].sort().map((label) => {
    /** @param {number} axis */
    const median = (axis) => {
      const values = points.filter((_, i) => i % 2 === axis && labels[i >> 1] === label).sort();
      return values[values.length >> 1];
    };
    return { label, middle: [median(0), median(1)] };
  });
}

/**
 * The check boxes that hide what they name: each label's points, the errors, the drawings.
 * @param {DigitMap} map
 * @param {() => void} changed called after a click
 */
export function drawLegend(map, changed) {
  const { data } = map;
  /** @type {[name: string, fill: string, shape: string][]} */
  const entries = data.marks.map(([name, shape], i) => [data.names[i], `var(--${name})`, shape]);
  entries.push(["errors", "var(--text)", "cross"]);
  if (data.own.length) {
    const named = data.own.length > 1 ? "your drawings" : "your drawing";
    entries.push([named, "var(--text)", "star"]);
  }
  map.legend.replaceChildren(
    ...entries.map(([name, fill, shape], index) => {
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = !map.hidden.has(index);
      box.onchange = () => {
        if (box.checked) map.hidden.delete(index);
        else map.hidden.add(index);
        changed();
      };
      const mark = svgElement("svg", { viewBox: "-1.2 -1.2 2.4 2.4", "aria-hidden": "true" });
      mark.style.color = fill;
      mark.append(svgElement("path", { d: SHAPES[shape], class: shape }));
      label.append(box, mark, name);
      return label;
    }),
  );
}

/**
 * Shows the image of the digit or drawing at this index beside the pointer.
 * @param {DigitMap} map
 * @param {number} index drawings have the indices after those of the digits
 * @param {Place} at the pointer's place
 */
export function showHovered({ data, labels, predicted, hovered, size }, index, [x, y]) {
  const canvas = /** @type {HTMLCanvasElement} */ (hovered.querySelector("canvas"));
  const caption = /** @type {HTMLElement} */ (hovered.querySelector("figcaption"));
  const { side, columns } = data;
  const own = data.own[index - labels.length];
  if (own) {
    const image = new Image();
    image.src = own.image;
    drawImage(canvas, image, side, 0, 0);
    caption.textContent = own.name;
    caption.className = "";
  } else {
    /** @type {HTMLImageElement | null} */
    const images = document.querySelector(".map-sprite");
    if (images) drawImage(canvas, images, side, index % columns, Math.floor(index / columns));
    const [label, answer] = [labels[index], predicted[index]].map((digit) => data.names[digit]);
    caption.textContent = label === answer ? `${label} ✓` : `${label} → ${answer}`;
    caption.className = label === answer ? "" : "wrong";
  }
  hovered.hidden = false;
  hovered.style.left = `${x + 146 > size[0] ? Math.max(x - 144, 0) : x + 16}px`;
  const lowest = size[1] - hovered.offsetHeight - 4;
  hovered.style.top = `${Math.max(Math.min(y + 12, lowest), 0)}px`;
}

/**
 * Draws an image of a sprite, once that is decoded, unless another has been asked for since.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLImageElement} sprite
 * @param {number} side
 * @param {number} column
 * @param {number} row
 */
function drawImage(canvas, sprite, side, column, row) {
  const asked = `${sprite.src.length} ${column} ${row}`;
  canvas.dataset.shows = asked;
  sprite.decode().then(() => {
    if (canvas.dataset.shows !== asked) return;
    const context = canvas.getContext("2d");
    context?.drawImage(sprite, side * column, side * row, side, side, 0, 0, side, side);
  });
}
