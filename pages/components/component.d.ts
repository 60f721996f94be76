// Types for `npm run check`; nothing of this reaches the browser.

/** What Streamlit calls a component's script with (Components v2). */
interface ComponentArguments<Data> {
  /** `data` of the call in Python. */
  data: Data;
  /** Holds the component's HTML. */
  parentElement: HTMLElement;
  /** Sends an event to Python's `on_<name>_change`. */
  setTriggerValue(name: string, value: unknown): void;
  /** Keeps a value for Python, and tells `on_<name>_change`. */
  setStateValue(name: string, value: unknown): void;
}

/** An element that Plotly has drawn into. */
interface PlotlyElement extends HTMLElement {
  layout: { xaxis: { range: number[] }; yaxis: { range: number[] } };
  on(event: string, listener: (event: PlotlyEvent) => void): void;
}

/** Of Plotly's events, what we read. */
interface PlotlyEvent {
  event: MouseEvent;
  points: { curveNumber: number; customdata: unknown }[];
  selections?: PlotlySelection[];
}

type PlotlySelection =
  | { type: "rect"; x0: number; x1: number; y0: number; y1: number }
  | { type: "path"; path: string };

/** Of Plotly, what we use. */
interface Plotly {
  react(element: HTMLElement, traces: object[], layout: object, config: object): Promise<unknown>;
  relayout(element: HTMLElement, changes: object): Promise<unknown>;
  purge(element: HTMLElement): void;
}

interface Window {
  Plotly?: Plotly;
  /** Of plotly_library.js, by file. */
  digitLabPlotly?: Record<string, Promise<Plotly>>;
  /** Of sent_once.js, by name. */
  digitLabScripts?: Record<
    string,
    {
      there: Promise<import("./shell/sent_once.js").Run>;
      come: (run: import("./shell/sent_once.js").Run) => void;
    }
  >;
}
