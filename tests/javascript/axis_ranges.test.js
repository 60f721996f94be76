import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen, drag, press } from "../../pages/components/train/experiments/axis_ranges.js";

const RATES = [0, 0.5, 1, 0.5, null];
const ACCURACIES = [0.2, 0.9, 1, null, 0];

/** @returns {import("../../pages/components/train/experiments/axis_ranges.js").Brushes} */
const none = () => new Map();

test("a run is chosen where it lies in every brush, and not where it has no value", () => {
  assert.deepEqual(chosen([RATES, ACCURACIES], none()), [true, true, true, true, true]);
  const brushes = none().set(0, [0.4, 1]);
  assert.deepEqual(chosen([RATES, ACCURACIES], brushes), [false, true, true, true, false]);
  brushes.set(1, [0.95, 0.1]); // brushing downwards does the same as upwards
  assert.deepEqual(chosen([RATES, ACCURACIES], brushes), [false, true, false, false, false]);
});

test("a drag brushes, and a click takes the brush away", () => {
  const brushes = none();
  drag(brushes, 1, 0.3, 0.305, false);
  assert.deepEqual(brushes.get(1), [0.3, 0.305]);
  drag(brushes, 1, 0.3, 0.7, true);
  assert.deepEqual(brushes.get(1), [0.3, 0.7]);
  drag(brushes, 1, 0.5, 0.505, true);
  assert.equal(brushes.size, 0);
});

test("arrows go from value to value, and Shift extends the brush", () => {
  const brushes = none();
  const keys = (/** @type {[string, boolean?][]} */ ...pressed) => {
    for (const [key, shift] of pressed) press(brushes, 0, RATES, key, shift ?? false);
    return brushes.get(0);
  };
  assert.deepEqual(keys(["ArrowUp"]), [0, 0]);
  assert.deepEqual(keys(["ArrowUp"]), [0.5, 0.5]);
  assert.deepEqual(keys(["ArrowUp", true], ["ArrowUp", true]), [0.5, 1]);
  assert.deepEqual(chosen([RATES], brushes), [false, true, true, true, false]);
  assert.deepEqual(keys(["ArrowDown"], ["ArrowDown"], ["ArrowDown"]), [0, 0]);
  assert.deepEqual(keys(["End", true]), [0, 1]);
  assert.deepEqual(keys(["Home"]), [0, 0]);
  assert.equal(keys(["Escape"]), undefined);
  assert.deepEqual(keys(["ArrowDown"]), [1, 1]);
});

test("a key that means nothing, and one on a column without values, changes nothing", () => {
  const brushes = none();
  assert.equal(press(brushes, 0, RATES, "Tab", false), false);
  assert.equal(press(brushes, 0, RATES, "Escape", false), false);
  assert.equal(press(brushes, 0, [null, null], "ArrowUp", false), false);
  assert.equal(brushes.size, 0);
});
