import { reducedMotion } from "../../shell/reduced_motion.js";

const IN_SIGHT = 0.6; // what begins below this share of the window's height is out of sight

/**
 * Scrolls to a part of the page, unless its beginning is in sight; and again when its contents come,
 * until the visitor does something.
 * @param {Element | null} place
 */
export function bringIntoSight(place) {
  if (!place) return;
  const observer = new ResizeObserver(() => {
    const { top } = place.getBoundingClientRect();
    if (top >= 0 && top < IN_SIGHT * innerHeight) return;
    place.scrollIntoView({ behavior: reducedMotion() ? "auto" : "smooth", block: "start" });
  });
  observer.observe(place); // calls it at once
  for (const type of ["pointerdown", "wheel", "keydown"]) {
    addEventListener(type, () => observer.disconnect(), { once: true, capture: true });
  }
}
