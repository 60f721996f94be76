// A private name of Streamlit: if it changes, the view begins where its button was.
const MAIN = '[data-testid="stMain"]';

const views = new MutationObserver(toTopIfNew);
let projected = false;

function toTopIfNew() {
  const now = document.querySelector(".st-key-projector-leave") !== null;
  if (now !== projected) document.querySelector(MAIN)?.scrollTo(0, 0);
  projected = now;
}

/** Scrolls to the top when the projector view begins or ends, however far down its button was. */
export function projectorTop() {
  views.observe(document.body, { childList: true, subtree: true });
  return () => views.disconnect();
}
