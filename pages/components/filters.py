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


def page_choice(pages: int) -> int:
    """Page numbers, kept in the address as `?page=`. Returns the page shown, from 0."""
    if st.session_state.get("page", 1) > pages:  # fewer images than before
        first_page()
    if pages == 1:
        return 0
    return st.pagination(pages, key="page", bind="query-params") - 1


def first_page() -> None:
    """Go back to the first page of images."""
    st.session_state["page"] = 1


def note_unknown(key: str, known: Iterable[str]) -> None:
    """Say so where the address asks `?key=` for what does not exist.

    Called before the widget with this key, which then shows its default.
    """
    asked = st.query_params.get(key)
    if asked is not None and asked not in known:
        st.warning(
            f"The address asks for “{key}={asked[:40]}”, which does not exist here. "
            "The page shows its usual choice instead.",
            icon=":material/link_off:",
        )
