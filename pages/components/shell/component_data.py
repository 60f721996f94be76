"""Spares Streamlit the search for tables in what components are given."""

from __future__ import annotations

from functools import cache

from streamlit.components.v2.bidi_component import serialization

SEARCH = "is_dataframe_like"  # private to Streamlit; without it, it searches as before


@cache
def skip_search() -> bool:
    """Take no dict and no list for a table, once per process. Streamlit would examine each of them
    each time, and import pandas for that, which takes 40 MB.

    Returns:
        Whether the search is skipped.
    """
    if not (search := getattr(serialization, SEARCH, None)):
        return False

    def is_table(value: object) -> bool:
        return not isinstance(value, dict | list) and search(value)

    setattr(serialization, SEARCH, is_table)
    return True
