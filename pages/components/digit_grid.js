// Shows the digits that digit_grid.py wrote as HTML and reports which one was clicked.

const shown = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".digits");
  if (shown.get(root) !== data.html) {
    root.innerHTML = data.html;
    shown.set(root, data.html);
  }
  root.onclick = (event) => {
    const digit = event.target.closest("[data-index]");
    if (digit) setTriggerValue("clicked", Number(digit.dataset.index));
  };
}
