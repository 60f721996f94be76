/**
 * Draws on the canvas as a mouse would.
 * @param {"down" | "move" | "up"} what
 * @param {Element} on the canvas's surface
 * @param {number} x in shares of the surface's width
 * @param {number} y in shares of its height
 */
export function pen(what, on, x, y) {
  const { left, top, width, height } = on.getBoundingClientRect();
  const place = {
    clientX: Math.round(left + x * width),
    clientY: Math.round(top + y * height),
    button: 0,
    buttons: what === "up" ? 0 : 1,
    bubbles: true,
    cancelable: true,
    composed: true,
  };
  on.dispatchEvent(
    new PointerEvent(`pointer${what}`, { ...place, isPrimary: true, pointerType: "mouse" }),
  );
  on.dispatchEvent(new MouseEvent(`mouse${what}`, place));
}
