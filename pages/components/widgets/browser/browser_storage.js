// Stores texts in the visitor's browser (localStorage). Reports what is stored there whenever
// Python does not know it: after a reload, a restart of the server, or a change in another tab.

/**
 * What browser_storage.py sends.
 * @typedef {object} Data
 * @property {string} name the name under which the text is stored
 * @property {string} session changes after a reload or restart, when Python has forgotten the text
 * @property {number} taken how many reports Python has taken in
 * @property {string} text what to store; empty if nothing is to be stored
 * @property {boolean} shared whether to report what another tab stores
 */

/**
 * What is known of one name.
 * @typedef {object} State
 * @property {string} session
 * @property {string | null} known the stored text that Python knows of; null before the first look
 * @property {number} reported what `taken` was at the last report; -1 before the first
 * @property {boolean} unavailable whether Python has been told that nothing can be stored
 */

/** @type {Map<string, State>} */
const states = new Map(); // the key is the name under which the text is stored

/** @param {ComponentArguments<Data>} component */
export default function browserStorage({ data, setTriggerValue }) {
  let state = states.get(data.name);
  if (state?.session !== data.session) {
    state = { session: data.session, known: null, reported: -1, unavailable: false };
    states.set(data.name, state);
  }
  try {
    const stored = localStorage.getItem(data.name) ?? "";
    const lost = state.reported === data.taken; // the report may be lost: send it again
    const changed = data.shared && stored !== state.known;
    if ((state.known === null || lost || changed) && stored !== "" && stored !== data.text) {
      state.known = stored;
      state.reported = data.taken;
      setTriggerValue("stored", stored);
      return;
    }
    if (data.text) localStorage.setItem(data.name, data.text);
    else localStorage.removeItem(data.name);
    state.known = data.text;
  } catch (error) {
    // The browser's settings forbid storage, or it is full.
    if (!(error instanceof DOMException)) throw error;
    if (!state.unavailable) setTriggerValue("unavailable", error.name);
    state.unavailable = true;
  }
}
