// Brings the run that was chosen into view: its state is far above the strip where it was clicked.

export default function intoView() {
  document.querySelector(".st-key-training-status")?.scrollIntoView({ block: "center" });
}
