import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestBar } from "../../pages/components/widgets/charts/chart.js";

/** @param {number} x */
const pixels = (x) => 300 * x;
/** @param {number[]} y @param {boolean | "legendonly"} visible */
const bars = (y, visible = true) => ({
  type: "bar",
  visible,
  x: [0.3, 0.4, 0.5, 0.6], // at 90, 120, 150 and 180 pixels
  y,
  customdata: y.map((_, i) => /** @type {[number]} */ ([i + 3])),
});

test("a click beside narrow bars means the nearest of those that are there", () => {
  const pair = [bars([1, 0, 5, 2]), bars([1, 1, 0, 0])]; // 7.5 pixels left and right of these
  assert.deepEqual(nearestBar(pair, pixels, 95), [1, 3]);
  assert.deepEqual(nearestBar(pair, pixels, 85), [0, 3]);
  assert.deepEqual(nearestBar(pair, pixels, 118), [1, 4]); // the left one is empty
  assert.deepEqual(nearestBar(pair, pixels, 156), [0, 5]);
  assert.equal(nearestBar(pair, pixels, 30), null);
});

test("what the legend hides is not clicked, and a single bar stands in its middle", () => {
  const pair = [bars([1, 1, 1, 1], "legendonly"), bars([1, 1, 1, 1])];
  assert.deepEqual(nearestBar(pair, pixels, 134), [1, 4]);
  const line = { ...bars([1, 1, 1, 1]), type: "scatter" };
  assert.deepEqual(nearestBar([bars([1, 1, 1, 1]), line], pixels, 136), [0, 5]);
  assert.equal(nearestBar([line], pixels, 150), null);
});
