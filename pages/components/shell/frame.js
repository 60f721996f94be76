// Starts the scripts that every page needs.

import { accessibleNames } from "./accessible_names.js";
import { chartPrinting } from "./chart_printing.js";
import { colourScheme } from "./colour_scheme.js";
import { decimalComma } from "./decimal_comma.js";
import { dialogEscape } from "./dialog_escape.js";
import { foreignFrame } from "./foreign_frame.js";
import { menuOverPage } from "./menu_over_page.js";
import { projectorTop } from "./projector_top.js";
import { whenRemoved } from "./when_removed.js";

/** @param {ComponentArguments<null>} component */
export default function frame({ parentElement }) {
  const parts = [
    foreignFrame,
    menuOverPage,
    colourScheme,
    decimalComma,
    dialogEscape,
    accessibleNames,
    projectorTop,
    chartPrinting,
  ];
  const ends = parts.map((begin) => begin()); // each part may begin more than once
  return whenRemoved(parentElement, () => {
    for (const end of ends) end();
  });
}
