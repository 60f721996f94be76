import assert from "node:assert/strict";
import { test } from "node:test";
import { percent } from "../../pages/components/widgets/browser/percent.js";
import { golden } from "./golden.js";

test("shares are written as Python writes them", () => {
  for (const [share, places, counted, text] of golden.percents) {
    assert.equal(percent(share, places, counted), text);
  }
});
