// A private name of Streamlit: without it dialogs are light in the dark theme.
const APP = '[data-testid="stApp"]';

const themes = new MutationObserver(takeTheme);

function takeTheme() {
  const app = document.querySelector(APP);
  if (app) document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme;
}

/**
 * Gives the document the theme's colour scheme. Streamlit sets it on the app alone; dialogs lie outside
 * it, where `light-dark()` would pick light colours.
 */
export function colourScheme() {
  const app = document.querySelector(APP);
  if (app) themes.observe(app, { attributeFilter: ["class"] });
  takeTheme();
  return () => themes.disconnect();
}
