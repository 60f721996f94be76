"""Many labelled digits as one piece of HTML: no widget and no request for each image."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from html import escape

import numpy as np
import streamlit as st
from PIL import Image

# 84 px are three for each of MNIST's, so that pixels stay square and sharp.
STYLE = """<style>
.digit-grid {display: grid; gap: .75rem .4rem; grid-template-columns: repeat(auto-fill, 84px)}
.digit-grid.with-bars {grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem}
.digit-grid figure {margin: 0; font-size: .8rem; line-height: 1.25}
.digit-grid img {display: block; width: 84px; height: 84px; image-rendering: pixelated;
  border-radius: 4px; outline: 1px solid color-mix(in srgb, currentColor 20%, transparent)}
.digit-grid figcaption {margin-top: .25rem; white-space: nowrap}
.digit-grid .quiet {opacity: .65; font-size: .75rem}
.digit-grid .wrong {color: light-dark(#c2410c, #ff9466); font-weight: 600}
.digit-grid .answer {display: flex; gap: .75rem; align-items: flex-start}
.digit-grid .bars {display: grid; grid-template-columns: auto 1fr 3.2em; gap: 1px .4em; flex: 1;
  align-items: center; font-size: .7rem; line-height: 1; font-variant-numeric: tabular-nums}
.digit-grid .bar {height: .6rem; border-radius: 2px; background: currentColor; opacity: .3}
.digit-grid .bar.top {background: #2563eb; opacity: 1}
.digit-grid .bar.top.wrong {background: #d9480f}
</style>"""


def digit_grid(
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray | None = None,
    indices: np.ndarray | None = None,
    bars: bool = False,
) -> None:
    """Show digits with their labels and, where given, what a network calls them and how surely.

    Args:
        images: (n, 28, 28) uint8, 0 is paper and 255 is ink.
        labels: (n,) true digits.
        probabilities: (n, 10) answers of a network, or None to show the labels alone.
        indices: (n,) places in the data set, to name the digits; or None.
        bars: Show the ten probabilities of each digit as bars.
    """
    st.html(grid_html(images, labels, probabilities, indices, bars))


def grid_html(
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray | None = None,
    indices: np.ndarray | None = None,
    bars: bool = False,
) -> str:
    """The HTML that `digit_grid` shows; the same arguments."""
    items = (
        _figure(images[i], int(labels[i]), answer, place, bars)
        for i, answer, place in _each(len(images), probabilities, indices)
    )
    kind = "digit-grid with-bars" if bars else "digit-grid"
    return f'{STYLE}<div class="{kind}">{"".join(items)}</div>'


def _each(
    n: int, probabilities: np.ndarray | None, indices: np.ndarray | None
) -> Iterator[tuple[int, np.ndarray | None, int | None]]:
    for i in range(n):
        answer = None if probabilities is None else probabilities[i]
        yield i, answer, None if indices is None else int(indices[i])


def _figure(
    image: np.ndarray, label: int, answer: np.ndarray | None, index: int | None, bars: bool
) -> str:
    name = "" if index is None else f"No. {index:,}"
    said, words = _answer(label, answer)
    alt = f"Handwritten {label}{words}{f', {name}' if name else ''}"
    picture = f'<img src="{_data_uri(image)}" alt="{escape(alt)}" title="{escape(alt)}">'
    caption = f'<figcaption>{said}<br><span class="quiet">{name}</span></figcaption>'
    figure = f"<figure>{picture}{caption}</figure>"
    if bars and answer is not None:
        return f'<div class="answer">{figure}{_bars(label, answer)}</div>'
    return figure


def _answer(label: int, answer: np.ndarray | None) -> tuple[str, str]:
    """The caption's first line as HTML, and the same for those who hear the page."""
    if answer is None:
        return f"<b>{label}</b>", ""
    predicted, sure = int(answer.argmax()), percent(float(answer.max()))
    if predicted == label:
        return f"<b>{label}</b> ✓ {sure}", f", called {predicted} with {sure}"
    said = f'<span class="wrong">{label} → {predicted}</span> {sure}'
    return said, f", wrongly called {predicted} with {sure}"


def _bars(label: int, answer: np.ndarray) -> str:
    top = int(answer.argmax())
    rows = []
    for digit, share in enumerate(answer.tolist()):
        kind = "bar" if digit != top else "bar top" if digit == label else "bar top wrong"
        number = f"<b>{digit}</b>" if digit == label else str(digit)
        bar = f'<span class="{kind}" style="width:{max(100 * share, 1):.1f}%"></span>'
        rows.append(
            f"<span>{number}</span>{bar}<span>{percent(share) if share >= 0.005 else ''}</span>"
        )
    return f'<div class="bars">{"".join(rows)}</div>'


def percent(share: float) -> str:
    """A share of 0 to 1 in per cent; 100 % is said of nothing below 99.95 %."""
    if 0.995 <= share < 0.9995:
        return f"{share:.1%}"
    return f"{share:.0%}"


def _data_uri(image: np.ndarray) -> str:
    png = io.BytesIO()
    Image.fromarray(np.asarray(image, np.uint8)).save(png, format="PNG")
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii")
