// Shows runs as parallel coordinates, scatter plot, learning curves and table; a range brushed in
// one of them selects the runs in all.

import { svgElement } from "../../widgets/browser/svg_element.js";
import { chosen, drag, press } from "./axis_ranges.js";

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(number | null)[]} places where each run lies on the axis, 0 to 1; null if unknown
 * @property {string[]} texts each run's value as it is shown
 * @property {[number, string][]} ticks place on the axis and label
 */

/**
 * What experiment_table.py sends; `names`, `links` and each column's lists have one entry per run.
 * @typedef {object} Data
 * @property {Column[]} columns
 * @property {string[]} names
 * @property {string[]} links
 * @property {number[]} strengths how strong each run's line is, 0 to 1
 * @property {[number, number]} axes the columns that the scatter plot shows at first
 * @property {Curves} curves
 */

/**
 * @typedef {object} Curves
 * @property {[number, number][][]} points each run's points, 0 to 1 across and up
 * @property {[number, string][]} across ticks of the horizontal axis
 * @property {[number, string][]} up ticks of the vertical axis
 */

/**
 * @typedef {object} View
 * @property {Data} data
 * @property {string} text the data as JSON, to notice changes
 * @property {import("./axis_ranges.js").Brushes} brushes
 * @property {[number, number]} axes the columns that the scatter plot shows, across and up
 */

const WIDTH = 720; // width of the parallel coordinates; this and the next four are in units of the SVG
const TOP = 34;
const BOTTOM = 270;
const LEFT = 70;
const RIGHT = 390; // where the horizontal axes of scatter plot and curves end

/** @type {WeakMap<Element, View>} */
const views = new WeakMap(); // the key is the component's element

/** @param {ComponentArguments<Data>} component */
export default function experimentTable({ data, parentElement }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".experiment"));
  const known = views.get(root);
  const text = JSON.stringify(data);
  if (known?.text === text) {
    return; // a redraw for nothing would take the focus away
  }
  const titles = (/** @type {Data} */ { columns }) => columns.map(({ title }) => title).join();
  /** @type {View} */
  const view =
    known && titles(known.data) === titles(data)
      ? { ...known, data, text }
      : { data, text, brushes: new Map(), axes: data.axes };
  views.set(root, view);
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.column;
  drawChoices(root, view);
  drawParallel(root, view);
  drawScatter(root, view);
  drawCurves(root, view);
  drawTable(root, view);
  mark(root, view);
  if (focused) {
    /** @type {SVGElement | null} */ (root.querySelector(`[data-column="${focused}"]`))?.focus();
  }
}

/**
 * Fills the lists of columns for the scatter plot, and sets up the button that clears all brushes.
 * @param {HTMLElement} root
 * @param {View} view
 */
function drawChoices(root, view) {
  for (const axis of [0, 1]) {
    const list = /** @type {HTMLSelectElement} */ (
      root.querySelector(`select[data-axis="${axis}"]`)
    );
    list.replaceChildren(...view.data.columns.map(({ title }) => new Option(title)));
    list.selectedIndex = view.axes[axis];
    list.onchange = () => {
      view.axes[axis] = list.selectedIndex;
      drawScatter(root, view);
      mark(root, view);
    };
  }
  const all = /** @type {HTMLButtonElement} */ (root.querySelector("button"));
  all.onclick = () => {
    view.brushes.clear();
    mark(root, view);
  };
}

/**
 * @param {HTMLElement} root
 * @param {View} view
 */
function drawParallel(root, view) {
  const { columns, names, strengths } = view.data;
  const image = emptied(root, ".parallel svg");
  const gap = (WIDTH - 2 * LEFT) / Math.max(columns.length - 1, 1);
  const x = (/** @type {number} */ column) => LEFT + column * gap;
  names.forEach((_, run) => {
    /** @type {[number, number][]} */
    const points = columns.flatMap(({ places }, column) => {
      const position = places[run];
      return position === null ? [] : [[x(column), down(position)]];
    });
    image.append(line(points, run, strengths[run]));
  });
  columns.forEach((column, number) => {
    const at = x(number);
    image.append(svgElement("line", { x1: at, x2: at, y1: TOP, y2: BOTTOM, class: "axis" }));
    // If there are many columns, every second title is set lower.
    const low = columns.length > 6 && number % 2 ? 14 : 0;
    image.append(svgElement("text", { x: at, y: 12 + low, "text-anchor": "middle" }, column.title));
    for (const [position, text] of column.ticks) {
      image.append(svgElement("text", { x: at + 4, y: down(position) + 4 }, text));
    }
    image.append(
      svgElement("rect", { x: at - 7, width: 14, class: "brush", "data-brush": number }),
    );
    const box = { x: at - 14, y: TOP - 6, width: 28, height: BOTTOM - TOP + 12 };
    const slider = { role: "slider", tabindex: 0, "aria-orientation": "vertical" };
    const hit = svgElement("rect", { ...box, ...slider, class: "hit", "data-column": number });
    hit.setAttribute("aria-label", `Brush ${column.title}`);
    image.append(hit);
    // A finger that drags along an axis brushes it; beside an axis it scrolls the page.
    hit.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    onDrag(hit, image, begin(root, view), ([, from], [, to], done) => {
      drag(view.brushes, number, up(from), up(to), done);
      mark(root, view);
    });
    hit.addEventListener("keydown", (event) => {
      if (press(view.brushes, number, column.places, event.key, event.shiftKey)) {
        event.preventDefault();
        mark(root, view);
      }
    });
  });
}

/**
 * @param {HTMLElement} root
 * @param {View} view
 */
function drawScatter(root, view) {
  const { columns, names, strengths } = view.data;
  const [across, upwards] = view.axes.map((axis) => columns[axis]);
  const image = emptied(root, ".scatter svg");
  drawFrame(image, `${upwards.title} by ${small(across.title)}`, across.ticks, upwards.ticks);
  names.forEach((_, run) => {
    const [position, height] = [across.places[run], upwards.places[run]];
    if (position !== null && height !== null) {
      const at = {
        cx: right(position),
        cy: down(height),
        r: 5,
        "fill-opacity": opacity(strengths[run]),
      };
      image.append(svgElement("circle", { ...at, class: "dot", "data-run": run }));
    }
  });
  const box = { x: LEFT - 8, y: TOP - 6, width: RIGHT - LEFT + 16, height: BOTTOM - TOP + 12 };
  const hit = svgElement("rect", { ...box, class: "hit" });
  image.append(hit);
  onDrag(hit, image, begin(root, view), (from, to, done) => {
    drag(view.brushes, view.axes[0], left(from[0]), left(to[0]), done);
    drag(view.brushes, view.axes[1], up(from[1]), up(to[1]), done);
    mark(root, view);
  });
}

/**
 * @param {HTMLElement} root
 * @param {View} view
 */
function drawCurves(root, view) {
  const { curves, strengths } = view.data;
  const figure = /** @type {HTMLElement} */ (root.querySelector(".curves"));
  figure.hidden = !curves.points.some((points) => points.length);
  const image = emptied(root, ".curves svg");
  drawFrame(image, "Validation accuracy by epoch", curves.across, curves.up);
  curves.points.forEach((points, run) => {
    /** @type {[number, number][]} */
    const placed = points.map(([across, height]) => [right(across), down(height)]);
    image.append(line(placed, run, strengths[run]));
    if (placed.length === 1) {
      const at = { cx: placed[0][0], cy: placed[0][1], r: 3 };
      image.append(svgElement("circle", { ...at, class: "dot", "data-run": run }));
    }
  });
}

/**
 * Draws the axes with their ticks, and a title.
 * @param {SVGElement} image
 * @param {string} title
 * @param {[number, string][]} across
 * @param {[number, string][]} upwards
 */
function drawFrame(image, title, across, upwards) {
  image.append(svgElement("line", { x1: LEFT, x2: LEFT, y1: TOP, y2: BOTTOM, class: "axis" }));
  image.append(svgElement("line", { x1: LEFT, x2: RIGHT, y1: BOTTOM, y2: BOTTOM, class: "axis" }));
  for (const [position, text] of upwards) {
    image.append(
      svgElement("text", { x: LEFT - 6, y: down(position) + 4, "text-anchor": "end" }, text),
    );
  }
  for (const [position, text] of across) {
    image.append(
      svgElement("text", { x: right(position), y: BOTTOM + 18, "text-anchor": "middle" }, text),
    );
  }
  image.append(svgElement("text", { x: 8, y: 16 }, title));
}

/**
 * @param {HTMLElement} root
 * @param {View} view
 */
function drawTable(root, view) {
  const { columns, names, links } = view.data;
  const head = /** @type {HTMLElement} */ (root.querySelector("thead tr"));
  const body = /** @type {HTMLElement} */ (root.querySelector("tbody"));
  head.replaceChildren(
    ...["Run", ...columns.map(({ title }) => title)].map((title) => {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = title;
      return cell;
    }),
  );
  body.replaceChildren(
    ...names.map((name, run) => {
      const row = document.createElement("tr");
      row.dataset.run = String(run);
      const link = document.createElement("a");
      link.href = links[run];
      link.textContent = name;
      row.insertCell().append(link);
      for (const { texts } of columns) {
        row.insertCell().textContent = texts[run];
      }
      return row;
    }),
  );
}

/**
 * Marks the selected runs. It changes only attributes, no class or child, because the page has
 * `:has()` rules: after each change of a class or child the browser checks every element again.
 * @param {HTMLElement} root
 * @param {View} view
 */
function mark(root, view) {
  const { columns } = view.data;
  const runs = chosen(
    columns.map(({ places }) => places),
    view.brushes,
  );
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-run]"))) {
    one.toggleAttribute("data-out", !runs[Number(one.dataset.run)]);
  }
  columns.forEach((column, number) => {
    const ends = view.brushes.get(number);
    const [low, high] = ends ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
    const found = /** @type {Element} */ (root.querySelector(`[data-brush="${number}"]`));
    found.toggleAttribute("hidden", !ends);
    found.setAttribute("y", `${down(high) - 3}`);
    found.setAttribute("height", `${down(low) - down(high) + 6}`);
    const slider = /** @type {Element} */ (root.querySelector(`[data-column="${number}"]`));
    slider.setAttribute("aria-valuemin", "0");
    slider.setAttribute("aria-valuemax", "1");
    slider.setAttribute("aria-valuenow", `${ends ? ends[1] : 0}`);
    slider.setAttribute("aria-valuetext", ends ? inWords(column, low, high) : "every run");
  });
  const count = runs.filter(Boolean).length;
  const status = /** @type {Text} */ (root.querySelector("[role=status]")?.firstChild);
  status.data = `${count} of ${runs.length} ${runs.length === 1 ? "run" : "runs"}`;
  const all = /** @type {HTMLButtonElement} */ (root.querySelector("button"));
  all.disabled = view.brushes.size === 0;
}

/**
 * The range of values that a brush holds, in words for a screen reader.
 * @param {Column} column
 * @param {number} low
 * @param {number} high
 */
function inWords(column, low, high) {
  const held = column.places
    .map((position, run) => ({ position, text: column.texts[run] }))
    .filter(({ position }) => position !== null && position >= low && position <= high)
    .sort((a, b) => Number(a.position) - Number(b.position));
  const [first, last] = [held.at(0)?.text, held.at(-1)?.text];
  return first === last ? (first ?? "no run") : `${first} to ${last}`;
}

/**
 * Makes the function to call when a drag begins, which returns the function that undoes the drag.
 * @param {HTMLElement} root
 * @param {View} view
 */
function begin(root, view) {
  return () => {
    const before = new Map(view.brushes);
    return () => {
      view.brushes = before;
      mark(root, view);
    };
  };
}

/**
 * Reports each drag that begins on a shape, in the drawing's units. A drag that the browser takes
 * for scrolling is undone.
 * @param {SVGElement} shape
 * @param {SVGSVGElement} image
 * @param {() => () => void} begin
 * @param {(from: [number, number], to: [number, number], done: boolean) => void} report
 */
function onDrag(shape, image, begin, report) {
  /** @type {(event: PointerEvent) => [number, number]} */
  const pointAt = (event) => {
    const box = image.getBoundingClientRect();
    const scale = image.viewBox.baseVal.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  };
  shape.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    const [from, undo, ended] = [pointAt(event), begin(), new AbortController()];
    /** @param {"pointermove" | "pointerup" | "pointercancel"} name @param {(to: PointerEvent) => void} act */
    const on = (name, act) =>
      addEventListener(name, (to) => to.pointerId === event.pointerId && act(to), {
        signal: ended.signal,
      });
    let frame = 0; // of several moves in one animation frame only the last is reported
    on("pointermove", (to) => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => report(from, pointAt(to), false));
    });
    on("pointerup", (to) => {
      ended.abort();
      cancelAnimationFrame(frame);
      report(from, pointAt(to), true);
    });
    on("pointercancel", () => {
      ended.abort();
      cancelAnimationFrame(frame);
      undo();
    });
  });
}

/**
 * Draws the line of a run.
 * @param {[number, number][]} points
 * @param {number} run
 * @param {number} strength 0 to 1
 */
function line(points, run, strength) {
  return svgElement("polyline", {
    points: points.map((point) => point.join()).join(" "),
    class: "line",
    "data-run": run,
    "stroke-opacity": opacity(strength),
  });
}

/**
 * The opacity of a line's stroke. The property `opacity` would give each of up to 500 lines a layer
 * of its own.
 * @param {number} strength 0 to 1
 */
function opacity(strength) {
  return 0.4 + 0.6 * strength;
}

/** Spells a title as it stands within a sentence. @param {string} title */
function small(title) {
  return title.charAt(0).toLowerCase() + title.slice(1);
}

/** @param {number} position 0 to 1 */
function right(position) {
  return LEFT + position * (RIGHT - LEFT);
}

/** The inverse of `right`. @param {number} across */
function left(across) {
  return (across - LEFT) / (RIGHT - LEFT);
}

/** @param {number} position 0 to 1 */
function down(position) {
  return BOTTOM - position * (BOTTOM - TOP);
}

/** The inverse of `down`. @param {number} height */
function up(height) {
  return (BOTTOM - height) / (BOTTOM - TOP);
}

/**
 * @param {HTMLElement} root
 * @param {string} selector finds the drawing within `root`
 */
function emptied(root, selector) {
  const image = /** @type {SVGSVGElement} */ (root.querySelector(selector));
  image.replaceChildren();
  return image;
}
