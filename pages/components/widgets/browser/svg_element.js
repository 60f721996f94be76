/**
 * Makes a new SVG element.
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} text
 */
export function svgElement(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, String(value));
  }
  made.textContent = text;
  return /** @type {SVGElement} */ (made);
}
