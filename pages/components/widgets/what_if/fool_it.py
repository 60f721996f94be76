"""Fool it: the smallest change of a digit's pixels that turns a network's answer."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import article, count, percent
from mnist_core.config.sizes import IMAGE_SIDE, MAX_LEVEL
from mnist_core.evaluation.robustness import adversarial
from mnist_core.evaluation.robustness.adversarial import AdversarialImage, Method
from mnist_core.predict.answer import Prediction
from mnist_core.predict.predictor import Predictor
from pages.components.shell import classes
from pages.components.shell.background import Key, result_when_done
from pages.components.shell.steady import steady
from pages.components.shell.text import plain
from pages.components.widgets.charts import probability_bars
from pages.components.widgets.images.pictures import pictures_in_a_row
from pages.components.widgets.images.weight_tiles import mosaic

TITLE = "Fool it · Adversarial example"
METHODS: dict[str, Method] = {"PGD": "pgd", "FGSM": "fgsm"}
ANY = ""  # stands for any other class


def fool_it(predictor: Predictor, network: Key, image: NDArray[np.uint8]) -> None:
    """Show the digit, the smallest change that turns the answer, and what is predicted then.

    Args:
        predictor: The network.
        network: Names the network and its weights.
        image: (28, 28) uint8.
    """
    before = predictor.predict_image(image)
    now = int(before.probabilities.argmax())
    st.markdown(
        f"How little has to change before the network no longer reads {classes.a_shown(now)}? "
        "Every pixel is pushed the way that hurts most, along the gradient of the loss: as in "
        "training, but here the pixels move and the weights stay."
    )
    into, method = _choose_attack(now)
    target = None if into == ANY else classes.names().index(into)
    result = result_when_done(
        ("fool", *network, image.tobytes(), method, target),
        lambda report: (adversarial.smallest_change(predictor.classifier, image, method, target),),
        "Looking for the smallest change",
    )
    with steady():
        if result is None:
            return
        (fooled,) = result
        if fooled:
            _show(before, fooled, predictor.predict_image(fooled.image))
        else:
            other = plain(article(into) if into else _any_other())
            st.info(f"This method found no change that turns it into {other}.")
    st.caption(
        "FGSM, the fast gradient sign method: Goodfellow, Shlens and Szegedy, [arXiv 1412.6572]"
        "(https://arxiv.org/abs/1412.6572). PGD, projected gradient descent: Madry et al., [arXiv "
        "1706.06083](https://arxiv.org/abs/1706.06083). “Smallest” means the largest change of any "
        "one pixel; another method may find a smaller one."
    )


def _choose_attack(now: int) -> tuple[str, Method]:
    """The class that the digit should be taken for, by its name or `ANY`, and the method.

    Args:
        now: What the network predicts.
    """
    left, right = st.columns(2, gap="medium")
    others = [ANY, *(name for label, name in enumerate(classes.names()) if label != now)]
    into = left.selectbox(
        "Make it", others, format_func=lambda name: name or _any_other(), key="fool-into"
    )
    chosen = right.segmented_control(
        "Method",
        list(METHODS),
        default=next(iter(METHODS)),
        required=True,
        key="fool-method",
        help="FGSM takes one step by the gradient; PGD takes many small ones.",
    )
    return into, METHODS[chosen]


def _any_other() -> str:
    return f"any other {classes.kind()}"


def _show(before: Prediction, changed: AdversarialImage, after: Prediction) -> None:
    change = changed.image.astype(int) - before.image
    signed = mosaic(change.astype(float).reshape(1, IMAGE_SIDE, IMAGE_SIDE), 1)
    pictures_in_a_row(
        [
            (before.image, _answer(before)),
            (signed, "Change: blue more ink, orange less"),
            (changed.image, _answer(after)),
        ]
    )
    st.markdown(
        f"No pixel changes by more than **{changed.epsilon} of {MAX_LEVEL}** levels; "
        f"{count(int((change != 0).sum()), 'pixel')} change. {after.verdict.text}"
    )
    look = probability_bars.look_of(after)
    probability_bars.probability_bars(after.probabilities, look=look, key="fooled-probabilities")


def _answer(prediction: Prediction) -> str:
    best = int(prediction.probabilities.argmax())
    return f"{classes.name(best)} ({percent(float(prediction.probabilities[best]))})"
