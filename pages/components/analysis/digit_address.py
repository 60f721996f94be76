"""Which digit is open over a page, as the page's address has it.

`?index=` is its index in the test or training set. Each `?training=` is the index of a training
digit that was opened from there; the last of them is shown.
"""

from __future__ import annotations

import streamlit as st

from mnist_core.evaluation.predictions import Split


def open_digit(index: int) -> None:
    """Show the digit with this index in its set when the page runs next."""
    st.query_params["index"] = str(index)
    st.query_params.pop("training", None)


def close_digit() -> None:
    """Show no digit."""
    st.query_params.pop("index", None)
    st.query_params.pop("training", None)


def open_training(index: int) -> None:
    """Show this training digit; `back` leads to what is shown now."""
    st.query_params["training"] = [*st.query_params.get_all("training"), str(index)]


def back() -> None:
    """Show the digit from which the open training digit was opened."""
    st.query_params["training"] = st.query_params.get_all("training")[:-1]


def asked_position(split: Split) -> int | None:
    """Position in the split of the digit that the address names; None if it names none of it."""
    asked = st.query_params.get("index", "")
    return split.position(int(asked)) if _is_below(len(split.source), asked) else None


def asked_training() -> list[int]:
    """Indices of the training digits that were opened, each from the one before."""
    return [int(index) for index in st.query_params.get_all("training")]


def note_unknown_digits(split: Split, training: int) -> None:
    """If the address names a digit that does not exist, say so and take it out of the address.

    Args:
        split: Where the digit should be.
        training: How many training digits there are.
    """
    asked = st.query_params.get("index")
    if asked is None:
        return
    if asked_position(split) is None:
        _note(asked)
        close_digit()
        return
    trail = st.query_params.get_all("training")
    known = [index for index in trail if _is_below(training, index)]
    if known != trail:
        _note(next(index for index in trail if index not in known))
        st.query_params["training"] = known


def _is_below(count: int, asked: str) -> bool:
    return asked.isdecimal() and len(asked) < 9 and int(asked) < count


def _note(asked: str) -> None:
    st.warning(
        f"The address asks for digit No. {asked[:20]}, which is not among these.",
        icon=":material/link_off:",
    )
