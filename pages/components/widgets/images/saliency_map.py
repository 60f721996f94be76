"""A saliency map: which ink of a digit speaks for one class, and which for another."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config import palette
from mnist_core.config.sizes import MAX_LEVEL
from mnist_core.evaluation.internals import saliency
from mnist_core.network.inference import Classifier
from pages.components.shell import classes
from pages.components.widgets.images.pictures import large_picture

FAINT = 0.45  # opacity of ink that hardly matters


def saliency_map(classifier: Classifier, image: NDArray[np.uint8], digit: int, other: int) -> None:
    """Show which ink speaks for `digit` and which for `other`, with an explanation beside it.

    Args:
        classifier: The network.
        image: (28, 28) uint8.
        digit, other: The two classes.
    """
    contributions = saliency.gradient_times_input(classifier, image, digit, other)
    question = f"Which ink speaks for {classes.name(digit)}, and which for {classes.name(other)}?"
    one, two = classes.shown(digit), classes.shown(other)
    picture, words = st.columns([2, 3], gap="medium")
    with picture:
        large_picture(coloured(contributions, image), question)
    with words:
        first, second = classifier.logits(image[np.newaxis])[0][[digit, other]]
        st.markdown(
            f"**Which ink speaks for {one}, and which for {two}?** Blue ink makes {one} more "
            f"likely, orange ink {two}; the stronger the colour, the more. Grey ink hardly matters."
        )
        st.caption(
            f"Saliency map, method gradient × input, on the difference of the two logits "
            f"({_difference(first, second)}). "
            + "This explains the ink that is there, not ink that is missing."
        )


def _difference(first: float, second: float) -> str:
    """As in "8.15 − (−0.79) = 8.94"."""
    taken = f"{second:.2f}" if second >= 0 else f"({second:.2f})"
    return f"{first:.2f} − {taken} = {first - second:.2f}".replace("-", "−")


def coloured(contributions: NDArray[np.float32], image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colour ink by what it contributes: blue if positive, orange if negative, grey if nothing.

    Args:
        contributions: (28, 28), of any scale.
        image: (28, 28) uint8, the digit, which shows faintly through.

    Returns:
        (28, 28, 4) uint8, red, green, blue and opacity; paper is transparent.
    """
    size = np.abs(contributions)
    # The strongest hundredth of the pixels shares the full colour.
    strength = np.clip(size / max(float(np.quantile(size, 0.99)), 1e-12), 0, 1)
    opacity = strength + (1 - strength) * FAINT * image / MAX_LEVEL
    share = np.divide(strength, opacity, out=np.zeros_like(strength), where=opacity > 0)[..., None]
    speaks_for, against = palette.rgb(palette.FOR_MARK), palette.rgb(palette.AGAINST_MARK)
    colour = np.where(contributions[..., None] > 0, speaks_for, against) * share
    grey = np.array(palette.rgb(palette.FAINT_INK)) * (1 - share)
    return np.rint(np.dstack([colour + grey, MAX_LEVEL * opacity])).astype(np.uint8)
