/**
 * Writes a share as a percentage that is never rounded up to 100%, as config/formatting.py does.
 * @param {number} share 0 to 1
 * @param {number} places digits after the point, 1 or 2
 * @param {boolean} counted whether the share is of counted cases, so that exactly 1 reads 100%
 */
export function percent(share, places = 1, counted = false) {
  const text = (100 * share).toFixed(places);
  const certain = text.startsWith("100") && !(counted && share === 1);
  return `${certain ? `> ${(100 - 0.1 ** places).toFixed(places)}` : text}%`;
}
