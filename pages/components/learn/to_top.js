// Scrolls the page to its beginning: a step of a lesson begins above the button that led to it.

export default function toTop() {
  document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
}
