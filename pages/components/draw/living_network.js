// The network at work: from the pixels of the image through some neurons of each layer to the bars,
// with their strongest connections. Brightness is activation, colour the sign of the signal. What
// is new arrives layer by layer, and pulses run along the connections while the pen moves. Python
// chooses neurons and connections (living_network.py).

import { MAX_LEVEL } from "./mnist_format.js";

/**
 * The chosen neurons of a hidden layer; first those that come first for each digit, 0 to 9.
 * @typedef {object} Column
 * @property {number[]} units their numbers in the layer
 * @property {number[]} low least activation of each
 * @property {number[]} high greatest activation of each
 * @property {number} size units of the whole layer
 */

/**
 * @typedef {object} Connections
 * @property {number[]} starts places in the column before; of the first, numbers of pixels
 * @property {number[]} stops places in the column
 * @property {number[]} weights times an activation at most about 1
 */

/**
 * @typedef {object} View
 * @property {Column[]} columns
 * @property {Connections[]} connections
 * @property {string} words
 * @property {number} outputs one for each digit
 * @property {number} side width and height of the image, in pixels
 */

/** @typedef {{ image: Uint8Array, layers: Float32Array[], probabilities: number[] }} State */
/** @typedef {{ x: number, y: number }} Point */
/** @typedef {Float32Array[]} Levels of the columns' neurons and of the outputs, or of connections */

const FRAME = 16; // milliseconds
const FIRST_LAG = 50; // milliseconds until the first column is near its new levels
const LAG = 40; // further milliseconds of each column after it
const PULSES = 900; // milliseconds that pulses run after the last change
const SPEED = 0.11; // pixels of the page per millisecond, of the pulses
const DASH = [7, 33]; // pixels: a pulse, and from one to the next
const SHADES = 6; // strengths of connections that are told apart
const SMALL = 260; // pixels: in less height, a digit has one neuron of a column
const DONE = 0.004;
const REACH = 12; // pixels: as far from a neuron's middle, or twice its radius, a click is for it

/** @param {number} value */
const limited = (value) => Math.min(1, Math.max(0, value));

/**
 * The neuron nearest to a place, if it is near enough: hidden layer, from 1, and number, as 2.57.
 * @param {Column[]} shown @param {Point[][]} places of the columns' neurons
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
  /** @param {HTMLCanvasElement} canvas lies over the answer: image, space to draw in, bars */
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
    this.neurons = []; // as they are drawn, on the way to what `state` says
    /** @type {Levels} */
    this.signals = [];
    this.changed = -Infinity; // when `state` changed last
    this.drawn = 0; // when the last frame was drawn
    this.moving = false; // whether it is followed by another
    /** @type {number | null} */
    this.frame = null;
    this.observer = new ResizeObserver(() => {
      this.lay();
      this.request();
    });
    this.observer.observe(canvas);
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
      this.lay(); // which empties the canvas; on paper `clearRect` would wipe image and bars out
      this.paint(0, 0); // at once: no frame follows before the page is printed
    };
    this.printing.addEventListener("change", this.onPrinting);
  }

  stop() {
    this.observer.disconnect();
    this.printing.removeEventListener("change", this.onPrinting);
    if (this.frame !== null) cancelAnimationFrame(this.frame);
  }

  /** @param {View | null} view null where the network is too large to follow a pen */
  use(view) {
    this.canvas.setAttribute("aria-label", view?.words ?? "");
    this.canvas.hidden = !view;
    if (view !== this.view) {
      this.view = view;
      this.state = null;
      this.neurons = (view?.columns ?? []).map(({ units }) => new Float32Array(units.length));
      this.neurons.push(new Float32Array(view?.outputs ?? 0));
      this.signals = (view?.connections ?? []).map(({ starts }) => new Float32Array(starts.length));
      this.lay();
    }
    this.request(); // the theme may be another
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

  /** Finds a place for everything: left the image, right the bars, as they stand on the page. */
  lay() {
    const { canvas, view } = this;
    const around = canvas.getBoundingClientRect();
    const answer = canvas.closest(".st-key-probability-bars");
    const image = answer?.querySelector(".digit-pixels img")?.getBoundingClientRect();
    const bars = answer?.querySelector(".digit-bars")?.getBoundingClientRect();
    if (!view || !image || !bars || !around.width) return;
    const { outputs: digits, side } = view;
    const density = Math.min(devicePixelRatio, 2);
    canvas.width = Math.round(around.width * density);
    canvas.height = Math.round(around.height * density);
    this.context?.setTransform(density, 0, 0, density, 0, 0);

    const beside = bars.left > image.right;
    const [top, height] = beside ? [bars.top, bars.height] : [image.top, image.height];
    const each = height < SMALL ? 1 : 2; // neurons for each digit
    const most = Math.min((height / (digits * each)) * 0.34, 11); // of a radius
    const right = (beside ? bars.left - 1.7 * most - 4 : around.right - 8) - around.left;
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
      spread(Math.min(units.length, each * digits), left + (i + 1) * gap),
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
    const radius = Math.min(most, gap / 5);
    this.places = { columns, lines, radius };
  }

  /**
   * Draws the next frame.
   * @param {number} now
   */
  step(now) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const passed = this.moving ? now - this.drawn : FRAME;
    this.drawn = now;
    const coming = this.approach(still ? Infinity : passed);
    const pulse = still || !this.state ? 0 : limited(1 - (now - this.changed) / PULSES);
    this.context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.paint(pulse, now);
    this.moving = coming || pulse > 0;
  }

  /**
   * Brings neurons and signals nearer to what they are in the network, later layers later.
   * @param {number} passed milliseconds
   * @returns {boolean} whether they are still on the way
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
      bring(this.neurons[layer], layer, (i) =>
        values ? limited((values[units[i]] - low[i]) / (high[i] - low[i] || 1)) : 0,
      );
    });
    bring(this.neurons[this.neurons.length - 1], this.neurons.length - 1, (i) =>
      state ? state.probabilities[i] : 0,
    );
    view.connections.forEach(({ starts, weights }, layer) => {
      const units = layer ? view.columns[layer - 1].units : [];
      const values = layer ? state?.layers[layer - 1] : state?.image;
      bring(this.signals[layer], layer, (i) => {
        const value = values ? values[layer ? units[starts[i]] : starts[i]] : 0;
        return weights[i] * (layer ? value : value / MAX_LEVEL);
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
    this.paintNeurons(context, muted, accent);
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
  paintNeurons(context, muted, accent) {
    const { columns, radius } = this.places;
    columns.forEach((points, layer) => {
      points.forEach(({ x, y }, i) => {
        const level = this.neurons[layer][i];
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
 * A line that leaves the image at its right, and so does not lie over the words below it.
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
