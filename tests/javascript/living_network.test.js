import assert from "node:assert/strict";
import { test } from "node:test";
import { LivingNetwork, unitAt } from "../../pages/components/draw/live/living_network.js";

const none = { low: [], high: [], size: 512 };
const shown = [
  { units: [57, 3, 400], ...none },
  { units: [8], ...none },
];
const places = [
  [
    { x: 100, y: 10 },
    { x: 100, y: 30 },
  ],
  [{ x: 200, y: 20 }],
  [{ x: 300, y: 20 }],
];

test("a click is for the nearest unit that is drawn, and for none far away or of the outputs", () => {
  /** @param {number} x @param {number} y */
  const at = (x, y) => unitAt(shown, places, { x, y }, 12);
  assert.equal(at(103, 18), "1.57");
  assert.equal(at(103, 22), "1.3");
  assert.equal(at(195, 12), "2.8");
  assert.equal(at(150, 20), "");
  assert.equal(at(300, 20), "");
});

test("the bars that are shown now are observed, and no others", () => {
  /** @type {string[]} */
  const calls = [];
  const observer = {
    observe: (/** @type {string} */ bars) => calls.push(`+${bars}`),
    unobserve: (/** @type {string} */ bars) => calls.push(`-${bars}`),
  };
  const network = Object.assign(Object.create(LivingNetwork.prototype), { observer, bars: null });
  for (const bars of ["first", "first", "next", null]) network.follow(bars);
  assert.deepEqual(calls, ["+first", "-first", "+next", "-next"]);
});
