"""Label issues as a page shows them: what they are, the accuracy without them, and judging them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnist_core.config.formatting import accuracy_text, count, percent
from mnist_core.evaluation import label_issues
from mnist_core.evaluation.label_issues import LabelIssues
from pages.components.analysis.digits.digit_address import open_digit
from pages.components.analysis.digits.digit_dialog import show_chosen_digit
from pages.components.analysis.label_issue_search import MIN_ACCURACY, PAGE_SIZE, LabelSearch
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import classes, empty_states, networks
from pages.components.shell.classes import things
from pages.components.shell.error_toast import errors_as_toast
from pages.components.shell.terms import explained
from pages.components.shell.visitor import visitor
from pages.components.widgets.address_choices import page_choice
from pages.components.widgets.images.digit_grid import digit_grid

OPINIONS = {"wrong": "Label is wrong", "right": "Label is correct"}


def explain_issues(search: LabelSearch, tests: int) -> None:
    """What a label issue is, how many there are, and how they were found.

    Args:
        search: The issues.
        tests: How many test digits were searched.
    """
    number = search.issues.indices.size
    these, are = ("it", "is") if number == 1 else ("these", "are")
    explained(
        f"Not every error is the network's. **{number:,} of {tests:,} test labels {are} "
        f"doubtful**: for {these} the networks predict another {classes.kind()}, with a "
        "probability at least 50 percentage points higher than the label's. Look and judge."
    )
    voters, worst = len(search.accuracies), min(search.accuracies)
    enough = worst >= MIN_ACCURACY
    least = f"at least {percent(MIN_ACCURACY, 0)}" if enough else f"only {percent(worst, 0)}"
    who = f"the mean of the {voters} shipped networks" if voters > 1 else "one network"
    st.caption(
        f"Method: label quality by normalized margin (Kuan & Mueller 2022), from {who} with "
        f"an accuracy of {least} on these {things()}, none of which took part in training. "
        "Networks can be wrong together, so this is a list to look through, not a verdict."
    )


@st.fragment
def show_issues(predictions: SplitPredictions, issues: LabelIssues) -> None:
    """The accuracies, a page of label issues, and the digit that was clicked."""
    networks.rerun_if_deleted(predictions.run)
    _show_accuracies(predictions, issues)
    opinions = label_issues.opinions(predictions.data.name, visitor())
    number = issues.indices.size
    if number:
        start = PAGE_SIZE * page_choice(-(-number // PAGE_SIZE), "doubtful")
        with st.container(horizontal=True, key="doubtful-digits"):
            for position in range(start, min(start + PAGE_SIZE, number)):
                _show_issue(predictions, issues, position, opinions)
    else:
        st.success(empty_states.NO_LABEL_ISSUES)
    show_chosen_digit(predictions, issues.indices)


def _show_accuracies(predictions: SplitPredictions, issues: LabelIssues) -> None:
    """The accuracy, and beside it the one without doubtful labels."""
    opinions = label_issues.opinions(predictions.data.name, visitor())
    kept = label_issues.without_label_issues(predictions.evaluation, issues.indices, opinions)
    aside = int(np.count_nonzero(~kept))
    without = float(predictions.evaluation.correct[kept].mean()) if kept.any() else np.nan
    judged = sum(int(index) in opinions for index in issues.indices)
    with st.container(horizontal=True, gap="medium", key="accuracies"):
        accuracy = accuracy_text(predictions.evaluation.accuracy)
        st.metric("Test accuracy", accuracy, width="content")
        st.metric(
            f"Without {count(aside, 'doubtful label')}",
            accuracy_text(without),
            help="Left out are doubtful labels, unless somebody judged them correct, and all "
            "labels judged wrong.",
            width="content",
        )
        st.metric("Judged", f"{judged:,} of {issues.indices.size:,}", width="content")
    st.caption(
        "The first figure is the real one. The second is bound to be higher, because labels are "
        "doubtful where networks predict something else: it shows how many of the errors wrong "
        "labels could explain."
    )


def _show_issue(
    predictions: SplitPredictions, issues: LabelIssues, position: int, opinions: dict[int, str]
) -> None:
    """A digit with its label, the networks' prediction, and the visitor's judgement."""
    index = int(issues.indices[position])
    label = int(predictions.split.labels[index])
    key = f"opinion-{predictions.data.name}-{index}"
    with st.container(border=True, width=280):  # both opinions side by side
        shown = np.array([index])
        digit_grid(
            predictions.split.images(shown),
            predictions.split.labels[shown],
            indices=shown,
            on_click=open_digit,
            key=f"doubtful-{index}",
        )
        st.markdown(
            f"Label **{classes.shown(label)}**, networks predict "
            f"**{classes.shown(int(issues.suggested[position]))}**; the label gets "
            f"{percent(float(issues.label_probability[position]))}."
        )
        st.segmented_control(
            f"The label of No. {index:,}",
            list(OPINIONS),
            default=opinions.get(index),
            format_func=OPINIONS.__getitem__,
            key=key,
            on_change=_keep_opinion,
            args=(predictions.data.name, index, key),
            label_visibility="collapsed",
        )


def _keep_opinion(dataset_name: str, index: int, key: str) -> None:
    """The click on a judgement."""
    with errors_as_toast():
        label_issues.set_opinion(dataset_name, index, st.session_state[key], visitor())
