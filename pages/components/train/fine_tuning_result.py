"""How well drawings are recognised before and after fine-tuning."""

from __future__ import annotations

import streamlit as st

from mnist_core.runs.run import Run, Status
from pages.components.shell.text import plain


def before_and_after(taught: Run, status: Status) -> None:
    """What a taught network and the one that it came from make of the same drawings and digits."""
    after, before = status.summary, status.summary["before"]
    count = after["drawing_count"]
    digits = "MNIST's" if status.dataset == "mnist" else "The offline sample's"
    rows = (
        (
            f"Your {count} drawings held back",
            *(f"{round(s['drawing_accuracy'] * count)} of {count} right" for s in (before, after)),
        ),
        (
            f"{digits} {after['test_size']:,} test digits",
            *(f"{s['test_accuracy']:.2%} right" for s in (before, after)),
        ),
    )
    names = (f"Before: {plain(taught.base_name)}", f"After: {plain(taught.name)}")
    lines = ["| | " + " | ".join(names) + " |", "|---|---:|---:|"]
    lines += [f"| {what} | {was} | **{now}** |" for what, was, now in rows]
    st.markdown("\n".join(lines))
    st.caption(
        f"It has learned from none of these. {count} drawings are few: each one counts "
        f"{100 / count:.0f} points, so a difference of one or two can be chance."
    )
    if status.dataset != "mnist":
        st.caption("MNIST was not here: the offline sample stood in for it, also in learning.")
