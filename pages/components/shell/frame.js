// On a small screen the menu covers the page: it closes when a page is chosen, or when the visitor taps
// beside it. On a low screen, such as a phone held sideways, it starts closed.

import { whenRemoved } from "./when_removed.js";

// Streamlit sets the theme's colour scheme on the app alone; dialogs lie outside it, where
// `light-dark()` would pick light colours. So the document gets it too.

// A decimal comma typed into a number field becomes a point: many browsers drop it silently, so that
// 0,01 would be 1.

// What Streamlit gives no fitting name or role gets one: progress bars are named after the text beside
// them, notices after their text, and uploaders get the role of a group. A page that does not exist is
// reported in the app's words.

// The projector view begins at the top of the page, however far down its button was.

// Private names of Streamlit: without them the menu stays open until « is pressed, dialogs are light in
// the dark theme, and names are missing.
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

// For printing: an SVG needs a viewBox to shrink to the paper (frame.css).
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
  return whenRemoved(parentElement, () => {
    document.removeEventListener("click", click, true);
    document.removeEventListener("beforeinput", takeComma, true);
    for (const kind of PRESSES) window.removeEventListener(kind, press, HEARD_FIRST);
    window.removeEventListener("beforeprint", letChartsShrink);
    window.removeEventListener("afterprint", keepChartsSize);
    drawn.disconnect();
    themes.disconnect();
  });
}
