/**
 * The direction of each arrow key, across and down, by the key's name in `KeyboardEvent.key`.
 * @type {Record<string, [number, number]>}
 */
export const DIRECTIONS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
