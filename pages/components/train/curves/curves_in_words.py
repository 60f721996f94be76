"""What a run's learning curves show, in words, live and at the end."""

from __future__ import annotations

import streamlit as st

from mnist_core.evaluation.learning_curves import findings
from mnist_core.runs.records import Status
from mnist_core.runs.run import Run
from pages.components.shell import empty_states
from pages.components.shell.text import plain
from pages.components.train.curves.live_curves import epoch_rows

ICONS = {
    "diverged": "trending_up",
    "never learned": "casino",
    "overfitting": "psychology_alt",
    "levelled off": "trending_flat",
    "no trend": "ssid_chart",
    "still learning": "trending_down",
    "too early": "hourglass_top",
    "validation above training": "help",
    "stopped": "flag",
}


def curves_in_words(run: Run, status: Status) -> None:
    """A line for each finding: what it is, the figures that show it, and what to try."""
    found = findings(epoch_rows(run), run.config, status)
    with st.container(key="curves-in-words", gap="small"):  # as high as two, so nothing moves
        if not found:
            st.caption(empty_states.NO_FINDINGS)
        for one in found:
            advice = f" *{plain(one.advice)}*" if one.advice else ""
            st.markdown(
                f":material/{ICONS[one.kind]}: **{plain(one.title)}.** {plain(one.figures)}{advice}"
            )
