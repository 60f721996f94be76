"""Many labelled digits as one piece of HTML: no widget and no request for each image."""

from __future__ import annotations

from collections.abc import Callable, Collection
from html import escape

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.formatting import percent
from mnist_core.digits.data_uri import png_uri
from pages.components.shell import classes
from pages.components.widgets.browser import clickable
from pages.components.widgets.charts.probability_bars import Look, bars_html


def digit_grid(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    probabilities: NDArray[np.float32] | None = None,
    indices: NDArray[np.integer] | None = None,
    bars: bool = False,
    on_click: Callable[[int], None] | None = None,
    key: str | None = None,
    doubtful: Collection[int] = (),
) -> None:
    """Show digits with their labels and, where given, a network's predictions.

    Args:
        images: (n, 28, 28) uint8, 0 is paper and 255 is ink.
        labels: (n,) true classes.
        probabilities: (n, classes) of a network, or None to show the labels alone.
        indices: (n,) indices in the data set, to name the digits; or None.
        bars: Show all probabilities of each digit as bars.
        on_click: Called with the index of the digit that is clicked; needs `indices` and `key`.
        key: Name of this grid among the page's widgets.
        doubtful: Indices of digits to mark as having a doubtful label.
    """
    buttons = on_click is not None
    html = grid_html(images, labels, probabilities, indices, bars, buttons, doubtful)
    clickable.show(html, on_click, key)


def digit_strip(
    images: NDArray[np.uint8],
    names: list[str],
    indices: NDArray[np.integer] | None = None,
    on_click: Callable[[int], None] | None = None,
    key: str | None = None,
) -> None:
    """Show digits small, in rows without captions.

    Args:
        images: (n, 28, 28) uint8.
        names: What each one is, for screen readers.
        indices, on_click, key: As for `digit_grid`.
    """
    clicked = None if on_click is None else indices
    pictures = "".join(
        _picture(image, name, None if clicked is None else int(clicked[i]))
        for i, (image, name) in enumerate(zip(images, names, strict=True))
    )
    clickable.show(f'<div class="digit-grid strip">{pictures}</div>', on_click, key)


def grid_html(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    probabilities: NDArray[np.float32] | None = None,
    indices: NDArray[np.integer] | None = None,
    bars: bool = False,
    buttons: bool = False,
    doubtful: Collection[int] = (),
) -> str:
    """The HTML that `digit_grid` shows; the same arguments, and whether images are buttons."""
    figures = []
    for position, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
        predicted = None if probabilities is None else probabilities[position]
        index = None if indices is None else int(indices[position])
        figure = _figure(image, label, predicted, index, buttons, index in doubtful)
        if bars and predicted is not None:
            look: Look = "" if predicted.argmax() == label else "wrong"
            ten = bars_html(predicted, size="small", look=look, label=label)
            figure = f'<div class="prediction">{figure}{ten}</div>'
        figures.append(figure)
    kind = "digit-grid with-bars" if bars else "digit-grid"
    return f'<div class="{kind}">{"".join(figures)}</div>'


def _figure(
    image: NDArray[np.uint8],
    label: int,
    probabilities: NDArray[np.float32] | None,
    index: int | None,
    buttons: bool,
    doubtful: bool,
) -> str:
    name = "" if index is None else f"No. {index:,}"
    shown, words = _prediction(label, probabilities)
    alt = f"{classes.picture(label)}{words}{f', {name}' if name else ''}"
    picture = _picture(image, alt, index if buttons else None)
    mark = '<br><abbr title="The label is doubtful">label?</abbr>' if doubtful else ""
    caption = f'<figcaption>{shown}<br><span class="quiet">{name}{mark}</span></figcaption>'
    return f"<figure>{picture}{caption}</figure>"


def _picture(image: NDArray[np.uint8], alt: str, index: int | None) -> str:
    """An image; inside a button that reports its index, if it has one."""
    alt = escape(alt)
    picture = f'<img src="{png_uri(image)}" alt="{alt}" title="{alt}">'
    if index is None:
        return picture
    return f'<button type="button" data-index="{index}">{picture}</button>'


def _prediction(label: int, probabilities: NDArray[np.float32] | None) -> tuple[str, str]:
    """The caption's first line as HTML, and the same for screen readers."""
    name = escape(classes.name(label))
    if probabilities is None:
        return f"<b>{name}</b>", ""
    predicted, confidence = int(probabilities.argmax()), float(probabilities.max())
    shown, spoken = escape(percent(confidence, 0)), percent(confidence, 0)
    guess = classes.name(predicted)
    if predicted == label:
        return f"<b>{name}</b> ✓ {shown}", f", correctly classified as {guess} ({spoken})"
    arrow = f'<span class="wrong">{name} → {escape(guess)}</span>'
    return f"{arrow} {shown}", f", misclassified as {guess} ({spoken})"
