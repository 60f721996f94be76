"""Which digit is open over a page, kept in the page's address.

`?index=` is its index in the test or training set. Each `?training=` is the index of a training
digit that was opened from there; the last of them is shown.
"""

from __future__ import annotations

import streamlit as st

from mnist_core.evaluation.cached_predictions import Split
from pages.components.shell import address
from pages.components.shell.classes import thing
from pages.components.shell.text import plain


def open_digit(index: int) -> None:
    """Show the digit with this index in its set when the page runs next."""
    address.put(index=str(index))
    address.drop("training")


def close_digit() -> None:
    """Show no digit."""
    address.drop("index", "training")


def open_training(index: int) -> None:
    """Show this training digit; `back` leads to what is shown now."""
    address.put(training=[*address.all_asked("training"), str(index)])


def back() -> None:
    """Show the digit from which the open training digit was opened."""
    address.put(training=address.all_asked("training")[:-1])


def asked_position(split: Split) -> int | None:
    """Position in the split of the digit that the address names; None if it names no digit of this
    split."""
    index = address.whole_number(address.asked("index"), len(split.source))
    return None if index is None else split.position(index)


def asked_training() -> list[int]:
    """Indices of the training digits that were opened, each from the one before."""
    return [int(index) for index in address.all_asked("training")]


def note_unknown_digits(split: Split, training: int) -> None:
    """If the address names a digit that does not exist, say so and take it out of the address.

    Args:
        split: Where the digit should be.
        training: How many training digits there are.
    """
    asked = address.asked("index")
    if asked is None:
        return
    if asked_position(split) is None:
        _note(asked, int(split.indices.max(initial=0)))
        close_digit()
        return
    trail = address.all_asked("training")
    known = [index for index in trail if address.whole_number(index, training) is not None]
    if known != trail:
        _note(next(index for index in trail if index not in known), training - 1)
        address.put(training=known)


def _note(asked: str, last: int) -> None:
    st.warning(
        f"The address asks for {thing()} No. {plain(asked[:20])}, which is not among these: their "
        f"numbers go up to {last:,}.",
        icon=":material/link_off:",
    )
