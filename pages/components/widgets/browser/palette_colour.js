/**
 * Reads one of the palette's colours that are the same in both themes (shell/palette_css.py).
 * @param {string} name the name of the colour's custom property, without the two hyphens
 */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
