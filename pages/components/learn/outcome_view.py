"""The outcome of a lesson beside the prediction."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import numpy as np
import streamlit as st

from mnist_core.config.formatting import percent
from mnist_core.config.names import name_of
from mnist_core.evaluation.internals.forward_pass import number_text
from mnist_core.lessons import template
from mnist_core.lessons.lesson import Choose, Lesson
from mnist_core.lessons.measuring import Measured
from mnist_core.runs.run import Run
from pages.components.learn.lesson_measured import axes_of_sketch, on_axes, shift_axes
from pages.components.learn.progress import Progress
from pages.components.learn.setup_view import pictures, places, show_setup
from pages.components.train.curves.live_curves import learning_curves
from pages.components.widgets.charts import bar_list
from pages.components.widgets.charts.sketch import sketch
from pages.components.widgets.images.digit_grid import digit_grid


def show_prediction(lesson: Lesson, progress: Progress, measured: Measured) -> None:
    """The prediction and the outcome, laid over each other or side by side."""
    header = lesson.header
    if header.choose and progress.choice is not None:
        _compare_choices(header.choose, progress.choice, measured)
    elif header.sketch and progress.sketch is not None:
        axes = axes_of_sketch(lesson)
        names = [name for name in (header.sketch.curve, header.sketch.given) if name]
        curves = [(_name(name, lesson), on_axes(measured.curves[name], axes)) for name in names]
        sketch(axes, axes.checked(progress.sketch), "outcome-sketch", measured=curves)


def happened(choose: Choose, measured: Measured) -> int | None:
    """The number of the first choice that came true, from 0; None if none did."""
    for place, choice in enumerate(choose.choices):
        if not choice.when or template.holds(choice.when, measured.figures):
            return place
    return None


def _compare_choices(choose: Choose, predicted: int, measured: Measured) -> None:
    true = happened(choose, measured)
    right = predicted == true
    said = (
        "None of the answers fits; see the figures below."
        if true is None
        else choose.choices[true].text
    )
    yours = choose.choices[min(predicted, len(choose.choices) - 1)].text
    verdict = "✓ You predicted it" if right else "✗ It came out differently"
    st.html(
        f'<dl class="lesson-verdict {"right" if right else "other"}">'
        f"<div><dt>You predicted</dt><dd>{escape(yours)}</dd></div>"
        f"<div><dt>What happened</dt><dd>{escape(said)}</dd></div>"
        f"<div><dt>{verdict}</dt></div></dl>"
    )


def _name(curve: str, lesson: Lesson) -> str:
    """A curve's name in a legend."""
    key, _, name = curve.partition(".")
    if not lesson.header.training:
        return "What happened"
    (label,) = (run.label for run in lesson.header.training.runs if run.key == key)
    kind = "validation" if name.startswith("val_") else "training"
    return f"{kind} {name.removeprefix('val_')}, {label}"


def show_measured(lesson: Lesson, measured: Measured, runs: dict[str, Run]) -> None:
    """The outcome as pictures, curves or figures."""
    header = lesson.header
    if header.training:
        learning_curves(*runs.values(), key="lesson-curves")
    elif header.shift:
        captions = [
            f"“{row.argmax()}” {percent(float(row.max()))}\n{place}"
            for row, place in zip(measured.probabilities, places(header.shift), strict=True)
        ]
        pictures(measured.images, captions)
        if not header.sketch:
            axes = replace(shift_axes(header.shift.farthest), y_name="accuracy in %", highest=100.0)
            st.markdown("**All digits moved to the right: how many are classified correctly?**")
            curve = [100 * share for share in on_axes(measured.curves["accuracy"], axes)]
            sketch(axes, None, "shift-curve", measured=[("accuracy", curve)])
    elif header.unit:
        weights, bars = st.columns([1, 2], gap="large")
        with weights:
            show_setup(lesson, measured)
        with bars:
            _by_digit(measured)
        st.markdown("**The test digits that excite it most**")
        digit_grid(measured.images, measured.labels, indices=measured.indices)
    elif header.confidence:
        captions = [
            f"“{row.argmax()}” {percent(float(row.max()), 0)}\ndrawing {number}"
            for number, row in enumerate(measured.probabilities, 1)
        ]
        pictures(measured.images, captions)
    elif header.labels:
        st.caption("Label → what the networks say, with the mean of their probabilities.")
        digit_grid(
            measured.images, measured.labels, measured.probabilities, measured.indices, bars=True
        )
    elif header.comparison:
        figures = measured.figures
        st.table(
            {
                "Network": [name_of(header.comparison.first), name_of(header.comparison.second)],
                "Parameters": [figures[f"{one}.parameters"].text for one in ("first", "second")],
                "Errors": [figures[f"{one}.errors"].text for one in ("first", "second")],
                "Errors that only it makes": [figures["fixed"].text, figures["added"].text],
            },
            hide_index=True,
        )


def _by_digit(measured: Measured) -> None:
    """Ten bars: a unit's mean activation by digit."""
    values = np.maximum(measured.by_digit, 0)
    highest = max(float(values.max()), 1e-9)
    best = int(measured.by_digit.argmax())
    lines = [
        bar_list.line(
            str(digit),
            bar_list.share_bar(share),
            number_text(float(measured.by_digit[digit]), 2),
            "best" if digit == best else "",
        )
        for digit, share in enumerate((values / highest).tolist())
    ]
    st.html(bar_list.bar_list(lines, "Mean activation by digit", "digit-bars large"))
