/**
 * Whether the event happens where the visitor enters text.
 * @param {Event} event
 */
export function isTyping(event) {
  const target = event.composedPath()[0];
  const field = "input:not([type=file]), textarea, [contenteditable]";
  return target instanceof Element && target.closest(field) !== null;
}
