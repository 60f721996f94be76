"""Gradient descent on one digit, on a copy of the network: what each step moves and changes."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import accuracy_text, count, magnitude, percent
from mnist_core.evaluation import charts
from mnist_core.evaluation.internals import gradient_descent
from mnist_core.evaluation.internals.forward_pass import number_text
from mnist_core.evaluation.internals.gradient_descent import Descent, ReferenceDigits
from mnist_core.runs.run import Run
from pages.components.analysis.digits.digit_choice import ChosenDigit
from pages.components.shell import classes, dataset, networks
from pages.components.shell.background import result_when_done
from pages.components.shell.classes import a_thing, thing, things
from pages.components.shell.terms import explained
from pages.components.widgets.charts import probability_bars
from pages.components.widgets.charts.chart import chart

TITLE = "One step of gradient descent"
RATES = (1e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)
RATE = 1e-4
STEPS = 10
OTHER_DIGITS = 1000  # test digits on which to see what the steps do to the rest
# The rate counts as too high once the accuracy on them has fallen by this much.
FORGOTTEN_ACCURACY = 0.01


def show_gradient_step(run: Run, digit: ChosenDigit) -> None:
    """Show what steps of gradient descent on this digit do to a copy of the network."""
    explained(
        f"In training the network sees {a_thing()}, is told the label, and every weight moves a "
        f"little, so that the loss falls. Here it learns from this one {thing()}. It happens on a "
        "copy: **the network itself stays as it is**."
    )
    target, rate = _choose(digit)
    image = digit.prediction.image
    found = _descent(run, image, target, rate)
    if found is None:
        return
    _output_gradient(found, target)
    _moved(run, found, rate)
    _before_and_after(found)
    _several_steps(found, target)


def _choose(digit: ChosenDigit) -> tuple[int, float]:
    """The digit to learn and the learning rate. At first the digit is the label; if that is unknown
    or predicted already, it is the second likeliest digit, so that there is something to learn."""
    first, second = digit.prediction.two_likeliest()
    usual = second if digit.label in (first, None) else digit.label
    if digit.label == first:
        st.caption(
            f"The network predicts the label, {classes.shown(first)}, already. To see the weights "
            f"move, teach it something wrong, such as {classes.shown(second)}."
        )
    left, right = st.columns([1, 2], gap="medium")
    with left:
        target = st.selectbox(
            "Teach it that this is a",
            range(len(classes.names())),
            index=usual,
            format_func=classes.name,
            key=f"teach-{usual}",
        )
    with right:
        rate = st.select_slider(
            "Learning rate",
            RATES,
            value=RATE,
            format_func=lambda rate: f"{rate:g}" if rate >= 1e-4 else f"{rate:.5f}".rstrip("0"),
            key="step-rate",
            help="Each weight moves against its gradient, by the learning rate times the gradient.",
        )
    return target, rate


def _descent(run: Run, image: NDArray[np.uint8], target: int, rate: float) -> Descent | None:
    classifier, data = networks.classifier(run), dataset.get(tell=False)
    others = ReferenceDigits(data.x_test[:OTHER_DIGITS], data.y_test[:OTHER_DIGITS])
    return result_when_done(
        (
            "gradient descent",
            *networks.weights_key(run),
            data.name,
            image.tobytes(),
            target,
            rate,
        ),
        lambda report: gradient_descent.descend(
            classifier, image, target, rate, STEPS, others, report
        ),
        f"Learning from this {thing()}",
    )


def _output_gradient(found: Descent, target: int) -> None:
    probabilities = found.probabilities[0]
    st.markdown(
        f"**1 · Loss and gradient at the output.** The network gives {classes.shown(target)} a "
        f"probability of {percent(float(probabilities[target]))}; the loss is the negative "
        f"logarithm of that, −ln p = **{found.losses[0]:.3f}**. The gradient at each logit is "
        f"p − y: its probability, minus 1 for the right {classes.kind()}. Where it is below 0 the "
        "logit should rise, above 0 fall."
    )
    wanted = np.eye(len(probabilities))[target]
    rows = [
        {
            classes.kind().capitalize(): classes.shown(digit),
            "p": number_text(p),
            "y": f"{y:g}",
            "p − y": number_text(p - y),
        }
        for digit, (p, y) in enumerate(zip(probabilities.tolist(), wanted.tolist(), strict=True))
    ]
    st.table(rows, hide_index=True)


def _moved(run: Run, found: Descent, rate: float) -> None:
    st.markdown(
        "**2 · Backwards through the layers.** The chain rule leads from the logits to every "
        f"weight. Each layer moves by learning rate × gradient, here {rate:g} × gradient:"
    )
    last = len(found.moved)
    rows = [
        {
            "Layer": f"Hidden {number}" if number < last else "Output",
            "Weights": f"{layer.weights:,}",
            "Length of the step": magnitude(layer.distance),
            "Of the weights' length": f"{magnitude(100 * layer.share)}%",
            "Largest change": magnitude(layer.largest),
        }
        for number, layer in enumerate(found.moved, 1)
    ]
    st.table(rows, hide_index=True)
    normalized = any(layer.normalization != "none" for layer in run.config.layers)
    st.caption(
        "The length is the root of the sum of all squared changes, biases included."
        + (" Batch normalization is folded into the weights." if normalized else "")
    )


def _before_and_after(found: Descent) -> None:
    st.markdown("**3 · The probabilities**, computed again:")
    after = min(1, len(found.losses) - 1)
    steps = ((0, "Before"), (after, f"After one step, loss {found.losses[after]:.3f}"))
    for column, (step, title) in zip(st.columns(2, gap="medium"), steps, strict=True):
        with column:
            st.caption(title)
            probability_bars.probability_bars(
                found.probabilities[step], key=f"step-{step}-{title[:5]}"
            )
    st.caption("Not calibrated, as in training.")


def _several_steps(found: Descent, target: int) -> None:
    st.markdown(f"**4 · {STEPS} steps.** {in_words(found, target)}")
    chart(
        charts.loss_and_accuracy_by_step(found.losses, found.accuracies),
        "descent",
        f"Lines by step: the loss of this {thing()}, and the accuracy on {OTHER_DIGITS:,} test "
        f"{things()}",
    )


def in_words(found: Descent, target: int) -> str:
    """What some steps did to this digit and to the others, in Markdown."""
    flips = found.flips_after(target)
    if flips == 0:
        words = [f"The network predicts {classes.shown(target)} already; there is little to learn."]
    elif flips is None:
        words = [
            f"After {count(len(found.losses) - 1, 'step')} it is not yet {classes.a_shown(target)}."
        ]
    else:
        words = [f"After **{count(flips, 'step')}** the network predicts {classes.shown(target)}."]
    if found.exploded:
        return f"{words[0]} Then **the weights exploded**: the learning rate is far too high."
    before, after = float(found.accuracies[0]), float(found.accuracies[-1])
    others = f"{accuracy_text(before)} to {accuracy_text(after)}"
    if before - after >= FORGOTTEN_ACCURACY:
        words.append(
            f"But the steps **overshoot**: on {OTHER_DIGITS:,} test {things()} the accuracy went "
            f"from {others}. The learning rate is too high: the network unlearns what it knew."
        )
    else:
        words.append(f"On {OTHER_DIGITS:,} test {things()} the accuracy went from {others}.")
    return " ".join(words)
