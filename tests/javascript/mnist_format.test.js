import assert from "node:assert/strict";
import { test } from "node:test";
import { imageOf, lastDigitOf } from "../../pages/components/draw/live/mnist_format.js";
import { differences, golden, pixelsOf } from "./golden.js";

for (const { name, strokes, image } of golden.drawings) {
  test(`${name} becomes the image that Python makes of it`, () => {
    const found = imageOf(strokes, golden.form);
    if (image === null) return assert.equal(found, null);
    assert(found !== null);
    const sum = differences(found, pixelsOf(image)).reduce((a, b) => a + b);
    assert(sum <= 3, `differs by ${sum}`); // rounding may differ; the sum could be up to 784 × 255
  });
}

test("strokes stay as they were given", () => {
  const strokes = golden.drawings[0].strokes.map((stroke) => Object.freeze(stroke));
  assert.deepEqual(imageOf(strokes, golden.form), imageOf(structuredClone(strokes), golden.form));
});

const ONE = [50, 40, 52, 140];
const BESIDE = [120, 40, 100, 90, 130, 95]; // nearly half of ONE's height to the right of ONE
const STEM = [126, 60, 124, 150]; // belongs to the same digit as BESIDE
const TAP = [220, 100, 221, 101];

for (const { name, strokes, last } of [
  { name: "a digit far beside another one", strokes: [ONE, BESIDE], last: [BESIDE] },
  { name: "all strokes of that digit", strokes: [ONE, BESIDE, STEM], last: [BESIDE, STEM] },
  {
    name: "the first digit where its stroke comes last",
    strokes: [BESIDE, STEM, ONE],
    last: [ONE],
  },
  { name: "strokes with narrow gaps", strokes: [ONE, [60, 40, 61, 140]], last: null },
  { name: "the digit before where the next one is but a tap", strokes: [ONE, TAP], last: [ONE] },
  { name: "a single stroke", strokes: [ONE], last: null },
  { name: "nothing of nothing", strokes: [], last: null },
]) {
  test(`what is drawn last is ${name}`, () => {
    assert.deepEqual(lastDigitOf(strokes, golden.form), last ?? strokes);
  });
}
