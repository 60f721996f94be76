/**
 * A colour of the palette that is the same in both themes (shell/palette_css.py).
 * @param {string} name of its custom property, without the two hyphens
 */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
