"""A prediction: the digit, a bar for each class, and the image that the network was given.

Plain HTML: it arrives 30 to 80 ms sooner than a chart would, and live_bars.js can write into it
while the pen is down. The stamp makes the HTML of each prediction different, so that it replaces
what live_bars.js wrote.
"""

from __future__ import annotations

from html import escape
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import percent
from mnist_core.config.sizes import IMAGE_SIDE
from mnist_core.digits.data_uri import png_uri
from mnist_core.predict.answer import Answer, Prediction
from pages.components.shell import classes, visitor_drawings
from pages.components.widgets.charts import bar_list

Look = Literal["", "faint", "wrong"]
Size = Literal["large", "small", "columns"]


def answer(answered: Answer, stamp: int, within: str = "") -> None:
    """The image that the network was given, a bar for each class, the digit in large type, or the
    number that it is part of, and a few words of doubt.

    They are one element, as each element costs a browser some milliseconds.

    Args:
        answered: If there is nothing to classify, digit, image and bars stay empty.
        stamp: A different number each time.
        within: The number that the digit is part of; "" where it stands alone.
    """
    digit, image = "", None
    if isinstance(answered, Prediction):
        digit = "" if answered.verdict.digit is None else answered.symbol
        doubt, image = answered.verdict.short_text, answered.image
        bars = bars_html(answered.probabilities, look=look_of(answered), stamp=stamp)
    else:
        doubt, bars = answered.in_short, bars_html(None, stamp=stamp)
    kind = "digit-doubt"
    if within and not doubt:
        doubt, kind = f"open: {digit}", "digit-doubt within"
    shown = within or digit
    size = " whole" * bool(within) + " long" * (len(shown) > 2)
    st.html(
        f'<div class="digit-answer" style="--classes:{len(classes.names())}" data-stamp="{stamp}">'
        f'<div class="digit{size}">{escape(shown)}</div>'
        f'<div class="{kind}">{escape(doubt)}</div>{_picture(image)}{bars}</div>'
    )


def words(answered: Answer) -> None:
    """The answer, or why there is none, in a sentence."""
    if isinstance(answered, Prediction):
        kind, text = answered.verdict.kind.replace(" ", "-"), answered.verdict.text
    else:
        kind, text = "hint", answered.reason
    st.html(f'<div class="digit-said {kind}">{escape(text)}</div>')


def look_of(prediction: Prediction) -> Look:
    """How the bars of a prediction look: faint if the image is not a digit."""
    return "faint" if visitor_drawings.rejected(prediction) else ""


def probability_bars(
    probabilities: NDArray[np.float32],
    *,
    look: Look = "",
    key: str = "probability-bars",
) -> None:
    """A bar for each of the classes.

    Args:
        probabilities: (classes,), 0 to 1.
        look: As in `bars_html`.
        key: CSS class of the container, `st-key-<key>`.
    """
    with st.container(key=key):
        st.html(bars_html(probabilities, look=look))


def bars_html(
    probabilities: NDArray[np.float32] | None,
    *,
    size: Size = "large",
    look: Look = "",
    label: int | None = None,
    stamp: int = 0,
) -> str:
    """A bar for each class as HTML; live_bars.js writes into the large ones.

    Args:
        probabilities: (classes,), 0 to 1; None makes empty bars.
        size: "large", a line for each digit; "small", the same beside an image, without figures
            below half a percent; "columns", upright, without figures, hidden from screen readers.
        look: "faint" if the image is not a digit; "wrong" if it is misclassified.
        label: The true digit, set in bold; None if it is not known.
        stamp: A different number for each prediction on the Draw page.
    """
    best = None if probabilities is None else int(probabilities.argmax())
    names = classes.names()
    shares = [0.0] * len(names) if probabilities is None else probabilities.tolist()
    lines = []
    for digit, share in enumerate(shares):
        kinds = " ".join(["best"] * (digit == best) + ["label"] * (digit == label))
        figure = "–" if probabilities is None else _figure_of(share, size)
        lines.append(bar_list.line(names[digit], bar_list.share_bar(share), figure, kinds))
    hidden = ' aria-hidden="true"' if size == "columns" else ""
    return bar_list.bar_list(
        lines,
        f"Probability of each {classes.kind()}",
        " ".join(filter(None, ("digit-bars", size, look))),
        f'data-stamp="{stamp}"{hidden}',
    )


def _figure_of(share: float, size: Size) -> str:
    if size == "large":
        return escape(percent(share))
    return escape(percent(share, 0)) if size == "small" and share >= 0.005 else ""


def network_input(image: NDArray[np.uint8]) -> None:
    """The image as the network gets it, (28, 28) uint8, every pixel a square."""
    with st.container(key="network-input", width="content"):
        st.html(_picture(image))


def _picture(image: NDArray[np.uint8] | None) -> str:
    shown = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8) if image is None else image
    described = "empty" if image is None else "the drawing in 28 by 28 pixels"
    return (
        f'<figure class="digit-pixels"><img src="{png_uri(shown)}" '
        f'alt="What the network sees: {described}">'
        "<figcaption>What the network sees: 28 × 28 pixels</figcaption></figure>"
    )
