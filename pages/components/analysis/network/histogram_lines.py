"""Several histograms as lines over each other."""

from __future__ import annotations

import math
from html import escape

import numpy as np

from mnist_core.config.formatting import percent
from mnist_core.evaluation.internals.layer_histograms import Histograms

TICKS = 5  # along the values
COLOURS = 5  # of the palette's run-2 to run-6; run-1 is as blue as the last line


def histogram_lines(histograms: Histograms, described: str) -> str:
    """A line for each histogram, as HTML: Plotly's library and two charts would block the page for
    longer than 0.2 s. The last line, the thickest, is what the others lead to.

    Args:
        histograms: At least one; the vertical axis reaches to their highest share.
        described: What they are of, for screen readers.
    """
    edges, shares = histograms.edges, histograms.shares
    first, last = float(edges[0]), float(edges[-1])
    highest = max(float(share.max()) for share in shares.values())
    across = 100 * ((edges[1:] + edges[:-1]) / 2 - first) / (last - first)
    lines = names = ""
    for index, (name, share) in enumerate(shares.items()):
        final = index == len(shares) - 1
        colour = "accent-mark" if final else f"run-{2 + index % COLOURS}"
        points = " ".join(
            f"{x:.2f},{y:.2f}" for x, y in zip(across, 100 * (1 - share / highest), strict=True)
        )
        style = f' class="{"final" if final else ""}" style="--line:var(--{colour})"'
        lines += f'<polyline{style} points="{points}"><title>{escape(name)}</title></polyline>'
        names += f"<span{style}>{escape(name)}</span>"
    grid = "".join(f'<line class="grid" x1="0" x2="100" y1="{y}" y2="{y}"/>' for y in (0, 50, 100))
    up = "".join(
        f'<span class="share" style="top:{100 - height}%">{percent(highest * height / 100)}</span>'
        for height in (0, 50, 100)
    )
    places = max(0, 1 - math.floor(math.log10((last - first) / (TICKS - 1))))
    along = "".join(
        f'<span class="value" style="left:{100 * (x - first) / (last - first):.2f}%">'
        f"{_number(x, places)}</span>"
        for x in np.linspace(first, last, TICKS)
    )
    return (
        f'<div class="histogram-lines"><p>{names}</p><div class="plot">'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(described)}">{grid}{lines}</svg>'
        f"{up}{along}</div></div>"
    )


def _number(value: float, places: int) -> str:
    return f"{round(value, places) + 0.0:g}".replace("-", "−")  # -0.0 + 0.0 is 0.0
