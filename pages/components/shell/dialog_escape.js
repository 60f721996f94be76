// Private names of Streamlit: if they change, Escape closes a dialog only while the focus is in it.
const BEHIND_DIALOGS = ".stApp"; // dialogs and lists stand beside it
const CLOSE_DIALOG = '[data-testid="stDialog"] button[aria-label="Close"]';

/** @param {KeyboardEvent} event */
function closeDialog({ key, target }) {
  if (key !== "Escape" || !(target instanceof Element)) return;
  if (target !== document.body && !target.closest(BEHIND_DIALOGS)) return;
  /** @type {HTMLElement | null} */
  const button = document.querySelector(CLOSE_DIALOG);
  button?.click();
}

/**
 * Lets Escape close a dialog while the focus is on the page behind it, as for a moment after a click
 * for which Streamlit draws the dialog anew.
 */
export function dialogEscape() {
  document.addEventListener("keydown", closeDialog);
  return () => document.removeEventListener("keydown", closeDialog);
}
