import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from mnist_core.evaluation import label_issues, temperature_scaling
from mnist_core.evaluation.label_issues import LabelIssues
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.runs import environment, files
from mnist_core.runs.run import Run
from pages.components.analysis import label_issue_search
from pages.components.shell.visitor_key import COOKIE
from tests.pages.conftest import grids


@pytest.fixture
def errors(no_networks) -> dict[int, int]:
    """Three errors, each at least 98 % confident, where correct predictions are 90 % confident."""
    return {i: (int(no_networks.y_test[i]) + 1) % 10 for i in (5, 20, 33)}


def figures(at) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def test_doubtful_labels_are_listed_with_the_accuracy_without_them(network, errors, open_page):
    network(errors)
    at = open_page("label_issues")
    assert figures(at) == {
        "Test accuracy": "97.00%",
        "Without 3 doubtful labels": "100.00%",
        "Judged": "0 of 3",
    }
    assert [f"No. {i}<" in html for i, html in zip(errors, grids(at), strict=True)] == [True] * 3


def test_an_opinion_is_stored_and_counts(network, errors, open_page):
    network(errors)
    at = open_page("label_issues")
    at.button_group(key="opinion-mnist-20").set_value("right").run()
    assert label_issues.opinions("mnist") == {20: "right"}
    # 98 digits are left, of which one is misclassified.
    assert figures(at)["Without 2 doubtful labels"] == f"{97 / 98:.2%}"
    assert figures(at)["Judged"] == "1 of 3"
    assert figures(open_page("label_issues"))["Judged"] == "1 of 3"
    assert at.button_group(key="opinion-mnist-20").value == "right"


@pytest.mark.parametrize("mode", ["personal", "class", "public"])
def test_among_others_an_opinion_is_ones_own(network, errors, open_page, monkeypatch, mode):
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    sent = {COOKIE: "a" * 32}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: sent))
    network(errors)
    at = open_page("label_issues")
    at.button_group(key="opinion-mnist-20").set_value("right").run()
    assert figures(at)["Judged"] == "1 of 3"
    assert figures(open_page("label_issues"))["Judged"] == "1 of 3"
    sent[COOKIE] = "b" * 32
    judged = "1 of 3" if mode == "personal" else "0 of 3"
    assert figures(open_page("label_issues"))["Judged"] == judged


def shipped(run: Run) -> Run:
    """The run as a network that ships with the project."""
    environment.pretrained_directory().mkdir(exist_ok=True)
    target = environment.pretrained_directory() / run.id
    return Run(Path(shutil.move(run.directory, target)))


def test_an_error_of_one_of_three_shipped_networks_is_not_the_labels(network, errors, open_page):
    first = shipped(network(errors))
    shipped(network({}))
    shipped(network({}))
    at = open_page("label_issues", run=first.id)
    assert "No doubtful labels found." in at.success[0].value
    assert figures(at)["Without 0 doubtful labels"] == "97.00%"
    assert any("mean of the 3 shipped networks" in text.value for text in at.caption)


def test_doubtful_labels_are_the_same_whatever_networks_visitors_have(network, errors, open_page):
    shipped(network(errors))
    own = network({})
    assert figures(open_page("label_issues", run=own.id))["Judged"] == "0 of 3"
    other = network({})
    assert figures(open_page("label_issues", run=other.id))["Judged"] == "0 of 3"


def test_networks_that_err_often_are_not_asked(network, errors, no_networks, open_page):
    wrong = {i: (int(digit) + 5) % 10 for i, digit in enumerate(no_networks.y_test[:11])}
    good, bad = shipped(network(errors)), shipped(network(wrong))
    for run in (good, bad):
        at = open_page("label_issues", run=run.id)
        assert figures(at)["Judged"] == "0 of 3"
        assert any(
            "one network with an accuracy of at least 90%" in text.value for text in at.caption
        )
    shutil.rmtree(good.directory)
    at = open_page("label_issues", run=bad.id)
    assert figures(at)["Judged"] == "0 of 11"
    assert any("one network with an accuracy of only 89%" in text.value for text in at.caption)


def test_the_networks_are_asked_for_their_calibrated_probabilities(
    network, errors, open_page, monkeypatch
):
    run, asked = shipped(network(errors)), []
    stored = temperature_scaling.load(run)
    halved = replace(stored, temperature=0.5)
    files.write_json(run.directory / temperature_scaling.FILE_NAME, halved.to_dict())

    def mean(evaluations):
        asked.extend(evaluations)
        return np.mean([one.probabilities for one in evaluations], axis=0)

    monkeypatch.setattr(label_issues, "mean_probabilities", mean)
    open_page("label_issues", run=run.id)
    squared = Evaluation.load(run.evaluation_path).probabilities.astype(float) ** 2
    expected = squared / squared.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(asked[0].probabilities, expected, atol=1e-5)


def test_a_doubtful_digit_opens(network, errors, open_page):
    network(errors)
    at = open_page("label_issues", index="20")
    assert "2 of 3" in [element.value for element in at.markdown]


def test_a_doubtful_digit_leads_to_the_page_that_judges_it(network, errors, open_page, monkeypatch):
    monkeypatch.setattr(label_issue_search, "PAGE_SIZE", 1)
    found = LabelIssues(np.array([33, 5, 20]), np.zeros(3, np.uint8), np.zeros(3, np.float32))
    monkeypatch.setattr(label_issues, "find_label_issues", lambda *given: found)
    run = network(errors)
    link = open_page("misclassified", index="5").get("page_link")[-1].proto
    assert (link.label, link.page) == ("Judge it", "label_issues")
    assert link.query_string == f"run={run.id}&page=2"


def test_the_gallery_and_the_digit_itself_say_that_the_label_is_doubtful(
    network, errors, open_page
):
    network(errors)
    at = open_page("misclassified", index="20")
    assert grids(at)[0].count(">label?<") == 3
    assert "The label is doubtful" in at.info[0].value
    assert not open_page("misclassified", index="50").info  # classified correctly
