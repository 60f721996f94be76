"""Plain data to Plotly figures.

Backgrounds are transparent and texts have no colour of their own, so that the page's theme shows
through. Where a colour must differ between themes, the figure takes `dark`.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from mnist_core.evaluation import (
    DIGITS,
    AccuracyByDigit,
    Calibration,
    Share,
    shares,
    wilson_interval,
)

# Blue and vermilion stay apart for colour-blind eyes too.
BLUE, VERMILION, GREY = "#2563eb", "#d9480f", "#94a3b8"
# Scales of heatmaps by `dark`, faint to strong; INK is readable on every shade of them.
RIGHT = {False: ("#dbeafe", "#60a5fa"), True: ("#1e2f52", "#2563eb")}
WRONG = {False: ("#ffedd5", "#fb8a3c"), True: ("#40200f", "#c2410c")}
INK = {False: "#111827", True: "#ffffff"}


def confusion_matrix(
    counts: np.ndarray,
    share: Share = "none",
    hide_diagonal: bool = False,
    true: int | None = None,
    predicted: int | None = None,
    dark: bool = False,
) -> go.Figure:
    """Heatmap of a confusion matrix; right answers and errors each have a colour scale.

    Errors are a few in a hundred, so on one common scale they would all look alike.

    Args:
        counts: (10, 10) integers, rows true, columns predicted.
        share: Numbers shown: counts ("none"), or per cent of the row ("true") or of the column
            ("predicted").
        hide_diagonal: Show the errors only.
        true, predicted: Cell to outline; one of them alone outlines its row or column.
        dark: For a dark background.

    Returns:
        A figure whose last two traces are what can be clicked, as Plotly selects points but no
        cells of a heatmap: the digits beside rows and columns, and an invisible marker over each
        cell. Their `customdata` is [true, predicted]; None is any digit.
    """
    values = shares(counts, share) * (1 if share == "none" else 100)
    texts = _cell_texts(values, "d" if share == "none" else ".1f")
    diagonal = np.eye(DIGITS, dtype=bool)
    layers = [(~diagonal, WRONG[dark])]
    if not hide_diagonal:
        layers.append((diagonal, RIGHT[dark]))
    figure = go.Figure([_cells(values, texts, INK[dark], *layer) for layer in layers])
    return _matrix(figure, _cell_hover(counts), _head_hover(counts), true, predicted, dark)


def confusion_difference(
    first: np.ndarray,
    second: np.ndarray,
    names: tuple[str, str],
    hide_diagonal: bool = False,
    true: int | None = None,
    predicted: int | None = None,
    dark: bool = False,
) -> go.Figure:
    """Heatmap of the second confusion matrix less the first: blue is better, orange is worse.

    Args:
        first, second: (10, 10) integers, rows true, columns predicted.
        names: Of the two networks, for hovering; plain text.
        hide_diagonal, true, predicted, dark: As in `confusion_matrix`, like the figure returned.
    """
    change = second - first
    texts = np.array(
        [[f"{value:+d}".replace("-", "−") for value in row] for row in change.tolist()]
    )
    diagonal = np.eye(DIGITS, dtype=bool)
    better = np.where(diagonal, change > 0, change < 0)
    shown = ~diagonal if hide_diagonal else np.ones_like(diagonal)
    size = np.abs(change)
    largest = max(int(size[shown].max()), 1)
    layers = [(~better & shown, WRONG[dark]), (better & shown, RIGHT[dark])]
    figure = go.Figure([_cells(size, texts, INK[dark], *layer, largest) for layer in layers])
    # Plotly reads some HTML in texts.
    a, b = (html.escape(name) for name in names)
    cells = [
        f"<b>{t} called {p}: {texts[t, p]}</b><br>{a}: {first[t, p]:,}<br>{b}: {second[t, p]:,}"
        for t, p in np.ndindex(DIGITS, DIGITS)
    ]
    heads = [f"All {d}s" for d in range(DIGITS)] + [f"All called {d}" for d in range(DIGITS)]
    return _matrix(figure, cells, heads, true, predicted, dark)


def _matrix(
    figure: go.Figure,
    cell_hover: list[str],
    head_hover: list[str],
    true: int | None,
    predicted: int | None,
    dark: bool,
) -> go.Figure:
    """Add axes, outline and what can be clicked: digits beside rows and columns, and the cells."""
    cells = [list(cell) for cell in np.ndindex(DIGITS, DIGITS)]
    heads = [[t, None] for t in range(DIGITS)] + [[None, p] for p in range(DIGITS)]
    figure.add_trace(_targets(heads, head_hover, [str(d) for d in range(DIGITS)] * 2))
    figure.add_trace(_targets(cells, cell_hover))
    axis = dict(showticklabels=False, ticks="", showgrid=False, zeroline=False)
    figure.update_xaxes(title="Called (predicted digit)", range=[-1.2, 9.5], **axis)
    figure.update_yaxes(title="True digit", range=[10.2, -0.5], **axis)
    if true is not None or predicted is not None:
        x, y = (-0.5 if d is None else d - 0.5 for d in (predicted, true))
        figure.add_shape(
            type="rect",
            x0=x,
            x1=9.5 if predicted is None else x + 1,
            y0=y,
            y1=9.5 if true is None else y + 1,
            line=dict(color=INK[dark], width=2.5),
        )
    # Any place in a cell is nearest to its own marker, however large the cell is drawn.
    return _plain(figure, height=500).update_layout(
        hovermode="closest", hoverdistance=-1, clickmode="event+select", showlegend=False
    )


def _cell_texts(values: np.ndarray, form: str) -> np.ndarray:
    texts = [[format(value, form) if value else "" for value in row] for row in values.tolist()]
    return np.array(texts)


def _cells(
    values: np.ndarray,
    texts: np.ndarray,
    ink: str,
    where: np.ndarray,
    colours: tuple[str, str],
    largest: float | None = None,
) -> go.Heatmap:
    """A layer of the matrix. The scale ends at `largest`, or at the layer's own highest value."""
    shown = np.where(where & (values > 0), values, np.nan)
    return go.Heatmap(
        z=shown,
        text=np.where(np.isnan(shown), "", texts),  # else written without a cell, too
        texttemplate="%{text}",
        textfont=dict(size=13, color=ink),
        colorscale=[[0, colours[0]], [1, colours[1]]],
        zmin=0,
        zmax=largest or max(np.nanmax(shown, initial=0), 1e-9),
        xgap=2,
        ygap=2,
        showscale=False,
        hoverinfo="skip",
    )


def _cell_hover(counts: np.ndarray) -> list[str]:
    by_row, by_column = shares(counts, "true"), shares(counts, "predicted")
    return [
        f"<b>{t} called {p}: {counts[t, p]:,}</b><br>{by_row[t, p]:.1%} of all {t}s<br>"
        f"{by_column[t, p]:.1%} of all that was called {p}"
        for t, p in np.ndindex(DIGITS, DIGITS)
    ]


def _head_hover(counts: np.ndarray) -> list[str]:
    right, rows, columns = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    return [
        f"<b>All {d}s</b><br>{rows[d] - right[d]:,} of {rows[d]:,} called something else"
        for d in range(DIGITS)
    ] + [
        f"<b>All called {d}</b><br>{columns[d] - right[d]:,} of {columns[d]:,} wrongly"
        for d in range(DIGITS)
    ]


def _targets(
    places: list[list[int | None]], hover: list[str], texts: list[str] | None = None
) -> go.Scatter:
    """What can be hovered and clicked at [true, predicted]; None is beside the row or column."""
    invisible = dict(marker=dict(opacity=0))
    return go.Scatter(
        x=[-0.85 if predicted is None else predicted for _, predicted in places],
        y=[9.85 if true is None else true for true, _ in places],
        # A list: each row of an array would reach the page's event as {"0": …, "1": …}.
        customdata=places,
        mode="markers+text" if texts else "markers",
        text=texts,
        textfont=dict(size=15),
        marker=dict(symbol="square", size=28, opacity=0),
        selected=invisible,
        unselected=invisible,
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def class_distribution(counts: Mapping[str, np.ndarray]) -> go.Figure:
    """Grouped bars: which share of each set every digit has.

    Args:
        counts: Name of a set to its (10,) counts by digit. Shares, not counts, are drawn, so that
            sets of different size can be compared; the counts are shown on hovering.
    """
    figure = go.Figure()
    colours = (BLUE, GREY)
    for (name, count), colour in zip(counts.items(), colours, strict=False):
        figure.add_bar(
            name=name,
            x=list(range(DIGITS)),
            y=count / max(int(count.sum()), 1),
            customdata=count,
            marker_color=colour,
            hovertemplate=f"%{{x}}: %{{customdata:,}} digits, %{{y:.1%}}<extra>{name}</extra>",
        )
    figure.update_xaxes(title="Digit", tickvals=list(range(DIGITS)))
    figure.update_yaxes(title="Share of the set", tickformat=".0%")
    legend = dict(orientation="h", x=0, y=1.02, yanchor="bottom")
    return _plain(figure, height=320).update_layout(barmode="group", legend=legend)


def accuracy_by_digit(accuracy: AccuracyByDigit) -> go.Figure:
    """Bars of the share of each digit that was called right, with 95 % intervals.

    The axis is cut to show the differences, and its title says where it starts.
    """
    known = np.flatnonzero(accuracy.support > 0)
    value, low, high = (array[known] for array in accuracy[:3])
    start = max(math.floor(float(low.min()) * 50 - 0.25) / 50, 0.0) if known.size else 0.0
    figure = go.Figure(
        go.Bar(
            x=known,
            base=start,
            y=value - start,
            text=[f"{100 * v:.1f}" for v in value],
            textposition="inside",
            insidetextanchor="start",
            textangle=0,
            marker_color=BLUE,
            textfont_color="white",
            error_y=dict(
                type="data",
                symmetric=False,
                array=high - value,
                arrayminus=value - low,
                color=GREY,
                thickness=2,
            ),
            customdata=np.column_stack([value, low, high, accuracy.support[known]]),
            hovertemplate="<b>%{x}: %{customdata[0]:.2%} right</b> of %{customdata[3]:,}<br>"
            "95% interval %{customdata[1]:.2%} to %{customdata[2]:.2%}<extra></extra>",
        )
    )
    title = "Called right" + (f" (axis starts at {start:.0%})" if start else "")
    figure.update_xaxes(title="True digit", tickvals=list(range(DIGITS)), range=[-0.6, 9.6])
    figure.update_yaxes(title=title, tickformat=".0%", range=[start, 1 + (1 - start) * 0.02])
    return _plain(figure, height=340)


def probability_bars(probabilities: Sequence[float], true: int | None = None) -> go.Figure:
    """Ten horizontal bars of a network's answer (softmax); the highest one stands out.

    Args:
        probabilities: (10,), 0 to 1.
        true: The label. Where it is not the answer given, the answer is coloured as wrong.
    """
    values = np.asarray(probabilities, float)
    answer = int(values.argmax())
    colours = [GREY] * DIGITS
    colours[answer] = BLUE if true in (None, answer) else VERMILION
    if true is not None:
        colours[true] = BLUE
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(DIGITS)),
            orientation="h",
            marker_color=colours,
            text=[f"{value:.1%}" for value in values],
            textposition="auto",
            hovertemplate="%{y}: %{x:.3%}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(tickvals=list(range(DIGITS)), range=[9.6, -0.6])
    return _plain(figure, height=300)


def probabilities_over_epochs(
    epochs: Sequence[int], probabilities: np.ndarray, true: int, predicted: int
) -> go.Figure:
    """Lines of what a network said of one digit after each epoch.

    Args:
        epochs: Ascending.
        probabilities: (epochs, 10), 0 to 1.
        true: The label.
        predicted: The answer in the end; where it is right, the strongest rival is drawn too.
    """
    other = predicted
    if other == true:
        strongest = probabilities.max(axis=0).copy()
        strongest[true] = -1
        other = int(strongest.argmax())
    figure = go.Figure()
    for digit, colour in ((true, BLUE), (other, VERMILION)):
        figure.add_scatter(
            x=list(epochs),
            y=probabilities[:, digit],
            name=f"{digit}, the true digit" if digit == true else f"{digit}",
            mode="lines+markers",
            line=dict(color=colour),
            hovertemplate=f"after epoch %{{x}}: {digit} %{{y:.1%}}<extra></extra>",
        )
    figure.update_xaxes(title="Epoch", rangemode="tozero")
    figure.update_yaxes(title="Probability", range=[-0.03, 1.03], tickformat=".0%")
    legend = dict(orientation="h", x=0, y=1.02, yanchor="bottom")
    return _plain(figure, height=230).update_layout(legend=legend)


def reliability_diagram(calibration: Calibration, chosen: int | None = None) -> go.Figure:
    """Bars of how often a network is right where it is so and so sure, beside the ideal diagonal.

    Args:
        calibration: As `Evaluation.calibration` gives it.
        chosen: A bin to outline; None for none.

    Returns:
        A figure whose bars have the bin's number as `customdata[0]`.
    """
    bins = np.flatnonzero(calibration.count > 0)
    centres = (calibration.edges[1:] + calibration.edges[:-1]) / 2
    count, accuracy = calibration.count[bins], calibration.accuracy[bins]
    low, high = wilson_interval(np.rint(accuracy * count), count)
    figure = go.Figure(
        go.Bar(
            x=centres[bins],
            y=accuracy,
            width=np.diff(calibration.edges)[bins] * 0.94,
            marker=dict(
                color=BLUE,
                line=dict(color=VERMILION, width=[3 if b == chosen else 0 for b in bins]),
            ),
            error_y=dict(
                type="data",
                symmetric=False,
                array=high - accuracy,
                arrayminus=accuracy - low,
                color=GREY,
                thickness=2,
            ),
            customdata=[
                [int(b), int(n), float(calibration.confidence[b])]
                for b, n in zip(bins, count, strict=True)
            ],
            hovertemplate="<b>%{customdata[1]:,} digits</b><br>%{customdata[2]:.1%} sure on "
            "average<br>%{y:.1%} right<extra></extra>",
            name="right",
            selected=dict(marker=dict(opacity=1)),
            unselected=dict(marker=dict(opacity=1)),
        )
    )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line=dict(color=GREY, dash="dash"),
        hoverinfo="skip",
        name="as sure as right",
    )
    figure.update_xaxes(title="How sure it is", range=[0, 1.01], tickformat=".0%")
    figure.update_yaxes(title="How often it is right", range=[0, 1.04], tickformat=".0%")
    return _plain(figure, height=380).update_layout(showlegend=False, clickmode="event+select")


def confidence_histogram(confidence: np.ndarray, correct: np.ndarray, bins: int = 20) -> go.Figure:
    """How sure a network was of its right and of its wrong answers, on a logarithmic scale.

    Args:
        confidence: (n,), 0 to 1.
        correct: (n,) bool.
        bins: Of equal width, from 0 to 1.
    """
    edges = np.linspace(0, 1, bins + 1)
    figure = go.Figure()
    for name, colour, of in (("Right", BLUE, correct), ("Wrong", VERMILION, ~correct)):
        count, _ = np.histogram(confidence[of], edges)
        figure.add_bar(
            name=name,
            x=(edges[1:] + edges[:-1]) / 2,
            y=count,
            marker_color=colour,
            customdata=np.column_stack([edges[:-1], edges[1:]]),
            hovertemplate=f"%{{customdata[0]:.0%}} to %{{customdata[1]:.0%}} sure: %{{y:,}} "
            f"{name.lower()}<extra></extra>",
        )
    figure.update_xaxes(title="How sure it is", range=[0, 1.01], tickformat=".0%")
    figure.update_yaxes(title="Digits (logarithmic)", type="log", dtick=1, rangemode="nonnegative")
    legend = dict(orientation="h", x=0, y=1.02, yanchor="bottom")
    return _plain(figure, height=380).update_layout(barmode="group", bargap=0.1, legend=legend)


def accuracy_by_coverage(
    coverage: np.ndarray, accuracy: np.ndarray, chosen: float | None = None
) -> go.Figure:
    """Line of the accuracy on the digits it is surest of, over their share.

    Args:
        coverage, accuracy: (k,), as `Evaluation.accuracy_by_coverage` gives them.
        chosen: A share to mark; None for none.
    """
    # A screen shows no more than some 500 points.
    kept = np.unique(np.linspace(0, coverage.size - 1, min(coverage.size, 500)).astype(int))
    figure = go.Figure(
        go.Scatter(
            x=coverage[kept],
            y=accuracy[kept],
            mode="lines",
            line=dict(color=BLUE, width=2.5),
            hovertemplate="answers %{x:.1%}: %{y:.2%} right<extra></extra>",
        )
    )
    if chosen is not None:
        figure.add_vline(chosen, line=dict(color=VERMILION, width=2, dash="dot"))
    figure.update_xaxes(title="Share of the digits answered", range=[0, 1.01], tickformat=".0%")
    low = float(accuracy.min())
    figure.update_yaxes(
        title="Right among these", range=[low - 0.05 * (1 - low), 1 + 0.05 * (1 - low) + 1e-4],
        tickformat=".1%" if low > 0.9 else ".0%",
    )  # fmt: skip
    return _plain(figure, height=320)


def _plain(figure: go.Figure, height: int) -> go.Figure:
    """Transparent, without margins to waste, and never in the way of scrolling on a phone."""
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure.update_layout(
        height=height,
        margin=dict(l=10, r=10, t=10, b=10),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
    )
