/**
 * A share in percent that is never rounded up to certainty, as config/text.py writes it.
 * @param {number} share 0 to 1
 * @param {boolean} counted whether a share of exactly 1 means all of them
 */
export function percent(share, counted = false) {
  const text = `${(100 * share).toFixed(1)}%`;
  return text === "100.0%" && !(counted && share === 1) ? "> 99.9%" : text;
}
