"""Plotly figures of plain data.

Backgrounds are transparent and texts have no colour of their own, so that charts follow the page's
theme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import sample_colorscale, unlabel_rgb

from mnist_core.config.formatting import accuracy_text, bin_text, magnitude, percent
from mnist_core.config.palette import (
    ACCENT_MARK,
    CLEAR,
    CORRECT_MARK,
    LOSS_SCALE,
    NEUTRAL_MARK,
    PATH,
    PATH_RIM,
    RUN_MARKS,
    TRAINING_MARK,
    VALIDATION_MARK,
    WRONG_MARK,
)
from mnist_core.config.sizes import DIGIT_NAMES
from mnist_core.digits.data_uri import png_uri
from mnist_core.evaluation.internals.loss_landscape import LossLandscape
from mnist_core.evaluation.metrics import Reliability, wilson_interval
from mnist_core.runs.history import EpochRow

PALE = 0.3  # opacity of the bars beside the chosen one
BANDS = 16  # bands of colour in the loss landscape
BAND_PIXELS = 36  # pixels of its picture between two grid points


def class_distribution(
    counts: Mapping[str, NDArray[np.integer]],
    names: Sequence[str] = DIGIT_NAMES,
    title: str = "Digit",
) -> go.Figure:
    """Grouped bars: the share of each class in each set.

    Args:
        counts: (classes,) counts for each set, by the set's name. Shares are drawn instead of
            counts, so that sets of different sizes can be compared; hovering shows the counts.
        names: The names of the classes.
        title: What a class is called, the title of the axis.
    """
    labels = [escape(name) for name in names]  # Plotly interprets some HTML
    figure = go.Figure()
    colours = (ACCENT_MARK, NEUTRAL_MARK)
    for (name, count), colour in zip(counts.items(), colours, strict=False):
        shares = count / max(int(count.sum()), 1)
        figure.add_bar(
            name=name,
            x=list(range(len(names))),
            y=shares,
            customdata=[
                [int(n), percent(float(share), counted=True), label]
                for n, share, label in zip(count, shares, labels, strict=True)
            ],
            marker_color=colour,
            hovertemplate=f"%{{customdata[2]}}, {name.lower()}"
            "<br>%{customdata[0]:,} images<br>%{customdata[1]}<extra></extra>",
        )
    figure.update_xaxes(title=title, tickvals=list(range(len(names))), ticktext=labels)
    figure.update_yaxes(title="Share of the set", tickformat=".0%")
    legend = dict(orientation="h", x=0, y=1.02, yanchor="bottom")
    return _plain(figure, height=320).update_layout(barmode="group", legend=legend)


def reliability_diagram(reliability: Reliability, chosen: int | None = None) -> go.Figure:
    """Bars of a network's accuracy by its confidence, with the ideal diagonal.

    Args:
        reliability: From `Evaluation.reliability`.
        chosen: A bin to mark: the others are pale; None for none.

    Returns:
        A figure in which each bar has its bin's number as `customdata[0]`.
    """
    bins = np.flatnonzero(reliability.counts > 0)
    centres = (reliability.edges[1:] + reliability.edges[:-1]) / 2
    count, accuracy = reliability.counts[bins], reliability.accuracy[bins]
    low, high = wilson_interval(np.rint(accuracy * count), count)
    figure = go.Figure(
        go.Bar(
            x=centres[bins].tolist(),
            y=accuracy.tolist(),
            width=np.diff(reliability.edges)[bins] * 0.94,
            marker=dict(
                color=ACCENT_MARK, opacity=[1 if chosen in (None, b) else PALE for b in bins]
            ),
            error_y=dict(
                type="data",
                symmetric=False,
                array=high - accuracy,
                arrayminus=accuracy - low,
                color=NEUTRAL_MARK,
                thickness=2,
            ),
            customdata=[
                [int(b), int(n), percent(float(reliability.confidence[b])), accuracy_text(float(a))]
                for b, n, a in zip(bins, count, accuracy, strict=True)
            ],
            hovertemplate="<b>%{customdata[1]:,} digits</b><br>mean confidence %{customdata[2]}"
            "<br>accuracy %{customdata[3]}<extra></extra>",
            name="accuracy",
        )
    )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line=dict(color=NEUTRAL_MARK, dash="dash"),
        hoverinfo="skip",
        name="perfectly calibrated",
    )
    figure.update_xaxes(title="Confidence", range=[0, 1.01], tickformat=".0%")
    figure.update_yaxes(title="Accuracy", range=[0, 1.04], tickformat=".0%")
    return _plain(figure, height=380).update_layout(showlegend=False)


def confidence_histogram(
    bin_of: NDArray[np.int64],
    correct: NDArray[np.bool_],
    bins: int,
    chosen: tuple[int, int] | None = None,
) -> go.Figure:
    """The confidence of correct predictions and of errors, on a logarithmic scale.

    Args:
        bin_of: (n,) int64, each digit's bin, from `Evaluation.bin_of`.
        correct: (n,) bool, whether each digit is classified correctly.
        bins: The number of bins, of equal width, from 0 to 1.
        chosen: A bar to mark: its trace and its bin; the others are pale. None for none.

    Returns:
        A figure with one trace of correct predictions and one of errors; each bar has its bin's
        number as `customdata[0]`.
    """
    edges = np.linspace(0, 1, bins + 1)
    figure = go.Figure()
    traces = ((True, "Correct", CORRECT_MARK), (False, "Errors", WRONG_MARK))
    for trace, (right, name, colour) in enumerate(traces):
        figure.add_bar(
            name=name,
            x=((edges[1:] + edges[:-1]) / 2).tolist(),
            y=np.bincount(bin_of[correct == right], minlength=bins).tolist(),
            marker=dict(
                color=colour,
                opacity=[1 if chosen in (None, (trace, b)) else PALE for b in range(bins)],
            ),
            customdata=[[b, bin_text(edges[b], edges[b + 1])] for b in range(bins)],
            hovertemplate=f"%{{customdata[1]}}<br>%{{y:,}} {name.lower()}<extra></extra>",
        )
    figure.update_xaxes(title="Confidence", range=[0, 1.01], tickformat=".0%")
    figure.update_yaxes(title="Digits (logarithmic)", type="log", dtick=1, rangemode="nonnegative")
    legend = dict(orientation="h", x=0, y=1.02, yanchor="bottom")
    return _plain(figure, height=380).update_layout(barmode="group", bargap=0.1, legend=legend)


def accuracy_by_coverage(
    coverage: NDArray[np.float64], accuracy: NDArray[np.float64], chosen: float | None = None
) -> go.Figure:
    """A line of the accuracy on accepted digits by their share.

    Args:
        coverage, accuracy: (k,), 0 to 1, from `Evaluation.accuracy_by_coverage`.
        chosen: A share to mark, 0 to 1; None for none.
    """
    # A screen can't show more than some 500 points.
    kept = np.unique(np.linspace(0, coverage.size - 1, min(coverage.size, 500)).astype(int))
    figure = go.Figure(
        go.Scatter(
            x=coverage[kept],
            y=accuracy[kept],
            mode="lines",
            line=dict(color=ACCENT_MARK, width=2.5),
            customdata=[
                [percent(float(accepted), counted=True), accuracy_text(float(right))]
                for accepted, right in zip(coverage[kept], accuracy[kept], strict=True)
            ],
            hovertemplate="accepts %{customdata[0]}: accuracy %{customdata[1]}<extra></extra>",
        )
    )
    if chosen is not None:
        figure.add_vline(chosen, line=dict(color=NEUTRAL_MARK, width=2, dash="dot"))
    figure.update_xaxes(title="Share of digits accepted", range=[0, 1.01], tickformat=".0%")
    low = float(accuracy.min())
    figure.update_yaxes(
        title="Accuracy on these", range=[low - 0.05 * (1 - low), 1 + 0.05 * (1 - low) + 1e-4],
        tickformat=".1%" if low > 0.9 else ".0%",
    )  # fmt: skip
    return _plain(figure, height=320)


def loss_and_accuracy_by_step(
    losses: NDArray[np.float64], accuracies: NDArray[np.float64]
) -> go.Figure:
    """Two lines, one above the other: a digit's loss, and the accuracy on others.

    Args:
        losses: (k + 1,), before the first step and after each.
        accuracies: (k + 1,), 0 to 1.
    """
    steps = list(range(losses.size))
    figure = go.Figure()
    figure.add_scatter(
        x=steps, y=losses, name="loss", mode="lines+markers", line=dict(color=ACCENT_MARK),
        hovertemplate="step %{x}: loss %{y:.3f}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=steps, y=accuracies, name="accuracy", mode="lines+markers", yaxis="y2",
        line=dict(color=WRONG_MARK), customdata=[accuracy_text(float(a)) for a in accuracies],
        hovertemplate="step %{x}: accuracy %{customdata}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        xaxis=dict(title="Step", dtick=1, anchor="y2"),
        yaxis=dict(
            title="Loss of this digit", domain=[0.55, 1], rangemode="tozero", exponentformat="power"
        ),
        yaxis2=dict(title="Accuracy", domain=[0, 0.45], tickformat=".0%", range=[0, 1.05]),
    )
    return _plain(figure, height=380).update_layout(showlegend=False)


def loss_and_accuracy_by_epoch(rows: Sequence[EpochRow]) -> go.Figure:
    """Two charts, one above the other: loss and accuracy, each on the training digits and on the
    validation digits, by epoch."""
    figure, epochs = go.Figure(), [row.epoch for row in rows]
    for axis, field in (("y", "loss"), ("y2", "accuracy")):
        for name, prefix, colour in (
            ("training", "", TRAINING_MARK),
            ("validation", "val_", VALIDATION_MARK),
        ):
            figure.add_scatter(
                x=epochs,
                y=[getattr(row, prefix + field) for row in rows],
                name=f"{field}, {name}",
                mode="lines+markers",
                line=dict(color=colour),
                yaxis=axis,
            )
    figure.update_layout(
        xaxis=dict(title="Epoch", anchor="y2"),
        yaxis=dict(title="Loss", domain=[0.55, 1]),
        yaxis2=dict(title="Accuracy", domain=[0, 0.45], tickformat=".0%"),
    )
    return _plain(figure, height=480)


def stress_curves(
    curves: Mapping[str, NDArray[np.float64]], severities: Sequence[str], chosen: int
) -> go.Figure:
    """Lines of accuracy by the severity of a corruption, one for each network.

    Args:
        curves: The (6,) accuracies, 0 to 1, of up to six networks at the severities 0 to 5, by the
            network's name.
        severities: Six texts that describe the severities.
        chosen: The severity to mark, 0 to 5.

    Returns:
        A figure in which each point has its severity as `customdata[0]`.
    """
    figure = go.Figure()
    for index, (name, accuracy) in enumerate(curves.items()):
        figure.add_scatter(
            name=escape(name),
            x=list(range(len(accuracy))),
            y=accuracy,
            mode="lines+markers",
            line=dict(color=RUN_MARKS[index]),
            marker=dict(size=[14 if x == chosen else 9 for x in range(len(accuracy))]),
            customdata=[
                [x, severities[x], accuracy_text(float(share))] for x, share in enumerate(accuracy)
            ],
            hovertemplate="%{customdata[1]}: accuracy %{customdata[2]}",
        )
    figure.update_xaxes(title="Severity", tickvals=list(range(len(severities))))
    figure.update_yaxes(title="Accuracy", range=[0, 1.04], tickformat=".0%")
    legend = dict(orientation="h", x=0, y=1.02, yanchor="bottom")
    figure = _plain(figure, height=380)
    return figure.update_layout(legend=legend, showlegend=len(curves) > 1)


def loss_contours(landscape: LossLandscape) -> go.Figure:
    """The loss as colours with contour lines, in equal steps of its logarithm, and the path of the
    epochs over it. The colours are a picture: contours of Plotly's own need its complete file."""
    with np.errstate(divide="ignore"):
        logarithms = np.log10(landscape.losses)
    finite = logarithms[np.isfinite(logarithms)]
    ticks = np.linspace(finite.min(), finite.max(), 5)
    across, up = np.meshgrid(landscape.across, landscape.up)
    colours = sample_colorscale(LOSS_SCALE, (np.arange(BANDS) + 0.5) / BANDS)
    stepped = [((i + end) / BANDS, colour) for i, colour in enumerate(colours) for end in (0, 1)]
    figure = go.Figure(
        go.Scatter(
            x=across.ravel(),
            y=up.ravel(),
            mode="none",
            customdata=landscape.losses.ravel(),
            hovertemplate="loss %{customdata:.3g}<extra></extra>",
        )
    )
    figure.add_scatter(  # of no point, for the scale
        x=[None], y=[None], mode="markers",
        marker=dict(
            color=ticks[:1], cmin=ticks[0], cmax=ticks[-1], colorscale=stepped,
            colorbar=dict(
                title="Loss", orientation="h", thickness=12, y=-0.22, yanchor="top",
                tickvals=ticks, ticktext=[magnitude(10**tick) for tick in ticks],
            ),
        ),
    )  # fmt: skip
    (left, *_, right), (low, *_, high) = landscape.across.tolist(), landscape.up.tolist()
    picture = _bands(
        np.nan_to_num(logarithms, nan=ticks[-1], posinf=ticks[-1], neginf=ticks[0]),
        np.array([unlabel_rgb(colour) for colour in colours]),
    )
    figure.add_layout_image(
        source=png_uri(picture, compression=6),
        xref="x", x=left, sizex=right - left, yref="y", y=high, sizey=high - low,
        sizing="stretch", layer="below",
    )  # fmt: skip
    _add_path(figure, landscape)
    first, second = (percent(share, 0) for share in landscape.explained.tolist())
    bare = dict(zeroline=False, showgrid=False)
    figure.update_xaxes(title=f"First direction ({first} of the variance)", range=[left, right])
    figure.update_yaxes(title=f"Second direction ({second})", range=[low, high])
    figure.update_xaxes(bare).update_yaxes(bare)
    # From everywhere the nearest point tells its loss.
    return _plain(figure, height=480).update_layout(showlegend=False, hoverdistance=-1)


def _add_path(figure: go.Figure, landscape: LossLandscape) -> None:
    """Add a white line with a dark rim, a dot for each epoch and a star for the final weights."""
    x, y = landscape.path.T
    names = [*(f"epoch {epoch}" for epoch in landscape.epochs), "final"]
    figure.add_scatter(x=x, y=y, mode="lines", line=dict(color=PATH_RIM, width=5), hoverinfo="skip")
    figure.add_scatter(
        x=x, y=y, mode="lines+markers", line=dict(color=PATH, width=2),
        marker=dict(
            color=PATH, line=dict(color=PATH_RIM, width=1.5),
            size=[9] * len(landscape.epochs) + [15],
            symbol=["circle"] * len(landscape.epochs) + ["star"],
        ),
        customdata=[[name, magnitude(loss)]
                    for name, loss in zip(names, landscape.path_losses.tolist(), strict=True)],
        hovertemplate="%{customdata[0]}: loss %{customdata[1]}<extra></extra>",
    )  # fmt: skip


def _bands(values: NDArray[np.float64], colours: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A picture of values: bands of colour in equal steps from the lowest to the highest, with
    lines between them.

    Args:
        values: (s, s) finite, at points in equal distances, at least 4; the first row is the
            lowest. Between them lie cubic splines.
        colours: (k, 3), 0 to 255, of the bands.

    Returns:
        (h, h, 3) RGB, of which the first row is the highest.
    """
    from scipy.interpolate import RectBivariateSpline  # slow to import

    points = np.arange(len(values))
    fine = np.linspace(0, points[-1], BAND_PIXELS * points[-1] + 1)
    low, high = values.min(), values.max()
    smooth = np.clip(RectBivariateSpline(points, points, values)(fine, fine)[::-1], low, high)
    band = (len(colours) * (smooth - low) / ((high - low) or 1)).astype(int)
    band = np.minimum(band, len(colours) - 1)
    line = np.zeros(band.shape, bool)
    line[1:] = band[1:] != band[:-1]
    line[:, 1:] |= band[:, 1:] != band[:, :-1]
    picture = colours[band]
    picture[line] /= 2
    return np.rint(picture).astype(np.uint8)


def _plain(figure: go.Figure, height: int) -> go.Figure:
    """Make a figure transparent, with narrow margins, and fixed, so that a finger on it scrolls the
    page."""
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure.update_layout(
        height=height,
        margin=dict(l=10, r=20, t=10, b=10),
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        dragmode=False,
    )
