// Brings a part of the page into view: its beginning, or all of it where it is small.

/** @param {ComponentArguments<{ part: string }>} component */
export default function intoView({ data }) {
  const part = document.querySelector(`.st-key-${data.part}`);
  const small = part && part.clientHeight < innerHeight / 2;
  part?.scrollIntoView({ block: small ? "center" : "start" });
}
