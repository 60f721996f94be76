"""Why a network predicts a digit: the pixels that spoke for it, the training digits most like it,
and what other networks predict."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.text import percent
from mnist_core.evaluation import neighbours, saliency
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.runs.run import Run
from pages.components.analysis.split_predictions import SplitPredictions, other_networks
from pages.components.shell import networks
from pages.components.shell.text import plain
from pages.components.widgets import pictures
from pages.components.widgets.digit_grid import digit_strip

SIDE = 252  # px of a large picture: nine for each of the digit's
NEIGHBOURS = 6
MOST_NETWORKS = 12
TRUE, OTHER = (37, 99, 235), (217, 72, 15)  # blue for the true digit, orange for the other


def large_picture(image: NDArray[np.uint8], alt: str) -> None:
    """A digit so large that its pixels can be seen."""
    st.html(
        f'<img src="{pictures.data_uri(image)}" alt="{alt}" style="width:100%;max-width:{SIDE}px;'
        'aspect-ratio:1;image-rendering:pixelated;border-radius:4px;display:block">'
    )


def show_pixels(classifier: Classifier, image: NDArray[np.uint8], label: int, other: int) -> None:
    """Which ink spoke for the true digit, and which for another one."""
    parts = saliency.gradient_times_input(classifier, image, label, other)
    picture, words = st.columns([2, 3], gap="medium")
    with picture:
        large_picture(
            pixel_colours(parts, image), f"Which pixels spoke for {label}, which for {other}"
        )
    with words:
        first, second = classifier.logits(image[None])[0][[label, other]]
        st.markdown(
            f"**Which pixels spoke for {label}, which for {other}?** Blue ink made {label} "
            f"more likely, orange ink {other}; the stronger the colour, the more. Grey ink hardly "
            "mattered."
        )
        st.caption(
            f"Method: gradient × input, on the difference of the two logits "
            f"({first:.2f} − {second:.2f} = {first - second:.2f}). ".replace("-", "−")
            + "It explains the ink that is there, not ink that is missing."
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


def show_neighbours(
    predictions: SplitPredictions,
    image: NDArray[np.uint8],
    own: int | None,
    digits: tuple[int, int],
    on_click: Callable[[int], None],
) -> None:
    """The nearest training digits of two classes.

    Args:
        predictions: Of the network that tells what is near.
        image: (28, 28) uint8.
        own: The image's own place among the training digits, which is left out; or None.
        digits: The two classes.
        on_click: Called with the place of the training digit that is clicked.
    """
    data, classifier = predictions.data, predictions.classifier
    features = neighbours.last_hidden_layer(classifier, image[None])[0]
    st.markdown(
        "**Most similar training images**",
        help="By distance in the network's last hidden layer, which represents similar digits "
        "similarly. A click on one opens it.",
    )
    columns = st.columns(2, gap="medium")
    for column, digit in zip(columns, digits, strict=True):
        candidates = np.flatnonzero(data.y_train == digit)
        known = _features_of(
            classifier, data.x_train, candidates, data.name, *predictions.weights, digit
        )
        nearest, distances = neighbours.nearest(known, features, NEIGHBOURS + 1)
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


def show_other_networks(run: Run, image: NDArray[np.uint8], label: int) -> None:
    """A table of what the other networks predict for the image."""
    others = other_networks(run)[:MOST_NETWORKS]
    if not others:
        return
    names = networks.distinct_names(others)
    rows: list[tuple[str, ...]] = []
    for other in others:
        try:
            probabilities = networks.classifier(other).probabilities(image[None])[0]
        except (WeightsError, OSError):
            rows.append((names[other.id], "its weights cannot be read", "", ""))
            continue
        predicted = int(probabilities.argmax())
        shown = f"{predicted} ✓" if predicted == label else str(predicted)
        rows.append(
            (
                names[other.id],
                shown,
                *(percent(float(probabilities[d])) for d in (predicted, label)),
            )
        )
    heads = ("Other networks", "Predicted", "Confidence", f"Probability of {label}, the label")
    lines: list[tuple[str, ...]] = [heads, (":--", ":--", "--:", "--:")]
    lines += [(plain(name), *figures) for name, *figures in rows]
    st.markdown("\n".join(f"|{'|'.join(line)}|" for line in lines))


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
    return neighbours.last_hidden_layer(_network, _images[_candidates])
