// Scrolls a part of the page into view: all of it if it is small, otherwise its beginning.

/** @param {ComponentArguments<{ part: string }>} component */
export default function intoView({ data }) {
  const part = document.querySelector(`.st-key-${data.part}`);
  const small = part && part.clientHeight < innerHeight / 2;
  part?.scrollIntoView({ block: small ? "center" : "start" });
}
