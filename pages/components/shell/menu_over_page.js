// Private names of Streamlit: without them the menu stays open until « is pressed.
const MENU = '[data-testid="stSidebar"]';
const CLOSE = '[data-testid="stSidebarCollapseButton"] button';

const PRESSES = ["pointerdown", "touchstart", "mousedown"];
const HEARD_FIRST = { capture: true, passive: false };

const small = matchMedia("(max-width: 767px), (max-height: 500px)");
const low = matchMedia("(max-height: 500px)");
let begun = false; // stays true while the tab is open

/** The button that closes the menu; null while it is closed. @returns {HTMLElement | null} */
function opened() {
  return document.querySelector(`${MENU}[data-collapsed=false] ${CLOSE}`);
}

/**
 * Whether this happens beside the menu, where it is open and lies over the page.
 * @param {Event} event
 */
function beside(event) {
  if (!small.matches || !opened() || !(event.target instanceof Element)) return false;
  // Lists and tooltips of the menu are attached outside it.
  return !event.target.closest(`${MENU}, [role=listbox], [role=tooltip], [role=dialog]`);
}

/** @param {MouseEvent} event */
function click(event) {
  document.documentElement.classList.add("clicked"); // until then frame.css hides the menu on low screens
  const chosen = event.target instanceof Element && event.target.closest(`${MENU} a`);
  if ((small.matches && chosen) || (event.isTrusted && beside(event))) {
    setTimeout(() => opened()?.click());
  }
}

// Caught before the page sees it: on the canvas it would start a stroke.
/** @param {Event} event */
function press(event) {
  if (!beside(event)) return;
  event.stopPropagation();
  if (event.type === "pointerdown") return; // one of the other two follows
  event.preventDefault();
  opened()?.click();
}

/**
 * On a small screen the menu covers the page: it closes when a page is chosen, or when the visitor taps
 * beside it. On a low screen, such as a phone held sideways, it starts closed.
 */
export function menuOverPage() {
  if (!begun && low.matches) opened()?.click();
  begun = true;
  document.addEventListener("click", click, true);
  for (const kind of PRESSES) window.addEventListener(kind, press, HEARD_FIRST);
  return () => {
    document.removeEventListener("click", click, true);
    for (const kind of PRESSES) window.removeEventListener(kind, press, HEARD_FIRST);
  };
}
