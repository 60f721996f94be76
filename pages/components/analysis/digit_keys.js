// Arrow keys lead from digit to digit: each press counts from where the last one leads to, whether
// the page has got there or not.

/** @typedef {{ place: number, count: number }} Data place of the digit shown, of so many */

const TAKEN = "input, textarea, select, [contenteditable], [role=slider], [role=radio]"; // by these
const PATIENCE = 2000; // milliseconds after which a place is asked for again
const KEYS = [
  ["previous-digit", "ArrowLeft"],
  ["next-digit", "ArrowRight"],
];

/** @type {Data} */
let shown = { place: 0, count: 0 };
/** @type {number | null} */
let wanted = null; // where the keys lead to, while the page is not there yet
/** @type {(place: number) => void} */
let send = () => {};
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

// Streamlit loses what is sent while a part of the page that ticks comes to its end.
function ask() {
  clearTimeout(timer);
  if (wanted === null) return;
  send(wanted);
  timer = setTimeout(ask, PATIENCE);
}

/** @param {string} key */
function stepOf(key) {
  return key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
}

/** @param {KeyboardEvent} event */
function press(event) {
  const { key, target } = event;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (target instanceof Element && target.closest(TAKEN)) return;
  const from = wanted ?? shown.place;
  const to = Math.min(shown.count - 1, Math.max(0, from + stepOf(key)));
  if (to === from) return;
  wanted = to;
  ask();
}

/** @param {ComponentArguments<Data>} component */
export default function digitKeys({ data, parentElement, setTriggerValue }) {
  shown = data;
  send = (place) => setTriggerValue("place", place);
  if (data.place === wanted) wanted = null;
  document.addEventListener("keydown", press);
  for (const [button, key] of KEYS) {
    document.querySelector(`.st-key-${button} button`)?.setAttribute("aria-keyshortcuts", key);
  }
  return () => {
    if (parentElement.isConnected) return; // Streamlit cleans up for newer data, too
    document.removeEventListener("keydown", press);
    wanted = null; // the dialog was closed
  };
}
