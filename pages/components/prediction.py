"""What a network says of one digit: the digit, ten bars, and the image that it was given.

Plain HTML: it arrives 30 to 80 ms sooner than a chart would, and live_bars.js can write into it
while the pen is down. The stamp makes each answer's HTML another, so that Python's replaces that.
"""

from __future__ import annotations

import base64
import io

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

# The accent is readable on white and on black.
STYLE = """<style>
.digit {font-size: clamp(4rem, 12vw, 8rem); height: 1em; line-height: 1; font-weight: 700;
  color: #3b82f6; min-width: .6em}
.digit-doubt {width: clamp(56px, 12vw, 112px); font-size: .8rem; line-height: 1.2;
  font-weight: 600; color: light-dark(#b45309, #fbbf24); min-height: 2.4em}
.digit-heard {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)}
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
.digit-bars.doubtful {opacity: .45}
.digit-pixels {margin: 0; width: clamp(56px, 12vw, 112px); font-size: .8rem; line-height: 1.3}
.digit-pixels img {image-rendering: pixelated; display: block; width: 100%; aspect-ratio: 1}
.digit-pixels figcaption {margin-top: .4rem; opacity: .7}
@media (max-width: 640px) {.digit-pixels figcaption {display: none}}
</style>"""


def styles() -> None:
    """How all of this looks, for a page whose answers come often and are not to be held up."""
    st.html(STYLE)


def predicted_digit(digit: int | None, stamp: int = 0) -> None:
    """The digit in large type, an empty place of the same size when there is none.

    Needs `styles`.
    """
    text = "" if digit is None else str(digit)
    with st.container(key="predicted-digit", width="content"):
        st.html(f'<div class="digit" data-stamp="{stamp}">{text}</div>')


def doubt(words: str) -> None:
    """A few words in the place under the digit, seen on the smallest screen too."""
    st.html(f'<div class="digit-doubt">{words}</div>')


def spoken(answer: str) -> None:
    """The answer as a sentence for screen readers, told when it changes."""
    st.html(f'<div class="digit-heard" role="status">{answer}</div>')


def probability_bars(
    probabilities: NDArray[np.float32] | None,
    stamp: int = 0,
    *,
    doubtful: bool = False,
    styled: bool = True,
    key: str = "probability-bars",
) -> None:
    """A bar for each of the ten digits.

    Args:
        probabilities: (10,), 0 to 1; None shows empty bars.
        stamp: Another number for each answer.
        doubtful: Show the bars faintly, as they answer for what is no digit.
        styled: False where `styles` was called.
        key: CSS class of the container, `st-key-<key>`.
    """
    shares = np.zeros(10) if probabilities is None else probabilities
    best = None if probabilities is None else int(np.argmax(probabilities))
    rows = "".join(
        _row(digit, float(share), digit == best, probabilities is not None)
        for digit, share in enumerate(shares)
    )
    kind = "digit-bars doubtful" if doubtful else "digit-bars"
    with st.container(key=key):
        st.html(
            f'{STYLE if styled else ""}<div class="{kind}" role="list" '
            f'aria-label="Probability of each digit" data-stamp="{stamp}">{rows}</div>'
        )


def _row(digit: int, share: float, best: bool, known: bool) -> str:
    return (
        f'<div role="listitem" class="{"best" if best else ""}"><span>{digit}</span>'
        f'<span class="track" aria-hidden="true"><i style="width:{share:.2%}"></i></span>'
        f"<span>{percent(share) if known else '–'}</span></div>"
    )


def percent(share: float) -> str:
    """A probability to a tenth of a percent, never rounded to certainty."""
    return "> 99.9 %" if share > 0.9995 else f"{share:.1%}".replace("%", " %")


def network_input(image: NDArray[np.uint8] | None, stamp: int = 0, *, styled: bool = True) -> None:
    """The image as the network gets it, every pixel a square.

    Args:
        image: (28, 28) uint8; None shows an empty one.
        stamp: Another number for each answer.
        styled: False where `styles` was called.
    """
    shown = np.zeros((28, 28), np.uint8) if image is None else image
    described = "empty" if image is None else "the drawing in 28 by 28 pixels"
    with st.container(key="network-input", width="content"):
        st.html(
            f'{STYLE if styled else ""}<figure class="digit-pixels" data-stamp="{stamp}">'
            f'<img src="{data_uri(shown)}" alt="What the network sees: {described}">'
            "<figcaption>What the network sees: 28 × 28 pixels</figcaption></figure>"
        )


def data_uri(image: NDArray[np.uint8]) -> str:
    """A grey or RGB picture, (h, w) or (h, w, 3), as the address of a PNG."""
    png = io.BytesIO()
    Image.fromarray(image).save(png, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii")
