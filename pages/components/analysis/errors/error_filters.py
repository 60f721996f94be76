"""Which of a network's errors the gallery shows, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.evaluation.metrics import Order
from pages.components.analysis.split_predictions import SplitPredictions
from pages.components.shell import address, classes
from pages.components.shell.address import first_page
from pages.components.shell.address_parameters import ANY, limits_of
from pages.components.widgets.address_choices import digit_choice, range_choice

ORDERS: dict[str, tuple[Order, bool]] = {  # by what, and whether the highest come first
    "Most confident first": ("confidence", True),
    "Least confident first": ("confidence", False),
    "Highest loss first": ("loss", True),
    "Lowest loss first": ("loss", False),
    "Smallest margin first": ("margin", False),
    "Largest margin first": ("margin", True),
}
FILTERS = ("true", "predicted", "confidence", "loss")  # parameters of the address


@dataclass(frozen=True)
class ChosenErrors:
    """The errors that the filters let through.

    Attributes:
        positions: Their positions in the split, in the chosen order. int64.
        filtered: Whether any filter is set.
        choice: Identifies filters and order.
    """

    positions: NDArray[np.int64]
    filtered: bool
    choice: str


def choose_errors(predictions: SplitPredictions) -> ChosenErrors:
    """Show the filters and the order, which the address keeps; returns what they choose."""
    kind = classes.kind()
    with st.container(horizontal=True):
        true = digit_choice(f"True {kind}", "true")
        predicted = digit_choice(f"Predicted {kind}", "predicted")
        order = st.selectbox(
            "Order",
            list(ORDERS),
            key="order",
            bind="query-params",
            on_change=first_page,
            help=f"Loss is high where the true {kind} has a low probability. The margin is how "
            f"much more probability the predicted {kind} has than the second choice: small where "
            "it was close.",
        )
    with st.container(horizontal=True, gap="large"):
        confidence = range_choice("Confidence (%)", "confidence", 1)
        loss = range_choice("Loss", "loss", 0.1)
    by, descending = ORDERS[order]
    positions = predictions.evaluation.misclassified(
        by,
        descending,
        true=true,
        predicted=predicted,
        confidence=confidence and (confidence[0] / 100, confidence[1] / 100),
        loss=loss,
    )
    filtered = any(chosen is not None for chosen in (true, predicted, confidence, loss))
    return ChosenErrors(positions, filtered, f"{true}-{predicted}-{order}-{confidence}-{loss}")


def clear_filters() -> None:
    """Make the filters let every error through."""
    for name in ("true", "predicted"):
        st.session_state[name] = ANY
    for name in ("confidence", "loss"):
        st.session_state[name] = limits_of(name)
    first_page()


def follow_address() -> None:
    """Forget filters of an earlier visit where a link asks for all errors."""
    if address.asked("all") and not address.all_of(FILTERS):
        for name in FILTERS:
            st.session_state.pop(name, None)
