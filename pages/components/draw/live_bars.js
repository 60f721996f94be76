// The answer while the pen is still down. Follows the pointer on the canvas, puts the strokes into
// MNIST's form as mnist_core/preprocessing.py does, runs the network as mnist_core/inference.py
// does, and writes the result into the elements that prediction.py made. Python replaces all of
// them when a stroke has ended, unless the next one has begun.

const SIDE = 28;
const INK_SIDE = 20;
const PEN_WIDTH = 2.8;
const DRAWN_SIDE = 19;
const MIN_EXTENT = 8; // canvas pixels
const SPECK = 0.05;
const POINT_STEP = 0.5;
const DECIMATE = 0.4; // canvas pixels: the brush of the canvas drops points closer than this

// ---- Strokes → image. A stroke is a flat array x0, y0, x1, y1, … in canvas pixels. ----

// The line that the canvas' brush makes of pointer positions: curves through the middles between.
export function smoothed(points) {
  const kept = [points[0], points[1]];
  const last = points.length - 2;
  for (let i = 2; i < last - 2; i += 2) {
    const [dx, dy] = [points[i] - kept.at(-2), points[i + 1] - kept.at(-1)];
    if (dx * dx + dy * dy >= DECIMATE * DECIMATE) kept.push(points[i], points[i + 1]);
  }
  if (last > 0) kept.push(points[last], points[last + 1]);
  const line = [kept[0], kept[1]];
  for (let i = 0; i + 3 < kept.length; i += 2) {
    const [x0, y0] = line.slice(-2);
    const [x1, y1] = [kept[i], kept[i + 1]];
    const [x2, y2] = [(x1 + kept[i + 2]) / 2, (y1 + kept[i + 3]) / 2];
    for (let t = 0.25; t <= 1; t += 0.25) {
      const [a, b, c] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
      line.push(a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2);
    }
  }
  line.push(kept.at(-2), kept.at(-1));
  return line;
}

function box(strokes) {
  const found = [Infinity, Infinity, -Infinity, -Infinity];
  for (const line of strokes) {
    for (let i = 0; i < line.length; i += 2) {
      found[0] = Math.min(found[0], line[i]);
      found[1] = Math.min(found[1], line[i + 1]);
      found[2] = Math.max(found[2], line[i]);
      found[3] = Math.max(found[3], line[i + 1]);
    }
  }
  return found;
}

function extent([left, top, right, bottom]) {
  return Math.max(right - left, bottom - top);
}

// Points about `POINT_STEP` of way from each other, with both ends.
function thinned(line) {
  const kept = [line[0], line[1]];
  let way = 0;
  let cell = 0;
  for (let i = 2; i < line.length; i += 2) {
    way += Math.hypot(line[i] - line[i - 2], line[i + 1] - line[i - 1]);
    const now = Math.floor(way / POINT_STEP);
    if (now > cell || i === line.length - 2) kept.push(line[i], line[i + 1]);
    cell = now;
  }
  return kept;
}

// Squared distance of every pixel's middle to the nearest segment; only pixels in reach count.
function nearest(lines) {
  const squared = new Float64Array(INK_SIDE * INK_SIDE).fill(Infinity);
  const reach = PEN_WIDTH / 2 + 0.5;
  const low = (a, b) => Math.max(0, Math.floor(Math.min(a, b) - reach - 0.5));
  const high = (a, b) => Math.min(INK_SIDE - 1, Math.ceil(Math.max(a, b) + reach - 0.5));
  for (const line of lines) {
    for (let i = 0; i === 0 || i + 2 < line.length; i += 2) {
      const [x0, y0] = [line[i], line[i + 1]];
      const [x1, y1] = line.length > 2 ? [line[i + 2], line[i + 3]] : [x0, y0];
      const [dx, dy] = [x1 - x0, y1 - y0];
      const length = Math.max(dx * dx + dy * dy, 1e-12);
      for (let row = low(y0, y1); row <= high(y0, y1); row += 1) {
        for (let column = low(x0, x1); column <= high(x0, x1); column += 1) {
          const [px, py] = [column + 0.5 - x0, row + 0.5 - y0];
          const along = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
          const distance = (px - along * dx) ** 2 + (py - along * dy) ** 2;
          const at = row * INK_SIDE + column;
          if (distance < squared[at]) squared[at] = distance;
        }
      }
    }
  }
  return squared;
}

// 784 bytes in MNIST's form, or null where there is nothing to classify.
export function imageOf(strokes) {
  const least = SPECK * extent(box(strokes));
  const large = strokes.filter((line) => extent(box([line])) >= least);
  const lines = large.length ? large : strokes;
  const [left, top, right, bottom] = box(lines);
  const size = Math.max(right - left, bottom - top);
  if (!(size >= MIN_EXTENT)) return null;
  const scale = (DRAWN_SIDE - PEN_WIDTH) / size;
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const placed = lines.map((line) =>
    thinned(line.map((value, i) => (value - (i % 2 ? y : x)) * scale + INK_SIDE / 2)),
  );
  const ink = nearest(placed).map((d) => Math.min(1, Math.max(0, PEN_WIDTH / 2 + 0.5 - Math.sqrt(d))));
  return centred(ink);
}

// The ink's centre of mass to the middle of the field, by whole pixels.
function centred(ink) {
  let [mass, across, down] = [0, 0, 0];
  ink.forEach((value, i) => {
    mass += value;
    across += value * ((i % INK_SIDE) + 0.5);
    down += value * (Math.floor(i / INK_SIDE) + 0.5);
  });
  const [left, top] = [Math.floor(15 - across / mass), Math.floor(15 - down / mass)];
  const image = new Uint8Array(SIDE * SIDE);
  ink.forEach((value, i) => {
    const [column, row] = [left + (i % INK_SIDE), top + Math.floor(i / INK_SIDE)];
    if (column >= 0 && column < SIDE && row >= 0 && row < SIDE) {
      image[row * SIDE + column] = Math.round(value * 255);
    }
  });
  return image;
}

// ---- Image → probabilities ----

// Abramowitz and Stegun 7.1.26: off by 1.5e-7 at most.
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const ACTIVATIONS = {
  relu: (z) => (z > 0 ? z : 0),
  leaky_relu: (z) => (z > 0 ? z : 0.3 * z),
  elu: (z) => (z > 0 ? z : Math.expm1(z)),
  gelu: (z) => 0.5 * z * (1 + erf(z / Math.SQRT2)),
  silu: (z) => z * sigmoid(z),
  tanh: Math.tanh,
  sigmoid,
};

// A network of the bytes that live_bars.py published: kernel and bias of each layer, float16.
export function networkOf(buffer, widths, activations) {
  const halves = new Uint16Array(buffer);
  const numbers = new Float32Array(halves.length);
  const table = halfTable();
  for (let i = 0; i < halves.length; i += 1) numbers[i] = table[halves[i]];
  const layers = [];
  let at = 0;
  const take = (count) => numbers.subarray(at, (at += count));
  for (let i = 0; i + 1 < widths.length; i += 1) {
    const kernel = take(widths[i] * widths[i + 1]);
    const activation = i < activations.length ? ACTIVATIONS[activations[i]] : (z) => z;
    layers.push({ kernel, bias: take(widths[i + 1]), activation });
  }
  if (at !== numbers.length) throw new Error("The weights do not fit the network.");
  return layers;
}

function halfTable() {
  return Float32Array.from({ length: 65536 }, (_, half) => {
    const [sign, exponent, rest] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
    if (exponent === 0) return sign * rest * 2 ** -24;
    if (exponent === 31) return rest ? NaN : sign * Infinity;
    return sign * (1024 + rest) * 2 ** (exponent - 25);
  });
}

// Ten probabilities, calibrated by the temperature.
export function probabilitiesOf(network, image, temperature = 1) {
  let values = Float32Array.from(image, (pixel) => pixel / 255);
  for (const { kernel, bias, activation } of network) {
    const units = bias.length;
    const sums = Float32Array.from(bias);
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i];
      if (value === 0) continue; // most pixels are
      for (let j = 0, k = i * units; j < units; j += 1, k += 1) sums[j] += value * kernel[k];
    }
    values = sums.map(activation);
  }
  const top = Math.max(...values);
  const raised = Array.from(values, (z) => Math.exp((z - top) / temperature));
  const sum = raised.reduce((a, b) => a + b);
  return raised.map((value) => value / sum);
}

// ---- The page ----

const networks = new Map(); // address of the weights → promise of a network

function fetched({ url, widths, activations }) {
  if (!networks.has(url)) {
    // Streamlit's own scripts tell where the app is, also behind a base path.
    const own = document.querySelector('script[src*="static/js/"]');
    const address = own ? new URL(`../..${url}`, own.src) : url;
    const network = fetch(address, { cache: "force-cache" }) // an address never changes content
      .then((answer) => {
        if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
        return answer.arrayBuffer();
      })
      .then((buffer) => networkOf(buffer, widths, activations));
    network.catch(() => networks.delete(url)); // the bars then move at pen-up only
    networks.set(url, network);
  }
  return networks.get(url);
}

function percent(share) {
  return share > 0.9995 ? "> 99.9%" : `${(100 * share).toFixed(1)}%`;
}

const pad = document.createElement("canvas");
pad.width = pad.height = SIDE;

function address(image) {
  const context = pad.getContext("2d", { willReadFrequently: true });
  const pixels = context.createImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i += 1) {
    pixels.data.fill(image ? image[i] : 0, 4 * i, 4 * i + 3);
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return pad.toDataURL();
}

// Python's elements, until live ones are written into them.
const STALE = ".digit-answer:not([data-live]), .st-key-probability-bars .digit-bars:not([data-live])";

function show(image, probabilities) {
  const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  const answer = document.querySelector(".digit-answer");
  const bars = document.querySelector(".st-key-probability-bars .digit-bars");
  if (!answer || !bars) return; // the page was left
  answer.dataset.live = bars.dataset.live = "";
  bars.classList.remove("faint");
  bars.querySelectorAll("[role=listitem]").forEach((row, digit) => {
    const share = probabilities ? probabilities[digit] : 0;
    row.classList.toggle("best", digit === best);
    row.querySelector("i").style.width = `${(100 * share).toFixed(2)}%`;
    row.lastElementChild.textContent = probabilities ? percent(share) : "–";
  });
  answer.querySelector(".digit").textContent = best < 0 ? "" : best;
  answer.querySelector("img").src = address(image);
}

// Tells screen readers. They hear what changes in an element of this role, not a new element.
function tell(parent, words) {
  let status = parent.querySelector("[role=status]");
  if (!status) {
    status = document.createElement("div");
    status.role = "status";
    status.style.cssText = "position: absolute; width: 1px; height: 1px; overflow: hidden";
    parent.append(status);
  }
  if (status.textContent !== words) status.textContent = words;
}

function verdictVisible(visible) {
  for (const element of document.querySelectorAll(".digit-said, .digit-doubt")) {
    element.style.visibility = visible ? "" : "hidden";
  }
}

const instances = new WeakMap();

export default function ({ data, parentElement }) {
  let instance = instances.get(parentElement);
  if (!instance) instances.set(parentElement, (instance = new LiveBars(parentElement)));
  instance.receive(data);
  return () => {
    if (parentElement.isConnected) return; // newer data came at once: Streamlit calls then, too
    instance.stop();
    instances.delete(parentElement);
  };
}

class LiveBars {
  constructor(parent) {
    this.parent = parent;
    this.pending = []; // strokes that have ended and that Python has not answered
    this.current = null; // pointer positions of the stroke being drawn
    this.lifted = 0;
    // An answer to the strokes before is written over before anyone sees it.
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
    cancelAnimationFrame(this.frame);
  }

  // What Python knows: the drawing, and the network to use. Its answer is on the page already.
  receive(data) {
    const reset = data.revision !== this.data?.revision;
    const late = !this.current && performance.now() - this.lifted > 1000;
    this.data = data;
    this.pending = reset || late ? [] : this.pending.slice(Math.max(0, data.count - this.first));
    this.first = data.count;
    this.network = null;
    if (!this.unanswered()) {
      verdictVisible(true);
      tell(this.parent, data.words);
    }
    if (!data.network) return;
    const follow = (network) => {
      if (this.data !== data) return;
      this.network = network;
      if (this.unanswered()) this.request(); // the pen may have been down before it came
    };
    fetched(data.network).then(follow, () => {});
  }

  unanswered() {
    return this.current || this.pending.length > 0;
  }

  down(event) {
    const canvas = event.composedPath().find((e) => e.classList?.contains("upper-canvas"));
    const ours = event.target.closest?.(".st-key-canvas");
    if (!canvas || !ours || !event.isPrimary || event.button !== 0) return;
    this.canvas = canvas;
    this.current = this.place(event);
    this.observer.observe(document.body, { childList: true, subtree: true });
    this.request();
  }

  move(event) {
    if (!this.current || !event.isPrimary) return;
    this.current.push(...this.place(event));
    this.request();
  }

  up(event) {
    if (!this.current || !event.isPrimary) return;
    this.pending.push(smoothed(this.current));
    this.current = null;
    this.observer.disconnect();
    this.lifted = performance.now();
  }

  place(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const side = this.data.side;
    // The canvas listens to mouse events, whose coordinates are whole pixels.
    const whole = event.pointerType === "mouse" ? Math.floor : (value) => value;
    return [
      ((whole(event.clientX) - left) * side) / width,
      ((whole(event.clientY) - top) * side) / height,
    ];
  }

  request() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  draw() {
    if (!this.network) return;
    const strokes = [...this.data.strokes, ...this.pending];
    if (this.current) strokes.push(smoothed(this.current));
    const image = imageOf(strokes);
    show(image, image && probabilitiesOf(this.network, image, this.data.temperature));
    verdictVisible(false);
  }
}
