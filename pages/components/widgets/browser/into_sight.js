import { reducedMotion } from "../../shell/reduced_motion.js";

const IN_SIGHT = 0.8; // what begins below this share of the window's height is out of sight

/**
 * Scrolls to a part of the page, unless its beginning is in sight.
 * @param {Element | null} place
 */
export function bringIntoSight(place) {
  const top = place?.getBoundingClientRect().top ?? 0;
  if (top >= 0 && top < IN_SIGHT * innerHeight) return;
  place?.scrollIntoView({ behavior: reducedMotion() ? "auto" : "smooth", block: "start" });
}
