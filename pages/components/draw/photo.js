// Lets the visitor paste an image, or drop one anywhere on the page. The old image goes as soon as
// a new one comes: Streamlit's uploader would keep the old one if it rejected the new one.

import { isTyping } from "../shell/typing.js";
import { whenRemoved } from "../shell/when_removed.js";

const UPLOADER = ".st-key-upload";
const INPUT = `${UPLOADER} input[type=file]`;
const OPENING = 500; // how long the expander takes to open, in milliseconds

/** @param {DataTransfer | null} data */
function imageOf(data) {
  // Some systems do not know the type of HEIC files, so their names are checked too.
  const isImage = (/** @type {File} */ file) =>
    file.type.startsWith("image/") || /\.hei[cf]$/i.test(file.name);
  return [...(data?.files ?? [])].find(isImage);
}

/** @param {Event} event */
function isInUploader(event) {
  return event.target instanceof Element && event.target.closest("[data-testid=stFileUploader]");
}

/** Gives the image to the uploader, as if it had been chosen there. @param {File} image */
function upload(image) {
  /** @type {HTMLInputElement | null} */
  const input = document.querySelector(INPUT);
  if (!input) return;
  const expander = input.closest("details");
  if (!expander?.open) expander?.querySelector("summary")?.click();
  const data = new DataTransfer();
  data.items.add(image);
  input.files = data.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  // Only once the expander has opened is there room to scroll.
  setTimeout(() => expander?.scrollIntoView({ block: "start" }), OPENING);
}

/** @param {ClipboardEvent} event */
function paste(event) {
  const image = imageOf(event.clipboardData);
  if (!image || isTyping(event)) return;
  event.preventDefault();
  upload(image);
}

/** Allows the drop, or the browser would open the file itself. @param {DragEvent} event */
function allowDrop(event) {
  if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
}

/** @param {DragEvent} event */
function drop(event) {
  if (isInUploader(event)) {
    if (event.dataTransfer?.files.length) removeEarlier(event);
    return;
  }
  const image = imageOf(event.dataTransfer);
  if (!image) return;
  event.preventDefault();
  upload(image);
}

/** @param {Event} event */
function removeEarlier(event) {
  const uploader = event.target instanceof Element ? event.target.closest(UPLOADER) : null;
  // Private to Streamlit: if it changes, the old answer stays above a file that was refused.
  const buttons = uploader?.querySelectorAll("[data-testid=stFileChipDeleteBtn] button");
  for (const button of buttons ?? []) if (button instanceof HTMLElement) button.click();
}

/** @param {ComponentArguments<{}>} component */
export default function photo({ parentElement }) {
  // Each rerun calls this again; the browser does not add a listener twice.
  document.addEventListener("paste", paste);
  document.addEventListener("dragover", allowDrop);
  document.addEventListener("drop", drop, true);
  document.addEventListener("change", removeEarlier, true);
  return whenRemoved(parentElement, () => {
    document.removeEventListener("paste", paste);
    document.removeEventListener("dragover", allowDrop);
    document.removeEventListener("drop", drop, true);
    document.removeEventListener("change", removeEarlier, true);
  });
}
