import assert from "node:assert/strict";
import { test } from "node:test";
import { lineOf } from "../../pages/components/draw/canvas/canvas_brush.js";
import { golden, largestDifference } from "./golden.js";

for (const { name, points, stroke } of golden.pointers) {
  test(`${name} becomes the line that Python reads from the canvas`, () => {
    const found = lineOf(points.flat(), golden.form.curve_steps);
    assert(largestDifference(found, stroke.flat()) < 1e-6);
  });
}
