"""Which digits a network takes for which, and the images behind every number."""

import streamlit as st

from mnist_core import figures
from mnist_core.evaluation import Evaluation
from pages.components import layout
from pages.components.digit_grid import digit_grid
from pages.components.filters import (
    ANY,
    DIGIT_CHOICES,
    digit_choice,
    first_page,
    note_unknown,
    page_choice,
)

PAGE_SIZE = 24
SHARES = {"Counts": "none", "By row": "true", "By column": "predicted"}


def choose(true: int | None, predicted: int | None) -> None:
    """Make this the chosen cell; None for any digit."""
    st.session_state["true"] = ANY if true is None else str(true)
    st.session_state["predicted"] = ANY if predicted is None else str(predicted)
    first_page()


def choose_clicked() -> None:
    points = st.session_state["confusion-matrix-chart"].selection.points
    if points:  # none when the chosen cell is clicked again
        choose(*points[0]["customdata"])


@st.fragment
def explore(result: Evaluation) -> None:
    """The matrix, and beside it the images of the chosen cell, row or column."""
    matrix, images = st.columns([3, 2], gap="large")
    with images:
        with st.container(horizontal=True):
            true = digit_choice("True digit", "true")
            predicted = digit_choice("Called", "predicted")
        with st.container(key="cell-images"):
            if true is None and predicted is None:
                show_pairs(result)
            else:
                show_cell(result, true, predicted)
    with matrix:
        options = st.columns([3, 2], vertical_alignment="bottom")
        share = options[0].segmented_control(
            "Numbers",
            list(SHARES),
            default="Counts",
            required=True,
            help="By row: per cent of the true digit; its recall is on the diagonal. "
            "By column: per cent of what was called so; its precision is on the diagonal.",
            key="numbers",
            bind="query-params",
        )
        hide = options[1].toggle("Errors only", key="errors-only", bind="query-params")
        figure = figures.confusion_matrix(
            result.confusion_matrix(),
            SHARES[share],
            hide,
            true,
            predicted,
            dark=st.context.theme.type == "dark",
        )
        # Another figure is another element to Streamlit; the container around it stays.
        st.container(key="confusion-matrix").plotly_chart(
            figure,
            key="confusion-matrix-chart",
            on_select=choose_clicked,
            selection_mode="points",
            config={"displayModeBar": False},
            alt="Confusion matrix: rows are true digits, columns what they were called",
        )


def show_pairs(result: Evaluation) -> None:
    pairs = result.confused_pairs()
    if not pairs:
        st.success("Not one test digit was called wrong.")
        return
    st.markdown("**Click a cell to see its images.** Most often confused:")
    buttons = st.container(gap=None)
    for pair in pairs:
        buttons.button(
            str(pair),
            type="tertiary",
            icon=":material/image_search:",
            key=f"pair-{pair.true}-{pair.predicted}",
            on_click=choose,
            args=(pair.true, pair.predicted),
        )


def show_cell(result: Evaluation, true: int | None, predicted: int | None) -> None:
    right = true == predicted
    indices = result.select(true, predicted, descending=not right, errors_only=not right)
    st.markdown(f"**{heading(result, true, predicted, indices.size)}**")
    st.button(
        "Most confused pairs",
        type="tertiary",
        icon=":material/arrow_back:",
        key="back-to-pairs",
        on_click=choose,
        args=(None, None),
    )
    if not indices.size:
        return
    st.caption("The least sure first." if right else "The surest first.")
    start = PAGE_SIZE * page_choice(-(-indices.size // PAGE_SIZE), f"{true}-{predicted}")
    shown = indices[start : start + PAGE_SIZE]
    digit_grid(data.x_test[shown], result.labels[shown], result.probabilities[shown], shown)


def heading(result: Evaluation, true: int | None, predicted: int | None, number: int) -> str:
    if true is None:
        total = int((result.predicted == predicted).sum())
        return f"Wrongly called {predicted}: {number:,} of {total:,} that were called {predicted}"
    total = int((result.labels == true).sum())
    if predicted is None:
        return f"{true} called something else: {number:,} of {total:,}"
    return f"{true} is called {predicted}: {number:,} of {total:,}"


layout.page("Confusion matrix", ":material/grid_on:")
run = layout.chosen_network()
st.title("Confusion matrix")
for key, known in {
    "true": DIGIT_CHOICES,
    "predicted": DIGIT_CHOICES,
    "numbers": SHARES,
    "errors-only": ("true", "false"),
}.items():
    note_unknown(key, known)
data = layout.dataset()
result = layout.evaluation(run, data)

st.caption(
    f"What **{run.name}** calls the {result.labels.size:,} test digits. A row is a true digit, a "
    "column what it was called: right answers are blue, errors orange, each with its own scale."
)
with st.container(horizontal=True, gap="medium"):
    st.metric("Test accuracy", f"{result.accuracy:.2%}", width="content")
    st.metric("Called wrong", f"{result.errors:,}", width="content")
    st.metric(
        "Test loss", f"{result.loss:.4f}", help="Mean cross-entropy, in nats", width="content"
    )

explore(result)

by_digit, report = st.columns(2, gap="large")
with by_digit:
    st.subheader("Accuracy by digit", help="The thin lines are 95% Wilson intervals.")
    st.plotly_chart(
        figures.accuracy_by_digit(result.accuracy_by_digit()),
        key="accuracy-by-digit",
        config={"displayModeBar": False},
    )
with report:
    st.subheader("Classification report")
    ratio = {"format": "%.4f"}
    st.dataframe(
        [row._asdict() for row in result.report()],
        hide_index=True,
        height="content",
        column_config={
            "name": st.column_config.TextColumn("Digit", width=125),
            "precision": st.column_config.NumberColumn("Precision", **ratio),
            "recall": st.column_config.NumberColumn("Recall", **ratio),
            "f1": st.column_config.NumberColumn("F1", **ratio),
            "support": st.column_config.NumberColumn("Support", format="localized"),
        },
    )
