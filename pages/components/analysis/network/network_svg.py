"""A network as a diagram that can be saved: an SVG file, which prints at any size."""

from __future__ import annotations

from html import escape

import streamlit as st

from mnist_core.config import palette
from mnist_core.config.names import name_of
from mnist_core.config.sizes import INPUTS
from mnist_core.evaluation.internals import diagram_units
from mnist_core.evaluation.internals.diagram_units import View
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.runs.run import Run
from pages.components.analysis.choices import choose_epoch
from pages.components.shell import classes, networks
from pages.components.widgets.images.pictures import svg_uri

TITLE = "Diagram, to save as SVG"
TOP, BOTTOM, COLUMN, ROW = 20, 50, 170, 22  # pixels
PIXELS = 196  # width and height of the square that stands for the inputs
RADIUS = 7
MAX_LINE_WIDTH = 4  # pixels


def offer_diagram(run: Run) -> None:
    """Show the diagram of a network after any stored epoch, with a button that saves it."""
    epoch = choose_epoch(run, "diagram-epoch")
    try:
        classifier = networks.classifier(run, epoch)
    except (WeightsError, OSError) as error:
        networks.show_damaged(run, error, epoch)
        return
    view = diagram_units.view(classifier)
    after = "" if epoch is None else f" after epoch {epoch}"
    svg = network_svg(view, classifier, f"{run.name}{after}")
    st.html(f'<img src="{svg_uri(svg)}" alt="{escape(view["words"])}" class="network-svg">')
    st.caption(
        "Of each layer the units that tell drawn digits apart best, and the strongest connections "
        "into them: blue excites, orange inhibits; the thicker, the stronger."
    )
    st.download_button(
        "Save as SVG",
        svg,
        f"{run.id}{'' if epoch is None else f'-epoch-{epoch}'}.svg",
        "image/svg+xml",
        icon=":material/download:",
        key="save-diagram",
        on_click="ignore",
    )


def network_svg(view: View, classifier: Classifier, title: str) -> str:
    """The diagram as the text of an SVG file.

    Args:
        view: What is drawn of the network.
        classifier: The network.
        title: Stands in the file as its title; any text.
    """
    columns = view["columns"]
    rows = max([classifier.classes, *(len(column["units"]) for column in columns)])
    height = TOP + max(rows * ROW, PIXELS) + BOTTOM
    width = PIXELS + COLUMN * (len(columns) + 1) + 60
    middle = TOP + (height - TOP - BOTTOM) / 2
    places = [_pixel_places(view["side"], middle)]
    sizes = [*(len(column["units"]) for column in columns), classifier.classes]
    for number, size in enumerate(sizes, 1):
        x = 20 + PIXELS + number * COLUMN - 40
        places.append([(x, middle + (row - (size - 1) / 2) * ROW) for row in range(size)])
    lines = [
        _line(places[layer][start], places[layer + 1][stop], weight)
        for layer, group in enumerate(view["connections"])
        for start, stop, weight in zip(
            group["starts"], group["stops"], group["weights"], strict=True
        )
    ]
    circles = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}"/>'
        for group in places[1:]
        for x, y in group
    ]
    digits = [
        f'<text x="{x + 14:.1f}" y="{y + 4:.1f}">{escape(name)}</text>'
        for name, (x, y) in zip(classes.names(), places[-1], strict=True)
    ]
    texts = _captions(view, classifier, [column[0][0] for column in places[1:]], height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12" fill="{palette.TEXT.light}">'
        f"<title>{escape(title)}</title>"
        f'<rect width="100%" height="100%" fill="{palette.PAGE.light}"/>'
        f'<rect x="20" y="{middle - PIXELS / 2}" width="{PIXELS}" height="{PIXELS}" '
        f'fill="{palette.PAPER}"/>'
        f'<g fill="none" stroke-linecap="round">{"".join(lines)}</g>'
        f'<g fill="{palette.PAGE.light}" stroke="{palette.TEXT.light}">{"".join(circles)}</g>'
        f"{''.join(digits)}{texts}</svg>\n"
    )


def _captions(view: View, classifier: Classifier, across: list[float], height: float) -> str:
    """What stands under the pixels and each column, as SVG.

    Args:
        across: Where the columns are, the outputs' last.
        height: The diagram's height in pixels.
    """
    under = [(20 + PIXELS / 2, f"{INPUTS} pixels", "")]
    names = classifier.activation_names
    for column, name, x in zip(view["columns"], names, across, strict=False):
        shown = f"{len(column['units'])} shown" if len(column["units"]) < column["size"] else ""
        under.append((x, f"{column['size']:,} units, {name_of(name)}", shown))
    under.append((across[-1], f"{classifier.classes} outputs, softmax", ""))
    return "".join(
        f'<text x="{x:.1f}" y="{height - dy}" text-anchor="middle">{escape(text)}</text>'
        for x, *two in under
        for dy, text in zip((30, 12), two, strict=True)
        if text
    )


def _pixel_places(side: int, middle: float) -> list[tuple[float, float]]:
    """The centre of each pixel, row by row."""
    step = PIXELS / side
    left, top = 20 + step / 2, middle - PIXELS / 2 + step / 2
    return [
        (left + column * step, top + row * step) for row in range(side) for column in range(side)
    ]


def _line(start: tuple[float, float], stop: tuple[float, float], weight: float) -> str:
    """A connection; its weight is from -1 to 1."""
    colour = palette.FOR_MARK if weight >= 0 else palette.AGAINST_MARK
    strength = min(abs(weight), 1)
    return (
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{stop[0]:.1f}" y2="{stop[1]:.1f}" '
        f'stroke="{colour}" stroke-width="{0.3 + (MAX_LINE_WIDTH - 0.3) * strength:.2f}" '
        f'stroke-opacity="{0.25 + 0.75 * strength:.2f}"/>'
    )
