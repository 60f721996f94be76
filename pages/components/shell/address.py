"""Choices that live in the page's address, so that what one sees can be shared as a link."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

ANY = "any"
DIGIT_CHOICES = (ANY, *"0123456789")


def digit_choice(label: str, key: str) -> int | None:
    """A selectbox for a digit, kept in the address as `?key=`. None for any digit.

    A change goes back to the first page of images.
    """
    choice = st.selectbox(label, DIGIT_CHOICES, key=key, bind="query-params", on_change=first_page)
    return None if choice == ANY else int(choice)


def range_choice(
    label: str, key: str, lowest: float, highest: float, step: float
) -> tuple[float, float] | None:
    """A slider for a range, kept in the address as `?key=`. None where it is the whole one."""
    chosen = st.slider(
        label,
        lowest,
        highest,
        (lowest, highest),
        step,
        key=key,
        bind="query-params",
        on_change=first_page,
    )
    return None if chosen == (lowest, highest) else chosen


def page_choice(pages: int, of: str) -> int:
    """Page numbers, kept in the address as `?page=`. Returns the page shown, from 0.

    Args:
        pages: How many there are.
        of: Names what is shown; with other contents, the page numbers start afresh.
    """
    asked = st.query_params.get("page", "1")
    page = int(asked) if asked.isdecimal() and len(asked) < 9 else 0
    if not 1 <= page <= pages:
        _note("page", asked)
        first_page()
        page = 1
    if pages == 1:
        return 0
    key = f"page-of-{pages}-{of}"
    if st.session_state.get(key, 1) != page:  # as where the browser's Back led to it
        st.session_state[key] = page
    return st.pagination(pages, key=key, on_change=_keep_page, args=(key,)) - 1


def _keep_page(key: str) -> None:
    st.query_params["page"] = str(st.session_state[key])


def first_page() -> None:
    """Go back to the first page of images."""
    st.query_params.pop("page", None)


def note_unknown(key: str, known: Iterable[str]) -> None:
    """Say so where the address asks `?key=` for what does not exist.

    Called before the widget with this key, which then shows its default.
    """
    asked = st.query_params.get(key)
    if asked is not None and asked not in known:
        _note(key, asked)


def _note(key: str, asked: str) -> None:
    st.warning(
        f"The address asks for “{key}={asked[:40]}”, which does not exist here. "
        "The page shows its usual choice instead.",
        icon=":material/link_off:",
    )
