"""The Draw page without a browser: the canvas is replaced by what it would report."""

from __future__ import annotations

import gc
import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
from html import unescape
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.config.formatting import percent
from mnist_core.config.pen import BRUSHES
from mnist_core.digits import mnist_format
from mnist_core.digits.drawings import example_digits, from_strokes
from mnist_core.digits.drawings.fabric import read_fabric
from mnist_core.digits.drawings.user_drawings import Drawing
from mnist_core.evaluation import temperature_scaling
from mnist_core.evaluation.features import neighbour_index
from mnist_core.lessons import reading
from mnist_core.network.inference import Classifier
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import environment, store
from pages.components.draw import canvas_first
from pages.components.draw.canvas import canvas
from pages.components.draw.live import live_bars, published_networks
from pages.components.draw.my_drawings import labelling
from pages.components.shell.state import DRAWINGS
from pages.components.shell.text import plain
from tests.pages.conftest import clickables
from tests.pages.draw_page import (
    ROOT,
    SCRIBBLE,
    SEVEN,
    TWO,
    boxes,
    components,
    fabric,
    html_of,
    look_closer,
    opened,
    path_of_html,
    said,
)
from tests.pages.made_networks import random_network


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


@pytest.mark.usefixtures("networks")
def test_a_newcomer_finds_the_first_lesson_before_and_after_drawing(monkeypatch):
    for drawing, before in ((fabric(), True), (fabric(SEVEN), False)):
        links = [link.proto for link in opened(monkeypatch, drawing).main.get("page_link")]
        labels = [link.label for link in links]
        (lesson,) = (link for link in links if "first lesson" in link.label)
        assert lesson.query_string == f"lesson={reading.all_lessons().lessons[0].id}"
        is_before = labels.index(lesson.label) < labels.index("Train your own")
        assert is_before == before  # once something is drawn, its label is asked for there


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
