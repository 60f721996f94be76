// A script that is sent once with the page offers itself under a name, and its component, in a fragment
// that is sent again and again, runs it as soon as it is there. They share nothing but the window.

/** @typedef {(component: ComponentArguments<any>) => void | (() => void)} Run */

/**
 * @param {string} name
 * @param {Run} run what the component's own script would export
 */
export function offer(name, run) {
  digitLabScripts()[name]?.come(run);
  digitLabScripts()[name] = { there: Promise.resolve(run), come: () => {} };
}

/**
 * Runs what is offered, now or later.
 * @param {string} name
 * @param {ComponentArguments<any>} component
 * @returns {() => void} the component's clean-up
 */
export function whenOffered(name, component) {
  let over = false;
  /** @type {ReturnType<Run>} */
  let cleanUp;
  digitLabScripts()[name] ??= awaited();
  digitLabScripts()[name].there.then((run) => {
    if (!over) cleanUp = run(component);
  });
  return () => {
    over = true;
    if (cleanUp) cleanUp();
  };
}

function digitLabScripts() {
  window.digitLabScripts ??= {};
  return window.digitLabScripts;
}

/** @returns {{ there: Promise<Run>, come: (run: Run) => void }} */
function awaited() {
  /** @type {(run: Run) => void} */
  let come = () => {};
  const there = new Promise((/** @type {(run: Run) => void} */ resolve) => {
    come = resolve;
  });
  return { there, come };
}
