"""Watched digits and the replay of a run's epochs on the Train page."""

import threading

import numpy as np
import pytest
import streamlit as st

from mnist_core.config.config import TrainingConfig
from mnist_core.evaluation import cached_predictions
from mnist_core.runs import store
from mnist_core.runs.files import save_arrays
from pages.components.shell import background
from pages.components.shell.state import DRAWINGS


@pytest.fixture
def learnt(no_networks):
    """A run that predicts 1 for every digit after its first epoch, and 2 after its second."""
    run = store.create(TrainingConfig(epochs=2), "Learnt")
    for epoch in (1, 2):
        bias = np.zeros(10)
        bias[epoch] = 4.0
        arrays = {"activations": np.array([], str), "kernel_0": np.zeros((784, 10))}
        save_arrays(run.epoch_path(epoch), arrays | {"bias_0": bias})
    run.set_status(state="done")
    return run


def html(app) -> str:
    return "".join(element.proto.body for element in app.get("html"))


def accuracy(app) -> str:
    return next(m.value for m in app.metric if m.label.startswith("Test accuracy after"))


def test_the_slider_replays_accuracy_and_watched_digits(open_page, learnt, no_networks):
    app = open_page("train", run=learnt.id)
    shares = [f"{(no_networks.y_test == digit).mean():.2%}" for digit in (1, 2)]
    assert accuracy(app) == shares[1]
    app.select_slider(key=f"replay-{learnt.id}").set_value(1).run()
    assert not app.exception
    assert accuracy(app) == shares[0]
    assert "First-layer weights after epoch 1" in html(app)
    captions = [caption.value for caption in app.caption]
    assert any("stored in half precision" in caption for caption in captions)
    assert {"After epoch 2", "After epoch 1"} <= set(captions)  # newest above, replayed below


def test_while_an_epoch_is_evaluated_the_page_goes_on(open_page, learnt, no_networks, monkeypatch):
    app = open_page("train", run=learnt.id)
    st.cache_resource.clear()
    for file in learnt.directory.glob("evaluation-*"):
        file.unlink()
    may_end, evaluate = threading.Event(), cached_predictions.evaluate

    def slow(*given):
        assert may_end.wait(10)
        return evaluate(*given)

    monkeypatch.setattr(cached_predictions, "evaluate", slow)
    with monkeypatch.context() as patience:
        patience.setattr(background, "BRIEFLY", 0.2)
        app.select_slider(key=f"replay-{learnt.id}").set_value(1).run()
    assert not app.exception
    assert [bar.proto.text for bar in app.get("progress")[-1:]] == ["Learnt classifies 100 digits"]
    assert not any(metric.label.startswith("Test accuracy after") for metric in app.metric)
    may_end.set()
    app.run()
    assert accuracy(app) == f"{(no_networks.y_test == 1).mean():.2%}"


def test_any_test_digit_can_be_watched_and_an_impossible_number_is_named(open_page, learnt):
    app = open_page("train", run=learnt.id)
    assert app.multiselect(key="digits-to-watch").value == ["8", "33"]  # of 100 test digits
    app.session_state["digits-to-watch"] = ["5", "4000"]
    app.run()
    assert "4000: expected a test digit's number, 0 to 99" in app.warning[0].value.replace("\\", "")
    app.session_state["digits-to-watch"] = []
    app.run()
    assert not app.exception
    assert 'class="digit-grid' not in html(app)


def test_digits_watched_before_a_training_are_shown_during_it(open_page, learnt):
    app = open_page("train")
    assert "run" not in app.query_params
    app.multiselect(key="digits-to-watch").unselect("8").run()
    app.query_params["run"] = learnt.id
    app.run()
    assert app.multiselect(key="digits-to-watch").value == ["33"]
    assert "After epoch 2" in [caption.value for caption in app.caption]


def test_own_drawings_can_be_watched(open_page, learnt):
    from mnist_core.digits.drawings.user_drawings import Drawing

    app = open_page("train", run=learnt.id)
    stroke = np.array([[50.0, 20.0], [50.0, 80.0]])
    app.session_state[DRAWINGS] = [Drawing((stroke,), 1, 7, "some network")]
    app.session_state["digits-to-watch"] = ["drawing 1"]
    app.run()
    assert not app.exception
    assert html(app).count('class="prediction"') >= 1
    st.cache_resource.clear()


def test_a_drawing_that_is_deleted_is_no_longer_watched(open_page, learnt):
    app = open_page("train", run=learnt.id)
    app.session_state["digits-to-watch"] = ["8", "drawing 1"]
    app.run()
    assert app.multiselect(key="digits-to-watch").value == ["8"]
    assert not app.warning
