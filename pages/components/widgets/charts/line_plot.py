"""Lines over a grid, as HTML; drawn without Plotly, which would have to be loaded first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

HEIGHTS = (0.0, 0.5, 1.0)
"""Where the grid's lines lie in the plot's height, from the bottom."""


@dataclass(frozen=True)
class Line:
    """A line and its name in the legend.

    Attributes:
        name: Plain text.
        colour: The name of a CSS property of the palette, without "--".
        across: (points,) float: where its points lie in the plot's width, 0 to 1.
        up: (points,) float: where they lie in its height, 0 to 1 from the bottom.
        titles: What a dot on each point tells whoever points at it; empty for a line without dots.
    """

    name: str
    colour: str
    across: NDArray[np.floating]
    up: NDArray[np.floating]
    titles: Sequence[str] = ()


def line_plot(
    lines: Sequence[Line], described: str, below: Mapping[float, str], beside: Sequence[str]
) -> str:
    """Lines with a legend and the labels of both axes. The last line is the thickest.

    Args:
        lines: At least one.
        described: What they show, for screen readers.
        below: The horizontal axis's labels by their places, 0 to 1.
        beside: The vertical axis's labels, one for each of HEIGHTS.
    """
    names = drawn = dots = ""
    for line in lines:
        colour = f"--line:var(--{line.colour})"
        places = [
            (f"{100 * x:.2f}", f"{100 * (1 - y):.2f}")
            for x, y in zip(line.across, line.up, strict=True)
        ]
        name, points = escape(line.name), " ".join(map(",".join, places))
        names += f'<span style="{colour}">{name}</span>'
        drawn += f'<polyline style="{colour}" points="{points}"><title>{name}</title></polyline>'
        for (x, y), title in zip(places, line.titles, strict=False):
            dots += f'<i style="left:{x}%;top:{y}%;{colour}" title="{escape(title)}"></i>'
    grid = "".join(f'<line x1="0" x2="100" y1="{100 * y:g}" y2="{100 * y:g}"/>' for y in HEIGHTS)
    labels = "".join(
        f'<span class="beside" style="top:{100 * (1 - y):g}%">{escape(text)}</span>'
        for y, text in zip(HEIGHTS, beside, strict=True)
    ) + "".join(
        f'<span class="below" style="left:{100 * x:.2f}%">{escape(text)}</span>'
        for x, text in below.items()
    )
    return (
        f'<div class="line-plot"><p>{names}</p><div class="plot">'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(described)}">{grid}{drawn}</svg>{dots}{labels}</div></div>'
    )
