/**
 * Makes a clean-up function for a component that cleans up only if its element has left the page.
 * Streamlit also calls that function when only the data have changed.
 * @param {HTMLElement} parentElement of the component
 * @param {() => void} cleanUp
 */
export function whenRemoved(parentElement, cleanUp) {
  return () => {
    if (!parentElement.isConnected) cleanUp();
  };
}
