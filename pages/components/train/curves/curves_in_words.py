"""What a run's learning curves show, in words, live and at the end: the most important finding
above the curves, where it is seen at once; the figures below them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mnist_core.evaluation.learning_curves import Finding
from pages.components.shell import empty_states
from pages.components.shell.text import plain

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


def headline(findings: Sequence[Finding]) -> None:
    """The most important finding in a few words."""
    with st.container(key="curves-headline"):
        if findings:
            st.markdown(_title(findings[0]))
        else:
            st.caption(empty_states.NO_FINDINGS)


def details(findings: Sequence[Finding]) -> None:
    """A line for each finding: the figures that show it, and what to try. The first one's title is
    in the headline."""
    with st.container(key="curves-in-words", gap="small"):  # as high as two, so nothing moves
        for finding in findings:
            title = "" if finding is findings[0] else f"{_title(finding)} "
            advice = f" *{plain(finding.advice)}*" if finding.advice else ""
            st.markdown(f"{title}{plain(finding.figures)}{advice}")


def _title(finding: Finding) -> str:
    return f":material/{ICONS[finding.kind]}: **{plain(finding.title)}.**"
