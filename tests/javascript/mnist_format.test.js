import assert from "node:assert/strict";
import { test } from "node:test";
import { imageOf } from "../../pages/components/draw/mnist_format.js";
import { differences, golden, pixelsOf } from "./golden.js";

for (const { name, strokes, image } of golden.drawings) {
  test(`${name} becomes the image that Python makes of it`, () => {
    const found = imageOf(strokes, golden.form);
    if (image === null) return assert.equal(found, null);
    assert(found !== null);
    const sum = differences(found, pixelsOf(image)).reduce((a, b) => a + b);
    assert(sum <= 3, `differs by ${sum}`); // of 784 × 255, by rounding
  });
}

test("strokes stay as they were given", () => {
  const strokes = golden.drawings[0].strokes.map((stroke) => Object.freeze(stroke));
  assert.deepEqual(imageOf(strokes, golden.form), imageOf(structuredClone(strokes), golden.form));
});
