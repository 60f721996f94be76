// Shows the HTML that clickable.py was given and reports which element was clicked.
// - The Tab key stops at only one of the elements; arrow keys, Home and End move between them.
// - When the HTML changes, the keyboard's focus stays on the same element; if that is
//   gone, it goes to the first.
// - If a click shows something elsewhere on the page (data-shows holds its selector) whose
//   beginning is out of sight, the page scrolls there.
// - In a picture with data-cells, each pixel is a cell, and a click reports the cell's index,
//   counted row by row. The keyboard cannot reach the cells, so the page must offer it another way.

import { DIRECTIONS } from "./arrow_keys.js";
import { bringIntoSight } from "./into_sight.js";

/** @type {WeakMap<Element, string>} */
const shown = new WeakMap();

const ACROSS = 3; // a pixel to the side counts as much as three in the arrow's direction

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
 * Makes `stop` the one element at which the Tab key stops.
 * @param {HTMLElement} root
 * @param {HTMLElement | null | undefined} stop
 */
function stopAt(root, stop) {
  for (const element of elements(root)) element.tabIndex = element === stop ? 0 : -1;
}

/**
 * The next element in a direction.
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

/**
 * The index of the cell at a point of a picture, counted row by row; null if there is no cell.
 * @param {{ clientWidth: number, clientHeight: number, naturalWidth: number, naturalHeight: number }} picture
 * @param {number} x distance from the left of the picture as it is shown
 * @param {number} y distance from its top
 * @param {number} count how many cells the picture has; each is one of its own pixels
 */
export function cellAt(picture, x, y, count) {
  const column = Math.floor((x / picture.clientWidth) * picture.naturalWidth);
  const row = Math.floor((y / picture.clientHeight) * picture.naturalHeight);
  const inside = column >= 0 && column < picture.naturalWidth && row >= 0;
  const place = row * picture.naturalWidth + column;
  return inside && place < count ? place : null;
}

/**
 * @param {MouseEvent} event
 * @returns {number | null}
 */
function clicked({ target, offsetX, offsetY }) {
  const element = indexed(target);
  if (element) return Number(element.dataset.index);
  if (!(target instanceof HTMLImageElement && target.dataset.cells)) return null;
  return cellAt(target, offsetX, offsetY, Number(target.dataset.cells));
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
    const stop = again ?? indexed(root.querySelector(".chosen")) ?? elements(root)[0];
    stopAt(root, stop);
    if (active) stop?.focus({ preventScroll: true });
  }
  root.onkeydown = (event) => move(root, event);
  root.onclick = (event) => {
    const index = clicked(event);
    if (index === null) return;
    setTriggerValue("clicked", index);
    const showing = /** @type {Element} */ (event.target).closest("[data-shows]");
    const shows = showing instanceof HTMLElement && showing.dataset.shows;
    if (shows) bringIntoSight(document.querySelector(shows));
  };
}
