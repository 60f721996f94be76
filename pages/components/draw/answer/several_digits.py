"""Several digits: the number, and its picture with a box and an answer on each digit.

A click on a box opens that digit: the page then shows its bars, steps and reasons, as if it had
been drawn or photographed alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from mnist_core.config.formatting import percent
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.predict.answer import Number
from pages.components.widgets.browser import clickable

_OPENED = "number-opened"  # {where: (boxes of the digits, which of them is open)}


def opened(number: Number, where: str, otherwise: int = 0) -> int:
    """Which digit is open: the one clicked last, as long as the digits are the same.

    Args:
        where: Tells several numbers on a page apart.
        otherwise: Which one is open before any click.
    """
    boxes, index = st.session_state.get(_OPENED, {}).get(where, (None, 0))
    return index if boxes == _boxes(number) else otherwise


def of_last_stroke(number: Number, strokes: Sequence[Stroke]) -> int:
    """Which digit holds what was drawn last."""
    drawn = {stroke.tobytes(): index for index, stroke in enumerate(strokes)}
    latest = [max(drawn.get(s.tobytes(), -1) for s in digit.strokes) for digit in number.digits]
    return latest.index(max(latest))


def show(number: Number, index: int, picture: str, where: str, pen: float = 0.0) -> None:
    """The number in large type, its picture with the boxes, and what is doubtful.

    Args:
        number: Of at least two digits.
        index: Which digit is open.
        picture: HTML that fills the picture: an `<img>` or `<svg>`.
        where: As for `opened`.
        pen: Width of the pen in pixels of the picture; the boxes leave it room.
    """

    def open_(clicked: int) -> None:
        st.session_state.setdefault(_OPENED, {})[where] = _boxes(number), clicked

    width, height = number.size
    buttons = "".join(
        _button(number, place, place == index, pen) for place in range(len(number.digits))
    )
    doubts = " ".join(number.doubts)
    doubts_html = f'<div class="digit-said unsure">{escape(doubts)}</div>' if doubts else ""
    shape = f"--ratio:{width / height:.4f}"
    html = (
        f'<div class="number"><div class="number-text">{escape(number.text)}</div>'
        f'<div class="number-picture" style="{shape}">{picture}{buttons}</div>'
        f'<div class="quiet">Open: digit {index + 1} of {len(number.digits)}. '
        f"Click another to see its bars, steps and reasons.</div>{doubts_html}</div>"
    )
    clickable.show(html, open_, f"number-{where}")


def drawn(strokes: Sequence[Stroke], side: float, pen: float) -> str:
    """A drawing on the canvas as SVG.

    Args:
        strokes: In canvas pixels.
        side: The canvas's side in canvas pixels.
        pen: Width of the pen in canvas pixels.
    """
    lines = "".join(
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in [*stroke, stroke[-1]])}"/>'
        for stroke in strokes
    )
    return f'<svg viewBox="0 0 {side} {side}" stroke-width="{pen}" aria-hidden="true">{lines}</svg>'


def _boxes(number: Number) -> tuple[tuple[float, ...], ...]:
    return tuple(digit.box for digit in number.digits)


def _button(number: Number, index: int, is_open: bool, pen: float) -> str:
    digit, (width, height) = number.digits[index], number.size
    room = pen / 2 + 0.015 * max(width, height)
    left, top, right, bottom = digit.box
    left, top = max(0.0, left - room), max(0.0, top - room)
    right, bottom = min(width, right + room), min(height, bottom + room)
    position = (
        f"left:{left / width:.2%};top:{top / height:.2%};"
        f"width:{(right - left) / width:.2%};height:{(bottom - top) / height:.2%}"
    )
    verdict = digit.prediction.verdict
    doubt = f", {verdict.short_text}" if verdict.short_text else ""
    share = percent(float(digit.prediction.probabilities.max()))
    name = f"Digit {index + 1} of {len(number.digits)}: {digit.prediction.symbol}, {share}{doubt}"
    return (
        f'<button type="button" data-index="{index}" class="{verdict.kind.replace(" ", "-")}" '
        f'aria-pressed="{str(is_open).lower()}" aria-label="{escape(name)}" title="{escape(name)}" '
        f'style="{position}"><b>{digit.prediction.symbol}</b></button>'
    )
