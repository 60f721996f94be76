/**
 * Replaces the comma by a point in what is typed or pasted into a number field. Text with both,
 * such as 1,000.5, is left as it is.
 * @param {InputEvent} event
 */
function takeComma(event) {
  const { target, data } = event;
  if (!(target instanceof HTMLInputElement) || target.type !== "number") return;
  if (!/^[^,.]*,[^,.]*$/.test(data ?? "")) return;
  event.preventDefault();
  // This is deprecated, but nothing else keeps the browser's undo history and the caret's position.
  document.execCommand("insertText", false, data?.replace(",", "."));
}

/**
 * Turns a decimal comma in a number field into a point. Many browsers drop the comma silently, so
 * that 0,01 would become 1.
 */
export function decimalComma() {
  document.addEventListener("beforeinput", takeComma, true);
  return () => document.removeEventListener("beforeinput", takeComma, true);
}
