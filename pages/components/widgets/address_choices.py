"""Widgets whose choice the page's address keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st

from pages.components.shell import address, classes
from pages.components.shell.address import first_page
from pages.components.shell.address_parameters import (
    ANY,
    PARAMETERS,
    class_choices,
    limits_of,
    values_of,
)


def class_of(choice: str | None) -> int | None:
    """The class that was chosen; None for any."""
    names = classes.names()
    return None if choice == ANY or choice not in names else names.index(choice)


def digit_choice(label: str, key: str) -> int | None:
    """A selectbox for a class, kept in the address as `?key=`. None for any class.

    A change goes back to the first page of images.
    """
    options = class_choices()
    if st.session_state.get(key, ANY) not in options:  # of other data, chosen before
        del st.session_state[key]
    choice = st.selectbox(label, options, key=key, bind="query-params", on_change=first_page)
    return class_of(choice)


def segmented_choice(
    label: str,
    key: str,
    *,
    on_change: Callable[[], None] | None = None,
    help: str | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> str:
    """A segmented control for a choice of `PARAMETERS`, kept in the address as `?key=`."""
    default = PARAMETERS[key].default
    picked = st.segmented_control(
        label,
        values_of(key),
        default=default,
        required=True,
        key=key,
        bind="query-params",
        on_change=on_change,
        help=help,
        label_visibility=label_visibility,
    )
    return picked or default  # for the empty `?key=`, which Streamlit takes for no choice


def listed_choice(
    label: str,
    name: str,
    options: Sequence[str],
    text_of: Callable[[str], str],
    *,
    unwritten: str | None = None,
    also: Callable[[], None] = lambda: None,
    width: Literal["stretch"] | int = "stretch",
) -> str:
    """A selectbox whose options have texts of their own, kept in the address as `?name=`.

    A selectbox that Streamlit binds to the address would write the text there.

    Args:
        label: The selectbox's label.
        name: The parameter's name. The first option is chosen unless the address or the
            parameter's default names another.
        options: Values of the parameter; at least one.
        text_of: What the list shows for an option.
        unwritten: The option that the address leaves out.
        also: Called after a change.
        width: The selectbox's width in pixels.
    """
    key = f"{name}-list"
    asked = address.asked(name)
    if asked is not None and not PARAMETERS[name].kind.allows(asked):
        address.drop(name)  # the page has warned of it
    wanted = [asked, PARAMETERS[name].default, options[0]]
    st.session_state[key] = next(option for option in wanted if option in options)

    def keep() -> None:
        if (chosen := st.session_state[key]) == unwritten:
            address.drop(name)
        else:
            address.put(**{name: chosen})
        also()

    return st.selectbox(label, options, key=key, format_func=text_of, on_change=keep, width=width)


def range_choice(label: str, key: str, step: float) -> tuple[float, float] | None:
    """A slider for a range, kept in the address as `?key=`. None if the whole range is chosen."""
    limits = limits_of(key)
    chosen = st.slider(
        label, *limits, limits, step, key=key, bind="query-params", on_change=first_page
    )
    return None if chosen == limits else chosen


def page_choice(pages: int, of: str) -> int:
    """Page numbers, kept in the address as `?page=`. Returns the page shown, from 0.

    Args:
        pages: How many there are.
        of: Names what is shown; with other contents, the page numbers start afresh.
    """
    page = address.whole_number(address.asked("page") or "1", pages + 1)
    if not page:
        address.note_unknown("page", ())
        first_page()
        page = 1
    if pages == 1:
        return 0
    key = f"page-of-{pages}-{of}"
    if st.session_state.get(key, 1) != page:  # as where the browser's Back led to it
        st.session_state[key] = page
    return st.pagination(pages, key=key, on_change=_keep_page, args=(key,)) - 1


def _keep_page(key: str) -> None:
    address.put(page=str(st.session_state[key]))
