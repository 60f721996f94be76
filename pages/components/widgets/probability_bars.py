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

from pages.components.shell.text import percent
from pages.components.widgets.pictures import data_uri

Look = Literal["", "faint", "wrong"]  # of bars
# The accent is readable on white and on black.
STYLE = """<style>
.digit {font-size: clamp(4rem, 12vw, 8rem); height: 1em; line-height: 1; font-weight: 700;
  color: #3b82f6; min-width: .6em}
.digit-answer {display: flex; flex-direction: column; gap: 1rem}
.digit-doubt {width: clamp(56px, 12vw, 112px); font-size: .8rem; line-height: 1.2;
  font-weight: 600; color: light-dark(#b45309, #fbbf24); min-height: 2.4em}
.digit-said {margin-top: 1rem; padding: 1rem; border-radius: .5rem; line-height: 1.5;
  color: light-dark(#926c05, #ffffc2); background: light-dark(#fffce7, #3d3b1b)}
.digit-said.hint {color: light-dark(#004280, #c7ebff); background: light-dark(#e8f2fc, #172d43)}
.digit-bars > div {display: flex; align-items: center; gap: .75rem; height: 1.75rem}
.digit-bars > div > :first-child {width: 1ch}
.digit-bars > div > :last-child {width: 4.5rem; text-align: right;
  font-variant-numeric: tabular-nums}
.digit-bars .track {flex: 1; height: 1rem; border-radius: .25rem; overflow: hidden;
  background: color-mix(in srgb, currentColor 10%, transparent)}
.digit-bars i {display: block; height: 100%; border-radius: .25rem; background: currentColor;
  opacity: .55}
.digit-bars .best {font-weight: 700}
.digit-bars .best i {background: #3b82f6; opacity: 1}
.digit-bars.faint {opacity: .45}
.digit-bars.wrong .best i {background: #d9480f}
.digit-pixels {margin: 0; width: clamp(56px, 12vw, 112px); font-size: .8rem; line-height: 1.3}
.digit-pixels img {image-rendering: pixelated; display: block; width: 100%; aspect-ratio: 1}
.digit-pixels figcaption {margin-top: .4rem; opacity: .7}
@media (max-width: 640px) {.digit-pixels figcaption {display: none}}
</style>"""


def styles() -> None:
    """How all of this looks, for a page whose answers come often and are not to be held up."""
    st.html(STYLE)


def answer(digit: int | None, doubt: str, image: NDArray[np.uint8] | None, stamp: int) -> None:
    """The digit in large type, words of doubt, and the image that the network was given.

    One element, as each costs a browser some milliseconds. Needs `styles`.

    Args:
        digit: None leaves its place empty.
        doubt: A few words, seen on the smallest screen too.
        image: (28, 28) uint8; None shows an empty one.
        stamp: Another number for each answer.
    """
    text = "" if digit is None else str(digit)
    st.html(
        f'<div class="digit-answer" data-stamp="{stamp}"><div class="digit">{text}</div>'
        f'{_figure(image)}<div class="digit-doubt">{escape(doubt)}</div></div>'
    )


def bars_and_words(
    probabilities: NDArray[np.float32] | None, words: str, kind: str, stamp: int
) -> None:
    """Ten bars, and below them a sentence. Needs `styles`.

    Args:
        probabilities: (10,), 0 to 1; None shows empty bars.
        words: What is to be said; empty where the bars say it all.
        kind: "digit", "unsure", "no digit" (the bars are faint then), or "hint".
        stamp: Another number for each answer.
    """
    said = f'<div class="digit-said {kind.replace(" ", "-")}">{escape(words)}</div>'
    with st.container(key="probability-bars"):
        look = "faint" if kind == "no digit" else ""
        st.html(_bars(probabilities, stamp, look) + (said if words else ""))


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
        st.html(STYLE + _bars(probabilities, 0, look))


def network_input(image: NDArray[np.uint8] | None) -> None:
    """The image as the network gets it, every pixel a square.

    Args:
        image: (28, 28) uint8; None shows an empty one.
    """
    with st.container(key="network-input", width="content"):
        st.html(STYLE + _figure(image))


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
