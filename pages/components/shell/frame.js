// What every page needs of JavaScript.

import { chartPrinting } from "./chart_printing.js";
import { colourScheme } from "./colour_scheme.js";
import { decimalComma } from "./decimal_comma.js";
import { mendedNames } from "./mended_names.js";
import { menuOverPage } from "./menu_over_page.js";
import { projectorTop } from "./projector_top.js";
import { whenRemoved } from "./when_removed.js";

/** @param {ComponentArguments<null>} component */
export default function frame({ parentElement }) {
  const parts = [
    menuOverPage,
    colourScheme,
    decimalComma,
    mendedNames,
    projectorTop,
    chartPrinting,
  ];
  const ends = parts.map((begin) => begin()); // which may be called again
  return whenRemoved(parentElement, () => {
    for (const end of ends) end();
  });
}
