"""The report says what the run's files say, escapes what visitors wrote, and needs no network."""

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from mnist_core.cli import exports, inputs, training
from mnist_core.cli.console import UsageError
from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.evaluation import temperature_scaling
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.evaluation.robustness import stress_test
from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS
from mnist_core.exports.report import report
from mnist_core.runs import store
from mnist_core.runs.history import EpochRow, to_line
from mnist_core.runs.run import Run
from tests.summaries import summary

HOSTILE = "<script>alert(1)</script> & {{ 7 * 7 }}"


class Page(HTMLParser):
    """Elements, their attributes and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [v or "" for n, v in attributes if n in ("src", "href", "srcset")]

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def make(few_digits):
    def made(name: str, wrong: int, **extra) -> Run:
        run = store.create(TrainingConfig(layers=(Layer(units=1),)), name, **extra)
        labels = few_digits.y_test
        probabilities = np.full((labels.size, 10), 0.01)
        predicted = labels.copy()
        predicted[:wrong] = (labels[:wrong] + 1) % 10
        probabilities[np.arange(labels.size), predicted] = 0.91
        Evaluation(labels, probabilities, few_digits.name).save(run.evaluation_path)
        np.savez(
            run.weights_path,
            activations=np.array([], dtype=str),
            kernel_0=np.zeros((784, 10), np.float32),
            bias_0=np.zeros(10, np.float32),
        )
        rows = [EpochRow(n, n, 1 / n, 0.5, 2 / n, 0.25 * n, 1e-3, n) for n in (1, 2, 3)]
        run.history_path.write_text("".join(map(to_line, rows)), "utf-8")
        figures = summary(best_val_accuracy=0.75, best_val_loss=0.5, epochs=3)
        run.set_status(state="done", summary=figures)
        return run

    return made


def test_it_has_the_runs_figures_matrix_errors_curves_and_command(make, few_digits):
    run = make("A run", 7, command="python -m mnist_core train --preset speedrun")
    page = Page(html := report([run], few_digits))
    for name in ("Test accuracy", "Calibrated test loss", "Training time"):
        assert name in page.text, name
    for text in (
        "93.00%",
        "7 of 100",
        "75.00%",
        "Learning curves",
        "Calibration",
        "No. 6",
    ):
        assert text in page.text, text
    assert page.tags.count("img") == 7
    assert page.tags.count("polyline") == 4
    assert "python -m mnist_core train --preset speedrun" in page.text
    (matrix,) = re.findall(r'<table class="matrix">(.*?)</table>', html, re.DOTALL)
    counts = [int(n) for n in re.findall(r"<td[^>]*>(\d+)</td>", matrix)]
    assert sum(counts) == 100
    assert "1 unit, ReLU" in page.text
    assert "Stress test" not in page.text


def test_a_run_cut_short_is_repeated_to_its_end_which_the_report_says(make, few_digits):
    run = make("Pruned", 7)
    run.set_status(
        state="pruned", message="Pruned by the search after epoch 3: others were better."
    )
    text = Page(report([run], few_digits)).text
    assert "Pruned by the search after epoch 3: others were better. To train it again" in text
    assert f"{run.config.epochs} epochs, to the end, so that another network results" in text
    run.set_status(state="done")
    assert "another network results" not in Page(report([run], few_digits)).text


def test_it_needs_no_network_and_runs_no_script(make, few_digits):
    html = report([make("A run", 7)], few_digits)
    page = Page(html)
    assert all(address.startswith("data:") for address in page.addresses)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert not re.search(r"url\(|@import|https?://", html)


def test_settings_are_in_words_and_only_those_that_the_training_depends_on(make, few_digits):
    adam, sgd = make("Adam", 1), make("SGD", 2)
    config = sgd.config.with_changes(
        layers=({"units": 32, "activation": "leaky_relu", "normalization": "before"},),
        optimizer={"name": "sgd"},
        schedule={"name": "one_cycle"},
        early_stopping={"patience": 3},
        augmentation={"rotation": 10.0},
    )
    sgd = sgd.update_description(training=config)
    html = report([adam, sgd], few_digits).split("<h2>Settings</h2>")[1].split("</section>")[0]
    rows = dict(re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', html))
    cells = {name: tuple(re.findall(r"<td>(.*?)</td>", text)) for name, text in rows.items()}
    both = "1 unit, ReLU", "32 units, LeakyReLU, batch normalization before activation"
    assert cells["Hidden layer 1"] == both
    assert cells["Momentum"] == ("–", "0.9")
    assert cells["Learning-rate schedule"] == ("constant", "one-cycle")
    assert cells["Early-stopping patience (epochs)"] == ("–", "3")
    assert cells["Data augmentation: rotation"] == ("–", "10")
    assert not {"Weight decay", "Plateau factor", "Teacher share", "Base"} & cells.keys()


def test_the_configuration_in_it_trains_the_run_again(
    make, few_digits, tmp_path, launched, monkeypatch
):
    monkeypatch.setattr(training, "follow_to_end", lambda run: None)
    run = make("A run", 7)
    config = run.config.with_changes(
        seed=5, optimizer={"name": "sgd"}, early_stopping={"patience": 3}
    )
    run = run.update_description(training=config)
    html = report([run], few_digits)
    assert "python -m mnist_core train --config config.json" in Page(html).text
    (encoded,) = re.findall(
        r'download="config.json" href="data:application/json;base64,(.*?)"', html
    )
    file = tmp_path / "config.json"
    file.write_bytes(base64.b64decode(encoded))
    training.train(config_file=file)
    training.train(config_file=run.config_path, seed=6)
    assert [one.config for one in launched] == [config, config.with_changes(seed=6)]
    based = run.update_description(training=config.with_changes(base="champion"))
    text = Page(report([based], few_digits)).text
    assert "It needs another network" in text
    assert "train --config" not in text
    with pytest.raises(UsageError, match="lacks the network that it starts from"):
        training.train(config_file=run.config_path)
    with pytest.raises(UsageError, match="either --preset NAME or --config FILE"):
        training.train("speedrun", config_file=file)


def test_what_visitors_wrote_is_text(make, few_digits):
    run = make(HOSTILE, 1)
    page = Page(report([run, make("Other", 2)], few_digits))
    assert "script" not in page.tags
    assert page.text.count(run.name) >= 4
    assert "49" not in page.text.split("Errors")[0].split("Results")[0]  # no template of theirs


def test_a_comparison_has_both_and_what_the_test_says(make, few_digits):
    page = Page(report([make("First", 9), make("Second", 2)], few_digits))
    assert "Second fixes 7 errors of First and adds 0." in page.text
    assert "tossing 7 coins" in page.text
    assert page.tags.count("img") == 11


def test_without_the_runs_data_or_evaluation_it_leaves_out_what_needs_them(
    make, few_digits, sample
):
    run = make("A run", 7)
    assert "img" not in Page(report([run], sample)).tags  # other digits than it was evaluated on
    run.evaluation_path.unlink()
    page = Page(report([run], few_digits))
    assert "Confusion matrix" not in page.text
    assert "Learning curves" in page.text


def test_it_has_a_stress_test_that_was_measured(make, few_digits, monkeypatch):
    monkeypatch.setattr(stress_test, "DIGITS", 5)
    run = make("A run", 7)
    measured = stress_test.measure(run, few_digits)
    page = Page(report([run], few_digits))
    assert all(kind.title in page.text for kind in CORRUPTIONS.values())
    assert f"Mean corruption error {measured.error():.2%}" in page.text


def test_the_command_writes_it(make, few_digits, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(inputs, "dataset", lambda run: few_digits)
    exports.report([make("A run", 7).id], tmp_path / "report.html")
    assert "93.00%" in (tmp_path / "report.html").read_text("utf-8")
    assert "report.html" in capsys.readouterr().out.replace("\n", "")
    with pytest.raises(UsageError, match="with itself"):
        exports.report(["champion", "champion"], tmp_path / "report.html")


def test_a_report_calibrates_a_run_that_nobody_has_looked_at_yet(make, few_digits, monkeypatch):
    run = make("New", 5)
    assert temperature_scaling.load(run) is None
    fitted = temperature_scaling.Calibration(0.5, 0.1, 0.05, 0, 0.0, 0.0)
    monkeypatch.setattr(temperature_scaling, "calibrate", lambda asked: fitted)
    text = Page(report([run], few_digits)).text
    assert "temperature 0.500." in text
    assert "not calibrated" not in text
    # The logarithms of 0.91 and nine times 0.01, divided by 0.5: 0.8281 of 0.8281 + 9 · 0.0001.
    right, wrong = -np.log(0.8281 / 0.829), -np.log(0.0001 / 0.829)
    labels = few_digits.y_test.size
    assert f"{(right * (labels - 5) + wrong * 5) / labels:.4f}" in text
