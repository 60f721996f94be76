"""What a network says of one digit: the digit, ten bars, and the image that it was given.

Plain HTML: it arrives 30 to 80 ms sooner than a chart would, and live_bars.js can write into it
while the pen is down. The stamp makes each answer's HTML another, so that Python's replaces that.
"""

from __future__ import annotations

from html import escape
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.predict import Answer, Prediction
from pages.components.shell.text import percent
from pages.components.widgets.pictures import data_uri

Look = Literal["", "faint", "wrong"]  # of bars


def answer(found: Answer, stamp: int) -> None:
    """The digit in large type, words of doubt, and the image that the network was given.

    One element, as each costs a browser some milliseconds.

    Args:
        found: The answer; where there is nothing to classify, digit and image stay empty.
        stamp: Another number for each answer.
    """
    digit, doubt, image = None, "", None
    if isinstance(found, Prediction):
        digit, doubt, image = found.verdict.digit, found.verdict.short_text, found.image
    else:
        doubt = found.in_short
    text = "" if digit is None else str(digit)
    st.html(
        f'<div class="digit-answer" data-stamp="{stamp}"><div class="digit">{text}</div>'
        f'{_figure(image)}<div class="digit-doubt">{escape(doubt)}</div></div>'
    )


def bars_and_words(found: Answer, stamp: int) -> None:
    """Ten bars, and below them a sentence unless the bars say it all.

    Args:
        found: The answer; where there is nothing to classify, the bars are empty.
        stamp: Another number for each answer.
    """
    if isinstance(found, Prediction):
        bars = _bars(found.probabilities, stamp, look_of(found))
        kind, words = found.verdict.kind.replace(" ", "-"), found.verdict.text
    else:
        bars, kind, words = _bars(None, stamp, ""), "hint", found.reason
    said = "" if kind == "digit" else f'<div class="digit-said {kind}">{escape(words)}</div>'
    with st.container(key="probability-bars"):
        st.html(bars + said)


def look_of(prediction: Prediction) -> Look:
    """How its bars look: faint where they answer for what is no digit."""
    return "faint" if prediction.verdict.kind == "no digit" else ""


def probability_bars(
    probabilities: NDArray[np.float32] | None,
    *,
    look: Look = "",
    key: str = "probability-bars",
) -> None:
    """A bar for each of the ten digits.

    Args:
        probabilities: (10,), 0 to 1; None shows empty bars.
        look: "faint" where they answer for what is no digit; "wrong" where the answer is.
        key: CSS class of the container, `st-key-<key>`.
    """
    with st.container(key=key):
        st.html(_bars(probabilities, 0, look))


def network_input(image: NDArray[np.uint8] | None) -> None:
    """The image as the network gets it, every pixel a square.

    Args:
        image: (28, 28) uint8; None shows an empty one.
    """
    with st.container(key="network-input", width="content"):
        st.html(_figure(image))


def _bars(probabilities: NDArray[np.float32] | None, stamp: int, look: Look) -> str:
    shares = np.zeros(10) if probabilities is None else probabilities
    best = None if probabilities is None else int(np.argmax(probabilities))
    rows = "".join(
        _row(digit, share, digit == best, probabilities is not None)
        for digit, share in enumerate(shares.tolist())
    )
    return (
        f'<div class="digit-bars {look}" role="list" aria-label="Probability of each digit" '
        f'data-stamp="{stamp}">{rows}</div>'
    )


def _row(digit: int, share: float, best: bool, known: bool) -> str:
    return (
        f'<div role="listitem" class="{"best" if best else ""}"><span>{digit}</span>'
        f'<span class="track" aria-hidden="true"><i style="width:{share:.2%}"></i></span>'
        f"<span>{percent(share) if known else '–'}</span></div>"
    )


def _figure(image: NDArray[np.uint8] | None) -> str:
    shown = np.zeros((28, 28), np.uint8) if image is None else image
    described = "empty" if image is None else "the drawing in 28 by 28 pixels"
    return (
        f'<figure class="digit-pixels"><img src="{data_uri(shown)}" '
        f'alt="What the network sees: {described}">'
        "<figcaption>What the network sees: 28 × 28 pixels</figcaption></figure>"
    )
