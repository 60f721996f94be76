"""The digits that a network gets wrong, and a random handful of all."""

import numpy as np
import streamlit as st

from mnist_core.evaluation import Evaluation
from pages.components import layout
from pages.components.digit_grid import digit_grid
from pages.components.filters import (
    DIGIT_CHOICES,
    digit_choice,
    first_page,
    note_unknown,
    page_choice,
)

PAGE_SIZE = 60
ORDERS = {
    "Surest first": ("confidence", True),
    "Least sure first": ("confidence", False),
    "Highest loss first": ("loss", True),
    "Closest call first": ("margin", False),
}


@st.fragment
def show_errors(result: Evaluation) -> None:
    """The gallery with its filters."""
    with st.container(horizontal=True):
        true = digit_choice("True digit", "true")
        predicted = digit_choice("Called", "predicted")
        order = st.selectbox(
            "Order",
            list(ORDERS),
            key="order",
            bind="query-params",
            on_change=first_page,
            help="Loss is high where the true digit got little; a call is close where the second "
            "choice was almost as probable.",
        )
    indices = result.misclassified(*ORDERS[order], true=true, predicted=predicted)
    st.markdown(f"**{indices.size:,}** of {result.errors:,} errors")
    with st.container(key="gallery"):
        if not indices.size:
            st.info("No error fits these choices. Choose “any” to see more.")
            return
        start = PAGE_SIZE * page_choice(
            -(-indices.size // PAGE_SIZE), f"{true}-{predicted}-{order}"
        )
        shown = indices[start : start + PAGE_SIZE]
        digit_grid(data.x_test[shown], result.labels[shown], result.probabilities[shown], shown)


@st.fragment
def show_handful(result: Evaluation) -> None:
    """Some test digits at random, right or wrong, with all ten probabilities."""
    number, again = st.columns([1, 3], vertical_alignment="bottom")
    wanted = number.selectbox("How many", (9, 18, 36), key="handful-size")
    again.button("Another handful", icon=":material/casino:", key="another-handful")
    size = min(wanted, result.labels.size)
    shown = np.random.default_rng().choice(result.labels.size, size, replace=False)
    with st.container(key="handful"):
        digit_grid(
            data.x_test[shown], result.labels[shown], result.probabilities[shown], shown, bars=True
        )


layout.page("Misclassified", ":material/error_outline:")
run = layout.chosen_network()
st.title("Misclassified digits")
for key, known in {"true": DIGIT_CHOICES, "predicted": DIGIT_CHOICES, "order": ORDERS}.items():
    note_unknown(key, known)
data = layout.dataset()
result = layout.evaluation(run, data)

if result.errors:
    st.caption(
        f"**{run.name}** calls {result.errors:,} of {result.labels.size:,} test digits wrong. "
        "“4 → 9 87%” is a 4 that it called 9, being 87% sure."
    )
    show_errors(result)
else:
    st.success(f"{run.name} calls every one of the {result.labels.size:,} test digits right.")

st.subheader("A random handful of test digits")
show_handful(result)
