"""How sure a network is, how right it is then, and what it gains by refusing to answer."""

from dataclasses import replace

import numpy as np
import streamlit as st

from mnist_core import figures
from mnist_core.calibration import calibrated
from mnist_core.evaluation import Calibration, Evaluation
from pages.components import answers, honesty, layout
from pages.components.answers import Answers
from pages.components.digit_grid import digit_grid
from pages.components.digit_view import open_digit, show_chosen_digit
from pages.components.filters import note_unknown, page_choice

BINS = 15
PAGE_SIZE = 15
NO_BAR = {"config": {"displayModeBar": False}}


def choose_clicked() -> None:
    points = st.session_state["reliability-chart"].selection.points
    if points:
        st.query_params["bin"] = str(points[0]["customdata"][0] + 1)
        st.query_params.pop("page", None)


def chosen_bin() -> int | None:
    """The bin that the address names as `?bin=`, from 1; None for none."""
    note_unknown("bin", map(str, range(1, BINS + 1)))
    asked = st.query_params.get("bin", "")
    known = asked.isdecimal() and len(asked) < 3 and 1 <= int(asked) <= BINS
    return int(asked) - 1 if known else None


@st.fragment
def show_reliability(mine: Answers, calibration: Calibration) -> None:
    """The diagram, and the images of the bin that is clicked."""
    chosen = chosen_bin()
    diagram, images = st.columns([3, 2], gap="large")
    with diagram:
        st.container(key="reliability").plotly_chart(
            figures.reliability_diagram(calibration, chosen),
            key="reliability-chart",
            on_select=choose_clicked,
            selection_mode="points",
            alt="Reliability diagram: how often it is right over how sure it is",
            **NO_BAR,
        )
    order = np.empty(0, int)
    with images, st.container(key="bin-images"):
        if chosen is None:
            st.markdown(
                "**A network that knows what it knows** is right in 80 of 100 cases where it is "
                "80% sure: its bars reach the dashed line. Bars below the line: it is too sure. "
                "Bars above: it is too modest. The thin lines are 95% intervals; few digits make "
                "them long."
            )
            st.markdown("Click a bar to see its images.")
        else:
            order = show_bin(mine, calibration, chosen)
    show_chosen_digit(mine, order)


def show_bin(mine: Answers, calibration: Calibration, chosen: int) -> np.ndarray:
    result, (low, high) = mine.result, calibration.edges[chosen : chosen + 2]
    inside = result.bin_of(BINS) == chosen
    order = np.flatnonzero(inside)
    # Errors first, the surest of them before the others.
    order = order[np.lexsort((-result.confidence[order], result.correct[order]))]
    wrong = int(np.count_nonzero(~result.correct[order]))
    st.markdown(f"**{low:.0%} to {high:.0%} sure: {order.size:,} digits, {wrong:,} of them wrong**")
    st.button(
        "What the diagram says",
        type="tertiary",
        icon=":material/arrow_back:",
        key="no-bin",
        on_click=lambda: st.query_params.pop("bin", None),
    )
    if order.size:
        start = PAGE_SIZE * page_choice(-(-order.size // PAGE_SIZE), f"bin-{chosen}")
        shown = order[start : start + PAGE_SIZE]
        digit_grid(
            mine.part.images(shown),
            result.labels[shown],
            result.probabilities[shown],
            mine.part.indices[shown],
            on_click=open_digit,
            key="bin-grid",
        )
    return order


@st.fragment
def show_refusal(mine: Answers) -> None:
    """What if it may refuse the digits it is least sure of?"""
    result = mine.result
    coverage, accuracy = result.accuracy_by_coverage()
    words, curve = st.columns([2, 3], gap="large")
    with words:
        share = st.slider(
            "It may refuse this share of the digits, in per cent", 0.0, 50.0, 2.0, 0.5,
            key="refuse", bind="query-params",
        )  # fmt: skip
        place = max(int(np.searchsorted(coverage, 1 - share / 100 + 1e-9, "right")) - 1, 0)
        answered = round(coverage[place] * result.labels.size)
        errors = answered - round(accuracy[place] * answered)
        with st.container(horizontal=True, gap="medium", key="refusal"):
            st.metric("Right among the rest", f"{accuracy[place]:.2%}", width="content")
            st.metric("Errors left", f"{errors:,} of {result.errors:,}", width="content")
        least = np.sort(result.confidence)[::-1][answered - 1]
        st.caption(
            f"It answers {answered:,} of {result.labels.size:,} digits: those of which it is at "
            f"least {least:.1%} sure."
        )
    with curve:
        st.plotly_chart(
            figures.accuracy_by_coverage(coverage, accuracy, float(coverage[place])),
            key="coverage-chart",
            **NO_BAR,
        )


layout.page("How sure, how right?", ":material/verified:")
run = layout.chosen_network()
st.title("How sure, how right?")
data = layout.dataset()
part = answers.choose_part(run, data)
mine = answers.answers_of(run, data, part)
answers.note_learned(mine)
temperature = honesty.temperature(run)
if temperature != 1 and st.toggle(
    f"Calibrated, as on the Draw page: outputs divided by {temperature:.2f}",
    key="calibrated",
    bind="query-params",
    help="Temperature scaling (Guo et al. 2017): a single number, fitted on validation digits. "
    "It changes how sure the network says it is, never what it answers.",
):
    scaled = calibrated(mine.result.probabilities, temperature)
    mine = replace(mine, result=Evaluation(part.labels, scaled, data.name, part.name))
result, calibration = mine.result, mine.result.calibration(BINS)

with st.container(horizontal=True, gap="medium"):
    st.metric(
        "Calibration error",
        f"{calibration.error:.2%}",
        help="Expected calibration error: how far, on average over the digits, the bars are from "
        f"the line (Guo et al. 2017, {BINS} bins).",
        width="content",
    )
    st.metric("How sure, on average", f"{result.confidence.mean():.2%}", width="content")
    st.metric("How right", f"{result.accuracy:.2%}", width="content")
    if result.errors:
        sure = float(result.confidence[~result.correct].mean())
        st.metric("How sure when wrong", f"{sure:.1%}", width="content")
show_reliability(mine, calibration)

st.subheader("What if it may refuse?")
show_refusal(mine)

st.subheader("Right and wrong answers by how sure it was")
st.plotly_chart(
    figures.confidence_histogram(result.confidence, result.correct),
    key="confidence-histogram",
    **NO_BAR,
)
