// A page of another site that shows this one in a frame, unseen, could make its visitors click here
// without knowing. The header that forbids it comes only from serve.py.

/** Whether the page stands in a frame of a page with another address. */
function inForeignFrame() {
  try {
    return window.top?.location.origin !== window.location.origin;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return true; // what may not be read is foreign
  }
}

/** Takes everything away in a foreign frame, and offers the page by itself. */
export function foreignFrame() {
  if (inForeignFrame()) {
    const link = document.createElement("a");
    link.href = window.location.href;
    link.target = "_blank";
    link.textContent = "Open it by itself";
    const told = document.createElement("p");
    told.append("Digit Lab does not work inside a page of another site. ", link, ".");
    document.body.replaceChildren(told);
  }
  return () => {};
}
