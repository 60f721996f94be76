import assert from "node:assert/strict";
import { test } from "node:test";
import {
  apart,
  inside,
  nearest,
} from "../../pages/components/widgets/charts/digit_map_geometry.js";

const points = new Float32Array([1, 1, 3, 1, 9, 9, 5.5, 0.5]);

test("a point is selected inside any loop, and not in what a loop goes round twice", () => {
  /** @type {[number, number][]} */
  const left = [
    [0, 0],
    [2, 0],
    [2, 2],
    [0, 2],
  ];
  /** @type {[number, number][]} */
  const right = [
    [5, 0],
    [6, 0],
    [6, 2],
    [5, 2],
  ];
  /** @type {[number, number][]} */
  const star = [
    [3.0, 4.0],
    [1.2, -1.4],
    [5.9, 1.9],
    [0.1, 1.9],
    [4.8, -1.4],
  ]; // round 3, 1
  assert.deepEqual([...inside(points, [left])], [1, 0, 0, 0]);
  assert.deepEqual([...inside(points, [left, right])], [1, 0, 0, 1]);
  assert.deepEqual([...inside(points, [star, right])], [0, 0, 0, 1]);
  assert.deepEqual([...inside(points, [])], [0, 0, 0, 0]);
});

test("the nearest point within reach is found, of those that count", () => {
  assert.equal(
    nearest(points, [1.9, 1], 5, () => true),
    0,
  );
  assert.equal(
    nearest(points, [1.9, 1], 5, (i) => i !== 0),
    1,
  );
  assert.equal(
    nearest(points, [20, 20], 5, () => true),
    -1,
  );
});

test("names that would lie on each other move apart, and no others move", () => {
  const size = { width: 20, height: 10 };
  const far = { x: 200, y: 200, ...size };
  const boxes = [{ x: 0, y: 0, ...size }, { x: 2, y: 4, ...size }, { x: 2, y: 4, ...size }, far];
  const moved = apart(boxes);
  assert.deepEqual(moved[3], [200, 200]);
  for (const [i, [x, y]] of moved.entries()) {
    for (const [other, down] of moved.slice(i + 1)) {
      assert.ok(Math.abs(x - other) > 19.9 || Math.abs(y - down) > 9.9, `${moved}`);
    }
  }
  assert.ok(moved.slice(0, 3).every(([x, y]) => Math.hypot(x, y) < 20));
});
