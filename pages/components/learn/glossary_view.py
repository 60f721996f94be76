"""The glossary: every term that has a dotted underline somewhere, with the same text."""

from __future__ import annotations

from html import escape

import streamlit as st

from mnist_core.lessons import glossary
from mnist_core.lessons.glossary import Term
from pages.components.widgets.browser.into_view import bring_into_view

ALL = "all"  # the address's value for no single term


def show_glossary(asked: str) -> None:
    """All terms in the order of the alphabet.

    Args:
        asked: The name of the term to bring into view and to mark; any other text for none.
    """
    st.title("Glossary")
    st.markdown(
        "The words that have a dotted underline on the pages, and what they mean. Point at such a "
        "word, tap it or press Enter on it to read the same there."
    )
    terms = glossary.terms()
    place = next((place for place, term in enumerate(terms) if term.name == asked), None)
    if place is None:
        st.html(_list(terms))
        return
    with st.container(gap=None):
        st.html(_list(terms[:place]))
        with st.container(key="asked-term"):
            st.html(_list(terms[place : place + 1], "asked"))
        st.html(_list(terms[place + 1 :]))
    bring_into_view("asked-term")


def _list(terms: list[Term], look: str = "") -> str:
    items = (f"<dt>{escape(term.name)}</dt><dd>{escape(term.meaning)}</dd>" for term in terms)
    return f'<dl class="glossary {look}">{"".join(items)}</dl>'
