import assert from "node:assert/strict";
import { test } from "node:test";
import { appAddress } from "../../pages/components/shell/app_address.js";

class Script {
  src = "";
}

/** Makes a page that has Streamlit's script at this address, or none. @param {string | null} src */
function page(src) {
  const script = src === null ? null : Object.assign(new Script(), { src });
  const document = { querySelector: () => script };
  Object.assign(globalThis, { document, HTMLScriptElement: Script });
}

test("a file is found beside Streamlit's own scripts, also below another path", () => {
  page("https://lab.example/static/js/index.abc.js");
  assert.equal(
    appAddress("component/weights/a.bin"),
    "https://lab.example/component/weights/a.bin",
  );
  page("https://example.org/teaching/lab/static/js/index.abc.js");
  assert.equal(
    appAddress("component/plotly.min.js?v=7"),
    "https://example.org/teaching/lab/component/plotly.min.js?v=7",
  );
});

test("without such a script a file is looked for below the root", () => {
  page(null);
  assert.equal(appAddress("component/weights/a.bin"), "/component/weights/a.bin");
});
