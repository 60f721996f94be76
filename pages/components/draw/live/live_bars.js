// Answers while the pen is still down: follows the pointer, turns the strokes into MNIST's form,
// runs the network and writes the result into Python's elements. When a stroke has ended, Python's
// answer replaces this one, unless the next stroke has begun. If there are several digits, the
// answer is about the one being drawn. living_network.js shows what happens inside the network.

import { appAddress } from "../../shell/app_address.js";
import { offer } from "../../shell/sent_once.js";
import { whenRemoved } from "../../shell/when_removed.js";
import { percent } from "../../widgets/browser/percent.js";
import { lineOf } from "../canvas/canvas_brush.js";
import { inputsOf, layersOf, networkOf, probabilitiesOf } from "./inference.js";
import { LivingNetwork } from "./living_network.js";
import { imageOf, lastDigitOf } from "./mnist_format.js";

/** @typedef {import("./living_network.js").View} View */
/** @typedef {import("./inference.js").Layer[]} Layers */
/** @typedef {{ view: Promise<View>, layers: Promise<Layers> }} Network */

/**
 * What live_bars.py sends.
 * @typedef {object} Data
 * @property {string | null} network address of the network's files without their extensions; null
 *   if the network is too large to run while the pen moves
 * @property {import("./mnist_format.js").Form & { curve_steps: number }} form
 * @property {number[][]} strokes of the drawing, each x0, y0, x1, y1, …
 * @property {number} count number of strokes on the canvas
 * @property {number} revision changes when the page, not the pen, changes the canvas
 * @property {number} side width and height of the canvas's surface, in the surface's own pixels
 * @property {number} resolution how many pixels of the surface a canvas pixel is wide
 * @property {number} temperature
 * @property {string} words Python's answer, for screen readers
 * @property {number[][]} shown strokes of the digit whose answer is shown; empty if there is none
 * @property {number[][]} activations for that digit, of the units that are drawn, layer by layer
 * @property {number[]} probabilities of each class for that digit; empty if there is no answer
 * @property {number} stamp identifies Python's answer
 */

/** @type {Map<string, Network>} */
const networks = new Map(); // the key is the address of the network's files

/** @param {string} name */
function fetched(name) {
  const known = networks.get(name);
  if (known) return known;
  const description = get(`${name}.json`).then((response) => response.json());
  const weights = get(`${name}.bin.gz`).then(unpacked);
  const layers = Promise.all([weights, description]).then(([numbers, described]) =>
    networkOf(numbers, described),
  );
  // The next call tries again; until one succeeds, the bars move only when the pen is lifted.
  layers.catch(() => networks.delete(name));
  const network = { view: description.then(({ view }) => view), layers };
  networks.set(name, network);
  return network;
}

/** @param {string} file the file's path below the app's address */
async function get(file) {
  const address = appAddress(file);
  // The cache is never out of date: a file whose content changes gets another name.
  const response = await fetch(address, { cache: "force-cache" });
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response;
}

/** @param {Response} response */
function unpacked(response) {
  const body = response.body?.pipeThrough(new DecompressionStream("gzip"));
  return new Response(body).arrayBuffer();
}

const pad = document.createElement("canvas");

/**
 * The data URL of a picture of the image; the picture is black if there is no image.
 * @param {Uint8Array | null} image
 * @param {number} side
 */
function pngOf(image, side) {
  pad.width = pad.height = side;
  const context = pad.getContext("2d", { willReadFrequently: true });
  if (!context) return ""; // the browser has run out of memory for canvases
  const pixels = context.createImageData(side, side);
  for (let i = 0; i < side * side; i += 1) {
    pixels.data.fill(image ? image[i] : 0, 4 * i, 4 * i + 3);
    pixels.data[4 * i + 3] = 255; // opaque
  }
  context.putImageData(pixels, 0, 0);
  return pad.toDataURL();
}

// Elements from Python into which no live answer has been written yet.
const STALE =
  ".digit-answer:not([data-live]), .st-key-probability-bars .digit-bars:not([data-live])";

/**
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
function find(selector) {
  return document.querySelector(selector);
}

/**
 * Writes an answer into Python's elements.
 * @param {Uint8Array | null} image
 * @param {number[] | null} probabilities
 * @param {number} side
 */
function show(image, probabilities, side) {
  const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  const answer = find(".digit-answer");
  const bars = find(".st-key-probability-bars .digit-bars");
  const digit = answer?.querySelector(".digit");
  const preview = answer?.querySelector("img");
  if (!answer || !bars || !digit || !preview) return; // the visitor has left the page
  answer.dataset.live = bars.dataset.live = "";
  bars.classList.remove("faint");
  bars.querySelectorAll("[role=listitem]").forEach((row, i) => {
    const share = probabilities ? probabilities[i] : 0;
    const bar = row.querySelector("i");
    row.classList.toggle("best", i === best);
    bar?.style.setProperty("--share", `${(100 * share).toFixed(2)}%`);
    if (row.lastElementChild) {
      row.lastElementChild.textContent = probabilities ? percent(share) : "–";
    }
  });
  const name = bars.querySelector(".best > span")?.textContent ?? "";
  digit.textContent = name;
  digit.classList.remove("whole");
  digit.classList.toggle("long", name.length > 2);
  preview.src = pngOf(image, side);
}

/**
 * Announces a text to screen readers. The status element is kept, because they announce a change in
 * it but not a new element.
 * @param {HTMLElement} parent
 * @param {string} words
 */
function tell(parent, words) {
  let status = parent.querySelector("[role=status]");
  if (!status) {
    const made = document.createElement("div");
    made.role = "status";
    made.className = "screen-reader-only";
    parent.append(made);
    status = made;
  }
  if (status.textContent !== words) status.textContent = words;
}

/** @param {boolean} visible */
function verdictVisible(visible) {
  for (const element of document.querySelectorAll(
    ".digit-said, .digit-doubt, .st-key-accept-canvas",
  )) {
    if (element instanceof HTMLElement) element.style.visibility = visible ? "" : "hidden";
  }
}

/** @type {WeakMap<HTMLElement, LiveBars>} */
const instances = new WeakMap();

/** @param {ComponentArguments<Data>} component */
function liveBars({ data, parentElement, setTriggerValue }) {
  const instance = instances.get(parentElement) ?? new LiveBars(parentElement, data);
  instances.set(parentElement, instance);
  instance.living.onUnit = (unit) => setTriggerValue("unit", unit);
  instance.receive(data);
  return whenRemoved(parentElement, () => {
    instance.stop();
    instances.delete(parentElement);
  });
}

export default () => offer("live_bars", liveBars);

class LiveBars {
  /**
   * @param {HTMLElement} parent
   * @param {Data} data
   */
  constructor(parent, data) {
    this.parent = parent;
    this.living = new LivingNetwork(
      /** @type {HTMLCanvasElement} */ (parent.querySelector(".living-network")),
    );
    this.data = data;
    this.first = data.count; // how many strokes come before the first of `pending`
    /** @type {Layers | null} */
    this.network = null;
    /** @type {HTMLElement | null} */
    this.canvas = null;
    /** @type {number[][]} */
    this.pending = []; // strokes that have ended and that Python has not answered yet
    /** @type {number[] | null} */
    this.current = null; // pointer positions of the stroke being drawn, in pixels of the surface
    this.lifted = 0; // the time at which the last stroke ended
    /** @type {number | null} */
    this.frame = null;
    // If Python's answer to earlier strokes arrives during a stroke, it is overwritten before the
    // visitor sees it.
    this.observer = new MutationObserver(() => {
      if (document.querySelector(STALE)) this.draw();
    });
    this.listeners = new AbortController();
    const options = { capture: true, signal: this.listeners.signal };
    document.addEventListener("pointerdown", (event) => this.down(event), options);
    document.addEventListener("pointermove", (event) => this.move(event), options);
    document.addEventListener("pointerup", (event) => this.up(event), options);
    document.addEventListener("pointercancel", (event) => this.up(event), options);
  }

  stop() {
    this.listeners.abort();
    this.observer.disconnect();
    this.living.stop();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
  }

  /**
   * Takes in Python's newest data, whose answer is already on the page.
   * @param {Data} data
   */
  receive(data) {
    const reset = data.revision !== this.data.revision;
    const late = !this.current && performance.now() - this.lifted > 1000;
    if (!data.network || data.network !== this.data.network) this.living.use(null);
    this.data = data;
    this.pending = reset || late ? [] : this.pending.slice(Math.max(0, data.count - this.first));
    this.first = data.count;
    this.network = null;
    if (!this.unanswered()) {
      verdictVisible(true);
      tell(this.parent, data.words);
    }
    if (!data.network) return;
    const { view, layers } = fetched(data.network);
    view.then(
      (shown) => {
        if (this.data !== data) return;
        this.living.use(shown);
        if (!this.unanswered()) this.showAnswer(shown);
      },
      () => {}, // then the network is not drawn
    );
    layers.then(
      (network) => {
        if (this.data !== data) return;
        this.network = network;
        if (this.unanswered())
          this.request(); // the pen may have been down before the weights arrived
        else this.compute(data.shown);
      },
      () => {},
    );
  }

  /**
   * Shows Python's answer in the drawing of the network. It needs no weights: they may still be on
   * their way.
   * @param {View} view
   */
  showAnswer({ columns }) {
    const { form, shown, activations, probabilities } = this.data;
    const image = imageOf(shown, form);
    const layers = activations.map((drawn, i) => {
      const layer = new Float32Array(columns[i].size);
      columns[i].units.forEach((unit, place) => {
        layer[unit] = drawn[place];
      });
      return layer;
    });
    const inputs = image && inputsOf(image, form);
    this.living.show(inputs && probabilities.length ? { inputs, layers, probabilities } : null);
  }

  unanswered() {
    return this.current !== null || this.pending.length > 0;
  }

  /** @param {PointerEvent} event */
  down(event) {
    // The class is private to drawable-canvas: if it changes, the bars move only after each stroke.
    const canvas = event
      .composedPath()
      .find((target) => target instanceof HTMLElement && target.matches(".upper-canvas"));
    const ours = event.target instanceof Element && event.target.closest(".st-key-canvas");
    if (!canvas || !ours || !event.isPrimary || event.button !== 0) return;
    this.canvas = /** @type {HTMLElement} */ (canvas);
    this.current = this.place(event, this.canvas);
    this.observer.observe(document.body, { childList: true, subtree: true });
    this.request();
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.current || !this.canvas || !event.isPrimary) return;
    this.current.push(...this.place(event, this.canvas));
    this.request();
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (!this.current || !event.isPrimary) return;
    this.pending.push(this.line(this.current));
    this.current = null;
    this.observer.disconnect();
    this.lifted = performance.now();
  }

  /**
   * Where the pointer is, in pixels of the surface.
   * @param {PointerEvent} event
   * @param {HTMLElement} canvas
   */
  place(event, canvas) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const { side } = this.data;
    // The canvas listens to mouse events, whose coordinates are whole pixels; the coordinates of
    // pointer events may have fractions.
    const whole =
      event.pointerType === "mouse" ? Math.floor : (/** @type {number} */ value) => value;
    return [
      ((whole(event.clientX) - left) * side) / width,
      ((whole(event.clientY) - top) * side) / height,
    ];
  }

  /**
   * The line that the canvas will make of the pointer's positions, in canvas pixels.
   * @param {number[]} positions x0, y0, x1, y1, … in pixels of the surface
   */
  line(positions) {
    const { form, resolution } = this.data;
    return lineOf(positions, form.curve_steps).map((value) => value / resolution);
  }

  request() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      // A frame that comes late must not overwrite Python's answer.
      if (this.unanswered() && !this.overtaken()) this.draw();
    });
  }

  /** Whether the pen is up and a newer answer from Python on the page than `receive` has had. */
  overtaken() {
    const stamp = find(".digit-answer")?.dataset.stamp;
    return this.current === null && stamp !== String(this.data.stamp);
  }

  draw() {
    if (!this.network) return;
    const strokes = [...this.data.strokes, ...this.pending];
    if (this.current) strokes.push(this.line(this.current));
    const { image, probabilities } = this.compute(lastDigitOf(strokes, this.data.form));
    show(image, probabilities, this.data.form.image_side);
    verdictVisible(false);
  }

  /**
   * Runs the network and shows what happens in it.
   * @param {import("./mnist_format.js").Line[]} strokes in canvas pixels
   */
  compute(strokes) {
    const { form, temperature } = this.data;
    const image = imageOf(strokes, form);
    const inputs = image && inputsOf(image, form);
    const layers = inputs && this.network && layersOf(this.network, inputs);
    const probabilities = layers && probabilitiesOf(layers, temperature);
    this.living.show(inputs && layers && probabilities ? { inputs, layers, probabilities } : null);
    return { image, probabilities };
  }
}
