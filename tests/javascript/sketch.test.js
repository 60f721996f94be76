import assert from "node:assert/strict";
import { test } from "node:test";
import { completed } from "../../pages/components/widgets/charts/sketch.js";

test("a sketch with gaps is completed by straight lines, and flat at its ends", () => {
  assert.deepEqual(completed([null, 1, null, null, 4, null]), [1, 1, 2, 3, 4, 4]);
  assert.deepEqual(completed([null, null]), [0, 0]);
  assert.deepEqual(completed([0.5, 0.25]), [0.5, 0.25]);
});
