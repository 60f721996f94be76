/**
 * Enters what is typed or pasted into a field for a number with a point in place of its comma. Text
 * with both, as 1,000.5, is left as it is.
 * @param {InputEvent} event
 */
function takeComma(event) {
  const { target, data } = event;
  if (!(target instanceof HTMLInputElement) || target.type !== "number") return;
  if (!/^[^,.]*,[^,.]*$/.test(data ?? "")) return;
  event.preventDefault();
  // Deprecated, but nothing else keeps the browser's undo and the caret's place.
  document.execCommand("insertText", false, data?.replace(",", "."));
}

/**
 * A decimal comma typed into a number field becomes a point: many browsers drop it silently, so that
 * 0,01 would be 1.
 */
export function decimalComma() {
  document.addEventListener("beforeinput", takeComma, true);
  return () => document.removeEventListener("beforeinput", takeComma, true);
}
