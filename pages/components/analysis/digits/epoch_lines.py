"""A digit's probabilities after each epoch: when the network learned or unlearned it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import percent
from mnist_core.predict import predictor
from mnist_core.runs.run import Run
from pages.components.analysis.choices import final_weights
from pages.components.shell import classes, empty_states, networks
from pages.components.shell.background import result_when_done
from pages.components.shell.text import plain
from pages.components.widgets.browser import clickable


def show_epochs(run: Run, image: NDArray[np.uint8], label: int, other: int) -> None:
    """Lines of two digits' calibrated probabilities over the epochs whose weights are stored.

    Args:
        run: The network.
        image: (28, 28) uint8.
        label, other: The true digit, and another one.
    """
    st.markdown("**When did it learn or unlearn it?**")
    calibration = networks.calibration(run)
    result = result_when_done(
        ("digit by epoch", str(run.directory), len(run.epochs()), calibration, image.tobytes()),
        lambda report: predictor.probabilities_by_epoch(run, image, calibration, report=report),
        "Asking the network as it was after each epoch",
    )
    if result is None:
        return
    epochs, probabilities, damaged = result
    for epoch, reason in damaged.items():
        st.caption(f"The weights after epoch {epoch} are damaged and left out: {plain(reason)}")
    if not epochs:
        if not damaged:
            st.caption(empty_states.no_epochs(run))
        return
    clickable.show(epoch_lines(epochs, probabilities, label, other), None, "digit-over-epochs")
    if words := final_weights(run):
        st.caption(words)


def epoch_lines(
    epochs: Sequence[int], probabilities: NDArray[np.float32], label: int, other: int
) -> str:
    """Lines of two digits' probabilities over the epochs, as HTML: a Plotly chart would take longer
    than all the rest of the dialog.

    Args:
        epochs: Ascending, at least one; the horizontal axis is to scale.
        probabilities: (epochs, classes), 0 to 1.
        label, other: The true digit, and another one.
    """
    first, last = epochs[0], epochs[-1]
    across = [100 * (epoch - first) / max(last - first, 1) for epoch in epochs]
    lines = marks = ""
    for kind, digit in (("other", other), ("true", label)):
        down = [100 * (1 - float(share)) for share in probabilities[:, digit]]
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in zip(across, down, strict=True))
        lines += f'<polyline class="{kind}" points="{points}"/>'
        for epoch, x, y in zip(epochs, across, down, strict=True):
            title = escape(f"after epoch {epoch}: {classes.name(digit)} {percent(1 - y / 100)}")
            marks += f'<i class="{kind}" style="left:{x:.2f}%;top:{y:.2f}%" title="{title}"></i>'
    grid = "".join(f'<line class="grid" x1="0" x2="100" y1="{y}" y2="{y}"/>' for y in (0, 50, 100))
    shares = "".join(
        f'<span class="share" style="top:{100 - s}%">{s}%</span>' for s in (0, 50, 100)
    )
    ends = "".join(
        f'<span class="epoch" style="left:{x:.2f}%">{"epoch " * (not x)}{epoch}</span>'
        for epoch, x in sorted({(epochs[i], across[i]) for i in (0, len(epochs) // 2, -1)})
    )
    true, second = (escape(classes.name(which)) for which in (label, other))
    return (
        f'<div class="epoch-lines"><p><b class="true">{true}, the true {classes.kind()}</b> &nbsp; '
        f'<b class="other">{second}</b></p><div class="plot">'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" '
        f'aria-label="Probabilities of {true} and {second} after each epoch">{grid}{lines}</svg>'
        f"{marks}{shares}{ends}</div></div>"
    )
