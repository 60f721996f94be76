// Shows the HTML that clickable.py was given and reports which element was clicked. The one that
// had the keyboard's focus has it again in new HTML. Where a click shows something elsewhere on the
// page (data-shows, a selector), the page is scrolled there.

const shown = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".clickable");
  if (shown.get(root) !== data.html) {
    const active = root.contains(document.activeElement) ? document.activeElement : null;
    const index = active?.closest("[data-index]")?.dataset.index;
    root.innerHTML = data.html;
    shown.set(root, data.html);
    if (index) root.querySelector(`[data-index="${index}"]`)?.focus({ preventScroll: true });
  }
  root.onclick = (event) => {
    const element = event.target.closest("[data-index]");
    if (!element) return;
    setTriggerValue("clicked", Number(element.dataset.index));
    const place = element.closest("[data-shows]")?.dataset.shows;
    const quiet = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const behavior = quiet ? "auto" : "smooth";
    if (place) document.querySelector(place)?.scrollIntoView({ behavior, block: "nearest" });
  };
}
