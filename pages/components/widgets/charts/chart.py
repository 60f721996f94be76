"""A chart of bars or lines; chart.js draws it with Plotly's basic file, in the look of the page.

`st.plotly_chart` would have the browser load a complete Plotly first, which blocks the page.
"""

from __future__ import annotations

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

from pages.components.shell.javascript import component
from pages.components.widgets.browser import plotly_library

HTML = '<div class="plotly-chart" role="img"></div>'

Point = tuple[int, int]  # its trace's index in the figure, and the first of its `customdata`


def chart(
    figure: go.Figure,
    key: str,
    described: str,
    on_click: Callable[[Point | None], None] | None = None,
    chosen: Point | None = None,
    shows: str = "",
) -> None:
    """Show a figure.

    Args:
        figure: Of bars and scatter traces alone, with its height in pixels. Where points can be
            clicked, each has a list of `customdata` that begins with a whole number, and the x of
            bars are lists.
        key: Name among the page's widgets, also its CSS class `st-key-<key>`.
        described: What it shows, for screen readers.
        on_click: Called with the point that was clicked, or the bar nearest to the click, or with
            None where that was the chosen one; None ignores clicks.
        chosen: The point that is chosen already.
        shows: The key of the part of the page that shows what is chosen; a click brings it into
            sight.
    """

    def clicked() -> None:
        state = st.session_state.get(key)  # gone where a rerun took the chart away
        if on_click and state and state.clicked is not None:
            point = state.clicked["point"]
            on_click(None if point is None else (int(point[0]), int(point[1])))

    figure.layout.template = None  # for notebooks; chart.js has the page's
    component(__file__, HTML)(
        key=key,
        data={
            "plotly": plotly_library.address(),
            "figure": figure.to_json(),
            "described": described,
            "clickable": on_click is not None,
            "chosen": chosen,
            "shows": shows and f".st-key-{shows}",
        },
        height=figure.layout.height,
        on_clicked_change=clicked,
    )
