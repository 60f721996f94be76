"""The Draw page without a browser: the canvas is replaced by what it would report."""

from __future__ import annotations

import gc
import gzip
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import threading
import zlib
from functools import partial
from html import unescape
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import ExifTags, Image, ImageDraw
from streamlit.testing.v1 import AppTest

from mnist_core.config.config import TrainingConfig
from mnist_core.config.formatting import article, percent
from mnist_core.config.pen import BRUSHES
from mnist_core.digits import mnist_format
from mnist_core.digits.drawings import example_digits, from_strokes, user_drawings
from mnist_core.digits.drawings.fabric import read_fabric
from mnist_core.digits.drawings.user_drawings import Drawing
from mnist_core.evaluation import temperature_scaling
from mnist_core.evaluation.features import neighbour_index
from mnist_core.evaluation.non_digit_detector import OODDetector
from mnist_core.lessons import reading
from mnist_core.network.inference import Classifier
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import environment, store
from mnist_core.runs.run import Run
from pages.components.draw import canvas_first, photo
from pages.components.draw.canvas import canvas
from pages.components.draw.live import live_bars, published_networks
from pages.components.draw.my_drawings import labelling
from pages.components.shell.state import DRAWINGS
from pages.components.shell.text import plain
from tests.pages.conftest import clickables, keep_calibration
from tests.summaries import summary

ROOT = Path(__file__).parents[2]
SEVEN = [["M", 80, 70], ["L", 200, 70], ["L", 130, 230]]


def fabric(*paths: list) -> dict:
    """What the canvas reports for strokes that were not edited."""
    objects = []
    for path in paths:
        x, y = np.array([command[1:] for command in path], float).T
        centre = {"left": (x.min() + x.max()) / 2, "top": (y.min() + y.max()) / 2}
        objects.append(
            {"type": "Path", "originX": "center", "originY": "center", "path": path, **centre}
        )
    return {"objects": objects}


@pytest.fixture
def networks(tmp_path, monkeypatch) -> list[Run]:
    """Two finished runs with random weights, and no shipped networks."""
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path))
    monkeypatch.setattr(store, "list_pretrained", list)
    return [random_network(name, seed) for seed, name in enumerate(("First", "Second"))]


def random_network(name: str, seed: int) -> Run:
    rng = np.random.default_rng(seed)
    run = store.create(TrainingConfig(), name)
    np.savez(
        run.weights_path,
        activations=np.array([], dtype=str),
        kernel_0=rng.normal(0, 0.2, (784, 10)).astype(np.float32),
        bias_0=np.zeros(10, np.float32),
    )
    keep_calibration(run)
    run.set_status(state="done", summary=summary(test_accuracy=0.1234))
    return run


def opened(monkeypatch, drawing: dict, **query: str) -> AppTest:
    monkeypatch.setattr(canvas, "drawing", lambda: drawing)
    monkeypatch.setattr(canvas, "canvas", lambda: None)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def html_of(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def components(app: AppTest) -> dict[str, Any]:
    """What is sent of each component with JavaScript, by its name."""
    return {element.proto.component_name: element.proto for element in app.get("bidi_component")}


def said(app: AppTest) -> str:
    """What the page says below the bars."""
    found = re.search(r'<div class="digit-said [a-z-]+">(.*?)</div>', html_of(app))
    return unescape(found[1]) if found else ""


@pytest.fixture
def state(monkeypatch) -> dict:
    """The session of a visitor who has just opened the page."""
    state = {}
    monkeypatch.setattr(canvas.st, "session_state", state)
    canvas.drawing()
    return state


def reports(state: dict, objects: list) -> list:
    """The drawing after the canvas has reported these objects."""
    state[canvas.CANVAS_KEY] = {"drawing": {"raw": {"objects": objects}}}
    return canvas.drawing()["objects"]


def asks(state: dict, name: str, later: int = 0, revision: int | None = None) -> list:
    """The drawing after the browser has asked to undo, redo or clear, some strokes ago."""
    if revision is None:
        revision = canvas.drawing()["revision"]
    value = {"name": name, "later": later, "revision": revision}
    state["canvas-helper"] = SimpleNamespace(asked=value)
    canvas._do_what_was_asked()
    return canvas.drawing()["objects"]


def test_what_the_canvas_reports_late_is_no_drawing(state):
    """Clear and undo within milliseconds: it shows each in turn, and reports each later."""
    seven = fabric(SEVEN)["objects"]
    reported, asked = partial(reports, state), partial(asks, state)
    assert reported(seven) == seven
    asked("clear")
    asked("undo")
    for late in (seven, [], seven):
        assert reported(late) == seven
    asked("undo")
    for late in (seven, []):
        assert reported(late) == []
    longer = fabric(SEVEN, SEVEN[:2])["objects"]
    assert reported(longer) == longer  # a new stroke


@pytest.mark.parametrize(
    "sent",
    [
        {"drawing": 5},
        {"drawing": [1]},
        {"drawing": {"raw": 7}},
        {"drawing": {"raw": {}}},
        {"drawing": {"raw": {"objects": 5}}},
    ],
)
def test_what_no_canvas_reports_is_no_drawing_and_is_forgotten(state, sent):
    seven = fabric(SEVEN)["objects"]
    assert reports(state, seven) == seven
    asks(state, "clear")
    state[canvas.CANVAS_KEY] = sent
    assert canvas.drawing()["objects"] == []
    assert not (state[canvas.CANVAS_KEY]["drawing"] or {}).get("raw")  # st_canvas reads it next
    for asked in (5, [1], {"name": ["undo"]}):
        state["canvas-helper"] = SimpleNamespace(asked=asked)
        canvas._do_what_was_asked()
    assert canvas.drawing()["objects"] == []
    assert reports(state, seven * 2) == seven * 2


def test_what_is_drawn_after_a_clear_or_an_undo_outlives_it_however_late_it_comes(state):
    first, second, third = (fabric(SEVEN[: 3 - i] or SEVEN)["objects"][0] for i in range(3))
    second, third = second | {"left": 5}, third | {"left": 9}
    reports(state, [first, second])
    reports(state, [first, second, third])
    assert asks(state, "clear", later=1) == [third]
    assert asks(state, "undo", later=1) == [first, second, third]
    assert asks(state, "undo", later=1) == [first, third]
    assert asks(state, "redo", later=1) == [first, second, third]
    assert asks(state, "clear", later=9) == [first, second, third]  # all of it is newer


def test_what_was_asked_for_is_done_once(state):
    """Streamlit calls again where another click interrupts the rerun."""
    stroke = fabric(SEVEN)["objects"][0]
    reports(state, [stroke])
    reports(state, [stroke, stroke])
    revision = canvas.drawing()["revision"]
    assert asks(state, "undo", revision=revision) == [stroke]
    assert asks(state, "undo", revision=revision) == [stroke]
    assert asks(state, "scribble") == [stroke]  # no such thing


def test_a_brush_that_the_browser_kept_is_not_undone_by_a_late_report_of_the_default(monkeypatch):
    """Two things that the browser kept come one right after the other, each with all widgets."""
    state = {}
    monkeypatch.setattr(canvas.st, "session_state", state)
    state["brush-0"] = "Medium"
    canvas.choose_brush("Broad")
    state["brush-0"] = "Medium"  # reported before the browser shows the new choice
    assert canvas.brush_name() == "Broad"
    assert canvas.brush() == BRUSHES["Broad"]
    state["brush-1"] = "Fine"  # the visitor's own choice after that
    assert canvas.brush_name() == "Fine"


@pytest.mark.usefixtures("networks")
def test_a_blank_canvas_gets_a_prompt(monkeypatch):
    app = opened(monkeypatch, fabric())
    assert not app.exception
    assert said(app) == "The answer appears here."


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize(
    ("paths", "found"),
    [
        ([[["M", 100, 100], ["L", 101, 100]]], mnist_format.DOT),
        ([[["M", x, 60], ["L", x, 61]] for x in (60, 65)], mnist_format.DOT),
    ],
    ids=["dot", "two dots"],
)
def test_what_is_no_single_digit_is_answered_with_the_reason(monkeypatch, paths, found):
    app = opened(monkeypatch, fabric(*paths))
    assert said(app) == found.reason
    assert f'<div class="digit-doubt">{found.in_short}</div>' in html_of(app)  # seen on a phone
    assert '<div class="digit"></div>' in html_of(app)


@pytest.mark.usefixtures("networks")
def test_an_unreadable_drawing_is_explained(monkeypatch):
    app = opened(monkeypatch, {"objects": [{"type": "<b>Circle"}]})
    assert not app.exception
    assert "'<b>Circle'" in said(app)
    assert "<b>Circle" not in html_of(app)


def test_the_digit_and_the_bars_are_those_of_the_chosen_network(monkeypatch, networks):
    drawing = fabric(SEVEN)
    image = from_strokes.digit_from_strokes(read_fabric(drawing)).image
    seen = []
    for run in networks:
        app = opened(monkeypatch, drawing, run=run.id)
        probabilities = Classifier.load(run.weights_path).probabilities(image[np.newaxis])[0]
        assert not app.exception
        assert f">{probabilities.argmax()}</div>" in html_of(app)
        assert all(percent(float(share)) in html_of(app) for share in probabilities)
        seen.append(html_of(app))
    assert seen[0] != seen[1]


def look_closer(app: AppTest, at: str) -> AppTest:
    return app.pills(key="look-closer").set_value(at).run()


def test_each_step_shows_what_the_network_would_predict_there(monkeypatch, networks):
    drawing = fabric(SEVEN)
    calibration = temperature_scaling.Calibration(3.0, 0.05, 0.01, 0)
    monkeypatch.setattr(temperature_scaling, "load", lambda run: calibration)
    app = look_closer(opened(monkeypatch, drawing, run=networks[0].id), "steps")
    assert not app.exception
    html = html_of(app)
    medium = BRUSHES["Medium"]
    found = from_strokes.digit_from_strokes(read_fabric(drawing), brush=medium)
    predictor = Predictor.load(networks[0])
    for step in found.steps:
        answer = predictor.predict_image(mnist_format.fill_field(step.image)).probabilities
        assert f"<b>{step.name}</b><div>{answer.argmax()}, {percent(float(answer.max()))}" in html
    assert "With steps skipped" not in html
    app.pills(key="skipped-steps").set_value(["polarity"]).run()
    assert not app.exception
    spoilt = from_strokes.with_steps_skipped(read_fabric(drawing), ["polarity"], brush=medium)
    answer = predictor.predict_image(spoilt).probabilities
    stated = f"<b>With steps skipped</b><div>{answer.argmax()}, {percent(float(answer.max()))}"
    assert stated in html_of(app)


def test_a_drawing_can_be_painted_on_and_nothing_is_called_wrong_or_repaired(monkeypatch, networks):
    drawing = fabric(SEVEN)
    app = look_closer(opened(monkeypatch, drawing, run=networks[0].id), "repair")
    assert not app.exception
    texts = [text.value for text in app.markdown]
    assert any(text.endswith("until the network reads what you mean.") for text in texts)
    assert any(text.endswith(" 0 pixels changed.") for text in texts)
    (painted,) = (
        json.loads(element.proto.json)
        for element in app.get("bidi_component")
        if "levels" in element.proto.json
    )
    image = from_strokes.digit_from_strokes(read_fabric(drawing), brush=BRUSHES["Medium"]).image
    assert painted["levels"] == image.ravel().tolist()


SCRIBBLE = [["M", 20, 20], *(["L", 60 + 140 * (i % 2), 20 + 20 * i] for i in range(1, 13))]


@pytest.mark.usefixtures("networks")
def test_a_scribble_is_rejected_with_the_reason_and_gets_no_digit(monkeypatch):
    app = opened(monkeypatch, fabric(SCRIBBLE))
    assert not app.exception
    assert "Not a digit I know" in said(app)
    assert '<div class="digit"></div>' in html_of(app)
    assert 'class="bar-list digit-bars large faint"' in html_of(app)


def test_a_rejected_drawing_that_is_accepted_gets_the_answer_as_for_any_digit(
    monkeypatch, networks
):
    first, second = networks
    sure = np.zeros(10, np.float32)
    sure[3] = 9
    none = np.array([], dtype=str)
    np.savez(first.weights_path, activations=none, kernel_0=np.zeros((784, 10)), bias_0=sure)
    app = look_closer(opened(monkeypatch, fabric(SCRIBBLE), run=first.id), "second")
    assert "Not a digit I know" in said(app)
    app.button(key="accept-as-digit-canvas").click().run()
    assert not app.exception
    assert '<div class="digit">3</div>' in html_of(app)
    assert said(app) == "This is a 3."
    assert "accept-as-digit-canvas" not in [button.key for button in app.button]
    assert "You say that it is a digit." in " ".join(text.value for text in app.caption)
    named = [text.value for text in app.markdown if text.value.startswith("**")]
    assert "**First**: This is a 3." in named
    (other,) = [text for text in named if text.startswith(f"**{second.name}**")]
    assert "Not a digit I know" not in other
    app.segmented_control(key="label-0").set_value(3).run()
    assert app.session_state[DRAWINGS][0].predicted == 3
    another = fabric([[name, x + y / 9, y] for name, x, y in SCRIBBLE])
    monkeypatch.setattr(canvas, "drawing", lambda: another)
    assert "Not a digit I know" in said(app.run())


@pytest.mark.usefixtures("networks")
def test_a_rejected_photo_can_be_accepted_too(monkeypatch):
    monkeypatch.setattr(
        OODDetector, "is_out_of_distribution", lambda self, images: images.any((1, 2))
    )
    app = opened(monkeypatch, fabric())
    app.file_uploader(key="upload").upload("seven.png", image_file(), "image/png").run()
    assert "Not a digit I know" in app.warning[0].value
    app.button(key="accept-as-digit-photo").click().run()
    assert not app.exception
    assert "Not a digit I know" not in " ".join(box.value for box in [*app.info, *app.warning])
    assert "You say that it is a digit." in " ".join(text.value for text in app.caption)


def boxes(app: AppTest) -> list[str]:
    """What the boxes on the digits of a number say."""
    return re.findall(r'<button [^>]*aria-label="([^"]*)"', " ".join(clickables(app)))


TWO = [[[name, x / 3 + left, y / 2] for name, x, y in SEVEN] for left in (0, 90)]


def test_of_two_digits_each_has_a_box_and_its_own_answer(monkeypatch):
    champion = store.get("champion")
    app = opened(monkeypatch, fabric(*TWO), run=champion.id)
    assert not app.exception
    assert '<div class="number-text">77</div>' in " ".join(clickables(app))
    assert '<div class="digit whole">77</div>' in html_of(app)
    assert '<div class="digit-doubt within">open: 7</div>' in html_of(app)
    predictor = Predictor.load(champion)
    alone = [predictor.predict_strokes(read_fabric(fabric(path))) for path in TWO]
    shares = [percent(float(prediction.probabilities.max())) for prediction in alone]
    for place, (box, share) in enumerate(zip(boxes(app), shares, strict=True), 1):
        assert unescape(box) == f"Digit {place} of 2: 7, {share}"
    # What was drawn last is open.
    assert all(percent(float(share)) in html_of(app) for share in alone[1].probabilities)
    app.segmented_control(key="label-0").set_value(7).run()
    (saved,) = app.session_state[DRAWINGS]
    assert (saved.image == alone[1].image).all()
    assert labelling.NEXT not in app.toast[0].value  # the first digit is not saved yet


def test_an_unsure_answer_names_both_digits(monkeypatch, networks):
    kernel = np.zeros((784, 10), np.float32)
    bias = np.zeros(10, np.float32)
    bias[[4, 9]] = 5
    for run in networks:
        none = np.array([], dtype=str)
        np.savez(run.weights_path, activations=none, kernel_0=kernel, bias_0=bias)
    app = opened(monkeypatch, fabric(SEVEN))
    assert "Not sure: 4 or 9" in said(app)
    assert "4 or 9?" in html_of(app)


def test_probabilities_are_calibrated_by_the_networks_temperature(monkeypatch, networks):
    drawing = fabric(SEVEN)
    found = temperature_scaling.Calibration(3.0, 0.05, 0.01, 0, unsure=0.0123, unsure_wrong=0.4)
    monkeypatch.setattr(temperature_scaling, "load", lambda run: found)
    app = opened(monkeypatch, drawing, run=networks[0].id)
    image = from_strokes.digit_from_strokes(read_fabric(drawing)).image
    logits = Classifier.load(networks[0].weights_path).logits(image[np.newaxis])[0] / 3
    expected = np.exp(logits) / np.exp(logits).sum()
    assert all(percent(float(share)) in html_of(app) for share in expected)
    assert "a temperature of <strong>3.00</strong>" in html_of(app)
    assert "from 5.00% to <strong>1.00%</strong>" in html_of(app)
    explained = " ".join(text.value for text in app.markdown)
    assert "**1.23%** of the test digits; 40% of these are misclassified" in explained


def test_two_networks_predict_the_same_drawing(monkeypatch, networks):
    drawing = fabric(SEVEN)
    app = look_closer(opened(monkeypatch, drawing, run=networks[0].id), "second")
    assert not app.exception
    image = from_strokes.digit_from_strokes(read_fabric(drawing)).image
    for run in networks:
        shares = Classifier.load(run.weights_path).probabilities(image[np.newaxis])[0]
        assert all(percent(float(share)) in html_of(app) for share in shares)
        assert any(run.name in text.value for text in app.markdown)


def test_networks_of_one_name_are_told_apart(monkeypatch, networks):
    namesake = random_network("Second", seed=2)
    app = look_closer(opened(monkeypatch, fabric(SEVEN), run=networks[0].id), "second")
    assert len(set(app.selectbox(key="second-network").options)) == 2
    app.selectbox(key="second-network").set_value(networks[1].id).run()
    assert app.selectbox(key="second-network").value == networks[1].id != namesake.id
    app.session_state[DRAWINGS] = [Drawing(read_fabric(fabric(SEVEN)), 7, None, "")]
    look_closer(app, "drawings")
    assert len(set(app.dataframe[0].value["Network"])) == 3


def test_a_damaged_second_network_is_named_and_not_scored(monkeypatch, networks):
    networks[1].weights_path.write_bytes(b"no zip")
    app = look_closer(opened(monkeypatch, fabric(SEVEN), run=networks[0].id), "second")
    app.selectbox(key="second-network").set_value(networks[1].id).run()
    assert not app.exception
    assert "The weights of Second can't be read" in app.error[0].value
    app.session_state[DRAWINGS] = [Drawing(read_fabric(fabric(SEVEN)), 7, None, "")]
    look_closer(app, "drawings")
    assert not app.exception
    scores = app.dataframe[0].value.set_index("Network")["My handwriting"]
    assert scores.isna().to_dict() == {"First": False, "Second": True}


def test_the_prediction_is_explained_by_ink_and_similar_training_digits(
    monkeypatch, networks, few_digits
):
    monkeypatch.setattr("pages.components.shell.dataset.when_loaded", lambda: few_digits)
    drawing = fabric(SEVEN)
    app = look_closer(opened(monkeypatch, drawing, run=networks[0].id), "why")
    assert not app.exception
    image = from_strokes.digit_from_strokes(read_fabric(drawing)).image
    # A network without hidden layers compares the pixels themselves.
    flat = few_digits.x_train.reshape(-1, 784) / 255.0
    distance = np.linalg.norm(flat - image.reshape(784) / 255.0, axis=1)
    html = html_of(app)
    for place in np.argsort(distance)[:8]:
        assert f"Handwritten {few_digits.y_train[place]}, No. {place:,}" in html
    assert "gradient × input" in " ".join(text.value for text in app.caption)


def test_the_explanation_is_of_the_weights_that_predict(monkeypatch, networks, few_digits):
    """Where a stopped run was resumed, its weights are others."""
    monkeypatch.setattr("pages.components.shell.dataset.when_loaded", lambda: few_digits)
    run, seen = networks[0], []

    def pixels(classifier, images):
        seen.append(len(images))
        return images.reshape(len(images), -1).astype(np.float32)

    monkeypatch.setattr(neighbour_index, "last_hidden_layer", pixels)
    for _ in range(2):
        os.utime(run.weights_path, ns=(0, 10**18 + len(seen)))
        look_closer(opened(monkeypatch, fabric(SEVEN), run=run.id), "why")
    # Each time all training digits, and then some of them beside the drawing.
    assert sum(count == len(few_digits.x_train) for count in seen) == 2


def drawn_next(app: AppTest, monkeypatch, place: int) -> dict:
    """Another 7 on the canvas, a little lower."""
    drawing = fabric([[name, x, y + place] for name, x, y in SEVEN])
    monkeypatch.setattr(canvas, "drawing", lambda: drawing)
    app.run()
    return drawing


def test_labelled_drawings_are_saved_scored_removed_and_deleted(monkeypatch, networks):
    app = look_closer(opened(monkeypatch, fabric(SEVEN), run=networks[0].id), "drawings")
    assert "Nothing saved yet" in app.info[0].value
    for click, label in enumerate((7, 3, 7)):
        drawing = drawn_next(app, monkeypatch, click)
        app.segmented_control(key=f"label-{click}").set_value(label).run()
    assert not app.exception
    kept = app.session_state[DRAWINGS]
    assert [drawn.label for drawn in kept] == [7, 3, 7]
    image = from_strokes.digit_from_strokes(read_fabric(drawing)).image
    assert (kept[-1].image == image).all()
    scores = app.dataframe[0].value
    for run in networks:
        called = Classifier.load(run.weights_path).probabilities(image[np.newaxis])[0].argmax()
        expected = np.mean([called == label for label in (7, 3, 7)])
        own = scores[scores["Network"] == run.name]["My handwriting"]
        assert own.tolist() == [pytest.approx(expected)]
    app.number_input(key="drop-number").set_value(2).run()
    app.button(key="drop").click().run()
    assert [drawn.label for drawn in app.session_state[DRAWINGS]] == [7, 7]
    app.button(key="drop-last").click().run()
    assert len(app.session_state[DRAWINGS]) == 1
    app.button(key="drop-all").click().run()
    assert app.session_state[DRAWINGS] == []


def test_where_a_network_cannot_be_calibrated_the_reason_is_reported(monkeypatch, networks):
    (networks[0].directory / temperature_scaling.FILE_NAME).unlink()
    monkeypatch.setattr(temperature_scaling, "calibrate", lambda run: None)
    app = opened(monkeypatch, fabric(SEVEN), run=networks[0].id)
    for thread in threading.enumerate():
        if thread.name == "calibration":
            thread.join()
    app.run()
    told = "could not be calibrated: its training data are not available here"
    assert any(plain(told) in text.value for text in app.markdown)
    assert not any("Come back" in text.value for text in app.markdown)


@pytest.mark.usefixtures("networks")
def test_a_drawing_that_was_rejected_is_not_called_misclassified(monkeypatch):
    app = look_closer(opened(monkeypatch, fabric(SEVEN)), "drawings")
    strokes = tuple(read_fabric(fabric(SEVEN)))
    for predicted, told in (
        ((7, 7), "**2 drawings**, 0 misclassified when drawn"),
        ((7, 1, None), "**3 drawings**, 1 misclassified and 1 rejected as not a digit when drawn"),
    ):
        app.session_state[DRAWINGS] = [Drawing(strokes, 7, digit, "x") for digit in predicted]
        app.run()
        assert told in [text.value for text in app.markdown]


@pytest.mark.usefixtures("networks")
def test_deleted_drawings_can_be_restored_to_their_places(monkeypatch):
    app = look_closer(opened(monkeypatch, fabric(SEVEN)), "drawings")
    for click, label in enumerate((7, 3, 5)):
        drawn_next(app, monkeypatch, click)
        app.segmented_control(key=f"label-{click}").set_value(label).run()
    before = list(app.session_state[DRAWINGS])
    app.number_input(key="drop-number").set_value(2).run()
    for delete, left in (("drop", [7, 5]), ("drop-last", [7, 3]), ("drop-all", [])):
        app.button(key=delete).click().run()
        assert [drawing.label for drawing in app.session_state[DRAWINGS]] == left
        app.button(key="restore").click().run()
        assert app.session_state[DRAWINGS] == before
        assert "restore" not in [button.key for button in app.button]


@pytest.mark.usefixtures("networks")
def test_a_second_label_of_the_same_drawing_replaces_the_first(monkeypatch):
    app = opened(monkeypatch, fabric(SEVEN))
    for click, label in enumerate((1, 2, 2)):
        app.segmented_control(key=f"label-{click}").set_value(label).run()
        saved = f"Saved as {article(label)} in “My drawings”. {labelling.NEXT}"
        assert app.toast[0].value == saved
    assert [drawn.label for drawn in app.session_state[DRAWINGS]] == [2]


@pytest.mark.usefixtures("networks")
def test_drawings_for_which_there_is_no_room_are_reported(monkeypatch):
    monkeypatch.setattr(user_drawings, "MAX_DRAWINGS", 2)
    app = look_closer(opened(monkeypatch, fabric(SEVEN)), "drawings")
    for click in range(3):
        drawn_next(app, monkeypatch, click)
        app.segmented_control(key=f"label-{click}").set_value(7).run()
    assert "At most 500 drawings" in app.toast[0].value
    kept = app.session_state[DRAWINGS]
    assert len(kept) == 2
    others = [Drawing((stroke + 5,), 7, 7, "n") for kind in kept for stroke in kind.strokes]
    saved = user_drawings.to_json(others).encode()
    app.button(key="drop-last").click().run()
    app.file_uploader(key="add-drawings").upload("my.json", saved, "application/json").run()
    assert app.error[0].value.startswith("1 of the file's 2 drawings were added.")
    assert len(app.session_state[DRAWINGS]) == 2


@pytest.mark.usefixtures("networks")
def test_drawings_of_a_file_that_are_there_already_are_not_added_again(monkeypatch):
    app = look_closer(opened(monkeypatch, fabric(SEVEN)), "drawings")
    for click in range(3):
        drawn_next(app, monkeypatch, click)
        app.segmented_control(key=f"label-{click}").set_value(7).run()
    saved = user_drawings.to_json(app.session_state[DRAWINGS]).encode()
    for drop, said in (
        (None, "Added 0 drawings. 3 were there already."),
        ("drop-last", "Added 1 drawing. 2 were there already."),
        ("drop-all", "Added 3 drawings."),
    ):
        if drop:
            app.button(key=drop).click().run()
        app.file_uploader(key="add-drawings").upload("my.json", saved, "application/json").run()
        assert app.success[0].value == said
        assert user_drawings.to_json(app.session_state[DRAWINGS]).encode() == saved
    app.file_uploader(key="add-drawings").upload("no.json", b"[]", "application/json").run()
    assert not app.success
    monkeypatch.setattr(user_drawings, "MAX_DRAWINGS", 3)
    app.button(key="drop-last").click().run()
    more = [Drawing((np.array([[5.0, place], [90, 90]]),), 7, 7, "n") for place in range(2)]
    saved = user_drawings.to_json([*app.session_state[DRAWINGS][:1], *more]).encode()
    app.file_uploader(key="add-drawings").upload("my.json", saved, "application/json").run()
    assert app.error[0].value.startswith(
        "1 of the file's 3 drawings were added. 1 was there already. At most 500 drawings"
    )


@pytest.mark.usefixtures("networks")
def test_the_guided_set_asks_for_every_digit_twice(monkeypatch):
    cleared = []
    monkeypatch.setattr(canvas, "clear", lambda: cleared.append(True))
    app = look_closer(opened(monkeypatch, fabric(SEVEN)), "drawings")
    app.button(key="guided-start").click().run()
    for place in range(20):
        drawn_next(app, monkeypatch, place)
        app.button(key="guided-next").click().run()
    assert not app.exception
    labels = [drawn.label for drawn in app.session_state[DRAWINGS]]
    assert labels == [*range(10), *range(10)]
    assert len(cleared) == 21
    assert app.button(key="guided-start")
    drawn_next(app, monkeypatch, 20)
    (said,) = [each.value for each in app.markdown if "All 20 are saved" in each.value]
    assert said.startswith("**All 20 are saved.** Next, in “My drawings” below: see how well each")
    app.button(key="guided-end").click().run()
    assert not [each for each in app.markdown if "are saved" in each.value]
    app.button(key="guided-start").click().run()
    assert [each for each in app.markdown if "**Draw a 0** (1 of 20)" in each.value]


def image_file(orientation: int = 1) -> bytes:
    """A 7 as on a photo, dark on light, with an orientation in its EXIF data."""
    picture = Image.new("L", (300, 300), 220)
    ImageDraw.Draw(picture).line([(80, 70), (210, 70), (130, 240)], fill=20, width=16)
    exif, file = Image.Exif(), io.BytesIO()
    exif[ExifTags.Base.Orientation] = orientation
    picture.save(file, "PNG", exif=exif)
    return file.getvalue()


def png_of_30_000_pixels_a_side(png: bytes) -> bytes:
    """The same file with another size in its header."""
    header = b"IHDR" + struct.pack(">II", 30_000, 30_000) + png[24:29]
    return png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize(
    ("drawing", "reason"),
    [
        (fabric(*[SEVEN] * 10_000), "10,000 strokes; at most 1,000"),
        (
            {"objects": [{"type": "path", "path": [["M", 1e308, 5]], "left": 1, "top": 1}]},
            "100,000",
        ),
        ({"objects": [{"type": "path", "path": [["M", 1, 5]]}]}, "field"),
        ({"objects": [None]}, "should be a JSON object"),
    ],
    ids=["10,000 strokes", "absurd number", "field missing", "no object"],
)
def test_an_absurd_drawing_is_explained_and_the_page_keeps_working(monkeypatch, drawing, reason):
    app = opened(monkeypatch, drawing)
    assert not app.exception
    assert reason in said(app)
    app = look_closer(app, "steps")
    assert not app.exception
    assert "Draw something first." in [info.value for info in app.info]


@pytest.mark.usefixtures("networks")
def test_an_image_is_read_and_bad_ones_are_explained_while_the_page_keeps_working(monkeypatch):
    app = opened(monkeypatch, fabric())
    whole = image_file()
    app.file_uploader(key="upload").upload("seven.png", whole, "image/png").run()
    assert not app.exception
    assert len([*app.info, *app.warning]) == 1
    assert "Shift to the centre of mass" in html_of(app)
    for content, expected in (
        (whole[: len(whole) // 2], "damaged or incomplete"),
        (b"only text", "not an image that can be read"),
        (png_of_30_000_pixels_a_side(whole), "million pixels"),
    ):
        app.file_uploader(key="upload").upload("bad.png", content, "image/png").run()
        assert not app.exception
        assert expected in app.error[0].value


@pytest.mark.usefixtures("networks")
def test_what_was_assumed_of_a_photo_is_shown_and_the_ink_can_be_turned_round(monkeypatch):
    app = opened(monkeypatch, fabric())
    upload = app.file_uploader(key="upload").upload
    upload("seven.png", image_file(orientation=6), "image/png").run()
    assert not app.exception
    shown = [text.value for text in app.caption]
    assert "The photo was turned by 90°, as the camera's data says." in shown
    (ink,) = [each for each in app.segmented_control if each.label == "Read as"]
    assert ink.value == "dark"
    steps = html_of(app)
    ink.set_value("light").run()
    assert not app.exception
    assert html_of(app) != steps
    app.file_uploader(key="upload").upload("seven.png", image_file(), "image/png").run()
    (ink,) = [each for each in app.segmented_control if each.label == "Read as"]
    assert ink.value == "dark"  # the choice was for the other photo
    assert not [text.value for text in app.caption if "was turned" in text.value]


def test_a_photo_that_was_turned_for_its_digit_can_be_turned_back(monkeypatch):
    shades, file = np.full((480, 420), 210, np.uint8), io.BytesIO()
    shades[:, :200] = 150  # a shadow
    picture = Image.fromarray(shades)
    way = [(130, 180), (150, 110), (220, 90), (280, 130), (270, 200), (125, 350), (300, 350)]
    ImageDraw.Draw(picture).line(way, fill=30, width=24, joint="curve")
    picture.transpose(Image.Transpose.ROTATE_90).save(file, "PNG")
    app = opened(monkeypatch, fabric(), run="champion")
    app.file_uploader(key="upload").upload("two.png", file.getvalue(), "image/png").run()
    assert not app.exception
    assert "This is a 2." in [info.value for info in app.info]
    (turned,) = [each for each in app.toggle if each.label.startswith("Turned by 90°")]
    turned.set_value(False).run()
    assert not app.exception
    assert "This is a 2." not in [info.value for info in app.info]
    (turned,) = [each for each in app.toggle if each.label.startswith("Turned by 90°")]
    turned.set_value(True).run()
    assert "This is a 2." in [info.value for info in app.info]


def test_several_digits_on_a_photo_are_a_number(monkeypatch, few_digits):
    monkeypatch.setattr("pages.components.shell.dataset.when_loaded", lambda: few_digits)
    picture, file = Image.new("L", (500, 300), 220), io.BytesIO()
    for left in (0, 230):
        way = [(80 + left, 70), (190 + left, 70), (120 + left, 240)]
        ImageDraw.Draw(picture).line(way, fill=20, width=16)
    picture.save(file, "PNG")
    app = opened(monkeypatch, fabric(), run="champion")
    app.file_uploader(key="upload").upload("77.png", file.getvalue(), "image/png").run()
    assert not app.exception
    assert '<div class="number-text">77</div>' in " ".join(clickables(app))
    assert [box[:15] for box in boxes(app)] == ["Digit 1 of 2: 7", "Digit 2 of 2: 7"]
    assert "This is a 7." in [info.value for info in app.info]
    app.segmented_control(key="photo-closer").set_value("why").run()
    assert not app.exception
    shown = " ".join(text.value for text in app.markdown)
    assert "Which ink speaks for 7" in shown
    assert "most similar training digits" in shown
    (ink,) = [each for each in app.segmented_control if each.label == "Read as"]
    assert ink.value == "dark"


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://digits.example/", True), ("http://digits.example/", False),
        ("http://192.168.1.7:8501/", False), ("http://localhost.example:8501", False),
        ("http://localhost:8501/?run=a", True), ("http://app.localhost", True),
        ("http://127.0.0.1:8501", True), ("http://[::1]:8501", True), (None, True),
    ],
)  # fmt: skip
def test_browsers_lend_the_camera_over_https_and_on_ones_own_computer(address, allowed):
    assert photo.camera_allowed(address) == allowed


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize("allowed", [True, False])
def test_where_the_camera_is_not_allowed_the_page_says_why_and_what_to_do(monkeypatch, allowed):
    monkeypatch.setattr(photo, "camera_allowed", lambda address: allowed)
    app = opened(monkeypatch, fabric())
    app.toggle(key="use-camera").set_value(True).run()
    assert not app.exception
    assert len(app.get("camera_input")) == allowed
    assert (photo.NO_CAMERA in [info.value for info in app.info]) != allowed
    app.file_uploader(key="upload").upload("seven.png", image_file(), "image/png").run()
    assert "Shift to the centre of mass" in html_of(app)


def test_a_choice_in_the_sidebar_is_kept_and_written_to_the_address(monkeypatch, networks):
    app = opened(monkeypatch, fabric())
    box = app.sidebar.selectbox[0]
    assert sorted(box.options) == ["12.34% · First", "12.34% · Second"]
    other = next(run for run in networks if run.id != box.value)
    app = box.select(other.id).run()
    assert app.sidebar.selectbox[0].value == other.id
    assert app.query_params["run"] in (other.id, [other.id])
    assert other.name in " ".join(text.value for text in app.caption)


def test_the_next_steps_take_the_network_along(monkeypatch, networks):
    app = opened(monkeypatch, fabric(), run=networks[1].id)
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert links["See its mistakes"] == links["Look inside"] == f"run={networks[1].id}"
    assert links["Train your own"] == ""
    first = next(query for label, query in links.items() if "first lesson" in label)
    assert first == f"lesson={reading.all_lessons().lessons[0].id}"


@pytest.mark.usefixtures("networks")
def test_the_label_of_a_digit_that_the_page_drew_is_not_asked_for(monkeypatch):
    """It is drawn in whole pixels of the screen; what a visitor adds makes it the visitor's own."""

    def asked(*strokes) -> bool:
        paths = [[["L", *point] for point in np.round(stroke).tolist()] for stroke in strokes]
        for path in paths:
            path[0][0] = "M"
        app = opened(monkeypatch, fabric(*paths))
        return "What did you draw?" in {group.label for group in app.segmented_control}

    assert not asked(*example_digits.strokes(3))
    first, second = example_digits.strokes(4)
    assert not asked(first, second)
    assert asked(second, first)
    assert asked(*(stroke + np.array([0, 12]) for stroke in (first, second)))


@pytest.mark.usefixtures("networks")
def test_of_a_network_too_large_to_follow_the_pen_the_page_says_so(monkeypatch):
    assert live_bars.AFTER_STROKES not in html_of(opened(monkeypatch, fabric(SEVEN)))
    monkeypatch.setattr(published_networks, "MAX_WEIGHTS", 100)
    app = opened(monkeypatch, fabric(SEVEN))
    assert not app.exception
    assert live_bars.AFTER_STROKES in html_of(app)


@pytest.mark.usefixtures("networks")
def test_an_unknown_network_in_the_address_is_said_and_dropped(monkeypatch):
    app = opened(monkeypatch, fabric(), run="../../etc")
    assert not app.exception
    assert "This network no longer exists; showing " in app.warning[0].value
    assert "run" not in app.query_params


def test_the_browser_gets_a_networks_files_and_what_python_saw_in_it(monkeypatch, networks):
    rng = np.random.default_rng(5)
    first, second = (
        rng.normal(0, 0.2, sides).astype(np.float32) for sides in ((784, 30), (30, 10))
    )
    np.savez(
        networks[0].weights_path, activations=np.array(["relu"]), kernel_0=first, kernel_1=second,
        bias_0=np.full(30, 0.1, np.float32), bias_1=np.zeros(10, np.float32),
    )  # fmt: skip
    app = opened(monkeypatch, fabric(SEVEN), run=networks[0].id)
    sent = json.loads(components(app)["digit_lab_waiting_live_bars"].json)
    files = environment.published_directory().joinpath(*Path(sent["network"]).parts[-3:])
    published = json.loads(files.with_suffix(".json").read_text("utf-8"))
    widths = published["widths"]
    weights = sum(before * width + width for before, width in pairwise(widths))
    assert (widths[0], widths[-1]) == (784, 10)
    packed = gzip.decompress(files.with_suffix(".bin.gz").read_bytes())
    assert len(packed) == 2 * weights  # float16
    assert published["view"]["outputs"] == 10
    (column,), (activations,) = published["view"]["columns"], sent["activations"]
    image = from_strokes.digit_from_strokes(read_fabric(fabric(SEVEN))).image
    hidden = np.maximum(image.ravel() / 255 @ first + 0.1, 0)
    assert activations == pytest.approx(hidden[column["units"]], abs=1e-3)
    assert sum(sent["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_if_the_network_is_deleted_meanwhile_another_one_predicts(monkeypatch, networks):
    first, second = networks
    app = opened(monkeypatch, fabric(SEVEN), run=first.id)

    def published(*_) -> None:  # the last before the part that reruns by itself
        shutil.rmtree(first.directory, ignore_errors=True)

    monkeypatch.setattr(published_networks, "publish", published)
    app.run()
    assert not app.exception
    said = f"This network no longer exists; showing {second.name}."
    assert app.warning[0].value == said
    assert app.sidebar.selectbox[0].value == second.id


def test_without_any_network_the_page_says_to_train_one(monkeypatch, tmp_path):
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path))
    monkeypatch.setattr(store, "list_pretrained", list)
    app = opened(monkeypatch, fabric())
    assert not app.exception
    assert "no trained network" in app.info[0].value


@pytest.mark.usefixtures("networks")
def test_the_search_for_garbage_after_an_answer_leaves_out_what_stays(monkeypatch):
    gc.unfreeze()
    st.cache_resource.clear()
    opened(monkeypatch, fabric())
    assert gc.get_freeze_count() > 0.8 * (gc.get_freeze_count() + len(gc.get_objects()))


def test_the_canvas_comes_first_and_keeps_its_place_in_the_whole_page(
    monkeypatch, digits, whole_page
):
    """Elsewhere it would be made anew, and what was drawn meanwhile be lost."""
    monkeypatch.setattr(canvas_first, "first", whole_page)
    monkeypatch.setattr(canvas, "canvas", lambda alone=False: st.html("the canvas"))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20).run()
    assert not app.exception
    assert (len(app.selectbox), len(app.get("page_link"))) == (0, 0)
    place = path_of_html(app, "the canvas")
    app.run()
    assert app.selectbox
    assert path_of_html(app, "the canvas") == place
    app.run()
    assert app.selectbox


def path_of_html(app: AppTest, body: str) -> tuple[int, ...]:
    """The places, from the page down, of the blocks around an HTML element and its own."""

    def ways(block, way):
        if getattr(getattr(block, "proto", None), "body", None) == body:
            yield way
        for place, child in getattr(block, "children", {}).items():
            yield from ways(child, (*way, place))

    (found,) = ways(app.main, ())
    return found


def test_opening_the_page_loads_neither_tensorflow_nor_scikit_learn():
    code = (
        "import sys; from streamlit.testing.v1 import AppTest;"
        "from pages.components.draw.canvas import canvas; canvas.canvas = lambda: None;"
        f"canvas.drawing = lambda: {json.dumps(fabric(SEVEN))};"
        "from pages.components.draw import canvas_first; canvas_first.first = lambda: None;"
        "app = AppTest.from_file('app.py', default_timeout=30).run(); assert not app.exception;"
        "print({'tensorflow', 'keras', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "set()", done.stderr


def test_a_name_cannot_format_the_page():
    assert plain("**a** ![x](y)") == r"\*\*a\*\* \!\[x\]\(y\)"
    assert plain("Größe 7") == "Größe 7"
