"""Many labelled digits as one piece of HTML: no widget and no request for each image.

A click on a digit reports its index where that means something.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from html import escape

import numpy as np

from pages.components.widgets import clickable
from pages.components.widgets.pictures import data_uri


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
    buttons = on_click is not None
    html = grid_html(images, labels, probabilities, indices, bars, buttons, doubtful)
    clickable.show(html, on_click, key)


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
    clickable.show(f'<div class="digit-grid strip">{pictures}</div>', on_click, key)


def grid_html(
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray | None = None,
    indices: np.ndarray | None = None,
    bars: bool = False,
    buttons: bool = False,
    doubtful: Collection[int] = (),
) -> str:
    """The HTML that `digit_grid` shows; the same arguments."""
    items = (
        _figure(images[i], int(labels[i]), answer, place, bars, buttons, place in doubtful)
        for i, answer, place in _each(len(images), probabilities, indices)
    )
    kind = "digit-grid with-bars" if bars else "digit-grid"
    return f'<div class="{kind}">{"".join(items)}</div>'


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
    buttons: bool,
    doubtful: bool,
) -> str:
    name = "" if index is None else f"No. {index:,}"
    said, words = _answer(label, answer)
    alt = f"Handwritten {label}{words}{f', {name}' if name else ''}"
    picture = _picture(image, alt, index if buttons else None)
    mark = '<br><abbr title="The label is doubtful">label?</abbr>' if doubtful else ""
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
