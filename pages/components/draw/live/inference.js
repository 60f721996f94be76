// Computes the probabilities of an image's classes, as mnist_core/network/inference.py and
// temperature scaling do in Python; tests/javascript/golden.json checks that both give the same
// numbers.

/**
 * What published_networks.py writes about a network besides its weights.
 * @typedef {object} Architecture
 * @property {number[]} widths how many units each layer has, from the image's pixels to the classes
 * @property {string[]} activations names of the hidden layers' activation functions
 * @property {number} leaky_relu_slope slope of LeakyReLU below 0
 */

/** @typedef {(z: number) => number} Activation */
/** @typedef {{ kernel: Float32Array, bias: Float32Array, activation: Activation }} Layer */

/**
 * The error function, Abramowitz and Stegun 7.1.26: off by 1.5e-7 at most.
 * @param {number} x
 */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

/** @type {Activation} */
const sigmoid = (z) => 1 / (1 + Math.exp(-z));

/**
 * @param {number} slope
 * @returns {Record<string, Activation>}
 */
function activationFunctions(slope) {
  return {
    relu: (z) => Math.max(z, 0),
    leaky_relu: (z) => (z > 0 ? z : slope * z),
    elu: (z) => (z > 0 ? z : Math.expm1(z)),
    gelu: (z) => 0.5 * z * (1 + erf(z / Math.SQRT2)),
    silu: (z) => z * sigmoid(z),
    tanh: Math.tanh,
    sigmoid,
  };
}

/**
 * @param {ArrayBuffer} weights kernel (inputs, units) and bias of each layer in turn, float16
 * @param {Architecture} architecture
 * @returns {Layer[]}
 */
export function networkOf(weights, { widths, activations, leaky_relu_slope: slope }) {
  const halves = new Uint16Array(weights);
  const table = halfTable();
  const numbers = Float32Array.from(halves, (half) => table[half]);
  const functions = activationFunctions(slope);
  /** @type {Layer[]} */
  const layers = [];
  let at = 0;
  /** @param {number} count */
  const take = (count) => {
    at += count;
    return numbers.subarray(at - count, at);
  };
  for (let i = 0; i + 1 < widths.length; i += 1) {
    const kernel = take(widths[i] * widths[i + 1]);
    /** @type {Activation} */
    const activation = i < activations.length ? functions[activations[i]] : (z) => z;
    layers.push({ kernel, bias: take(widths[i + 1]), activation });
  }
  if (at !== numbers.length) throw new Error("The weights do not fit the network.");
  return layers;
}

/** The number that each of the 65,536 bit patterns of a float16 stands for. */
function halfTable() {
  return Float32Array.from({ length: 65536 }, (_, half) => {
    const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}

/**
 * The inputs that a network is given for an image.
 * @param {Uint8Array} image levels of its pixels, from 0 (paper) to `max_level` (full ink)
 * @param {import("./mnist_format.js").Form} form
 * @returns {Float32Array} one input per pixel, from 0 (paper) to 1 (full ink)
 */
export function inputsOf(image, { max_level: maxLevel }) {
  return Float32Array.from(image, (level) => level / maxLevel);
}

/**
 * @param {Layer[]} network
 * @param {Float32Array} inputs from `inputsOf`
 * @returns {Float32Array[]} each hidden layer's activations, then the logits
 */
export function layersOf(network, inputs) {
  const outputs = [];
  let values = inputs;
  for (const { kernel, bias, activation } of network) {
    const units = bias.length;
    const sums = Float32Array.from(bias);
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i];
      if (value === 0) continue; // this saves time, since most pixels are 0
      for (let j = 0, k = i * units; j < units; j += 1, k += 1) sums[j] += value * kernel[k];
    }
    values = sums.map(activation);
    outputs.push(values);
  }
  return outputs;
}

/**
 * Softmax of the logits divided by the temperature.
 * @param {Float32Array[]} layers from `layersOf`
 * @param {number} temperature with which the network is calibrated; 1 changes nothing
 * @returns {number[]} the probability of each class
 */
export function probabilitiesOf(layers, temperature) {
  const logits = layers[layers.length - 1];
  const top = Math.max(...logits);
  const raised = Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  const sum = raised.reduce((a, b) => a + b);
  return raised.map((value) => value / sum);
}
