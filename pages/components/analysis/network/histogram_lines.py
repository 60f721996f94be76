"""Several histograms as lines over each other."""

from __future__ import annotations

import math

import numpy as np

from mnist_core.config.formatting import percent
from mnist_core.evaluation.internals.layer_histograms import Histograms
from pages.components.widgets.charts.line_plot import HEIGHTS, Line, line_plot

VALUES_LABELLED = 5  # labels of the horizontal axis
FIRST_COLOUR, COLOURS = 2, 5  # the palette's run-2 to run-6; run-1 is as blue as the last line


def histogram_lines(histograms: Histograms, described: str) -> str:
    """A line for each histogram, as HTML. The last and thickest line is the final state.

    Args:
        histograms: At least one; the vertical axis reaches to their highest share.
        described: What they are of, for screen readers.
    """
    edges, shares = histograms.edges, histograms.shares
    first, last = float(edges[0]), float(edges[-1])
    highest = max(float(share.max()) for share in shares.values())
    across = ((edges[1:] + edges[:-1]) / 2 - first) / (last - first)
    colours = [f"run-{FIRST_COLOUR + i % COLOURS}" for i in range(len(shares) - 1)]
    lines = [
        Line(name, colour, across, share / highest)
        for colour, (name, share) in zip([*colours, "accent-mark"], shares.items(), strict=True)
    ]
    places = max(0, 1 - math.floor(math.log10((last - first) / (VALUES_LABELLED - 1))))
    below = {
        place: _number(first + place * (last - first), places)
        for place in np.linspace(0, 1, VALUES_LABELLED).tolist()
    }
    return line_plot(lines, described, below, [percent(highest * y) for y in HEIGHTS])


def _number(value: float, places: int) -> str:
    return f"{round(value, places) + 0.0:g}".replace("-", "−")  # -0.0 + 0.0 is 0.0
