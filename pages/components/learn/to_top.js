// Scrolls to the top: the next step of a lesson starts above the button that opened it.

export default function toTop() {
  document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
}
