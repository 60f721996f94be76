// Turns strokes into a 28×28 image in MNIST's form, as mnist_core/digits/drawings/from_strokes.py
// does; tests/javascript/golden.json checks that both give the same images. Where several digits
// are drawn, Python separates them once the pen is lifted; until then, wide gaps separate them.

/**
 * Sizes and limits, all sent by live_bars.py.
 * @typedef {object} Form
 * @property {number} max_level level of a pixel that is full of ink; paper is 0
 * @property {number} image_side width and height of the image, in pixels
 * @property {number} ink_side width and height of the square with the ink, in pixels of the image
 * @property {number} pen_width width of the pen, in pixels of the image
 * @property {number} drawn_side longer side of what the pen covers, in pixels of the image
 * @property {number} min_extent a drawing smaller than this, in canvas pixels, counts as a dot
 * @property {number} speck_share a stroke smaller than this fraction of the drawing is a speck
 * @property {number} point_step distance between the points kept of a line, in pixels of the image
 * @property {number} apart a gap wider than this fraction of the longest stroke separates digits
 */

/** @typedef {ArrayLike<number>} Line x0, y0, x1, y1, … with y downwards */
/** @typedef {[left: number, top: number, right: number, bottom: number]} Box */

/**
 * The image that the network is given.
 * @param {Line[]} strokes in canvas pixels
 * @param {Form} form
 * @returns {Uint8Array | null} its pixels row by row, from 0 (paper) to `max_level` (full ink);
 *   null if there is nothing to classify
 */
export function imageOf(strokes, form) {
  const lines = withoutSpecks(strokes, form.speck_share);
  const box = boxOf(lines);
  const size = extentOf(box);
  if (size < form.min_extent) return null; // without points the size is -Infinity
  const scale = (form.drawn_side - form.pen_width) / size;
  const [x, y] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  const placed = lines.map((line) => {
    const moved = new Float64Array(line.length);
    for (let i = 0; i < line.length; i += 2) {
      moved[i] = (line[i] - x) * scale + form.ink_side / 2;
      moved[i + 1] = (line[i + 1] - y) * scale + form.ink_side / 2;
    }
    return thinned(moved, form.point_step);
  });
  return centred(inkOf(placed, form), form);
}

/**
 * The strokes of the digit drawn last: the last stroke, and all that lie beside it without a wide
 * gap from left to right. Specks belong to no digit.
 * @param {Line[]} strokes
 * @param {Form} form
 */
export function lastDigitOf(strokes, form) {
  const lines = withoutSpecks(strokes, form.speck_share);
  const gap = form.apart * Math.max(...lines.map((line) => extentOf(boxOf([line]))));
  let digit = lines.slice(-1);
  let grown = digit;
  do {
    digit = grown;
    const [left, , right] = boxOf(digit);
    grown = lines.filter((line) => {
      const [from, , to] = boxOf([line]);
      return from - right <= gap && left - to <= gap;
    });
  } while (grown.length > digit.length);
  return digit;
}

/**
 * Drops strokes that are tiny compared with the whole drawing; if all are tiny, all are kept.
 * @param {Line[]} strokes
 * @param {number} share
 */
function withoutSpecks(strokes, share) {
  const least = share * extentOf(boxOf(strokes));
  const large = strokes.filter((line) => extentOf(boxOf([line])) >= least);
  return large.length ? large : strokes;
}

/**
 * @param {Line[]} lines
 * @returns {Box}
 */
function boxOf(lines) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      left = Math.min(left, line[i]);
      top = Math.min(top, line[i + 1]);
      right = Math.max(right, line[i]);
      bottom = Math.max(bottom, line[i + 1]);
    }
  }
  return [left, top, right, bottom];
}

/** @param {Box} box */
function extentOf([left, top, right, bottom]) {
  return Math.max(right - left, bottom - top);
}

/**
 * Keeps the line's two ends, and between them points about `step` apart.
 * @param {Line} line
 * @param {number} step
 */
function thinned(line, step) {
  const kept = [line[0], line[1]];
  let length = 0;
  let cell = 0;
  for (let i = 2; i < line.length; i += 2) {
    length += Math.hypot(line[i] - line[i - 2], line[i + 1] - line[i - 1]);
    const reached = Math.floor(length / step);
    if (reached > cell || i === line.length - 2) kept.push(line[i], line[i + 1]);
    cell = reached;
  }
  return kept;
}

/**
 * The ink of a round pen in each pixel, by how far the pixel's centre lies inside the pen's track.
 * @param {Line[]} lines in pixels of the ink
 * @param {Form} form
 * @returns {Float64Array} `ink_side` rows from 0 (paper) to 1 (ink)
 */
function inkOf(lines, { ink_side: side, pen_width: penWidth }) {
  const reach = penWidth / 2 + 0.5;
  // The squared distance from each pixel's centre to the nearest segment.
  const squared = new Float64Array(side * side).fill(Infinity);
  /** @param {number} a @param {number} b */
  const first = (a, b) => Math.max(0, Math.floor(Math.min(a, b) - reach - 0.5));
  /** @param {number} a @param {number} b */
  const last = (a, b) => Math.min(side - 1, Math.ceil(Math.max(a, b) + reach - 0.5));
  for (const line of lines) {
    for (let i = 0; i === 0 || i + 2 < line.length; i += 2) {
      const [x0, y0] = [line[i], line[i + 1]];
      const [x1, y1] = line.length > 2 ? [line[i + 2], line[i + 3]] : [x0, y0];
      const [dx, dy] = [x1 - x0, y1 - y0];
      const length = Math.max(dx * dx + dy * dy, 1e-12);
      for (let row = first(y0, y1); row <= last(y0, y1); row += 1) {
        for (let column = first(x0, x1); column <= last(x0, x1); column += 1) {
          const [px, py] = [column + 0.5 - x0, row + 0.5 - y0];
          const along = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
          const distance = (px - along * dx) ** 2 + (py - along * dy) ** 2;
          const at = row * side + column;
          if (distance < squared[at]) squared[at] = distance;
        }
      }
    }
  }
  return squared.map((distance) => Math.min(1, Math.max(0, reach - Math.sqrt(distance))));
}

/**
 * Moves the ink by whole pixels so that its centre of mass is in the middle of the image.
 * @param {Float64Array} ink
 * @param {Form} form
 */
function centred(ink, { image_side: side, ink_side: inkSide, max_level: maxLevel }) {
  let [mass, across, down] = [0, 0, 0];
  ink.forEach((value, i) => {
    mass += value;
    across += value * ((i % inkSide) + 0.5);
    down += value * (Math.floor(i / inkSide) + 0.5);
  });
  const left = Math.floor(side / 2 + 1 - across / mass);
  const top = Math.floor(side / 2 + 1 - down / mass);
  const image = new Uint8Array(side * side);
  ink.forEach((value, i) => {
    const [column, row] = [left + (i % inkSide), top + Math.floor(i / inkSide)];
    if (column >= 0 && column < side && row >= 0 && row < side) {
      image[row * side + column] = Math.round(value * maxLevel);
    }
  });
  return image;
}
