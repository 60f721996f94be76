// Shows the HTML that clickable.py was given and reports which element was clicked. Its elements are
// one stop for the Tab key; arrow keys, Home and End move between them. When the HTML
// changes, the keyboard's focus stays on the same element. When a click shows something elsewhere
// on the page (data-shows, a selector) and its beginning is out of sight, the page scrolls there.

import { reducedMotion } from "../../shell/reduced_motion.js";
import { DIRECTIONS } from "./arrow_keys.js";

/** @type {WeakMap<Element, string>} */
const shown = new WeakMap();

const IN_SIGHT = 0.8; // of the window's height: what begins further down is not seen
const ACROSS = 3; // a pixel sideways counts as much as three in the arrow's direction

/**
 * @param {EventTarget | null | undefined} target
 * @returns {HTMLElement | null | undefined}
 */
function indexed(target) {
  return target instanceof Element ? target.closest("[data-index]") : null;
}

/**
 * @param {HTMLElement} root
 * @returns {HTMLElement[]}
 */
function elements(root) {
  return [...root.querySelectorAll("[data-index]")].filter((one) => one instanceof HTMLElement);
}

/**
 * Makes this the element at which the Tab key stops.
 * @param {HTMLElement} root
 * @param {HTMLElement | null | undefined} stop
 */
function stopAt(root, stop) {
  for (const element of elements(root)) element.tabIndex = element === stop ? 0 : -1;
}

/**
 * The element that lies next in a direction.
 * @param {HTMLElement} from
 * @param {HTMLElement[]} all
 * @param {[number, number]} direction
 */
function next(from, all, [dx, dy]) {
  /** @param {HTMLElement} element */
  const centre = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  };
  const [x, y] = centre(from);
  let [nearest, least] = [from, Number.POSITIVE_INFINITY];
  for (const element of all) {
    const [cx, cy] = centre(element);
    const along = (cx - x) * dx + (cy - y) * dy;
    const across = Math.abs((cx - x) * dy) + Math.abs((cy - y) * dx);
    const distance = along + ACROSS * across;
    if (along > 1 && distance < least) [nearest, least] = [element, distance];
  }
  return nearest;
}

/**
 * @param {HTMLElement} root
 * @param {KeyboardEvent} event
 */
function move(root, event) {
  const from = indexed(event.target);
  if (!from || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = elements(root);
  const direction = DIRECTIONS[event.key];
  const end = event.key === "Home" ? all[0] : event.key === "End" ? all[all.length - 1] : null;
  const to = direction ? next(from, all, direction) : end;
  if (!to) return;
  event.preventDefault();
  event.stopPropagation(); // in the digit dialog, arrow keys also change the digit
  to.focus();
}

/** @param {ComponentArguments<{ html: string }>} component */
export default function clickable({ data, parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".clickable"));
  if (!shown.has(root)) {
    root.addEventListener("focusin", ({ target }) => stopAt(root, indexed(target)));
  }
  if (shown.get(root) !== data.html) {
    const active = root.contains(document.activeElement) ? document.activeElement : null;
    const index = indexed(active)?.dataset.index;
    root.innerHTML = data.html;
    shown.set(root, data.html);
    /** @type {HTMLElement | null} */
    const again = index ? root.querySelector(`[data-index="${index}"]`) : null;
    stopAt(root, again ?? indexed(root.querySelector(".chosen")) ?? elements(root)[0]);
    again?.focus({ preventScroll: true });
  }
  root.onkeydown = (event) => move(root, event);
  root.onclick = ({ target }) => {
    const element = indexed(target);
    if (!element) return;
    setTriggerValue("clicked", Number(element.dataset.index));
    /** @type {HTMLElement | null} */
    const showing = element.closest("[data-shows]");
    if (showing?.dataset.shows) bringIntoSight(document.querySelector(showing.dataset.shows));
  };
}

/** @param {Element | null} place */
function bringIntoSight(place) {
  const top = place?.getBoundingClientRect().top ?? 0;
  if (top >= 0 && top < IN_SIGHT * innerHeight) return;
  place?.scrollIntoView({ behavior: reducedMotion() ? "auto" : "smooth", block: "start" });
}
