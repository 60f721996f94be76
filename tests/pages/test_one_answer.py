"""The same shaky drawing gets the same answer wherever the app shows one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax
from streamlit.testing.v1 import AppTest

from mnist_core.config.config import TrainingConfig
from mnist_core.config.formatting import article, percent
from mnist_core.config.pen import BRUSHES
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.digits.drawings import from_strokes, user_drawings
from mnist_core.digits.drawings.fabric import read_fabric
from mnist_core.digits.drawings.user_drawings import Drawing
from mnist_core.evaluation import temperature_scaling
from mnist_core.network.inference import Classifier
from mnist_core.predict.answer import Number, Prediction
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import files, store
from mnist_core.runs.run import Run
from pages.components.shell import networks
from pages.components.shell.state import CANVAS_SHOWN, DRAWINGS
from tests.pages.conftest import clickables, grids
from tests.pages.draw_page import SEVEN, fabric, html_of, image_file, look_closer, opened, said
from tests.pages.made_networks import keep_calibration
from tests.pages.shown import map_of
from tests.summaries import summary

ROOT = Path(__file__).parents[2]
DRAWING = fabric(SEVEN)
TEMPERATURES = {"First": 1.8, "Second": 0.7}
# What the networks give the drawing before they are calibrated.
SHARES = {"First": {7: 0.88, 1: 0.09, 2: 0.02}, "Second": {1: 0.7, 7: 0.25, 4: 0.04}}


@pytest.fixture
def runs(no_networks) -> dict[str, Run]:
    """Two networks with temperatures of their own, and with their weights after two epochs."""
    return {name: made(name, shares, TEMPERATURES[name]) for name, shares in SHARES.items()}


def made(name: str, shares: dict[int, float], temperature: float, **extra: object) -> Run:
    run = store.create(TrainingConfig(epochs=2), name, **extra)
    spread = np.full(10, (1 - sum(shares.values())) / (10 - len(shares)))
    spread[list(shares)] = list(shares.values())
    image = from_strokes.image_from_strokes(read_fabric(DRAWING)).reshape(784).astype(float)
    image /= 255
    # Other pictures get other answers, so that the strip's differ from step to step.
    kernel = np.outer(image, np.log(spread)) / (image @ image)
    arrays = {"activations": np.array([], str), "kernel_0": kernel, "bias_0": np.zeros(10)}
    for path in (run.weights_path, run.epoch_path(1), run.epoch_path(2)):
        files.save_arrays(path, arrays)
    keep_calibration(run, temperature)
    run.set_status(state="done", dataset="mnist")
    return run


def expected(run: Run, image: np.ndarray) -> np.ndarray:
    """By the formula of temperature scaling, from the weights and the file of the calibration."""
    logits = Classifier.load(run.weights_path).logits(image[None])[0]
    temperature = json.loads((run.directory / temperature_scaling.FILE_NAME).read_text())
    raised = np.exp(logits / temperature["temperature"])
    return raised / raised.sum()


def of_the_drawing(run: Run) -> np.ndarray:
    return expected(run, from_strokes.image_from_strokes(read_fabric(DRAWING)))


def rows(probabilities: np.ndarray) -> list[str]:
    """The ten figures beside the bars."""
    return [percent(float(share)) for share in probabilities]


def bars(html: str) -> list[list[str]]:
    """The figures of each set of ten bars on a page."""
    found = re.findall(r'<div class="bar-list digit-bars large.*?</div></div>', html)
    return [
        [unescape(figure) for figure in re.findall(r"<span>([^<]*)</span></div>", one)]
        for one in found
    ]


def test_calibration_takes_the_drawing_across_the_line_of_not_sure(runs):
    raw = Classifier.load(runs["First"].weights_path)
    image = from_strokes.image_from_strokes(read_fabric(DRAWING))
    assert raw.probabilities(image[None])[0, 7] == pytest.approx(0.88, abs=1e-4)
    assert of_the_drawing(runs["First"])[7] < temperature_scaling.UNSURE_BELOW


@pytest.mark.parametrize("name", SHARES)
def test_the_library_says_it(runs, name):
    answer = Predictor.load(runs[name]).predict_strokes(read_fabric(DRAWING))
    assert isinstance(answer, Prediction)
    assert answer.probabilities == pytest.approx(of_the_drawing(runs[name]), abs=1e-6)
    on_pages = networks.predictor(runs[name]).predict_strokes(read_fabric(DRAWING))
    assert isinstance(on_pages, Prediction)
    assert (on_pages.probabilities == answer.probabilities).all()


@pytest.mark.parametrize("name", SHARES)
def test_the_command_line_says_it(runs, name, tmp_path):
    drawing, photo = tmp_path / "drawing.json", tmp_path / "photo.png"
    drawing.write_text(json.dumps(DRAWING))
    photo.write_bytes(image_file())
    command = ["predict", "--model", runs[name].id, "--json", str(drawing), str(photo)]
    done = subprocess.run(
        [sys.executable, "-m", "mnist_core", *command],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0]["probabilities"] == pytest.approx(of_the_drawing(runs[name]), abs=2e-6)
    assert answers[0]["status"] == {"First": "unsure", "Second": "ok"}[name]
    from_photo = Predictor.load(runs[name]).predict_photo(image_file())
    assert answers[1]["probabilities"] == pytest.approx(from_photo.probabilities, abs=2e-6)


def test_the_draw_page_says_it_in_bars_strip_skipped_steps_and_beside_a_second_network(
    runs, monkeypatch
):
    first, second = (of_the_drawing(run) for run in runs.values())
    app = opened(monkeypatch, DRAWING, run=runs["First"].id)
    assert bars(html_of(app)) == [rows(first)]
    assert "Not sure: 1 or 7." in html_of(app)

    html = html_of(look_closer(app, "steps"))
    medium = BRUSHES["Medium"]
    steps = from_strokes.digit_from_strokes(read_fabric(DRAWING), brush=medium).steps
    assert f"<b>{steps[-1].name}</b><div>7, {percent(float(first[7]))}</div>" in html
    app.pills(key="skipped-steps").set_value(["polarity"]).run()
    spoilt = expected(runs["First"], 255 - from_strokes.image_from_strokes(read_fabric(DRAWING)))
    figure = f"<div>{spoilt.argmax()}, {percent(float(spoilt.max()))}</div>"
    assert f"<b>All steps</b><div>7, {percent(float(first[7]))}</div>" in html_of(app)
    assert f"<b>With steps skipped</b>{figure}" in html_of(app)

    app = look_closer(app, "second")
    assert bars(html_of(app)) == [rows(first), rows(first), rows(second)]
    assert any("First" in text.value and "Not sure" in text.value for text in app.markdown)


def test_a_photo_is_calibrated_too(runs, monkeypatch):
    app = opened(monkeypatch, fabric(), run=runs["First"].id)
    app.file_uploader(key="upload").upload("seven.png", image_file(), "image/png").run()
    answer = Predictor.load(runs["First"]).predict_photo(image_file())
    probabilities = expected(runs["First"], answer.image)
    assert bars(html_of(app))[1] == rows(probabilities)
    digit = int(probabilities.argmax())
    assert f"<div>{digit}, {percent(float(probabilities[digit]))}</div>" in html_of(app)


def test_the_network_page_says_it_of_my_drawing(runs, open_page):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
    at.switch_page("pages/network.py")
    at.query_params["run"] = runs["First"].id
    at.session_state["canvas-shown"] = DRAWING
    at.run()
    assert not at.exception
    assert bars(html_of(at)) == [rows(of_the_drawing(runs["First"]))]
    assert any("Not sure: 1 or 7." in caption.value for caption in at.caption)


@pytest.mark.parametrize("name", SHARES)
def test_the_map_says_it_of_my_drawings(runs, open_page, name):
    strokes = [np.array(line, float) for line in ([[60, 60], [220, 220]], [[220, 60], [60, 220]])]
    saved = [Drawing(tuple(read_fabric(DRAWING)), 3, 7, ""), Drawing(tuple(strokes), 8, None, "")]
    at = open_page("map_of_digits", run=runs[name].id)
    at.session_state[CANVAS_SHOWN] = DRAWING
    at.session_state[DRAWINGS] = saved
    at.run()
    drawn, kept, cross = (drawing["name"] for drawing in map_of(at)["own"])
    said = {"First": "Not sure: 1 or 7.", "Second": "This is a 1."}[name]
    assert drawn.startswith(f"Your drawing. {said}")
    assert kept.startswith(f"Your 3. {said}")
    likeliest = article(int(expected(runs[name], saved[1].image).argmax()))
    assert cross.startswith(f"Your 8. Not a digit I know. If it is one: {likeliest} (")


# A 1 and a 3 so close that the whole is rejected, and an X, part of which is like a 1.
ONE = [["M", 100, 62], ["L", 98, 180]]
THREE = [
    ["M", 120, 70], ["L", 135, 62], ["L", 155, 66], ["L", 162, 85], ["L", 150, 105],
    ["L", 130, 112], ["L", 152, 118], ["L", 166, 140], ["L", 156, 170], ["L", 135, 180],
    ["L", 116, 170],
]  # fmt: skip
THIRTEEN = fabric(ONE, THREE)
X = fabric([["M", 60, 60], ["L", 220, 220]], [["M", 240, 60], ["L", 80, 220]])


def on_network_page(drawing: dict) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
    at.switch_page("pages/network.py")
    at.query_params["run"] = "champion"
    at.session_state["canvas-shown"] = drawing
    at.run()
    assert not at.exception
    return at


def test_two_strokes_are_the_same_number_everywhere(monkeypatch, digits):
    champion = Predictor.load(store.get("champion"))
    whole = champion.predict_strokes(read_fabric(THIRTEEN))
    assert isinstance(whole, Prediction)
    assert whole.verdict.kind == "no digit"
    app = opened(monkeypatch, THIRTEEN, run="champion")
    assert '<div class="number-text">13</div>' in " ".join(clickables(app))
    at = on_network_page(THIRTEEN)
    for place, digit in enumerate((1, 3)):
        at.segmented_control(key="drawn-digit-of-2").set_value(place).run()
        alone = champion.predict_strokes([read_fabric(THIRTEEN)[place]])
        assert isinstance(alone, Prediction)
        assert bars(html_of(at)) == [rows(alone.probabilities)]
        told = f"Digit {place + 1} of your number 13. This is a {digit}."
        assert told in [caption.value for caption in at.caption]


def test_a_rejected_drawing_of_two_strokes_is_rejected_everywhere(monkeypatch, digits):
    champion = Predictor.load(store.get("champion"))
    found = champion.predict_number_strokes(read_fabric(X))
    assert isinstance(found, Number)
    assert len(found.digits) == 2
    rejected = champion.predict_strokes(read_fabric(X))
    assert isinstance(rejected, Prediction)
    assert rejected.verdict.text.startswith("Not a digit I know.")
    app = opened(monkeypatch, X, run="champion")
    assert bars(html_of(app)) == [rows(rejected.probabilities)]
    assert "Not a digit I know" in said(app)
    at = on_network_page(X)
    assert bars(html_of(at)) == [rows(rejected.probabilities)]
    assert f"Your drawing. {rejected.verdict.text}" in [caption.value for caption in at.caption]


def test_the_command_line_says_the_same_of_two_strokes(tmp_path):
    thirteen, x = tmp_path / "thirteen.json", tmp_path / "x.json"
    thirteen.write_text(json.dumps(THIRTEEN))
    x.write_text(json.dumps(X))
    done = subprocess.run(
        [sys.executable, "-m", "mnist_core", "predict", "--json", str(thirteen), str(x)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    number, rejected = (json.loads(line) for line in done.stdout.splitlines())
    assert (number["number"], number["status"]) == ("13", "ok")
    assert (rejected["status"], "number" in rejected) == ("no digit", False)
    assert rejected["message"].startswith("Not a digit I know.")


def test_the_replay_says_it_after_every_epoch_and_which_temperature_it_uses(runs, open_page):
    run = runs["First"]
    at = open_page("train", run=run.id)
    at.session_state["my-drawings"] = [Drawing(tuple(read_fabric(DRAWING)), 7, 7, "First")]
    at.session_state["digits-to-watch"] = ["drawing 1"]
    at.run()
    assert not at.exception
    share = float(of_the_drawing(run)[7])
    html = html_of(at)  # the newest weights above, the replayed ones below
    assert html.count(f"<b>7</b> ✓ {percent(share, 0)}") == html.count(f"--share:{share:.2%}") == 2
    assert any("outputs are divided by 1.80, which fits" in c.value for c in at.caption)
    run.weights_path.unlink()  # as while it trains
    at.run()
    assert not at.exception
    assert any("not calibrated yet: that happens when" in c.value for c in at.caption)


def test_after_label_smoothing_the_replay_names_the_temperature_that_it_uses(runs, open_page):
    run = runs["First"]
    # Training divided the final weights by 0.5, those after an epoch not.
    run.set_status(summary=summary(temperature=0.5))
    at = open_page("train", run=run.id)
    at.session_state["my-drawings"] = [Drawing(tuple(read_fabric(DRAWING)), 7, 7, "First")]
    at.session_state["digits-to-watch"] = ["drawing 1"]
    at.run()
    image = from_strokes.image_from_strokes(read_fabric(DRAWING))
    logits = Classifier.load(run.epoch_path(2)).logits(image[None])[0]
    share = percent(float(softmax(logits / 0.9)[7]), 0)
    assert f"<b>7</b> ✓ {share}" in html_of(at)
    assert any("outputs are divided by 0.90, which fits" in c.value for c in at.caption)


def test_the_score_of_my_drawings_counts_the_digits_that_are_answered(runs, monkeypatch):
    kept = [Drawing(tuple(read_fabric(DRAWING)), label, None, "") for label in (7, 7, 1)]
    for run in runs.values():
        answered = (
            networks.predictor(run).predict_strokes(read_fabric(DRAWING)).probabilities.argmax()
        )
        share = np.mean([drawing.label == answered for drawing in kept])
        score = user_drawings.score(kept, networks.classifier(run))
        assert score == pytest.approx(share)


def test_why_explains_the_two_digits_that_are_most_likely(runs, monkeypatch):
    app = look_closer(opened(monkeypatch, DRAWING, run=runs["Second"].id), "why")
    assert any("Which ink speaks for 1, and which for 7?" in text.value for text in app.markdown)


def test_a_fine_tuned_network_has_its_own_temperature(runs, monkeypatch):
    base = runs["First"]
    tuned = made("Tuned", SHARES["First"], 3.0, base_name=base.name)
    app = opened(monkeypatch, DRAWING, run=tuned.id)
    assert bars(html_of(app)) == [rows(of_the_drawing(tuned))]
    assert rows(of_the_drawing(tuned)) != rows(of_the_drawing(base))


# Where a test digit is shown in full.
IN_FULL = ("misclassified", "confusion_matrix", "compare", "calibration", "label_issues",
           "map_of_digits")  # fmt: skip


def misclassified_digit(run: Run, data: Dataset) -> int:
    logits = Classifier.load(run.weights_path).logits(data.x_test)
    return int(np.flatnonzero(logits.argmax(axis=1) != data.y_test)[0])


@pytest.mark.parametrize("page", IN_FULL)
def test_a_test_digit_in_full_says_it(runs, no_networks, open_page, page):
    first, second = runs["First"], runs["Second"]
    index = misclassified_digit(first, no_networks)
    image = no_networks.x_test[index]
    compared = {"versus": first.id} if page == "compare" else {}  # shows the second one's
    at = open_page(page, run=(second if compared else first).id, index=str(index), **compared)
    shown = expected(first, image)
    label, predicted = int(no_networks.y_test[index]), int(shown.argmax())
    assert bars(html_of(at))[-1] == rows(shown)
    confidence = percent(float(shown[predicted]))
    assert any(f"**{predicted}** ({confidence}); loss" in text.value for text in at.markdown)
    # The probabilities after the last epoch, whose weights are the final ones.
    assert f"after epoch 2: {label} {percent(float(shown[label]))}" in "".join(clickables(at))
    if not compared:
        ours, theirs = expected(second, image), at.markdown[-1].value
        assert f"|{percent(float(ours.max()))}|{percent(float(ours[label]))}|" in theirs


def test_a_training_digit_in_full_says_it(runs, no_networks, open_page):
    run, image = runs["First"], no_networks.x_train[3]
    at = open_page("misclassified", run=run.id, training="3",
                   index=str(misclassified_digit(run, no_networks)))  # fmt: skip
    assert "Training digit No. 3" in [caption.value for caption in at.caption]
    assert bars(html_of(at))[-1] == rows(expected(run, image))


def test_a_loss_is_called_calibrated_where_it_is(runs, no_networks, open_page, monkeypatch):
    images, labels = no_networks.x_test, no_networks.y_test
    loss = {
        name: -np.log([expected(run, x)[y] for x, y in zip(images, labels, strict=True)]).mean()
        for name, run in runs.items()
    }
    at = open_page("confusion_matrix", run=runs["First"].id)
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown["Calibrated test loss"] == f"{loss['First']:.4f}"
    assert "Test loss" not in shown
    at = open_page("compare", run=runs["First"].id, versus=runs["Second"].id)
    figures = at.table[0].value.set_index("Figure").loc["Calibrated test loss"]
    assert list(figures) == [f"{loss[name]:.4f}" for name in runs]
    monkeypatch.setattr(networks, "calibration", lambda run: None)
    before = Classifier.load(runs["First"].weights_path).probabilities(images)
    raw = f"{-np.log(before[np.arange(len(labels)), labels]).mean():.4f}, not calibrated"
    at = open_page("confusion_matrix", run=runs["First"].id)
    assert raw in [metric.value for metric in at.metric]
    at = open_page("compare", run=runs["First"].id, versus=runs["Second"].id)
    assert raw in list(at.table[0].value.set_index("Figure").loc["Calibrated test loss"])


def test_galleries_and_watched_digits_say_it_of_a_test_digit(runs, no_networks, open_page):
    run = runs["First"]
    index = misclassified_digit(run, no_networks)
    shown, label = expected(run, no_networks.x_test[index]), no_networks.y_test[index]
    confidence = percent(float(shown.max()), 0)
    caption = f"{label} → {shown.argmax()}</span> {confidence}"
    for page in ("misclassified", "compare"):
        named = [html for html in grids(open_page(page, run=run.id)) if f"No. {index}<" in html]
        assert named, page
        assert all(caption in html for html in named), page
    at = open_page("train", run=run.id)
    at.session_state["digits-to-watch"] = [str(index)]
    at.run()
    assert caption in html_of(at)


def test_before_calibration_only_the_calibration_page_shows_a_digit(runs, no_networks, open_page):
    run = runs["First"]
    at = open_page("calibration", run=run.id, calibrated="false", index="0")
    before = Classifier.load(run.weights_path).probabilities(no_networks.x_test)
    mean = {metric.label: metric.value for metric in at.metric}["Mean confidence"]
    assert mean == percent(float(before.max(axis=1).mean()), 2)
    assert bars(html_of(at))[-1] == rows(expected(run, no_networks.x_test[0]))
