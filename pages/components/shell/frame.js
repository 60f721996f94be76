// On a small screen the menu lies over the page: it closes when a page is chosen in it, and when one
// taps beside it. On a low one, a phone held across, it begins closed.

// And the whole document gets the colour scheme of Streamlit's theme, which only the app's element
// has: in dialogs, which lie beside that, `light-dark()` would choose the light theme's colours.

// A decimal comma in a field for a number is taken as a point: many browsers drop it without a word,
// and 0,01 would be 1.

// And what Streamlit leaves without a fitting name or role gets one: a progress bar the words beside
// it in place of "progress", a notice its text, and an uploader, which has a name but the role
// "presentation", the role of a group. Of a page that does not exist it tells in the app's words.

// And the projector view begins at the top of the page, however far down its button was.

// Private to Streamlit: without these names the menu stays open until its « is pressed, dialogs have
// the light theme's colours in the dark, and names are missing.
const MENU = '[data-testid="stSidebar"]';
const CLOSE = '[data-testid="stSidebarCollapseButton"] button';
const MAIN = '[data-testid="stMain"]';
const APP = '[data-testid="stApp"]';
const PROGRESS = '[data-testid="stProgress"]';
const TOAST = '[data-testid="stToast"]';
const TOAST_TEXT = '[data-testid="stToastText"]';
const DROPZONE = '[data-testid="stFileUploaderDropzone"][role=presentation]';
const DIALOG_TITLE = '[data-testid="stDialog"] h2';
const NOT_FOUND = "Page not found";

const PRESSES = ["pointerdown", "touchstart", "mousedown"];
const HEARD_FIRST = { capture: true, passive: false };

const small = matchMedia("(max-width: 767px), (max-height: 500px)");
const low = matchMedia("(max-height: 500px)");
let begun = false; // this module lives as long as the browser tab shows the app

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
  // Lists and help of what is in the menu lie outside of it in the document.
  return !event.target.closest(`${MENU}, [role=listbox], [role=tooltip], [role=dialog]`);
}

/** @param {MouseEvent} event */
function click(event) {
  document.documentElement.classList.add("clicked"); // until then frame.css hides a low one's menu
  const chosen = event.target instanceof Element && event.target.closest(`${MENU} a`);
  if ((small.matches && chosen) || (event.isTrusted && beside(event))) {
    setTimeout(() => opened()?.click());
  }
}

// Heard first: a finger on the canvas would draw, and is no click.
/** @param {Event} event */
function press(event) {
  if (!beside(event)) return;
  event.stopPropagation();
  if (event.type === "pointerdown") return; // one of the other two follows
  event.preventDefault();
  opened()?.click();
}

/**
 * Enters what is typed or pasted into a field for a number with a point in place of its comma. Text
 * with both, as 1,000.5, is left as it is.
 * @param {InputEvent} event
 */
function takeComma(event) {
  const { target, data } = event;
  if (!(target instanceof HTMLInputElement) || target.type !== "number") return;
  if (!/^[^,.]*,[^,.]*$/.test(data ?? "")) return;
  event.preventDefault();
  // Deprecated, but nothing else keeps the browser's undo and the caret's place.
  document.execCommand("insertText", false, data?.replace(",", "."));
}

/** Gives the document the theme's colour scheme. */
function followTheme() {
  const app = document.querySelector(APP);
  if (app) document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme;
}

let named = 0;

/** @param {Element} element @param {Element | null | undefined} words become its name */
function nameBy(element, words) {
  if (!words?.textContent || element.getAttribute("aria-labelledby") === words.id) return;
  named += 1;
  words.id = `name-${named}`;
  element.setAttribute("aria-labelledby", words.id);
}

function mendNames() {
  for (const bar of document.querySelectorAll(`${PROGRESS} [role=progressbar]`)) {
    nameBy(bar, bar.closest(PROGRESS)?.firstElementChild);
  }
  for (const toast of document.querySelectorAll(TOAST)) {
    nameBy(toast, toast.querySelector(TOAST_TEXT));
  }
  for (const zone of document.querySelectorAll(DROPZONE)) zone.setAttribute("role", "group");
  const title = document.querySelector(DIALOG_TITLE);
  if (title?.textContent === NOT_FOUND) tellNotFound(title);
}

/** @param {Element} title of Streamlit's dialog */
function tellNotFound(title) {
  // By now Streamlit has put the address of the Draw page in its place.
  const asked = performance.getEntriesByType("navigation")[0].name.split(/[?#]/)[0];
  const message = title.nextElementSibling?.firstElementChild;
  title.textContent = "There is no such page";
  if (!message) return;
  message.textContent =
    `The address ${asked} leads to no page of Digit Lab. ` +
    "Close this to draw a digit, or to choose a page in the menu.";
}

let projected = false;

function toTopForProjector() {
  const now = document.querySelector(".st-key-projector-leave") !== null;
  if (now !== projected) document.querySelector(MAIN)?.scrollTo(0, 0);
  projected = now;
}

const drawn = new MutationObserver(() => {
  mendNames();
  toTopForProjector();
});
const themes = new MutationObserver(followTheme);

// On paper a chart shrinks to the sheet (frame.css): it can do so while it has a viewBox.
function letChartsShrink() {
  for (const svg of document.querySelectorAll(".js-plotly-plot .main-svg")) {
    const size = ["width", "height"].map((side) => svg.getAttribute(side));
    svg.setAttribute("viewBox", `0 0 ${size.join(" ")}`);
  }
}

function keepChartsSize() {
  for (const svg of document.querySelectorAll(".js-plotly-plot .main-svg[viewBox]")) {
    svg.removeAttribute("viewBox");
  }
}

/** @param {ComponentArguments<null>} component */
export default function frame({ parentElement }) {
  if (!begun && low.matches) opened()?.click();
  begun = true;
  document.addEventListener("click", click, true);
  document.addEventListener("beforeinput", takeComma, true);
  for (const kind of PRESSES) window.addEventListener(kind, press, HEARD_FIRST);
  const app = document.querySelector(APP);
  if (app) themes.observe(app, { attributeFilter: ["class"] });
  followTheme();
  window.addEventListener("beforeprint", letChartsShrink);
  window.addEventListener("afterprint", keepChartsSize);
  mendNames();
  drawn.observe(document.body, { childList: true, subtree: true });
  return () => {
    if (parentElement.isConnected) return;
    document.removeEventListener("click", click, true);
    document.removeEventListener("beforeinput", takeComma, true);
    for (const kind of PRESSES) window.removeEventListener(kind, press, HEARD_FIRST);
    window.removeEventListener("beforeprint", letChartsShrink);
    window.removeEventListener("afterprint", keepChartsSize);
    drawn.disconnect();
    themes.disconnect();
  };
}
