"""What the other networks predict for a digit."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import percent
from mnist_core.network.inference import WeightsError
from mnist_core.predict.predictor import Predictor
from mnist_core.runs.run import Run
from pages.components.analysis.split_predictions import other_networks
from pages.components.shell import classes, networks
from pages.components.shell.background import result_when_done
from pages.components.shell.text import plain

MAX_NETWORKS = 12


def show_other_networks(run: Run, image: NDArray[np.uint8], label: int) -> None:
    """A table of what the other networks predict for the image."""
    others = other_networks(run)[:MAX_NETWORKS]
    if not others:
        return
    names = networks.distinct_names(others)
    calibrated = [(other, networks.temperature(other)) for other in others]
    answers = result_when_done(
        (
            "other networks",
            *((other.id, temperature) for other, temperature in calibrated),
            image.tobytes(),
        ),
        lambda report: [_probabilities(*pair, image) for pair in calibrated],
        "Asking other networks",
    )
    if answers is None:
        return
    rows: list[tuple[str, ...]] = []
    for other, probabilities in zip(others, answers, strict=True):
        if probabilities is None:
            rows.append((names[other.id], "its weights can't be read", "", ""))
            continue
        predicted = int(probabilities.argmax())
        guess = classes.shown(predicted)
        shown = f"{guess} ✓" if predicted == label else guess
        rows.append(
            (
                names[other.id],
                shown,
                *(percent(float(probabilities[d])) for d in (predicted, label)),
            )
        )
    of_label = f"Probability of {classes.shown(label)}, the label"
    heads = ("Other networks", "Predicted", "Confidence", of_label)
    lines: list[tuple[str, ...]] = [heads, (":--", ":--", "--:", "--:")]
    lines += [(plain(name), *figures) for name, *figures in rows]
    st.markdown("\n".join(f"|{'|'.join(line)}|" for line in lines))


def _probabilities(
    run: Run, temperature: float, image: NDArray[np.uint8]
) -> NDArray[np.float32] | None:
    """The network's probabilities; None if its weights can't be read."""
    with suppress(WeightsError, OSError):
        predictor = Predictor(networks.classifier(run), temperature, None, run.config.class_names)
        return predictor.predict_image(image).probabilities
    return None
