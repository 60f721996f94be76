// A private name of Streamlit: if it changes, dialogs are light in the dark theme.
const APP = '[data-testid="stApp"]';

const themes = new MutationObserver(takeTheme);

function takeTheme() {
  const app = document.querySelector(APP);
  if (app) document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme;
}

/**
 * Gives the whole document the theme's colour scheme. Streamlit sets it only on the app, and
 * dialogs lie outside the app, where `light-dark()` would otherwise pick light colours.
 */
export function colourScheme() {
  const app = document.querySelector(APP);
  if (app) themes.observe(app, { attributeFilter: ["class"] });
  takeTheme();
  return () => themes.disconnect();
}
