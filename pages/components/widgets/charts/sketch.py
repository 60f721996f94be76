"""A chart to sketch a curve in by hand, and to see it beside measured ones; sketch.js draws it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.components.shell.javascript import component

HTML = '<div class="sketch"></div>'


@dataclass(frozen=True)
class Axes:
    """The axes of a chart.

    Attributes:
        x: (n,) whole numbers, the places that a curve has values for.
        x_name, y_name: what stands at them.
        lowest, highest: the ends of the vertical one.
    """

    x: Sequence[int]
    x_name: str
    y_name: str
    lowest: float
    highest: float

    def checked(self, values: object) -> list[float] | None:
        """The values of a curve, clipped to the axis; None for anything that is not a
        curve: the browser may send anything."""
        if not isinstance(values, list) or len(values) != len(self.x):
            return None
        if not all(isinstance(v, int | float) and math.isfinite(v) for v in values):
            return None
        return [min(max(float(v), self.lowest), self.highest) for v in values]


def sketch(
    axes: Axes,
    drawn: list[float] | None,
    key: str,
    on_drawn: Callable[[list[float]], None] | None = None,
    measured: Sequence[tuple[str, Sequence[float]]] = (),
) -> None:
    """Show the chart.

    Args:
        axes: Its axes.
        drawn: The sketch so far, a value for each of `axes.x`.
        key: Name among the page's widgets.
        on_drawn: Called with a new sketch; None: nothing can be sketched any more.
        measured: Names and values of up to two curves to show beside it; NaN where there is none.
    """

    def keep_drawn() -> None:
        state = st.session_state.get(key)
        values = axes.checked(state.drawn) if state else None
        if values is not None and on_drawn:
            on_drawn(values)

    data: dict[str, Any] = {
        "x": list(axes.x),
        "xName": axes.x_name,
        "yName": axes.y_name,
        "lowest": axes.lowest,
        "highest": axes.highest,
        "drawn": drawn,
        "open": on_drawn is not None,
        "measured": [
            {"name": name, "y": [v if math.isfinite(v) else None for v in map(float, values)]}
            for name, values in measured
        ],
    }
    component(__file__, HTML)(key=key, data=data, on_drawn_change=keep_drawn)
