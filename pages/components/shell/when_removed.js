/**
 * A component's clean-up, done only when its element has left the page: Streamlit also calls it when
 * only the data changed.
 * @param {HTMLElement} parentElement of the component
 * @param {() => void} cleanUp
 */
export function whenRemoved(parentElement, cleanUp) {
  return () => {
    if (!parentElement.isConnected) cleanUp();
  };
}
