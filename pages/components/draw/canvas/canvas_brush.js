// Turns pointer positions into the line that the canvas will report: Fabric's PencilBrush joins
// them by curves, which mnist_core/digits/drawings/fabric.py samples. Because this file samples
// them in the same way, the bars do not jump when the pen is lifted; tests/javascript/golden.json
// checks that both give the same points.

// Fabric's PencilBrush.decimate: a point closer than this to the one before, in canvas pixels, is
// dropped.
const DECIMATE = 0.4;

/**
 * @param {number[]} points positions of the pointer, x0, y0, x1, y1, …, in canvas pixels
 * @param {number} curveSteps how many points to sample on each curve, as in fabric.py
 * @returns {number[]} points of the line, x0, y0, x1, y1, …; each curve joins the midpoints of two
 *   successive segments between the pointer's positions
 */
export function lineOf(points, curveSteps) {
  const kept = [points[0], points[1]];
  const last = points.length - 2;
  for (let i = 2; i < last - 2; i += 2) {
    const dx = points[i] - kept[kept.length - 2];
    const dy = points[i + 1] - kept[kept.length - 1];
    if (dx * dx + dy * dy >= DECIMATE * DECIMATE) kept.push(points[i], points[i + 1]);
  }
  if (last > 0) kept.push(points[last], points[last + 1]);
  const line = [kept[0], kept[1]];
  let [x0, y0] = line;
  for (let i = 0; i + 3 < kept.length; i += 2) {
    const [x1, y1] = [kept[i], kept[i + 1]];
    const [x2, y2] = [(x1 + kept[i + 2]) / 2, (y1 + kept[i + 3]) / 2];
    for (let step = 1; step <= curveSteps; step += 1) {
      const t = step / curveSteps;
      const [a, b, c] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
      line.push(a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2);
    }
    [x0, y0] = [x2, y2];
  }
  line.push(kept[kept.length - 2], kept[kept.length - 1]);
  return line;
}
