import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/**
 * What `python -m tests.javascript.make_golden` wrote; make_golden.py explains it.
 * @typedef {object} Golden
 * @property {import("../../pages/components/draw/live/mnist_format.js").Form & { curve_steps: number }} form
 * @property {import("../../pages/components/draw/live/inference.js").Architecture & { weights: string }}
 *   network the network, with its weights in base64
 * @property {number} temperature
 * @property {Drawing[]} drawings
 * @property {{ name: string, points: [number, number][], stroke: [number, number][] }[]} pointers
 * @property {[share: number, places: number, counted: boolean, text: string][]} percents
 * @property {{ bits: number[], values: number[] }} float16
 */

/**
 * @typedef {object} Drawing
 * @property {string} name
 * @property {number[][]} strokes each x0, y0, x1, y1, …
 * @property {string[] | null} image the image's rows in hexadecimal, two digits for each pixel
 * @property {Record<string, number[]>} probabilities what each network answers, by the names of its
 *   hidden layers' activation functions, with spaces between
 */

/** @type {Golden} */
export const golden = JSON.parse(readFileSync(new URL("golden.json", import.meta.url), "utf-8"));

/** @param {string[]} rows */
export function pixelsOf(rows) {
  return new Uint8Array(Buffer.from(rows.join(""), "hex"));
}

/** @param {ArrayLike<number>} found @param {ArrayLike<number>} expected */
export function differences(found, expected) {
  assert.equal(found.length, expected.length);
  return Array.from(found, (value, i) => Math.abs(value - expected[i]));
}

/** @param {ArrayLike<number>} found @param {ArrayLike<number>} expected */
export function largestDifference(found, expected) {
  return Math.max(...differences(found, expected));
}
