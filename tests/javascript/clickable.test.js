import assert from "node:assert/strict";
import { test } from "node:test";
import { cellAt } from "../../pages/components/widgets/browser/clickable.js";

test("a click on a picture of cells gives the place of the cell, and none beside them", () => {
  // 10 cells in rows of 4, each shown 20 pixels wide and 10 high
  const picture = { clientWidth: 80, clientHeight: 30, naturalWidth: 4, naturalHeight: 3 };
  assert.equal(cellAt(picture, 0, 0, 10), 0);
  assert.equal(cellAt(picture, 79, 9, 10), 3);
  assert.equal(cellAt(picture, 25, 12, 10), 5);
  assert.equal(cellAt(picture, 30, 29, 10), 9);
  assert.equal(cellAt(picture, 50, 29, 10), null);
  assert.equal(cellAt(picture, 80, 5, 10), null);
  assert.equal(cellAt(picture, -1, 15, 10), null);
});
