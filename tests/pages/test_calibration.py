import math
import re
import time

import pytest

from mnist_core.evaluation import temperature_scaling
from mnist_core.evaluation.metrics import Evaluation
from pages.components.shell import networks
from pages.components.shell.text import plain
from tests.pages.conftest import chart_of, grids
from tests.pages.made_networks import join_calibration, uncalibrated


@pytest.fixture
def errors(no_networks) -> dict[int, int]:
    """Nine errors, 99 to 95 % confident; the other 91 digits are correct and 90 % confident."""
    labels = no_networks.y_test
    return {i: (int(labels[i]) + 1) % 10 for i in range(9)}


def test_a_network_that_is_deleted_while_it_is_calibrated_is_no_failure(
    network, errors, monkeypatch, caplog
):
    run = uncalibrated(network(errors))

    def calibrate(run):
        run.delete()
        return Evaluation.load(run.evaluation_path)

    monkeypatch.setattr(temperature_scaling, "calibrate", calibrate)
    assert networks.calibration(run) is None
    join_calibration()
    assert not run.directory.exists()
    assert not caplog.records


def test_a_calibration_that_fails_is_logged_once_and_the_page_goes_on(
    network, errors, monkeypatch, caplog
):
    run = uncalibrated(network(errors))
    monkeypatch.setattr(
        temperature_scaling, "calibrate", lambda run: (run.directory / "no/file").read_bytes()
    )
    for _ in range(2):
        assert networks.calibration(run) is None
        join_calibration()
    (record,) = caplog.records
    assert record.exc_info
    assert str(run.directory) in record.getMessage()


def words(at) -> str:
    return "\n".join(element.value for element in at.markdown)


def test_it_tells_the_calibration_error_and_the_averages(network, errors, open_page):
    network(errors)
    at = open_page("calibration")
    values = {metric.label: metric.value for metric in at.metric}
    # Bin 14 of 15 goes to 93.3 %: |90 % − 100 %| of 91 digits; bin 15: |97 % − 0| of 9.
    assert values["Calibration error"] == f"{0.91 * 0.1 + 0.09 * 0.97:.2%}" == "17.83%"
    assert values["Mean confidence"] == f"{0.91 * 0.9 + 0.09 * 0.97:.2%}"
    assert values["Accuracy"] == "91.00%"
    assert values["Mean confidence on errors"] == "97.0%"


def test_a_bin_shows_its_images_the_errors_first(network, errors, open_page):
    network(errors)
    at = open_page("calibration", bin="15")
    assert "Confidence 93% to 100%: 9 digits, 9 of them misclassified" in words(at)
    assert re.findall(r">No\. (\d+)<", grids(at)[0]) == [str(i) for i in range(9)]
    shown = chart_of(at, "reliability")
    bars, _ = shown["figure"]["data"]
    assert bars["y"] == [1, 0]
    assert bars["marker"]["opacity"][0] < 0.5 < bars["marker"]["opacity"][1] == 1
    assert [place for place, *_ in bars["customdata"]] == [13, 14]
    assert shown["chosen"] == [0, 14]
    at.button(key="no-bin").click().run()
    assert len(grids(at)) == 1  # that of the rejected
    assert chart_of(at, "reliability")["chosen"] is None
    at = open_page("calibration", bin="1")
    assert "0 digits" in words(at)


@pytest.mark.parametrize("asked", ["0", "16", "x", "9" * 99])
def test_a_bin_that_does_not_exist_is_said(network, errors, open_page, asked):
    network(errors)
    at = open_page("calibration", bin=asked)
    assert "bin=" in at.warning[0].value
    assert len(grids(at)) == 1


def test_rejecting_the_least_confident_is_computed(network, no_networks, open_page):
    labels = no_networks.y_test
    network({i: (int(labels[i]) + 1) % 10 for i in range(40)})  # the last is 79.5 % sure
    at = open_page("calibration", **{"rejection-rate": "10.0"})
    values = {metric.label: metric.value for metric in at.metric}
    # Errors 19 to 39 are less than 90 % confident; ten of these may be rejected.
    assert values["Remaining errors"] == "30 of 40"
    assert values["Accuracy on accepted digits"] == f"{60 / 90:.2%}"
    (line,) = chart_of(at, "coverage-chart")["figure"]["data"]
    assert line["y"][line["x"].index(0.9)] == 60 / 90
    left, rejected = numbers(at), [str(i) for i in range(39, 29, -1)]
    assert left == [str(i) for i in range(24)]  # the first, most confident first
    at.button(key="more-rejection-grid").click().run()
    assert numbers(at) == [str(i) for i in range(30)]
    at.segmented_control(key="rejection-shown").set_value("Rejected").run()
    assert numbers(at) == rejected
    at.slider(key="rejection-rate").set_value(0.0).run()
    assert "Rejected: 0" in words(at)
    values = {metric.label: metric.value for metric in at.metric}
    assert values["Remaining errors"] == "40 of 40"


def numbers(at) -> list[str]:
    """The digits in the only grid."""
    (html,) = grids(at)
    return re.findall(r">No\. (\d+)<", html)


def test_a_bar_of_the_histogram_shows_its_images(network, errors, open_page):
    network(errors)  # 99, 98.5 … 95 % sure; a bin has its upper edge
    at = open_page("calibration", bar="wrong-20")
    assert "Confidence 95% to 100%, misclassified: 8 digits" in words(at)
    assert re.findall(r">No\. (\d+)<", grids(at)[1]) == [str(i) for i in range(8)]
    shown = chart_of(at, "confidence-histogram")
    right, wrong = shown["figure"]["data"]
    assert ([right["y"][17], wrong["y"][19]], shown["chosen"]) == ([91, 8], [1, 19])
    assert (sum(right["y"]), sum(wrong["y"])) == (91, 9)
    at = open_page("calibration", bar="right-18")
    assert "Confidence 85% to 90%, correct: 91 digits" in words(at)
    at.selectbox(key="bar-list").set_value("wrong-20").run()
    assert "Confidence 95% to 100%, misclassified: 8 digits" in words(at)
    at.selectbox(key="bar-list").set_value("").run()
    assert "bar" not in at.query_params
    at = open_page("calibration", bar="right-21", bin="99")
    assert "bin=99" in at.warning[0].value
    assert r"bar=right\-21" in at.warning[1].value
    assert not {"bar", "bin"} & {*at.query_params}


def test_calibrated_predictions_are_as_confident_as_the_temperature_makes_them(
    network, errors, open_page, monkeypatch
):
    network(errors)
    found = temperature_scaling.Calibration(2.0, 0.1, 0.1, 0)
    monkeypatch.setattr(networks, "calibration", lambda run: found)
    at = open_page("calibration")
    assert at.toggle(key="calibrated").value
    after = {metric.label: metric.value for metric in at.metric}
    at = open_page("calibration", calibrated="false")
    before = {metric.label: metric.value for metric in at.metric}
    assert before["Mean confidence"] == f"{0.91 * 0.9 + 0.09 * 0.97:.2%}"
    # Roots of 0.9 and nine times 0.1/9 for 91 digits; of p and 1 − p for the nine others.
    right = math.sqrt(0.9) / (math.sqrt(0.9) + 9 * math.sqrt(0.1 / 9))
    wrong = [math.sqrt(p) / (math.sqrt(p) + math.sqrt(1 - p)) for p in (0.99, 0.985, 0.98, 0.975,
             0.97, 0.965, 0.96, 0.955, 0.95)]  # fmt: skip
    assert after["Mean confidence"] == f"{0.91 * right + sum(wrong) / 100:.2%}"
    assert after["Accuracy"] == before["Accuracy"]
    assert after["Mean confidence"] != before["Mean confidence"]


def test_without_a_temperature_nothing_can_be_calibrated(network, errors, open_page, monkeypatch):
    network(errors)
    monkeypatch.setattr(networks, "calibration", lambda run: None)
    assert not open_page("calibration").toggle


def test_a_network_without_errors(network, open_page):
    network({})
    at = open_page("calibration")
    assert "Mean confidence on errors" not in [metric.label for metric in at.metric]


def test_a_network_that_could_not_be_calibrated_says_why(network, errors, open_page, monkeypatch):
    def fail(run):
        raise OSError("the disk is full.")

    network(errors)
    monkeypatch.setattr(temperature_scaling, "load", lambda run: None)
    monkeypatch.setattr(temperature_scaling, "calibrate", fail)
    at = open_page("calibration")
    deadline = time.monotonic() + 20
    while not at.warning and time.monotonic() < deadline:
        at.run()
    assert plain("could not be calibrated: the disk is full") in at.warning[0].value
    assert at.metric
