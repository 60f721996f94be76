// While the digit dialog is open, moving to another digit replaces the address instead of adding a
// history entry, so that one press of Back always closes the dialog.

/** @param {string | URL | null | undefined} address */
function showsDigit(address) {
  return new URL(address ?? "", location.href).searchParams.has("index");
}

export default function digitHistory() {
  if (history.pushState.name === "pushUnlessOpen") return; // already installed
  const push = history.pushState.bind(history);
  /** @type {History["pushState"]} */
  function pushUnlessOpen(state, unused, address) {
    const stays = showsDigit(location.href) && showsDigit(address);
    if (stays) history.replaceState(state, unused, address);
    else push(state, unused, address);
  }
  history.pushState = pushUnlessOpen;
}
