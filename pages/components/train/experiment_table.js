// Runs as parallel coordinates, a scatter of two columns and a table, as experiment_table.py sends
// them: what is brushed in one is chosen in all.

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(number | null)[]} places of each run on the axis, 0 to 1
 * @property {string[]} texts of each run
 * @property {[number, string][]} ticks
 */

/**
 * What experiment_table.py sends; `names`, `links` and each column's lists have an entry a run.
 * @typedef {object} Data
 * @property {Column[]} columns
 * @property {string[]} names
 * @property {string[]} links
 * @property {number[]} strengths how strong each run's line is, 0 to 1
 * @property {[number, number]} axes the columns that the scatter begins with
 */

/**
 * @typedef {object} View
 * @property {Data} data
 * @property {Map<number, [number, number]>} ranges what is brushed, by column
 * @property {[number, number]} axes of the scatter
 */

const WIDTH = 720; // of a drawing, in its own units
const TOP = 34;
const BOTTOM = 270;
const LEFT = 70;
const LEAST = 0.02; // a shorter brush is a click, which takes the brush away

/** @type {WeakMap<Element, View>} */
const views = new WeakMap(); // by element

/** @param {ComponentArguments<Data>} component */
export default function experimentTable({ data, parentElement }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".experiment"));
  const known = views.get(root);
  const same =
    known?.data.columns.map((column) => column.title).join() ===
    data.columns.map((column) => column.title).join();
  /** @type {View} */
  const view = known && same ? { ...known, data } : { data, ranges: new Map(), axes: data.axes };
  views.set(root, view);
  draw(root, view);
}

/**
 * @param {HTMLElement} root
 * @param {View} view
 */
function draw(root, view) {
  drawChoices(root, view);
  drawParallel(root, view);
  drawScatter(root, view);
  drawTable(root, view);
  mark(root, view);
}

/**
 * The columns of the scatter, and a button that takes all brushes away.
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
    view.ranges.clear();
    draw(root, view);
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
    const points = columns.map(({ places }, column) => [x(column), places[run]]);
    const there = points.filter(([, place]) => place !== null);
    const path = there.map(([across, place]) => `${across},${down(Number(place))}`).join(" ");
    image.append(
      shape("polyline", {
        points: path,
        class: "line",
        "data-run": run,
        opacity: 0.15 + 0.7 * strengths[run],
      }),
    );
  });
  columns.forEach((column, number) => {
    image.append(
      shape("line", { x1: x(number), x2: x(number), y1: TOP, y2: BOTTOM, class: "axis" }),
    );
    image.append(shape("text", { x: x(number), y: 16, "text-anchor": "middle" }, column.title));
    for (const [place, text] of column.ticks) {
      image.append(shape("text", { x: x(number) + 4, y: down(place) + 4 }, text));
    }
    const range = view.ranges.get(number);
    if (range) {
      const high = down(range[1]);
      image.append(
        shape("rect", {
          x: x(number) - 7,
          y: high,
          width: 14,
          height: down(range[0]) - high,
          class: "brush",
        }),
      );
    }
    const hit = shape("rect", {
      x: x(number) - 14,
      y: TOP - 6,
      width: 28,
      height: BOTTOM - TOP + 12,
      class: "hit",
    });
    image.append(hit);
    onDrag(hit, image, ([, from], [, to], done) => {
      brush(view, number, up(from), up(to), done);
      drawParallel(root, view);
      mark(root, view);
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
  const right = WIDTH / 2 + 60;
  const x = (/** @type {number} */ place) => LEFT + place * (right - LEFT - 30);
  const back = (/** @type {number} */ at) => (at - LEFT) / (right - LEFT - 30);
  image.append(shape("line", { x1: LEFT, x2: LEFT, y1: TOP, y2: BOTTOM, class: "axis" }));
  image.append(shape("line", { x1: LEFT, x2: right - 30, y1: BOTTOM, y2: BOTTOM, class: "axis" }));
  for (const [place, text] of upwards.ticks) {
    image.append(shape("text", { x: LEFT - 6, y: down(place) + 4, "text-anchor": "end" }, text));
  }
  for (const [place, text] of across.ticks) {
    image.append(shape("text", { x: x(place), y: BOTTOM + 18, "text-anchor": "middle" }, text));
  }
  image.append(
    shape("text", { x: LEFT, y: 16 }, `${upwards.title} by ${across.title.toLowerCase()}`),
  );
  names.forEach((_, run) => {
    const [place, height] = [across.places[run], upwards.places[run]];
    if (place !== null && height !== null) {
      image.append(
        shape("circle", {
          cx: x(place),
          cy: down(height),
          r: 5,
          class: "dot",
          "data-run": run,
          opacity: 0.3 + 0.6 * strengths[run],
        }),
      );
    }
  });
  const hit = shape("rect", {
    x: LEFT - 8,
    y: TOP - 6,
    width: right - LEFT,
    height: BOTTOM - TOP + 12,
    class: "hit",
  });
  image.append(hit);
  onDrag(hit, image, (from, to, done) => {
    brush(view, view.axes[0], back(from[0]), back(to[0]), done);
    brush(view, view.axes[1], up(from[1]), up(to[1]), done);
    if (done) {
      drawParallel(root, view);
    }
    mark(root, view);
  });
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
 * Show which runs are chosen.
 * @param {HTMLElement} root
 * @param {View} view
 */
function mark(root, view) {
  const chosen = view.data.names.map((_, run) =>
    [...view.ranges].every(([column, [low, high]]) => {
      const place = view.data.columns[column].places[run];
      return place !== null && place >= low && place <= high;
    }),
  );
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-run]"))) {
    one.classList.toggle("out", !chosen[Number(one.dataset.run)]);
  }
  const count = chosen.filter(Boolean).length;
  const status = /** @type {HTMLElement} */ (root.querySelector("[role=status]"));
  status.textContent = `${count} of ${chosen.length} runs`;
  const all = /** @type {HTMLButtonElement} */ (root.querySelector("button"));
  all.disabled = view.ranges.size === 0;
}

/**
 * Brush a column from one place to another.
 * @param {View} view
 * @param {number} column
 * @param {number} from
 * @param {number} to
 * @param {boolean} done whether the pointer has been lifted
 */
function brush(view, column, from, to, done) {
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  if (done && high - low < LEAST) {
    view.ranges.delete(column);
  } else {
    view.ranges.set(column, [low, high]);
  }
}

/**
 * Report a drag that begins on a shape, in the drawing's units.
 * @param {SVGElement} shape
 * @param {SVGSVGElement} image
 * @param {(from: [number, number], to: [number, number], done: boolean) => void} report
 */
function onDrag(shape, image, report) {
  /** @type {(event: PointerEvent) => [number, number]} */
  const place = (event) => {
    const box = image.getBoundingClientRect();
    const scale = image.viewBox.baseVal.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  };
  shape.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const from = place(event);
    const move = (/** @type {PointerEvent} */ to) => report(from, place(to), false);
    addEventListener("pointermove", move);
    addEventListener(
      "pointerup",
      (to) => {
        removeEventListener("pointermove", move);
        report(from, place(to), true);
      },
      { once: true },
    );
  });
}

/** @param {number} place 0 to 1 */
function down(place) {
  return BOTTOM - place * (BOTTOM - TOP);
}

/** @param {number} height the inverse of `down` */
function up(height) {
  return (BOTTOM - height) / (BOTTOM - TOP);
}

/**
 * @param {HTMLElement} root
 * @param {string} selector of a drawing
 */
function emptied(root, selector) {
  const image = /** @type {SVGSVGElement} */ (root.querySelector(selector));
  image.replaceChildren();
  return image;
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} text
 */
function shape(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, String(value));
  }
  made.textContent = text;
  return /** @type {SVGElement} */ (made);
}
