"""Many labelled digits as one piece of HTML: no widget and no request for each image.

Where a click on a digit means something, a component (digit_grid.js) shows the HTML and reports
the digit's index.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Collection, Iterator
from functools import cache
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

# 84 px are three for each of MNIST's, so that pixels stay square and sharp.
STYLE = """<style>
.digit-grid {display: grid; gap: .75rem .4rem; grid-template-columns: repeat(auto-fill, 84px)}
.digit-grid.strip {grid-template-columns: repeat(auto-fill, 42px); gap: 4px}
.digit-grid.strip :is(img, button) {width: 42px; height: 42px}
.digit-grid.with-bars {grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem}
.digit-grid figure {margin: 0; font-size: .8rem; line-height: 1.25}
.digit-grid img {display: block; width: 84px; height: 84px; image-rendering: pixelated;
  border-radius: 4px; outline: 1px solid color-mix(in srgb, currentColor 20%, transparent)}
.digit-grid figcaption {margin-top: .25rem; white-space: nowrap}
.digit-grid button {all: unset; cursor: pointer; display: block; border-radius: 4px}
.digit-grid button:is(:hover, :focus-visible) img {outline: 3px solid #2563eb}
.digit-grid .quiet {opacity: .65; font-size: .75rem; white-space: normal; display: block}
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
    on_click: Callable[[int], None] | None = None,
    key: str | None = None,
    doubtful: Collection[int] = (),
) -> None:
    """Show digits with their labels and, where given, what a network calls them and how surely.

    Args:
        images: (n, 28, 28) uint8, 0 is paper and 255 is ink.
        labels: (n,) true digits.
        probabilities: (n, 10) answers of a network, or None to show the labels alone.
        indices: (n,) places in the data set, to name the digits; or None.
        bars: Show the ten probabilities of each digit as bars.
        on_click: Called with the index of the digit that is clicked; needs `indices` and `key`.
        key: Name of this grid among the page's widgets.
        doubtful: Indices of digits to mark as having a doubtful label.
    """
    clickable = on_click is not None
    html = grid_html(images, labels, probabilities, indices, bars, clickable, doubtful)
    _show(html, on_click, key)


def digit_strip(
    images: np.ndarray,
    names: list[str],
    indices: np.ndarray | None = None,
    on_click: Callable[[int], None] | None = None,
    key: str | None = None,
) -> None:
    """Show digits small, in rows without captions; `names` say what each one is."""
    pictures = "".join(
        _picture(image, name, None if on_click is None or indices is None else int(indices[i]))
        for i, (image, name) in enumerate(zip(images, names, strict=True))
    )
    _show(f'{STYLE}<div class="digit-grid strip">{pictures}</div>', on_click, key)


def _show(html: str, on_click: Callable[[int], None] | None, key: str | None) -> None:
    if on_click is None:
        st.html(html)
        return
    _component()(
        key=key,
        data={"html": html},
        on_clicked_change=lambda: on_click(int(st.session_state[key].clicked)),
    )


@cache
def _component():
    return st.components.v2.component(
        "digit_lab_digit_grid",
        html='<div class="digits"></div>',
        js=Path(__file__).with_suffix(".js").read_text("utf-8"),
        isolate_styles=False,
    )


def grid_html(
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray | None = None,
    indices: np.ndarray | None = None,
    bars: bool = False,
    clickable: bool = False,
    doubtful: Collection[int] = (),
) -> str:
    """The HTML that `digit_grid` shows; the same arguments."""
    items = (
        _figure(images[i], int(labels[i]), answer, place, bars, clickable, place in doubtful)
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
    image: np.ndarray,
    label: int,
    answer: np.ndarray | None,
    index: int | None,
    bars: bool,
    clickable: bool,
    doubtful: bool,
) -> str:
    name = "" if index is None else f"No. {index:,}"
    said, words = _answer(label, answer)
    alt = f"Handwritten {label}{words}{f', {name}' if name else ''}"
    picture = _picture(image, alt, index if clickable else None)
    mark = ' · <abbr title="The label is doubtful">label?</abbr>' if doubtful else ""
    caption = f'<figcaption>{said}<br><span class="quiet">{name}{mark}</span></figcaption>'
    figure = f"<figure>{picture}{caption}</figure>"
    if bars and answer is not None:
        return f'<div class="answer">{figure}{_bars(label, answer)}</div>'
    return figure


def _picture(image: np.ndarray, alt: str, index: int | None) -> str:
    """An image, and around it a button where it has an index to report."""
    alt = escape(alt)
    picture = f'<img src="{data_uri(image)}" alt="{alt}" title="{alt}">'
    if index is None:
        return picture
    return f'<button type="button" data-index="{index}">{picture}</button>'


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


def data_uri(image: np.ndarray) -> str:
    """A grey (h, w) or coloured (h, w, 3 or 4) uint8 image as the address of a PNG."""
    png = io.BytesIO()
    Image.fromarray(np.asarray(image, np.uint8)).save(png, format="PNG")
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii")
