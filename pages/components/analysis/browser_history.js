// While a digit is open over a page, going on to another digit changes the browser's address without
// a new step in its history: one Back leaves the digit, however far one went.

/** @param {string | URL | null | undefined} address */
function showsDigit(address) {
  return new URL(address ?? "", location.href).searchParams.has("index");
}

export default function digitHistory() {
  if (history.pushState.name === "pushUnlessOpen") return; // done for an earlier digit
  const push = history.pushState.bind(history);
  /** @type {History["pushState"]} */
  function pushUnlessOpen(state, unused, address) {
    const stays = showsDigit(location.href) && showsDigit(address);
    if (stays) history.replaceState(state, unused, address);
    else push(state, unused, address);
  }
  history.pushState = pushUnlessOpen;
}
