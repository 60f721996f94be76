// Selects the name in the window that asks for a new one, so that typing replaces it.

const AFTER_THE_WINDOW = 50; // milliseconds until the window has taken the focus itself

export default function runMenu() {
  setTimeout(() => {
    /** @type {HTMLInputElement | null} */
    const name = document.querySelector("[class*=st-key-name-] input");
    if (name && name !== document.activeElement) name.select();
  }, AFTER_THE_WINDOW);
}
