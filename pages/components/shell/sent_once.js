// Sends a long script once instead of with every update. The script comes with the page and offers
// itself under a name; its component is in a fragment that is sent again and again, and runs the
// script as soon as it is there. The two share nothing but the window.

/** @typedef {(component: ComponentArguments<any>) => void | (() => void)} Run */

/**
 * Offers a script to its component.
 * @param {string} name
 * @param {Run} run what the component's script would export if it were sent with the component
 */
export function offer(name, run) {
  digitLabScripts()[name]?.come(run);
  digitLabScripts()[name] = { there: Promise.resolve(run), come: () => {} };
}

/**
 * Runs the script that is offered under this name, now or as soon as it is offered.
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
