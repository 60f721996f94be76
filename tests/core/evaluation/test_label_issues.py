import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mnist_core.evaluation import label_issues
from mnist_core.evaluation.label_issues import find_label_issues
from mnist_core.evaluation.metrics import Evaluation, EvaluationError


def noisy() -> tuple[np.ndarray, np.ndarray]:
    """400 labels, 25 of them changed, with the probabilities of a mediocre network."""
    rng = np.random.default_rng(5)
    true = rng.integers(0, 10, 400).astype(np.uint8)
    probabilities = rng.dirichlet(np.full(10, 0.3), 400) * 0.5
    probabilities[np.arange(400), true] += 0.5
    labels, turned = true.copy(), rng.choice(400, 25, replace=False)
    labels[turned] = (labels[turned] + rng.integers(1, 10, 25)) % 10
    return labels, probabilities / probabilities.sum(axis=1, keepdims=True)


def test_label_issues_are_those_to_which_cleanlab_gives_the_lowest_quality():
    # cleanlab 2.9.0: get_label_quality_scores(labels, probabilities,
    # method="normalized_margin", adjust_pred_probs=False), below 0.25, lowest first
    found = find_label_issues(*noisy())
    expected = [324, 121, 59, 78, 353, 366, 343, 328, 313, 354, 225, 290, 101, 179]
    assert found.indices.tolist() == expected


def test_another_digit_is_suggested_if_it_leads_by_more_than_50_points_only():
    probabilities = np.full((3, 10), 0.01)
    probabilities[0, 1] = 0.91
    probabilities[1, [1, 7]] = 0.17, 0.75
    probabilities[2, [1, 7]] = 0.23, 0.69
    found = find_label_issues(np.array([1, 1, 1], np.uint8), probabilities)
    assert found.indices.tolist() == [1]
    assert found.suggested.tolist() == [7]
    assert found.label_probability[0] == pytest.approx(0.17)


def test_labels_that_all_networks_predict_are_no_issues():
    labels = np.arange(10, dtype=np.uint8)
    assert find_label_issues(labels, np.eye(10, dtype=np.float32)).indices.size == 0
    only_threes = np.full(5, 3, np.uint8)
    found = find_label_issues(only_threes, np.eye(10)[only_threes])  # digits without a label
    assert found.indices.size == 0


def test_the_mean_of_networks_needs_the_same_digits():
    first = Evaluation(np.array([1, 2]), np.eye(10)[[1, 2]])
    second = Evaluation(np.array([1, 2]), np.eye(10)[[1, 3]])
    mean = label_issues.mean_probabilities([first, second])
    assert mean[1, [2, 3]].tolist() == [0.5, 0.5]
    assert mean.dtype == np.float32
    other = Evaluation(np.array([2, 1]), np.eye(10)[[2, 1]])
    with pytest.raises(EvaluationError, match="different digits"):
        label_issues.mean_probabilities([first, other])


def test_opinions_are_saved_beside_the_runs_and_can_be_removed(runs_directory):
    assert label_issues.opinions("mnist") == {}
    label_issues.set_opinion("mnist", 2654, "wrong")
    label_issues.set_opinion("mnist", 340, "right")
    label_issues.set_opinion("sample", 3, "wrong")
    assert label_issues.opinions("mnist") == {2654: "wrong", 340: "right"}
    label_issues.set_opinion("mnist", 340, "wrong")
    label_issues.set_opinion("mnist", 2654, None)
    assert label_issues.opinions("mnist") == {340: "wrong"}
    assert label_issues.opinions("sample") == {3: "wrong"}
    assert (runs_directory / "label-opinions.json").exists()
    with pytest.raises(ValueError, match="opinion: expected one of wrong, right, got 'maybe'"):
        label_issues.set_opinion("mnist", 1, "maybe")


def test_no_opinion_is_lost_where_several_people_have_one_at_once():
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda index: label_issues.set_opinion("mnist", index, "wrong"), range(40)))
    assert sorted(label_issues.opinions("mnist")) == list(range(40))


@pytest.mark.parametrize("content", [b"{", b"", b"[]", b"\xff", b"[" * 100_000, b" " * 1_000_001])
def test_a_damaged_file_of_opinions_is_put_aside_and_written_anew(runs_directory, content):
    runs_directory.mkdir()
    file = runs_directory / "label-opinions.json"
    file.write_bytes(content)
    assert label_issues.opinions("mnist") == {}
    assert file.with_name("label-opinions.json.damaged").read_bytes() == content
    label_issues.set_opinion("mnist", 5, "right")
    assert label_issues.opinions("mnist") == {5: "right"}


def test_entries_that_are_no_opinions_are_left_out(runs_directory):
    runs_directory.mkdir()
    entries = {"5": "right", "six": "wrong", "7": "perhaps", "8": ["wrong"], "9" * 5000: "wrong"}
    stored = json.dumps({"mnist": entries, "sample": 3})
    (runs_directory / "label-opinions.json").write_text(stored, "utf-8")
    assert label_issues.opinions("mnist") == {5: "right"}
    assert label_issues.opinions("sample") == {}


def test_people_decide_which_label_issues_are_left_out():
    evaluation = Evaluation(np.zeros(6, int), np.eye(10)[[0, 1, 1, 1, 0, 0]])
    kept = label_issues.without_label_issues(
        evaluation, np.array([1, 2]), {2: "right", 4: "wrong", 99: "wrong"}
    )
    assert kept.tolist() == [True, False, True, True, False, True]
