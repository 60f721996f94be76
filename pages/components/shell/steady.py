"""Places on a page for what is not always shown."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def steady(**options: Any) -> DeltaGenerator:
    """A container for what is shown only at times, so that what follows keeps its place.

    Streamlit knows fragments and widgets by their place on the page: one that moves while it is
    clicked misses the click.

    Args:
        options: Those of `st.container`.
    """
    return st.container(**options)
