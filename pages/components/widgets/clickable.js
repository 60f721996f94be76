// Shows the HTML that clickable.py was given and reports which element was clicked. When the HTML
// changes, the keyboard's focus stays on the same element. When a click shows something elsewhere
// on the page (data-shows, a selector), the page scrolls there.

/** @type {WeakMap<Element, string>} */
const shown = new WeakMap();

/**
 * @param {Element | null | undefined} element
 * @returns {HTMLElement | null | undefined}
 */
function indexed(element) {
  return element?.closest("[data-index]");
}

/** @param {ComponentArguments<{ html: string }>} component */
export default function clickable({ data, parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".clickable"));
  if (shown.get(root) !== data.html) {
    const active = root.contains(document.activeElement) ? document.activeElement : null;
    const index = indexed(active)?.dataset.index;
    root.innerHTML = data.html;
    shown.set(root, data.html);
    /** @type {HTMLElement | null} */
    const again = index ? root.querySelector(`[data-index="${index}"]`) : null;
    again?.focus({ preventScroll: true });
  }
  root.onclick = ({ target }) => {
    const element = target instanceof Element ? indexed(target) : null;
    if (!element) return;
    setTriggerValue("clicked", Number(element.dataset.index));
    /** @type {HTMLElement | null} */
    const showing = element.closest("[data-shows]");
    const place = showing?.dataset.shows;
    const quiet = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const behavior = quiet ? "auto" : "smooth";
    if (place) document.querySelector(place)?.scrollIntoView({ behavior, block: "nearest" });
  };
}
