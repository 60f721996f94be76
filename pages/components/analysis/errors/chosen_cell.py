"""The chosen cell, row or column of the confusion matrix, in the address as `?row=&column=`.

It is kept apart from its two selectboxes: a second click that arrives before the answer to the
first still carries their old values and the old address. So each choice gives the selectboxes new
keys and writes the address again.
"""

from __future__ import annotations

import streamlit as st

from pages.components.shell import address, classes
from pages.components.shell.address import first_page
from pages.components.shell.address_parameters import ANY, class_choices
from pages.components.widgets.address_choices import class_of
from pages.components.widgets.charts.confusion_table import Cell

# Not named like the filters of the page of misclassified digits: those are bound to the address,
# and Streamlit takes them out of it when that page is left, also by the browser's Back.
_LABELS = {"row": "True", "column": "Predicted"}
_FILTERS = {"row": "true", "column": "predicted"}
_CELL, _CLICKS = "chosen-cell", "cells-chosen"


def choose(true: int | None, predicted: int | None) -> None:
    """Make this the chosen cell; None for any digit."""
    st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1
    _set((true, predicted))


def read_address() -> None:
    """Choose the cell that the address names. Not to be called while a fragment reruns: the address
    may then be older than the last click."""
    true, predicted = (class_of(address.asked(name)) for name in _LABELS)
    st.session_state[_CELL] = (true, predicted)


def chosen_cell() -> Cell:
    """The chosen cell; it is written to the address, too."""
    _write_address()
    return st.session_state[_CELL]


def digit_choices() -> None:
    """Two selectboxes for the chosen cell, which the filters of misclassified digits follow."""
    keys = {name: f"{name}-{st.session_state.get(_CLICKS, 0)}" for name in _LABELS}
    for (name, key), digit in zip(keys.items(), st.session_state[_CELL], strict=True):
        st.session_state[key] = ANY if digit is None else classes.name(digit)
        st.session_state[_FILTERS[name]] = st.session_state[key]

    def by_hand() -> None:
        true, predicted = (class_of(st.session_state[key]) for key in keys.values())
        _set((true, predicted))

    for name, label in _LABELS.items():
        st.selectbox(
            f"{label} {classes.kind()}", class_choices(), key=keys[name], on_change=by_hand
        )


def _set(cell: Cell) -> None:
    st.session_state[_CELL] = cell
    first_page()
    _write_address()


def _write_address() -> None:
    cell = dict(zip(_LABELS, st.session_state[_CELL], strict=True))
    address.drop(*(name for name, digit in cell.items() if digit is None))
    address.put(**{name: classes.name(digit) for name, digit in cell.items() if digit is not None})
