"""How many of the visitor's drawings are recognized before and after fine-tuning."""

from __future__ import annotations

import streamlit as st

from mnist_core.config.formatting import accuracy_text
from mnist_core.runs.records import Status
from mnist_core.runs.run import Run
from pages.components.shell.text import plain


def before_and_after(tuned: Run, status: Status) -> None:
    """A table: the network before and after, on the drawings held out and on the test digits.

    Args:
        tuned: A run that fine-tunes a network.
        status: Its status. Without a summary that has both figures nothing is shown.
    """
    after = status.summary
    if after is None or after.before is None or not after.drawing_count:
        return
    before, drawings = after.before, after.drawing_count
    digits = "MNIST's" if status.dataset == "mnist" else "The offline sample's"
    rows = (
        (
            f"Your {drawings} held-out drawings",
            *(
                f"{round((s.drawing_accuracy or 0) * drawings)} of {drawings} correct"
                for s in (before, after)
            ),
        ),
        (
            f"{digits} {after.test_size:,} test digits",
            *(f"{accuracy_text(s.test_accuracy)} correct" for s in (before, after)),
        ),
    )
    names = (f"Before: {plain(tuned.base_name or '')}", f"After: {plain(tuned.name)}")
    lines = ["| | " + " | ".join(names) + " |", "|---|---:|---:|"]
    lines += [f"| {what} | {was} | **{now}** |" for what, was, now in rows]
    st.markdown("\n".join(lines))
    st.caption(
        f"None of these were used in training. {drawings} drawings are few: each counts for "
        f"{100 / drawings:.0f} percentage points, so a difference of one or two drawings can be "
        "chance."
    )
    if status.dataset != "mnist":
        st.caption(
            "MNIST was not available: the offline sample was used instead, for training too."
        )
