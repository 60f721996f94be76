"""Why a network called a digit so: the pixels that spoke for it, when it learned it, and the
training digits that it holds to be alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core import explanation, results
from mnist_core.inference import Classifier
from mnist_core.runs import Run
from pages.components import clickable
from pages.components.answers import Answers
from pages.components.digit_grid import digit_strip
from pages.components.prediction import data_uri

SIDE = 252  # px of a large picture: nine for each of the digit's
NEIGHBOURS = 6
TRUE, OTHER = (37, 99, 235), (217, 72, 15)  # blue for the true digit, orange for the other

LINES = """<style>
.epoch-lines svg {width: 100%; height: 190px; display: block; overflow: visible}
.epoch-lines polyline {fill: none; stroke-width: 2; vector-effect: non-scaling-stroke}
.epoch-lines .grid {stroke: currentColor; opacity: .15; vector-effect: non-scaling-stroke}
.epoch-lines :is(.plot, .marks) {position: relative}
.epoch-lines .plot {margin: 0 .5rem 1.4rem 3rem; height: 190px}
.epoch-lines .plot > span {position: absolute; font-size: .75rem; opacity: .75; line-height: 1}
.epoch-lines .plot > .share {right: calc(100% + .5rem); transform: translateY(-50%)}
.epoch-lines .plot > .epoch {top: calc(100% + .5rem); transform: translateX(-50%)}
.epoch-lines .plot > i {position: absolute; width: 9px; height: 9px; border-radius: 50%;
  transform: translate(-50%, -50%)}
.epoch-lines p {margin: 0 0 .6rem; font-size: .85rem}
.epoch-lines .true {color: #3b82f6}
.epoch-lines .other {color: #e8590c}
.epoch-lines polyline {stroke: currentColor}
.epoch-lines .plot > i {background: currentColor}
</style>"""


def large_picture(image: NDArray[np.uint8], alt: str) -> None:
    """A digit so large that its pixels are seen."""
    st.html(
        f'<img src="{data_uri(image)}" alt="{alt}" style="width:100%;max-width:{SIDE}px;'
        'aspect-ratio:1;image-rendering:pixelated;border-radius:4px;display:block">'
    )


def show_pixels(classifier: Classifier, image: NDArray[np.uint8], label: int, other: int) -> None:
    """Which ink spoke for the true digit, and which for another one."""
    parts = explanation.gradient_times_input(classifier, image, label, other)
    picture, words = st.columns([2, 3], gap="medium")
    with picture:
        large_picture(
            pixel_colours(parts, image), f"Which pixels spoke for {label}, which for {other}"
        )
    with words:
        logits = classifier.logits(image[None])[0]
        st.markdown(
            f"**Which pixels spoke for {label}, which for {other}?** Blue ink made {label} "
            f"more likely, orange ink {other}; the stronger the colour, the more. Grey ink hardly "
            "mattered."
        )
        st.caption(
            f"Method: gradient × input, on the difference of the two logits "
            f"({logits[label]:.2f} − {logits[other]:.2f} = {logits[label] - logits[other]:.2f}). "
            "It tells what the ink did, not what missing ink would have done."
        )


def pixel_colours(parts: NDArray[np.float32], image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colour each pixel's part: blue where positive, orange where negative, grey where none.

    Args:
        parts: (28, 28), of any scale.
        image: (28, 28) uint8, the digit, which shows faintly through.

    Returns:
        (28, 28, 4) uint8, red, green, blue and opacity; paper is transparent.
    """
    # The strongest hundredth of the pixels shares the full colour.
    strength = np.clip(np.abs(parts) / max(float(np.quantile(np.abs(parts), 0.99)), 1e-12), 0, 1)
    opacity = strength + (1 - strength) * 0.45 * image / 255
    share = np.divide(strength, opacity, out=np.zeros_like(strength), where=opacity > 0)[..., None]
    colour = np.where(parts[..., None] > 0, TRUE, OTHER) * share + 128 * (1 - share)
    return np.rint(np.dstack([colour, 255 * opacity])).astype(np.uint8)


def show_epochs(run: Run, image: NDArray[np.uint8], label: int, other: int) -> None:
    """What it said of the digit after each epoch whose weights are kept; nothing without any."""
    epochs, said = results.over_epochs(run, image)
    if not epochs:
        return
    st.markdown("**When did it learn or unlearn it?**")
    clickable.show(LINES + epoch_lines(epochs, said, label, other), None, "digit-over-epochs")


def epoch_lines(
    epochs: Sequence[int], probabilities: NDArray[np.float32], label: int, other: int
) -> str:
    """Lines of the probabilities of two digits over the epochs, as HTML: a chart of Plotly's would
    hold up the dialog for longer than the rest of it takes.

    Args:
        epochs: Ascending, at least one; they keep their distances.
        probabilities: (epochs, 10), 0 to 1.
        label, other: The true digit, and another one.
    """
    first, last = epochs[0], epochs[-1]
    across = [100 * (epoch - first) / max(last - first, 1) for epoch in epochs]
    lines = marks = ""
    for kind, digit in (("other", other), ("true", label)):
        down = [100 * (1 - float(share)) for share in probabilities[:, digit]]
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in zip(across, down, strict=True))
        lines += f'<polyline class="{kind}" points="{points}"/>'
        for epoch, x, y in zip(epochs, across, down, strict=True):
            says = f"after epoch {epoch}: {digit} {1 - y / 100:.1%}"
            marks += f'<i class="{kind}" style="left:{x:.2f}%;top:{y:.2f}%" title="{says}"></i>'
    grid = "".join(f'<line class="grid" x1="0" x2="100" y1="{y}" y2="{y}"/>' for y in (0, 50, 100))
    shares = "".join(
        f'<span class="share" style="top:{100 - s}%">{s}%</span>' for s in (0, 50, 100)
    )
    ends = "".join(
        f'<span class="epoch" style="left:{x:.2f}%">{"epoch " * (not x)}{epoch}</span>'
        for epoch, x in sorted({(epochs[i], across[i]) for i in (0, len(epochs) // 2, -1)})
    )
    return (
        f'<div class="epoch-lines"><p><b class="true">{label}, the true digit</b> &nbsp; '
        f'<b class="other">{other}</b></p><div class="plot">'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" '
        f'aria-label="Probabilities of {label} and {other} after each epoch">{grid}{lines}</svg>'
        f"{marks}{shares}{ends}</div></div>"
    )


def show_neighbours(
    answers: Answers,
    image: NDArray[np.uint8],
    own: int | None,
    digits: tuple[int, int],
    on_click: Callable[[int], None],
) -> None:
    """The nearest training digits of two classes.

    Args:
        answers: Of the network that tells what is near.
        image: (28, 28) uint8.
        own: The image's own place among the training digits, which is left out; or None.
        digits: The two classes.
        on_click: Called with the place of the training digit that is clicked.
    """
    data, classifier = answers.data, answers.classifier
    features = explanation.last_hidden(classifier, image[None])[0]
    st.markdown(
        "**Most similar training images**",
        help="By distance in the network's last hidden layer: what it holds to be alike. "
        "A click on one opens it.",
    )
    columns = st.columns(2, gap="medium")
    for column, digit in zip(columns, digits, strict=True):
        candidates = np.flatnonzero(data.y_train == digit)
        known = _features_of(
            classifier, data.x_train, candidates, data.name, *answers.weights, digit
        )
        nearest, distances = explanation.nearest(known, features, NEIGHBOURS + 1)
        other = candidates[nearest] != own
        places, distances = candidates[nearest][other], distances[other]
        with column:
            if not places.size:
                st.caption(f"There is no {digit} to compare with.")
                continue
            st.caption(f"Among the {digit}s, nearest at distance {distances[0]:.2f}")
            names = [
                f"A {digit}, training image No. {place:,}, distance {distance:.2f}"
                for place, distance in zip(places, distances, strict=True)
            ]
            shown = slice(NEIGHBOURS)
            digit_strip(
                data.x_train[places[shown]],
                names[shown],
                places[shown],
                on_click=on_click,
                key=f"neighbours-{digit}",
            )


# A digit's 6,000 training images take some 0.1 s; 30 entries are three networks' ten digits.
@st.cache_resource(show_spinner=False, max_entries=30)
def _features_of(
    _network: Classifier,
    _images: NDArray[np.uint8],
    _candidates: NDArray[np.int64],
    data_name: str,
    path: str,
    modified: int,
    digit: int,
) -> NDArray[np.float32]:
    return explanation.last_hidden(_network, _images[_candidates])
