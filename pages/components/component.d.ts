// Types for `npm run check`; nothing in this file reaches the browser.

/** The argument with which Streamlit calls a component's script (Components v2). */
interface ComponentArguments<Data> {
  /** What the call in Python passed as `data`. */
  data: Data;
  /** Holds the component's HTML. */
  parentElement: HTMLElement;
  /** Sends an event to Python's `on_<name>_change`. */
  setTriggerValue(name: string, value: unknown): void;
  /** Sets a value that Python keeps between reruns, and calls `on_<name>_change`. */
  setStateValue(name: string, value: unknown): void;
}

/** An element that Plotly has drawn into. */
interface PlotlyElement extends HTMLElement {
  data: PlotlyTrace[];
  on(event: string, listener: (event: PlotlyEvent) => void): void;
}

/** The parts of a trace that we read: of bars whose numbers come as lists. */
interface PlotlyTrace {
  type: string;
  visible?: boolean | "legendonly";
  x: number[];
  y: number[];
  customdata: [number, ...unknown[]][];
}

/** The parts of a click on a chart that we read; `xvals` is its place on each of `xaxes`, which are
 * missing where no pointer was on the chart before. */
interface PlotlyEvent {
  points: { curveNumber: number; customdata: unknown }[];
  xaxes?: { d2p(value: number): number }[];
  xvals?: number[];
}

/** The parts of Plotly that we use. */
interface Plotly {
  react(element: HTMLElement, traces: object[], layout: object, config: object): Promise<unknown>;
  purge(element: HTMLElement): void;
}

interface Window {
  Plotly?: Plotly;
  /** What plotly_library.js has begun to load, by file. */
  digitLabPlotly?: Record<string, Promise<Plotly>>;
  /** The scripts that sent_once.js knows of, by name: offered already, or still awaited. */
  digitLabScripts?: Record<
    string,
    {
      there: Promise<import("./shell/sent_once.js").Run>;
      come: (run: import("./shell/sent_once.js").Run) => void;
    }
  >;
}
