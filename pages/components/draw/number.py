"""Several digits: the number, and its picture with a box and an answer on each digit.

A click on a box opens that digit: the page then shows its bars, steps and reasons, as if it had
been drawn or photographed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from html import escape

import streamlit as st

from mnist_core.config.text import percent
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.digits.strokes import Stroke
from mnist_core.predict import Answer, LocatedPrediction, Number, Predictor
from mnist_core.runs.run import Run
from pages.components.shell import drawings
from pages.components.widgets import clickable

_FOUND = "number-found"  # {where: (source, what was found)}
_OPENED = "number-opened"  # {where: (boxes of the digits, which of them is open)}


def found(
    answer: Answer,
    where: str,
    source: Hashable,
    predict: Callable[[], Number | NothingToClassify],
) -> Number | None:
    """The number, where there seem to be several digits.

    Args:
        answer: For all as a single digit.
        where: Tells several numbers on a page apart.
        source: What is predicted by what: for the same one, what was found last is returned.
        predict: Tells the digits apart, which takes longer than a rerun should.
    """
    if isinstance(answer, NothingToClassify):
        if answer.kind != "several":
            return None
    elif answer.verdict.kind == "digit" or drawings.insisted(answer):
        return None
    cache = st.session_state.setdefault(_FOUND, {})
    if where not in cache or cache[where][0] != source:
        cache[where] = source, predict()
    number = cache[where][1]
    if isinstance(number, NothingToClassify) or len(number.digits) < 2:
        return None
    digits = [
        replace(digit, prediction=drawings.heeded(digit.prediction)) for digit in number.digits
    ]
    number = replace(number, digits=tuple(digits))
    if isinstance(answer, NothingToClassify):
        return number
    if drawings.refused(answer):  # a drawing of something else may have parts like digits
        certain = not any(drawings.refused(digit.prediction) for digit in digits)
    else:
        certain = number.sure
    return number if certain else None


def on_canvas(
    run: Run, predictor: Predictor, strokes: Sequence[Stroke], pen: float, answer: Answer
) -> Number | None:
    """`found` for strokes; a single one is no number."""
    if len(strokes) < 2:
        return None
    drawn = tuple(stroke.tobytes() for stroke in strokes)
    return found(
        answer, "canvas", (drawn, pen, run.id, predictor.temperature),
        lambda: predictor.predict_number_strokes(strokes, brush=pen),
    )  # fmt: skip


def opened(number: Number, where: str, otherwise: int = 0) -> int:
    """Which digit is open: the one clicked last, as long as the digits are the same.

    Args:
        where: As for `found`.
        otherwise: Which one is open before any click.
    """
    boxes, index = st.session_state.get(_OPENED, {}).get(where, (None, 0))
    return index if boxes == _boxes(number) else otherwise


def of_last_stroke(number: Number, strokes: Sequence[Stroke]) -> int:
    """Which digit holds what was drawn last."""
    drawn = {stroke.tobytes(): place for place, stroke in enumerate(strokes)}
    latest = [max(drawn.get(s.tobytes(), -1) for s in digit.strokes) for digit in number.digits]
    return latest.index(max(latest))


def text(number: Number) -> str:
    """The number's text, in which digits that the visitor insists on have their place."""
    signs = (_sign(digit) for digit in number.digits)
    return "".join(" " if character == " " else next(signs) for character in number.text)


def show(number: Number, index: int, picture: str, where: str, pen: float = 0.0) -> None:
    """The number in large type, its picture with the boxes, and what is doubtful.

    Args:
        number: From `found`.
        index: Which digit is open.
        picture: HTML that fills the picture: an `<img>` or `<svg>`.
        where: As for `found`.
        pen: Width of the pen in pixels of the picture; the boxes leave it room.
    """

    def open_(clicked: int) -> None:
        st.session_state.setdefault(_OPENED, {})[where] = _boxes(number), clicked

    width, height = number.size
    buttons = "".join(
        _button(number, place, place == index, pen) for place in range(len(number.digits))
    )
    doubts = number.sentence.removeprefix(f"The number {number.text}.").strip()
    said = f'<div class="digit-said unsure">{escape(doubts)}</div>' if doubts else ""
    shape = f"--ratio:{width / height:.4f}"
    html = (
        f'<div class="number"><div class="number-text">{escape(text(number))}</div>'
        f'<div class="number-picture" style="{shape}">{picture}{buttons}</div>'
        f'<div class="quiet">Open: digit {index + 1} of {len(number.digits)}. '
        f"Click another to see its bars, steps and reasons.</div>{said}</div>"
    )
    clickable.show(html, open_, f"number-{where}")


def drawn(strokes: Sequence[Stroke], side: float, pen: float) -> str:
    """A drawing on the canvas as SVG.

    Args:
        strokes: In canvas pixels.
        side: Of the canvas.
        pen: Width of the pen in canvas pixels.
    """
    lines = "".join(
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in [*stroke, stroke[-1]])}"/>'
        for stroke in strokes
    )
    return f'<svg viewBox="0 0 {side} {side}" stroke-width="{pen}" aria-hidden="true">{lines}</svg>'


def _boxes(number: Number) -> tuple[tuple[float, ...], ...]:
    return tuple(digit.box for digit in number.digits)


def _sign(digit: LocatedPrediction) -> str:
    named = digit.prediction.verdict.digit
    return "?" if named is None else str(named)


def _button(number: Number, index: int, is_open: bool, pen: float) -> str:
    digit, (width, height) = number.digits[index], number.size
    room = pen / 2 + 0.015 * max(width, height)
    left, top, right, bottom = digit.box
    left, top = max(0.0, left - room), max(0.0, top - room)
    right, bottom = min(width, right + room), min(height, bottom + room)
    place = (
        f"left:{left / width:.2%};top:{top / height:.2%};"
        f"width:{(right - left) / width:.2%};height:{(bottom - top) / height:.2%}"
    )
    verdict = digit.prediction.verdict
    doubt = f", {verdict.short_text}" if verdict.short_text else ""
    share = percent(float(digit.prediction.probabilities.max()))
    name = f"Digit {index + 1} of {len(number.digits)}: {_sign(digit)}, {share}{doubt}"
    return (
        f'<button type="button" data-index="{index}" class="{verdict.kind.replace(" ", "-")}" '
        f'aria-pressed="{str(is_open).lower()}" aria-label="{escape(name)}" title="{escape(name)}" '
        f'style="{place}"><b>{_sign(digit)}</b></button>'
    )
