/**
 * Where each arrow key leads, by its name in `KeyboardEvent.key`: across and down.
 * @type {Record<string, [number, number]>}
 */
export const DIRECTIONS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
