"""The digits that a network gets wrong, and a random handful of all."""

import numpy as np
import streamlit as st

from pages.components.analysis import choices, label_issue_search, split_predictions
from pages.components.analysis.choices import WORDS
from pages.components.analysis.digit_dialog import show_chosen_digit
from pages.components.analysis.gallery import show_digits, show_pages
from pages.components.analysis.split_predictions import Answers
from pages.components.shell import dataset, frame, networks
from pages.components.shell.address import (
    DIGIT_CHOICES,
    digit_choice,
    first_page,
    note_unknown,
    range_choice,
)
from pages.components.shell.text import plain

PAGE_SIZE = 60
HIGHEST_LOSS = 16.2  # a little above -log of the smallest probability
ORDERS = {
    "Surest first": ("confidence", True),
    "Least sure first": ("confidence", False),
    "Highest loss first": ("loss", True),
    "Lowest loss first": ("loss", False),
    "Closest call first": ("margin", False),
    "Clearest call first": ("margin", True),
}
FILTERS = ("true", "predicted", "confidence", "loss")


@st.fragment
def show_errors(mine: Answers) -> None:
    """The gallery with its filters, and over it the digit that was clicked."""
    split_predictions.still_there(mine)
    result, part = mine.result, mine.part
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
    with st.container(horizontal=True, gap="large"):
        sure = range_choice("How sure, in per cent", "confidence", 0, 100, 1)
        loss = range_choice("Loss", "loss", 0.0, HIGHEST_LOSS, 0.1)
    limits = {
        "confidence": sure and (sure[0] / 100, sure[1] / 100),
        "loss": loss,
    }
    positions = result.misclassified(*ORDERS[order], true=true, predicted=predicted, **limits)
    st.markdown(f"**{positions.size:,}** of {result.errors:,} errors")
    with st.container(key="gallery"):
        if not positions.size:
            st.info("No error fits these choices. Choose “any” or wider ranges to see more.")
        else:
            contents = f"{part.name}-{true}-{predicted}-{order}-{sure}-{loss}"
            show_pages(
                mine, positions, "errors", PAGE_SIZE, contents, label_issue_search.doubted(mine)
            )
    show_chosen_digit(mine, positions)


def show_handful(mine: Answers) -> None:
    """Some digits at random, right or wrong, with all ten probabilities."""
    number, again = st.columns([1, 3], vertical_alignment="bottom")
    wanted = number.selectbox("How many", (9, 18, 36), key="handful-size")
    size = min(wanted, mine.result.labels.size)
    if again.button("Another handful", icon=":material/casino:", key="another-handful"):
        st.session_state["handful-seed"] = int(np.random.default_rng().integers(2**32))
    seed = st.session_state.setdefault("handful-seed", int(np.random.default_rng().integers(2**32)))
    shown = np.random.default_rng(seed).choice(mine.result.labels.size, size, replace=False)
    with st.container(key="handful"):
        show_digits(
            mine, shown, "handful-digits", bars=True, doubtful=label_issue_search.doubted(mine)
        )


frame.page("Misclassified")
if "all" in st.query_params and not any(name in st.query_params for name in FILTERS):
    for name in FILTERS:  # a link to all errors; the filters may be set since an earlier visit
        st.session_state.pop(name, None)
run = networks.chosen_network()
st.title("Misclassified digits")
for key, known in {"true": DIGIT_CHOICES, "predicted": DIGIT_CHOICES, "order": ORDERS}.items():
    note_unknown(key, known)
data = dataset.get()
part = choices.choose_part(run, data)
mine = split_predictions.answers_of(run, data, part)
split_predictions.note_learned(mine)

if mine.result.errors:
    st.caption(
        f"**{plain(run.name)}** calls {mine.result.errors:,} of {part.labels.size:,} "
        f"{WORDS[part.name]}digits wrong. “4 → 9 87%” is a 4 that it called 9, being 87% sure. "
        "Click a digit to see more of it; “label?” says that the label may be what is wrong."
    )
    show_errors(mine)
else:
    st.success(
        f"{plain(run.name)} calls every one of the {part.labels.size:,} "
        f"{WORDS[part.name]}digits right."
    )
    show_chosen_digit(mine, np.empty(0, int))

st.subheader(f"A random handful of {WORDS[part.name]}digits")
show_handful(mine)  # no fragment: a click here opens the dialog of the part above
