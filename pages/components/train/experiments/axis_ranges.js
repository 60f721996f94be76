// Handles the ranges that are brushed on the axes, and finds the runs that lie in all of them.

/**
 * The brushed ranges: for each column, where on the axis the brush began and where it ends, 0 to 1.
 * @typedef {Map<number, [number, number]>} Brushes
 */

const MIN_RANGE = 0.02; // a drag over a smaller share of an axis is a click, which clears the brush

/**
 * Whether each run lies in all brushes; a run without a value lies in none.
 * @param {(number | null)[][]} places where each column's runs lie on its axis, 0 to 1
 * @param {Brushes} brushes
 * @returns {boolean[]} one entry per run
 */
export function chosen(places, brushes) {
  return places[0].map((_, run) =>
    [...brushes].every(([column, ends]) => {
      const place = places[column][run];
      return place !== null && place >= Math.min(...ends) && place <= Math.max(...ends);
    }),
  );
}

/**
 * Brushes a column by dragging from one place to another.
 * @param {Brushes} brushes
 * @param {number} column
 * @param {number} from
 * @param {number} to
 * @param {boolean} done whether the pointer has been lifted
 */
export function drag(brushes, column, from, to, done) {
  if (done && Math.abs(to - from) < MIN_RANGE) {
    brushes.delete(column);
  } else {
    brushes.set(column, [from, to]);
  }
}

/**
 * Brushes a column with a key, much as keys select text: the arrow keys, Home and End go from value
 * to value, with Shift they extend the brush, and Escape clears it.
 * @param {Brushes} brushes
 * @param {number} column
 * @param {(number | null)[]} places where the column's runs lie on its axis, 0 to 1
 * @param {string} key
 * @param {boolean} extend whether Shift is held
 * @returns {boolean} whether the key did something
 */
export function press(brushes, column, places, key, extend) {
  if (key === "Escape") {
    return brushes.delete(column);
  }
  const values = [...new Set(places.filter((place) => place !== null))].sort((a, b) => a - b);
  const ends = brushes.get(column);
  const nearest = ends
    ? values.reduce((best, value, number) => {
        return Math.abs(value - ends[1]) < Math.abs(values[best] - ends[1]) ? number : best;
      }, 0)
    : undefined;
  const last = values.length - 1;
  const next = {
    ArrowUp: Math.min((nearest ?? -1) + 1, last),
    ArrowDown: Math.max((nearest ?? last + 1) - 1, 0),
    Home: 0,
    End: last,
  }[key];
  if (next === undefined || last < 0) {
    return false;
  }
  brushes.set(column, [extend && ends ? ends[0] : values[next], values[next]]);
  return true;
}
