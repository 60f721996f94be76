// Lets a button copy the address of this page with the parameters that copy_link.py gives it.

const TOLD = 3000; // how long the confirmation stays, in milliseconds

/** @param {ComponentArguments<{ label: string, query: string }>} component */
export default function copyLink({ data, parentElement }) {
  const button = /** @type {HTMLButtonElement} */ (parentElement.querySelector("button"));
  if (!button.dataset.told) button.textContent = data.label;
  button.onclick = async () => {
    const address = new URL(location.href);
    address.search = data.query;
    button.textContent = (await copied(address.href)) ? "Link copied" : "Copy it from here";
    button.dataset.told = "yes";
    setTimeout(() => {
      delete button.dataset.told;
      button.textContent = data.label;
    }, TOLD);
  };
}

/**
 * Copies a text; returns whether the browser allowed it. Browsers allow it only over https or on
 * the computer that runs the app. Elsewhere, as in a class, a dialog shows the link to copy.
 * @param {string} text
 */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    window.prompt("Copy this link:", text);
    return false;
  }
}
