// Keeps the visitor's drawings in the browser (localStorage), and tells Python what is kept there
// when Python does not know it: after a reload, a restart of the server, or a change in another tab.

const KEY = "digit-lab-drawings";

/**
 * What kept_drawings.py sends.
 * @typedef {object} Data
 * @property {string} session another one knows nothing of what is kept
 * @property {number} merged counts how often Python has merged what it was told
 * @property {string} text the drawings' file, empty where there are none
 */

let session = "";
let known = ""; // what is kept, as far as Python was told or has said it
let told = -1; // `merged` when Python was told last
let refused = false;

/** @param {ComponentArguments<Data>} component */
export default function keptDrawings({ data, setTriggerValue }) {
  if (data.session !== session) {
    session = data.session;
    known = "";
    told = -1;
    refused = false;
  }
  try {
    const kept = localStorage.getItem(KEY) ?? "";
    const news = kept !== known || told === data.merged; // the first message may have been lost
    if (news && kept !== "" && kept !== data.text) {
      known = kept;
      told = data.merged;
      setTriggerValue("stored", kept);
      return;
    }
    if (data.text) localStorage.setItem(KEY, data.text);
    else localStorage.removeItem(KEY);
    known = data.text;
  } catch (error) {
    // The browser's settings forbid it, or its room is used up.
    if (!(error instanceof DOMException)) throw error;
    if (!refused) setTriggerValue("refused", error.name);
    refused = true;
  }
}
