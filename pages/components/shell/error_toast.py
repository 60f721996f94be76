"""Errors in what a visitor asked for, as a toast instead of an error page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from mnist_core.errors import DigitLabError
from pages.components.shell.text import plain


@contextmanager
def errors_as_toast() -> Iterator[None]:
    """Show a toast if the block fails: if it is not allowed, the run is gone, or the disk is
    full."""
    try:
        yield
    except (DigitLabError, OSError) as error:
        st.toast(error_in_words(error), icon=":material/front_hand:", duration="long")


def error_in_words(error: Exception) -> str:
    """An error as Markdown; an error of the disk is told without the path."""
    if isinstance(error, OSError) and error.strerror:
        return f"Nothing was changed: writing to the disk failed ({plain(error.strerror)})."
    return plain(str(error))
