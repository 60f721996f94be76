"""A network's forward pass for one digit, frame by frame, in figures to check by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.config import LEAKY_RELU_SLOPE
from mnist_core.config.names import name_of
from mnist_core.config.sizes import IMAGE_SIDE, INPUTS, MAX_LEVEL
from mnist_core.evaluation.internals import forward_pass
from mnist_core.evaluation.internals.forward_pass import (
    Floats,
    Layer,
    Normalization,
    Softmax,
    WeightedSum,
    activation_text,
    number_text,
    product_text,
    sum_text,
)
from mnist_core.network.inference import WeightsError
from mnist_core.runs.run import Run
from pages.components.shell import classes, networks
from pages.components.shell.classes import thing
from pages.components.shell.memory_cache import MemoryCache
from pages.components.shell.terms import explained
from pages.components.shell.text import plain
from pages.components.widgets.images.pictures import large_picture, pictures_in_a_row
from pages.components.widgets.images.weight_tiles import mosaic

TITLE = "Forward pass, step by step"
FORMULAS = {
    "relu": "the value itself, or 0 where it is below 0",
    "leaky_relu": f"the value itself, or {LEAKY_RELU_SLOPE:g} times the value where it is below 0",
    "elu": "the value itself, or e^value − 1 where it is below 0",
    "gelu": "the value times the share of a bell curve that lies below it",
    "silu": "the value times 1 ÷ (1 + e^−value)",
    "tanh": "the hyperbolic tangent: from −1 to 1",
    "sigmoid": "1 ÷ (1 + e^−value): from 0 to 1",
}
LARGEST_LISTED = 4  # products of either sign that are listed one by one
MAX_BYTES = 50_000_000  # all layers in memory; champion's take 12 MB
FOLDED = (
    "Batch normalization is folded into these weights and the bias: once training is over, "
    "it only multiplies and shifts, so the result is the same."
)
_FRAME = "hand-frame"
Frame = tuple[str, Callable[[], None]]


def show_forward_pass(run: Run, image: NDArray[np.uint8]) -> None:
    """Show one frame at a time, from the pixels to the probabilities.

    Args:
        run: The network in use.
        image: (28, 28) uint8.
    """
    layers, note = _layers_of(run)
    passed = forward_pass.forward_pass(layers, image)
    frames: list[Frame] = [(f"{INPUTS} pixels", partial(_pixels, image))]
    for number, layer in enumerate(layers[:-1], 1):
        title = f"Hidden layer {number}: one unit"
        shows = partial(_unit, layer, number, passed[number - 1], passed[number], note)
        frames.append((title, shows))
    frames.append(("The logits", partial(_logits, layers, passed, note)))
    frames.append(("Softmax: the probabilities", partial(_softmax, run, passed[-1])))
    place = min(st.session_state.get(_FRAME, 0), len(frames) - 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, key, step in (("Back", "Left", -1), ("Next", "Right", 1)):
            st.button(
                label,
                key=f"hand-{label.lower()}",
                shortcut=key,
                disabled=not 0 <= place + step < len(frames),
                on_click=_go_to,
                args=(place + step,),
            )
        st.markdown(f"**Step {place + 1} of {len(frames)} · {frames[place][0]}**")
    with st.container(key=f"hand-step-{place}"):
        frames[place][1]()


def _go_to(place: int) -> None:
    st.session_state[_FRAME] = place


def _layers_of(run: Run) -> tuple[tuple[Layer, ...], str]:
    """The layers to compute with, and what is to be said of batch normalization in them."""
    layers = forward_pass.folded(networks.classifier(run))
    if all(layer.normalization == "none" for layer in run.config.layers):
        return layers, ""
    try:
        key = run.model_path, run.model_path.stat().st_mtime_ns
        layers = _kept.get(key, lambda: forward_pass.layers_of_keras_file(run.model_path))
    except FileNotFoundError:
        return layers, FOLDED + " This network has no other weights."
    except (WeightsError, OSError) as error:
        st.warning(plain(f"{error} So the folded weights are shown."), icon=":material/error:")
        return layers, FOLDED
    return layers, (
        "Elsewhere on this page weights are shown with batch normalization folded in; the results "
        "are the same."
    )


_kept: MemoryCache[tuple[Layer, ...]] = MemoryCache(
    MAX_BYTES, lambda layers: sum(layer.kernel.nbytes for layer in layers)
)


def _pixels(image: NDArray[np.uint8]) -> None:
    picture, words = st.columns([1, 2], gap="large")
    with picture:
        large_picture(image, f"The {thing()} that goes through the network")
    level = int(image.max())
    with words:
        st.markdown(
            f"The network gets {INPUTS} numbers, one for each pixel, row by row. A level from 0 "
            f"(paper) to {MAX_LEVEL} (full ink) is divided by {MAX_LEVEL}. The brightest pixel "
            f"here: {level} ÷ {MAX_LEVEL} = {number_text(level / MAX_LEVEL)}."
        )
        with st.expander(f"The {INPUTS} inputs"):
            st.dataframe(np.round(image / MAX_LEVEL, 3), height="content")


def _unit(layer: Layer, number: int, inputs: Floats, outputs: Floats, note: str) -> None:
    unit = st.selectbox(
        "Unit",
        np.argsort(-outputs, kind="stable").tolist(),
        format_func=lambda unit: f"Unit {unit}, output {number_text(float(outputs[unit]))}",
        key=f"hand-unit-{number - 1}",
        help=f"The most active units for this {thing()} come first.",
    )
    found = forward_pass.weighted_sum(layer, inputs, unit)
    if number == 1:
        _pictures(found)
        explained(
            "Each input is multiplied by its weight, and all products are added. Ink on blue makes "
            "the sum larger, ink on orange smaller."
        )
    else:
        explained(
            f"Its inputs are the {found.inputs.size} outputs of hidden layer {number - 1}, each "
            "multiplied by its weight. The largest products:"
        )
        _largest_products(found)
    _steps(found, note)


def _logits(layers: tuple[Layer, ...], passed: list[Floats], note: str) -> None:
    logits, last = passed[-1], len(layers) - 1
    digit = st.selectbox(
        "Output",
        np.argsort(-logits, kind="stable").tolist(),
        format_func=lambda digit: (
            f"{classes.kind().capitalize()} {classes.name(digit)}, "
            f"logit {number_text(float(logits[digit]))}"
        ),
        key="hand-output",
    )
    found = forward_pass.weighted_sum(layers[last], passed[last], digit)
    inputs = f"{found.inputs.size} outputs of hidden layer {last}" if last else f"{INPUTS} pixels"
    explained(
        f"Each of the {len(logits)} outputs is a weighted sum of the {inputs}, without an "
        "activation function: a **logit**. The largest one wins. The largest products:"
    )
    _largest_products(found)
    _steps(found, note)


def _softmax(run: Run, logits: Floats) -> None:
    steps = Softmax(logits, networks.temperature(run))
    largest = float(steps.scaled.max())
    explained(
        "Softmax makes shares of the logits: e to the power of each, divided by the sum of all."
        " The largest logit is subtracted from each first, which changes no share."
    )
    if steps.temperature != 1:
        explained(
            f"Before that they are divided by the network's temperature, {steps.temperature:.3f}, "
            "which calibration found: it makes the confidence honest, and changes no prediction."
        )
    rows = []
    for digit, name in enumerate(classes.names()):
        less = float(steps.scaled[digit]) - largest
        kind = classes.kind().capitalize()
        row = {kind: plain(name), "Logit": number_text(float(steps.logits[digit]))}
        if steps.temperature != 1:
            row["÷ temperature"] = number_text(float(steps.scaled[digit]))
        row["less the largest"] = number_text(less)
        row["e to that power"] = _six_places(float(steps.powers[digit]))
        row["Probability"] = _six_places(float(steps.probabilities[digit]))
        rows.append(row)
    st.table(rows, hide_index=True)
    best = int(steps.probabilities.argmax())
    total = float(steps.powers.sum())
    st.markdown(
        f"Sum of the powers: {total:.6f}. Probability of {classes.shown(best)}: 1 ÷ {total:.6f} = "
        f"{_six_places(float(steps.probabilities[best]))}."
    )


def _six_places(value: float) -> str:
    return f"{value:.6f}" if value >= 5e-7 else "< 0.000001"


def _pictures(found: WeightedSum) -> None:
    """Pixels, weights and their products, side by side."""
    pictures_in_a_row(
        [
            (mosaic(values.reshape(1, IMAGE_SIDE, IMAGE_SIDE), 1), title)
            for title, values in (
                ("Pixels", found.inputs),
                ("Weights", found.weights),
                ("Pixels × weights", found.products),
            )
        ]
    )


def _largest_products(found: WeightedSum) -> None:
    """The largest products of either sign, and what the others add up to."""
    products, what = found.products, "Unit" if found.inputs.size != INPUTS else "Pixel"
    order = np.argsort(-products, kind="stable")
    listed = [*order[:LARGEST_LISTED].tolist(), *order[-LARGEST_LISTED:].tolist()]
    listed = list(dict.fromkeys(listed))
    rows = [
        {
            what: str(place),
            "Input × weight": product_text(
                float(found.inputs[place]), float(found.weights[place]), float(products[place])
            ),
        }
        for place in listed
    ]
    others = np.ones(products.size, bool)
    others[listed] = False
    rest = products[others]
    if rest.size:
        rows.append(
            {what: f"{rest.size:,} others", "Input × weight": number_text(float(rest.sum()))}
        )
    st.table(rows, hide_index=True)


def _steps(found: WeightedSum, note: str) -> None:
    """From the products to the unit's output: the sum, then each step of the layer in its order."""
    sums = {
        "Products above 0": number_text(found.positive),
        "Products below 0": number_text(found.negative),
        "Bias": number_text(found.bias),
        "Together": sum_text((found.positive, found.negative, found.bias), found.total),
    }
    _figures("Weighted sum", sums)
    value_is = "sum"
    for step, value in zip(found.steps, found.values, strict=False):
        if isinstance(step, Normalization):
            _figures("Batch normalization", _normalization(step, value, value_is))
            explained(
                f"Mean and variance are those of this unit's {value_is}s, averaged over the last "
                "batches of training; now they are fixed. Gamma and beta are trained, as weights "
                "are. Epsilon keeps the root above 0.",
                caption=True,
            )
        else:
            written = {name_of(step): activation_text(step, value)}
            _figures("Activation function", written)
            st.caption(f"{name_of(step)}: {FORMULAS[step]}.")
            value_is = "activation"
    st.caption(
        "Figures are rounded; ≈ means that the last digit is off because of rounding. " + note
    )


def _normalization(step: Normalization, value: float, value_is: str) -> dict[str, str]:
    return {
        "Mean": number_text(float(step.mean)),
        "Variance": f"{step.variance:.4g}",
        "Epsilon": f"{step.epsilon:g}",
        f"({value_is.capitalize()} − mean) ÷ √(variance + epsilon)": step.standardized_text(value),
        "Gamma": number_text(float(step.gamma)),
        "Beta": number_text(float(step.beta)),
        "That × gamma + beta": step.scaled_text(value),
    }


def _figures(step: str, figures: dict[str, str]) -> None:
    rows = [{step: what, "Figures": written} for what, written in figures.items()]
    st.table(rows, hide_index=True)
