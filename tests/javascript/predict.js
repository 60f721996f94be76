// Computes what the browser makes of drawings, so that Python can compare it. Reads JSON from
// standard input and writes JSON to standard output.

import { readFileSync } from "node:fs";
import {
  inputsOf,
  layersOf,
  networkOf,
  probabilitiesOf,
} from "../../pages/components/draw/live/inference.js";
import { imageOf } from "../../pages/components/draw/live/mnist_format.js";

/**
 * @typedef {object} Given
 * @property {string} weights in base64
 * @property {import("../../pages/components/draw/live/inference.js").Architecture} architecture
 * @property {import("../../pages/components/draw/live/mnist_format.js").Form} form
 * @property {number[][][]} drawings the strokes of each drawing, each x0, y0, x1, y1, …; none is
 *   too small to classify
 * @property {number} temperature
 */

/** @type {Given} */
const given = JSON.parse(readFileSync(0, "utf-8"));
const weights = new Uint8Array(Buffer.from(given.weights, "base64")).buffer;
const network = networkOf(weights, given.architecture);
const images = given.drawings.map((strokes) => {
  const image = imageOf(strokes, given.form);
  if (image === null) throw new Error("A drawing has no image.");
  return image;
});
const probabilities = images.map((image) =>
  Array.from(probabilitiesOf(layersOf(network, inputsOf(image, given.form)), given.temperature)),
);
console.log(JSON.stringify({ images: images.map((image) => Array.from(image)), probabilities }));
