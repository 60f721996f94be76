// Selects the old name in the form that renames a run, so that typing replaces it; in the one that
// deletes a run, it puts the focus on Cancel.

const FIRST = "[class*=st-key-name-] input, .st-key-cancel-delete button";
const AFTER_THE_WINDOW = 50; // how long the dialog takes to take the focus, in milliseconds

export default function runMenu() {
  setTimeout(() => {
    /** @type {HTMLElement | null} */
    const first = document.querySelector(FIRST);
    if (!first || first === document.activeElement) return;
    first.focus();
    if (first instanceof HTMLInputElement) first.select();
  }, AFTER_THE_WINDOW);
}
