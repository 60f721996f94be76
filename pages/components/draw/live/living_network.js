// Draws the network at work: the image, some units of each layer, the bars, and the strongest
// connections between them. A unit's brightness shows its activation, a connection's colour the
// sign of its signal. Changes spread layer by layer, and pulses run along the connections while the
// pen moves. mnist_core's diagram_units.py chooses the units and connections.

import { reducedMotion } from "../../shell/reduced_motion.js";

/**
 * The chosen units of a hidden layer: the best for each class, then the second best for each.
 * @typedef {object} Column
 * @property {number[]} units their numbers in the layer
 * @property {number[]} low each unit's lowest activation
 * @property {number[]} high each unit's highest activation
 * @property {number} size how many units the whole layer has
 */

/**
 * The drawn connections that lead to one column.
 * @typedef {object} Connections
 * @property {number[]} starts where each begins: an index in the column before, or, for the first
 *   column, the index of a pixel
 * @property {number[]} stops where each ends: an index in the column
 * @property {number[]} weights scaled so that weight × activation is at most about 1
 */

/**
 * What is drawn of a network.
 * @typedef {object} View
 * @property {Column[]} columns
 * @property {Connections[]} connections
 * @property {string} words describe the drawing for screen readers
 * @property {number} outputs how many classes there are
 * @property {number} side width and height of the image, in pixels
 */

/** @typedef {{ inputs: Float32Array, layers: Float32Array[], probabilities: number[] }} State */
/** @typedef {{ x: number, y: number }} Point */
/** @typedef {Float32Array[]} Levels one array for each column, or for each set of connections */

const FRAME = 16; // how long the first frame of a movement is taken to last, in milliseconds
const FIRST_LAG = 50; // time constant of the first column's changes, in milliseconds
const LAG = 40; // how much longer the time constant is for each further column, in milliseconds
const PULSES = 900; // how long pulses run after the last change, in milliseconds
const SPEED = 0.11; // how fast pulses run, in pixels of the page per millisecond
const DASH = [7, 33]; // a pulse's length and the gap before the next, in pixels
const SHADES = 6; // how many strengths of line are drawn for each sign
const SMALL = 260; // below this height, in pixels, a column has one unit per digit instead of two
const DONE = 0.004; // the animation ends when no level has further than this to go
const REACH = 12; // a click selects a unit within this many pixels, or within twice its radius

/** @param {number} value */
const limited = (value) => Math.min(1, Math.max(0, value));

/**
 * The unit nearest to a point, as the number of its hidden layer (from 1) and its own, such as
 * "2.57"; empty if none is near enough.
 * @param {Column[]} shown @param {Point[][]} places of the columns' units
 * @param {Point} at @param {number} reach
 */
export function unitAt(shown, places, at, reach) {
  let nearest = "";
  let least = reach;
  shown.forEach(({ units }, layer) => {
    places[layer]?.forEach(({ x, y }, i) => {
      const apart = Math.hypot(x - at.x, y - at.y);
      if (apart <= least) [least, nearest] = [apart, `${layer + 1}.${units[i]}`];
    });
  });
  return nearest;
}

export class LivingNetwork {
  /** @param {HTMLCanvasElement} canvas lies over the answer, from the image to the bars */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    /** @type {View | null} */
    this.view = null;
    /** @type {State | null} */
    this.state = null;
    /** @type {{ columns: Point[][], lines: { path: Path2D, at: Point, place: number }[][], radius: number }} */
    this.places = { columns: [], lines: [], radius: 0 };
    /** @type {Levels} */
    this.levels = []; // brightness of the units as drawn, which approaches that of `state`
    /** @type {Levels} */
    this.signals = [];
    this.changed = -Infinity; // the time at which `state` last changed
    this.drawn = 0; // the time at which the last frame was drawn
    this.moving = false; // whether another frame follows
    /** @type {number | null} */
    this.frame = null;
    this.observer = new ResizeObserver(() => {
      this.lay();
      this.request();
    });
    this.observer.observe(canvas);
    /** @type {Element | null} */
    this.bars = null; // as observed
    /** @type {(unit: string) => void} */
    this.onUnit = () => {};
    canvas.onclick = (event) => {
      const unit = this.unitUnder(event);
      if (unit) this.onUnit(unit);
    };
    canvas.onpointermove = (event) => {
      const unit = this.unitUnder(event);
      canvas.style.cursor = unit ? "pointer" : "";
      const [layer, number] = unit.split(".");
      canvas.title = unit ? `Unit ${number} of hidden layer ${layer}` : "";
    };
    this.printing = matchMedia("print");
    this.onPrinting = () => {
      // Laying out also clears the canvas; on paper `clearRect` would wipe out image and bars too.
      this.lay();
      this.paint(0, 0); // at once, because no frame follows before the page is printed
    };
    this.printing.addEventListener("change", this.onPrinting);
  }

  stop() {
    this.observer.disconnect();
    this.printing.removeEventListener("change", this.onPrinting);
    if (this.frame !== null) cancelAnimationFrame(this.frame);
  }

  /** @param {View | null} view null if the network is too large to run while the pen moves */
  use(view) {
    this.canvas.setAttribute("aria-label", view?.words ?? "");
    this.canvas.hidden = !view;
    if (view !== this.view) {
      this.view = view;
      this.state = null;
      this.levels = (view?.columns ?? []).map(({ units }) => new Float32Array(units.length));
      this.levels.push(new Float32Array(view?.outputs ?? 0));
      this.signals = (view?.connections ?? []).map(({ starts }) => new Float32Array(starts.length));
      this.lay();
    }
    this.request(); // the theme may have changed
  }

  /** @param {State | null} state null where there is nothing to classify */
  show(state) {
    this.state = state;
    this.changed = performance.now();
    this.canvas.toggleAttribute("data-calm", !state);
    this.request();
  }

  /** @param {MouseEvent} event */
  unitUnder({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const { columns, radius } = this.places;
    const at = { x: clientX - left, y: clientY - top };
    return unitAt(this.view?.columns ?? [], columns, at, Math.max(REACH, 2 * radius));
  }

  request() {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = null;
      this.step(now);
      if (this.moving) this.request();
    });
  }

  /**
   * Lays the drawing out again when the bars change their width, which may be after the canvas has
   * changed its own; each answer of Python's brings new bars.
   * @param {Element | null} bars
   */
  follow(bars) {
    if (bars === this.bars) return;
    if (this.bars) this.observer.unobserve(this.bars);
    if (bars) this.observer.observe(bars);
    this.bars = bars;
  }

  /** Lays out the drawing between the image on the left and the bars on the right. */
  lay() {
    const { canvas, view } = this;
    const around = canvas.getBoundingClientRect();
    const answer = canvas.closest(".st-key-probability-bars");
    const image = answer?.querySelector(".digit-pixels img")?.getBoundingClientRect();
    const list = answer?.querySelector(".digit-bars") ?? null;
    this.follow(list);
    const bars = list?.getBoundingClientRect();
    if (!view || !image || !bars || !around.width) return;
    const { outputs: digits, side } = view;
    const density = Math.min(devicePixelRatio, 2);
    canvas.width = Math.round(around.width * density);
    canvas.height = Math.round(around.height * density);
    this.context?.setTransform(density, 0, 0, density, 0, 0);

    const beside = bars.left > image.right;
    const [top, height] = beside ? [bars.top, bars.height] : [image.top, image.height];
    const perDigit = height < SMALL ? 1 : 2;
    const maxRadius = Math.min((height / (digits * perDigit)) * 0.34, 11);
    const right = (beside ? bars.left - 1.7 * maxRadius - 4 : around.right - 8) - around.left;
    const left = image.right - around.left;
    const gap = (right - left) / (view.columns.length + 1);
    /** @param {number} count @param {number} x */
    const spread = (count, x) =>
      Array.from({ length: count }, (_, i) => {
        const rows = count > digits ? 2 * digits : count;
        const row = count > digits ? 2 * (i % digits) + Math.floor(i / digits) : i;
        return { x, y: top - around.top + ((row + 0.5) / rows) * height };
      });
    const columns = view.columns.map(({ units }, i) =>
      spread(Math.min(units.length, perDigit * digits), left + (i + 1) * gap),
    );
    columns.push(spread(digits, right));
    const pixels = Array.from({ length: side * side }, (_, i) => ({
      x: image.left - around.left + (((i % side) + 0.5) / side) * image.width,
      y: image.top - around.top + ((Math.floor(i / side) + 0.5) / side) * image.height,
    }));
    const lines = view.connections.map(({ starts, stops }, i) =>
      starts.flatMap((start, place) => {
        const from = (i ? columns[i - 1] : pixels)[start];
        const to = columns[i][stops[place]];
        const path = from && to && curve(from, to, i ? from.x : left);
        return path ? [{ path, at: from, place }] : [];
      }),
    );
    const radius = Math.min(maxRadius, gap / 5);
    this.places = { columns, lines, radius };
  }

  /**
   * Draws the next frame.
   * @param {number} now
   */
  step(now) {
    const still = reducedMotion();
    const passed = this.moving ? now - this.drawn : FRAME;
    this.drawn = now;
    const coming = this.approach(still ? Infinity : passed);
    const pulse = still || !this.state ? 0 : limited(1 - (now - this.changed) / PULSES);
    this.context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.paint(pulse, now);
    this.moving = coming || pulse > 0;
  }

  /**
   * Moves the drawn levels towards those of the network, more slowly in later layers.
   * @param {number} passed milliseconds
   * @returns {boolean} whether some levels still have further to go
   */
  approach(passed) {
    const { view, state } = this;
    if (!view) return false;
    let furthest = 0;
    /** @param {Float32Array} levels @param {number} layer @param {(i: number) => number} goal */
    const bring = (levels, layer, goal) => {
      const share = 1 - Math.exp(-passed / (FIRST_LAG + LAG * layer));
      for (let i = 0; i < levels.length; i += 1) {
        const missing = (state ? goal(i) : 0) - levels[i];
        levels[i] += missing * share;
        furthest = Math.max(furthest, Math.abs(missing * (1 - share)));
      }
    };
    view.columns.forEach(({ units, low, high }, layer) => {
      const values = state?.layers[layer];
      bring(this.levels[layer], layer, (i) =>
        values ? limited((values[units[i]] - low[i]) / (high[i] - low[i] || 1)) : 0,
      );
    });
    bring(this.levels[this.levels.length - 1], this.levels.length - 1, (i) =>
      state ? state.probabilities[i] : 0,
    );
    view.connections.forEach(({ starts, weights }, layer) => {
      const units = layer ? view.columns[layer - 1].units : [];
      const values = layer ? state?.layers[layer - 1] : state?.inputs;
      bring(this.signals[layer], layer, (i) => {
        const value = values ? values[layer ? units[starts[i]] : starts[i]] : 0;
        return weights[i] * value;
      });
    });
    return furthest > DONE;
  }

  /** @param {number} pulse how strong pulses are, 0 to 1 @param {number} now */
  paint(pulse, now) {
    const { canvas, context } = this;
    if (!context || !this.view) return;
    const style = getComputedStyle(canvas);
    const [muted, accent, against] = [style.color, style.borderTopColor, style.borderBottomColor];
    this.paintLines(context, muted, accent, against, pulse, now);
    this.paintUnits(context, muted, accent);
    context.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} muted
   * @param {string} accent
   * @param {string} against
   * @param {number} pulse
   * @param {number} now
   */
  paintLines(context, muted, accent, against, pulse, now) {
    const faint = new Path2D();
    /** @type {Path2D[]} */
    const shades = Array.from({ length: 2 * SHADES }, () => new Path2D());
    this.places.lines.forEach((lines, layer) => {
      for (const { path, place } of lines) {
        const signal = this.signals[layer][place];
        const strength = Math.min(SHADES, Math.round(SHADES * Math.sqrt(Math.abs(signal))));
        if (strength === 0) faint.addPath(path);
        else shades[strength - 1 + (signal < 0 ? SHADES : 0)].addPath(path);
      }
    });
    const thick = Math.max(1, this.places.radius / 6);
    context.lineWidth = thick;
    context.strokeStyle = muted;
    context.globalAlpha = 0.16;
    context.stroke(faint);
    shades.forEach((path, i) => {
      const strength = ((i % SHADES) + 1) / SHADES;
      context.strokeStyle = i < SHADES ? accent : against;
      context.globalAlpha = 0.12 + 0.6 * strength;
      context.lineWidth = thick * (0.8 + 1.2 * strength);
      context.stroke(path);
      if (pulse === 0 || strength < 0.4) return;
      context.setLineDash(DASH);
      context.lineDashOffset = -now * SPEED;
      context.lineWidth = 2.6 * thick;
      context.globalAlpha = pulse * strength;
      context.stroke(path);
      context.setLineDash([]);
    });
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} muted
   * @param {string} accent
   */
  paintUnits(context, muted, accent) {
    const { columns, radius } = this.places;
    columns.forEach((points, layer) => {
      points.forEach(({ x, y }, i) => {
        const level = this.levels[layer][i];
        context.globalAlpha = 1;
        context.fillStyle = "Canvas";
        disc(context, x, y, radius);
        context.fillStyle = muted;
        context.globalAlpha = 0.25;
        disc(context, x, y, radius);
        context.fillStyle = accent;
        context.globalAlpha = 0.18 * level;
        disc(context, x, y, radius * 1.9);
        context.globalAlpha = level;
        disc(context, x, y, radius);
      });
    });
  }
}

/**
 * The path of a connection. From a pixel it runs straight to the image's right edge before it
 * bends, so that it does not cross the caption.
 * @param {Point} from @param {Point} to @param {number} edge where it begins to bend
 */
function curve(from, to, edge) {
  const path = new Path2D();
  const middle = (edge + to.x) / 2;
  path.moveTo(from.x, from.y);
  path.lineTo(edge, from.y);
  path.bezierCurveTo(middle, from.y, middle, to.y, to.x, to.y);
  return path;
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius */
function disc(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
