// Selects the old name in the Rename dialog, so that typing replaces it.

const AFTER_THE_WINDOW = 50; // how long the dialog takes to take the focus, in milliseconds

export default function runMenu() {
  setTimeout(() => {
    /** @type {HTMLInputElement | null} */
    const name = document.querySelector("[class*=st-key-name-] input");
    if (name && name !== document.activeElement) name.select();
  }, AFTER_THE_WINDOW);
}
