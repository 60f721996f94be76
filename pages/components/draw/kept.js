// Keeps texts in the visitor's browser (localStorage), and tells Python what is kept there when
// Python does not know it: after a reload, a restart of the server, or a change in another tab.

/**
 * What kept.py sends.
 * @typedef {object} Data
 * @property {string} name under which the text is kept
 * @property {string} session another one knows nothing of what is kept
 * @property {number} taken counts how often Python has taken in what it was told
 * @property {string} text empty where there is nothing to keep
 * @property {boolean} shared whether it matters what another tab keeps
 */

/**
 * @typedef {object} State
 * @property {string} session
 * @property {string | null} known what is kept, as far as Python was told or has said it
 * @property {number} told `taken` when Python was told last
 * @property {boolean} refused whether Python knows that nothing can be kept
 */

/** @type {Map<string, State>} */
const states = new Map(); // by name

/** @param {ComponentArguments<Data>} component */
export default function kept({ data, setTriggerValue }) {
  let state = states.get(data.name);
  if (state?.session !== data.session) {
    state = { session: data.session, known: null, told: -1, refused: false };
    states.set(data.name, state);
  }
  try {
    const stored = localStorage.getItem(data.name) ?? "";
    const lost = state.told === data.taken; // perhaps: then it is told once more
    const changed = data.shared && stored !== state.known;
    if ((state.known === null || lost || changed) && stored !== "" && stored !== data.text) {
      state.known = stored;
      state.told = data.taken;
      setTriggerValue("stored", stored);
      return;
    }
    if (data.text) localStorage.setItem(data.name, data.text);
    else localStorage.removeItem(data.name);
    state.known = data.text;
  } catch (error) {
    // The browser's settings forbid it, or its room is used up.
    if (!(error instanceof DOMException)) throw error;
    if (!state.refused) setTriggerValue("refused", error.name);
    state.refused = true;
  }
}
