// Types for `npm run check`; nothing of this reaches the browser.

/** What Streamlit calls a component's script with (Components v2). */
interface ComponentArguments<Data> {
  /** `data` of the call in Python. */
  data: Data;
  /** Holds the component's HTML. */
  parentElement: HTMLElement;
  /** Sends an event to Python's `on_<name>_change`. */
  setTriggerValue(name: string, value: unknown): void;
}

interface Window {
  digitLabPlotly?: Promise<unknown>;
}
