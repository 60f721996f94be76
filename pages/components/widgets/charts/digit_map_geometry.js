/** @typedef {[x: number, y: number]} Place */

/**
 * Which points lie inside at least one loop, by the even-odd rule (projection.py's `inside`).
 * @param {Float32Array} points x and y of each
 * @param {Place[][]} loops the corners of polygons
 * @returns {Uint8Array} 1 or 0 for each point
 */
export function inside(points, loops) {
  const found = new Uint8Array(points.length / 2);
  for (const loop of loops) {
    for (let i = 0; i < found.length; i++) {
      found[i] ||= Number(encloses(loop, points[2 * i], points[2 * i + 1]));
    }
  }
  return found;
}

/** @param {Place[]} loop @param {number} x @param {number} y */
function encloses(loop, x, y) {
  let within = false;
  let [x0, y0] = loop[loop.length - 1];
  for (const [x1, y1] of loop) {
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)) within = !within;
    [x0, y0] = [x1, y1];
  }
  return within;
}

/**
 * The index of the point nearest to a place, or -1 if none is within reach.
 * @param {Float32Array} points x and y of each
 * @param {Place} place
 * @param {number} reach
 * @param {(index: number) => boolean} counts whether a point counts
 */
export function nearest(points, [x, y], reach, counts) {
  let [found, least] = [-1, reach ** 2];
  for (let i = 0; i < points.length / 2; i++) {
    const distance = (points[2 * i] - x) ** 2 + (points[2 * i + 1] - y) ** 2;
    if (distance <= least && counts(i)) [found, least] = [i, distance];
  }
  return found;
}

/**
 * Moves boxes until none lies on another, each as little as it takes.
 * @param {{ x: number, y: number, width: number, height: number }[]} boxes with their centres
 * @returns {Place[]} the new centres
 */
export function apart(boxes) {
  const moved = boxes.map((box) => ({ ...box }));
  for (let round = 0; round < 100 && moved.some((a, i) => push(a, moved.slice(i + 1))); round++);
  return moved.map(({ x, y }) => [x, y]);
}

/**
 * Pushes a box and the others apart where they overlap, in the direction in which that is shorter.
 * @param {{ x: number, y: number, width: number, height: number }} a
 * @param {{ x: number, y: number, width: number, height: number }[]} others
 * @returns {boolean} whether anything moved
 */
function push(a, others) {
  let moved = false;
  for (const b of others) {
    const across = (a.width + b.width) / 2 - Math.abs(b.x - a.x);
    const along = (a.height + b.height) / 2 - Math.abs(b.y - a.y);
    if (Math.min(across, along) < 0.01) continue;
    const axis = across < along ? "x" : "y";
    const half = ((b[axis] < a[axis] ? -1 : 1) * Math.min(across, along)) / 2;
    a[axis] -= half;
    b[axis] += half;
    moved = true;
  }
  return moved;
}
