"""Test digits whose labels may be wrong: the networks' doubts, and the visitor's judgement."""

import numpy as np
import streamlit as st

from mnist_core.evaluation import label_issues
from mnist_core.evaluation.label_issues import LabelIssues
from pages.components.analysis import split_predictions
from pages.components.analysis.digit_address import open_digit
from pages.components.analysis.digit_dialog import show_chosen_digit
from pages.components.analysis.label_issue_search import (
    LEAST_RIGHT,
    PAGE_SIZE,
    asked_networks,
    find_doubtful,
)
from pages.components.analysis.split_predictions import Answers
from pages.components.shell import dataset, frame, networks
from pages.components.shell.address import page_choice
from pages.components.shell.text import count
from pages.components.widgets.digit_grid import digit_grid

WORDS = {"wrong": "Label is wrong", "right": "Label is right"}


def keep_opinion(dataset_name: str, index: int, key: str) -> None:
    label_issues.set_opinion(dataset_name, index, st.session_state[key])


def show_accuracies(mine: Answers, found: LabelIssues) -> None:
    """The real accuracy, and beside it the one without doubtful labels."""
    said = label_issues.opinions(mine.data.name)
    kept = label_issues.without_label_issues(mine.result, found.indices, said)
    aside = int(np.count_nonzero(~kept))
    judged = sum(int(index) in said for index in found.indices)
    with st.container(horizontal=True, gap="medium", key="accuracies"):
        st.metric("Test accuracy", f"{mine.result.accuracy:.2%}", width="content")
        st.metric(
            f"Without {count(aside, 'doubtful label')}",
            f"{mine.result.correct[kept].mean():.2%}",
            help="A digit is put aside if the networks doubt its label and nobody called it "
            "right, or if somebody called it wrong.",
            width="content",
        )
        st.metric("Judged", f"{judged:,} of {found.indices.size:,}", width="content")
    st.caption(
        "The first figure is the real one. The second is bound to be higher, as labels are doubted "
        "where networks go against them: it tells how much doubtful labels could explain."
    )


def show_digit(mine: Answers, found: LabelIssues, place: int, said: dict) -> None:
    """A digit with what label and networks say, and the visitor's judgement."""
    index = int(found.indices[place])
    label = int(mine.part.labels[index])
    key = f"opinion-{mine.data.name}-{index}"
    with st.container(border=True, width=270):
        shown = np.array([index])
        digit_grid(
            mine.part.images(shown),
            mine.part.labels[shown],
            indices=shown,
            on_click=open_digit,
            key=f"doubtful-{index}",
        )
        st.markdown(
            f"Label **{label}**, networks say **{found.suggested[place]}**; they give the label "
            f"{found.label_probability[place]:.1%}."
        )
        st.segmented_control(
            f"The label of No. {index:,}",
            list(WORDS),
            default=said.get(index),
            format_func=WORDS.get,
            key=key,
            on_change=keep_opinion,
            args=(mine.data.name, index, key),
            label_visibility="collapsed",
        )


@st.fragment
def show_doubtful(mine: Answers, found: LabelIssues) -> None:
    split_predictions.still_there(mine)
    show_accuracies(mine, found)
    said = label_issues.opinions(mine.data.name)
    if found.indices.size:
        start = PAGE_SIZE * page_choice(-(-found.indices.size // PAGE_SIZE), "doubtful")
        with st.container(horizontal=True, key="doubtful-digits"):
            for place in range(start, min(start + PAGE_SIZE, found.indices.size)):
                show_digit(mine, found, place, said)
    else:
        st.success("The networks doubt no label.")
    show_chosen_digit(mine, found.indices)


frame.page("Model or label?")
run = networks.chosen_network()
st.title("Model or label?")
data = dataset.get()
part = split_predictions.part(run, data, "test")
mine = split_predictions.answers_of(run, data, part)
with st.container():  # so that nothing below moves when there is one more network
    doubters = asked_networks(mine)
    found = find_doubtful(doubters)

several = len(doubters) > 1
asked = (
    f"the mean of {len(doubters)} networks, which call" if several else "one network, which calls"
)
worst = min(network.result.accuracy for network in doubters)
right = f"at least {LEAST_RIGHT:.0%}" if worst >= LEAST_RIGHT else f"only {worst:.0%}"
one = found.indices.size == 1
st.markdown(
    f"Not every error is the network's. **{found.indices.size:,} of {part.labels.size:,} test "
    f"labels {'is' if one else 'are'} doubtful**: the networks call {'it' if one else 'these'} "
    "another digit, which leads the label by more than half of all chances. Look and judge."
)
st.caption(
    f"Method: label quality by normalised margin (Kuan & Mueller 2022), of {asked} {right} "
    "of these digits right and did not learn from them. Networks can be wrong together, so this "
    "is a list to look through, not a verdict."
)
show_doubtful(mine, found)
