"""A digit changed on purpose: what is said of it, and what the browser may send."""

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from pages.components.widgets.what_if.repair_it import read_levels


def fooled(index: int, method: str) -> None:
    import streamlit as st

    from mnist_core.digits.datasets.sample import load_sample
    from mnist_core.evaluation.non_digit_detector import OODDetector
    from mnist_core.network.inference import Classifier
    from mnist_core.predict.predictor import Predictor
    from mnist_core.runs import store
    from pages.components.widgets.what_if.fool_it import fool_it

    st.session_state.setdefault("fool-method", method)
    predictor = Predictor(Classifier.load(store.get("compact").weights_path), 1, OODDetector.load())
    fool_it(predictor, ("compact",), load_sample().x_test[index])


@pytest.mark.parametrize("method", ["PGD", "FGSM"])
def test_the_answer_turns_and_the_strength_and_both_answers_are_said(method, sample):
    at = AppTest.from_function(fooled, kwargs={"index": 2, "method": method}, default_timeout=20)
    at.run()
    assert not at.exception, at.exception
    image = sample.x_test[2]
    p = Classifier.load(store.get("compact").weights_path).probabilities(image[None])[0]
    (row,) = (e.proto.body for e in at.get("html") if "pictures-in-a-row" in e.proto.body)
    before, after = re.findall(r"<figcaption>(\d) \(", row)
    assert int(before) == p.argmax() != int(after)
    assert re.search(
        r"by more than \*\*\d+ of 255\*\* levels", " ".join(m.value for m in at.markdown)
    )
    target = str((int(before) + 5) % 10)
    at.selectbox(key="fool-into").set_value(target).run()
    (row,) = (e.proto.body for e in at.get("html") if "pictures-in-a-row" in e.proto.body)
    assert re.findall(r"<figcaption>(\d) \(", row)[-1] == target


def test_a_digit_that_the_browser_sends_is_checked():
    good = list(np.arange(784) % 256)
    np.testing.assert_array_equal(read_levels([int(v) for v in good]).ravel(), good)
    bad: list[object] = [None, "x" * 784, good[:-1], [*good[:-1], 256], [*good[:-1], -1]]
    for sent in [*bad, [*good[:-1], 0.5], [*good[:-1], "7"], {"levels": good}]:
        assert read_levels(sent) is None
