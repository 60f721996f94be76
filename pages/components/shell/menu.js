// On a small screen the menu lies over the page: it closes when a page is chosen in it, and when one
// taps beside it. On a low one, a phone held across, it begins closed.

// Private to Streamlit: without these names the menu stays open until its « is pressed.
const MENU = '[data-testid="stSidebar"]';
const CLOSE = '[data-testid="stSidebarCollapseButton"] button';

const small = matchMedia("(max-width: 767px), (max-height: 500px)");
const low = matchMedia("(max-height: 500px)");
let begun = false; // this module lives as long as the browser tab shows the app

/** The button that closes the menu; null while it is closed. @returns {HTMLElement | null} */
function opened() {
  return document.querySelector(`${MENU}[data-collapsed=false] ${CLOSE}`);
}

// Heard before Streamlit hears of it, so that the click that opens the menu finds it closed.
/** @param {MouseEvent} event */
function click(event) {
  if (!small.matches || !opened() || !(event.target instanceof Element)) return;
  const inside = event.target.closest(MENU);
  // Lists and help of what is in the menu lie outside of it in the document.
  const above = event.target.closest("[role=listbox], [role=tooltip], [role=dialog]");
  const done = inside ? event.target.closest("a") : event.isTrusted && !above;
  if (done) setTimeout(() => opened()?.click());
}

/** @param {ComponentArguments<null>} component */
export default function menu({ parentElement }) {
  if (!begun && low.matches) opened()?.click();
  begun = true;
  document.addEventListener("click", click, true);
  return () => {
    if (!parentElement.isConnected) document.removeEventListener("click", click, true);
  };
}
