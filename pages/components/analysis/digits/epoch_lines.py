"""A digit's probabilities after each epoch: when the network learned or unlearned it."""

from __future__ import annotations

from collections.abc import Sequence

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
from pages.components.widgets.charts.line_plot import HEIGHTS, Line, line_plot


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
    """Lines of two digits' probabilities over the epochs, as HTML; that of the true digit is the
    thicker.

    Args:
        epochs: Ascending, at least one; the horizontal axis is to scale.
        probabilities: (epochs, classes), 0 to 1.
        label, other: The true digit, and another one.
    """
    across = (np.asarray(epochs) - epochs[0]) / max(epochs[-1] - epochs[0], 1)

    def line(index: int, name: str, colour: str) -> Line:
        shares = probabilities[:, index]
        titles = [
            f"after epoch {epoch}: {classes.name(index)} {percent(float(share))}"
            for epoch, share in zip(epochs, shares, strict=True)
        ]
        return Line(name, colour, across, shares, titles)

    true, second = classes.name(label), classes.name(other)
    lines = [
        line(other, second, "against"),
        line(label, f"{true}, the true {classes.kind()}", "for"),
    ]
    nearest_the_middle = int(np.abs(across - 0.5).argmin())
    below = {
        float(across[i]): f"{'' if across[i] else 'epoch '}{epochs[i]}"
        for i in (0, nearest_the_middle, -1)
    }
    described = f"Probabilities of {true} and {second} after each epoch"
    return line_plot(lines, described, below, [f"{y:.0%}" for y in HEIGHTS])
