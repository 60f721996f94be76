import assert from "node:assert/strict";
import { test } from "node:test";
import { foreignFrame } from "../../pages/components/shell/foreign_frame.js";

const location = { origin: "http://localhost:8501", href: "http://localhost:8501/runs?run=a" };

/** What is left of the page in a window with this `top`. @param {object} top */
function pageIn(top) {
  const body = {
    /** @type {unknown[]} */ children: ["the page"],
    /** @param {unknown[]} children */
    replaceChildren(...children) {
      this.children = children;
    },
  };
  const createElement = (/** @type {string} */ tag) => ({
    tag,
    /** @type {unknown[]} */ children: [],
    /** @param {unknown[]} children */
    append(...children) {
      this.children.push(...children);
    },
  });
  Object.assign(globalThis, { window: { top, location }, document: { body, createElement } });
  foreignFrame();
  return body.children;
}

test("a page by itself and one in a frame of the app's own stay as they are", () => {
  assert.deepEqual(pageIn({ location }), ["the page"]);
});

test("a page in a frame of another site has nothing left but a link to itself", () => {
  const foreign = {
    get location() {
      throw new DOMException("Blocked a frame", "SecurityError");
    },
  };
  for (const top of [foreign, { location: { origin: "http://127.0.0.1:8501" } }]) {
    const [told] = /** @type {any[]} */ (pageIn(top));
    assert.equal(told.children[1].href, location.href);
    assert.equal(told.children[1].target, "_blank");
  }
});

test("any other error is not hidden", () => {
  const broken = {
    get location() {
      throw new TypeError("broken");
    },
  };
  assert.throws(() => pageIn(broken), TypeError);
});
