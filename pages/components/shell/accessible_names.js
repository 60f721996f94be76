// Private names of Streamlit: if they change, screen readers find no names for these parts.
const PROGRESS = '[data-testid="stProgress"]';
const TOAST = '[data-testid="stToast"]';
const TOAST_TEXT = '[data-testid="stToastText"]';
const DROPZONE = '[data-testid="stFileUploaderDropzone"][role=presentation]';
const DIALOG_TITLE = '[data-testid="stDialog"] h2';
const NOT_FOUND = "Page not found";

const drawn = new MutationObserver(mend);
let named = 0;

/**
 * Names an element by the text of another one.
 * @param {Element} element
 * @param {Element | null | undefined} words
 */
function nameBy(element, words) {
  if (!words?.textContent || element.getAttribute("aria-labelledby") === words.id) return;
  named += 1;
  words.id = `name-${named}`;
  element.setAttribute("aria-labelledby", words.id);
}

function mend() {
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
  // By now Streamlit has replaced the address that was asked for by that of the Draw page.
  const asked = performance.getEntriesByType("navigation")[0].name.split(/[?#]/)[0];
  const message = title.nextElementSibling?.firstElementChild;
  title.textContent = "There is no such page";
  if (!message) return;
  message.textContent =
    `The address ${asked} leads to no page of Digit Lab. ` +
    "Close this to draw a digit, or to choose a page in the menu.";
}

/**
 * Gives names and roles where Streamlit gives none that fit: progress bars are named after the text
 * beside them, notices after their own text, and uploaders get the role of a group. Also reports in
 * the app's own words that a page does not exist.
 */
export function accessibleNames() {
  mend();
  drawn.observe(document.body, { childList: true, subtree: true });
  return () => drawn.disconnect();
}
