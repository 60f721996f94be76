// Private names of Streamlit: if they change, the menu stays open until « is pressed.
const MENU = '[data-testid="stSidebar"]';
const CLOSE = '[data-testid="stSidebarCollapseButton"] button';

const PRESSES = ["pointerdown", "touchstart", "mousedown"];
const HEARD_FIRST = { capture: true, passive: false };

const small = matchMedia("(max-width: 767px), (max-height: 500px)");
const low = matchMedia("(max-height: 500px)");
let begun = false; // stays true while the tab is open

/** The button that closes the menu; null while the menu is closed. @returns {HTMLElement | null} */
function opened() {
  return document.querySelector(`${MENU}[data-collapsed=false] ${CLOSE}`);
}

/**
 * Whether the menu lies open over the page and the event happens beside it.
 * @param {Event} event
 */
function beside(event) {
  if (!small.matches || !opened() || !(event.target instanceof Element)) return false;
  // The menu's lists and tooltips are elsewhere in the document, but belong to the menu.
  return !event.target.closest(`${MENU}, [role=listbox], [role=tooltip], [role=dialog]`);
}

/** @param {MouseEvent} event */
function click(event) {
  // Until the first click, frame.css hides the menu on low screens.
  document.documentElement.classList.add("clicked");
  const chosen = event.target instanceof Element && event.target.closest(`${MENU} a`);
  if ((small.matches && chosen) || (event.isTrusted && beside(event))) {
    setTimeout(() => opened()?.click());
  }
}

// Catches the press before the page sees it, because on the canvas it would start a stroke.
/** @param {Event} event */
function press(event) {
  if (!beside(event)) return;
  event.stopPropagation();
  if (event.type === "pointerdown") return; // a touchstart or mousedown follows and closes the menu
  event.preventDefault();
  opened()?.click();
}

/**
 * On a small screen the menu covers the page. There it closes when the visitor chooses a page or
 * taps beside it. On a low screen, such as a phone held sideways, it is closed when the app starts.
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
