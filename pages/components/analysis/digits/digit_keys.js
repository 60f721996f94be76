// The arrow keys step through the digits. Each press counts from the digit that the previous press
// asked for, even if the page does not show it yet.

import { isTyping } from "../../shell/typing.js";
import { whenRemoved } from "../../shell/when_removed.js";

// Which digit is shown, counted from 0, and how many digits there are.
/** @typedef {{ index: number, count: number }} Data */

// Elements, besides text fields, that use the arrow keys themselves.
const USES_ARROWS = "select, [role=slider], [role=radio]";
const PATIENCE = 2000; // how long to wait before a request is repeated, in milliseconds
const KEYS = [
  ["previous-digit", "ArrowLeft"],
  ["next-digit", "ArrowRight"],
];

/** @type {Data} */
let shown = { index: 0, count: 0 };
/** @type {number | null} */
let wanted = null; // the index that the keys asked for; null once the page shows it
/** @type {(index: number) => void} */
let send = () => {};
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

// Streamlit can lose an event that arrives just as a polling fragment stops, so the request is
// repeated until it is answered.
function sendUntilAnswered() {
  clearTimeout(timer);
  if (wanted === null) return;
  send(wanted);
  timer = setTimeout(sendUntilAnswered, PATIENCE);
}

/** @param {string} key */
function stepOf(key) {
  return key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
}

/** @param {KeyboardEvent} event */
function press(event) {
  const { key, target } = event;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (isTyping(event) || (target instanceof Element && target.closest(USES_ARROWS))) return;
  const from = wanted ?? shown.index;
  const to = Math.min(shown.count - 1, Math.max(0, from + stepOf(key)));
  if (to === from) return;
  wanted = to;
  sendUntilAnswered();
}

/** @param {ComponentArguments<Data>} component */
export default function digitKeys({ data, parentElement, setTriggerValue }) {
  shown = data;
  send = (index) => setTriggerValue("index", index);
  if (data.index === wanted) wanted = null;
  document.addEventListener("keydown", press);
  for (const [button, key] of KEYS) {
    document.querySelector(`.st-key-${button} button`)?.setAttribute("aria-keyshortcuts", key);
  }
  return whenRemoved(parentElement, () => {
    document.removeEventListener("keydown", press);
    wanted = null; // the dialog was closed
  });
}
