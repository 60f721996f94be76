import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from mnist_core.evaluation.metrics import Evaluation, EvaluationError, normalized, wilson_interval
from tests import damage
from tests.core.evaluation.evaluations import PAIRS, evaluation


def test_counts_accuracy_and_loss_of_a_literal_example():
    result = evaluation(PAIRS)
    assert result.errors == 4
    assert result.accuracy == pytest.approx(0.6)
    assert result.loss == pytest.approx(-(6 * math.log(0.9) + 4 * math.log(0.1)) / 10, rel=1e-6)
    assert result.labels.dtype == np.uint8
    assert result.probabilities.dtype == np.float32


def test_confusion_matrix_has_true_rows_and_predicted_columns():
    expected = np.zeros((10, 10), int)
    expected[0, 0], expected[1, 1], expected[1, 7] = 2, 1, 1
    expected[7, 7], expected[7, 1], expected[9, 4] = 3, 1, 2
    np.testing.assert_array_equal(evaluation(PAIRS).confusion_matrix(), expected)


def test_normalized_rows_and_columns_sum_to_one_and_empty_ones_to_zero():
    by_row = normalized(evaluation(PAIRS).confusion_matrix(), "true")
    by_column = normalized(evaluation(PAIRS).confusion_matrix(), "predicted")
    assert by_row[7, 1] == pytest.approx(1 / 4)
    assert by_column[7, 1] == pytest.approx(1 / 2)
    np.testing.assert_allclose(by_row.sum(axis=1), [1, 1, 0, 0, 0, 0, 0, 1, 0, 1])
    np.testing.assert_allclose(by_column.sum(axis=0), [1, 1, 0, 0, 1, 0, 0, 1, 0, 0])


def test_normalizing_by_anything_else_is_an_error():
    with pytest.raises(EvaluationError, match="'rows'; expected"):
        normalized(np.eye(10), "rows")


def test_report_agrees_with_ratios_counted_by_hand():
    rows = {row.name: row for row in evaluation(PAIRS).report()}
    assert list(rows) == [*"0123456789", "macro mean", "weighted mean"]
    assert rows["7"][1:] == pytest.approx((3 / 4, 3 / 4, 3 / 4, 4))
    assert rows["1"][1:] == pytest.approx((1 / 2, 1 / 2, 1 / 2, 2))
    assert rows["4"].precision == 0
    assert math.isnan(rows["4"].recall)  # no 4 among the labels
    assert math.isnan(rows["9"].precision)  # never predicted
    assert math.isnan(rows["3"].f1)
    assert rows["weighted mean"].recall == pytest.approx(0.6)  # the accuracy, by definition
    assert rows["macro mean"].recall == pytest.approx((1 + 1 / 2 + 3 / 4 + 0) / 4)
    assert rows["macro mean"].support == 10


@pytest.mark.parametrize("seed", range(6))
def test_report_and_matrix_are_those_of_scikit_learn_also_where_classes_are_missing(seed):
    rng = np.random.default_rng(seed)
    some = rng.choice(10, 7, replace=False)  # of the classes; the guesses know others
    pairs = list(zip(rng.choice(some, 40), rng.integers(0, 8, 40), strict=True))
    result, (labels, guesses) = evaluation(pairs), zip(*pairs, strict=True)
    given = {"labels": range(10), "zero_division": np.nan}
    by_class = metrics.precision_recall_fscore_support(labels, guesses, **given)
    found = np.array([row[1:] for row in result.report()], float)
    np.testing.assert_allclose(found[:10], np.transpose(by_class))
    for row, average in zip(found[10:], ("macro", "weighted"), strict=True):
        means = metrics.precision_recall_fscore_support(labels, guesses, average=average, **given)
        np.testing.assert_allclose(row, [*means[:3], 40])
    expected = metrics.confusion_matrix(labels, guesses, labels=range(10))
    np.testing.assert_array_equal(result.confusion_matrix(), expected)


def test_accuracy_by_digit_and_its_interval_agree_with_scipy():
    result = evaluation(PAIRS).accuracy_by_digit()
    assert result.accuracy[[0, 1, 7, 9]] == pytest.approx([1, 0.5, 0.75, 0])
    assert result.support.tolist() == [2, 2, 0, 0, 0, 0, 0, 4, 0, 2]
    assert np.isnan(result.accuracy[3])
    assert np.isnan(result.low[3])
    interval = stats.binomtest(3, 4).proportion_ci(0.95, method="wilson")
    assert (result.low[7], result.high[7]) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize(("right", "of"), [(0, 5), (1, 1), (973, 980), (1009, 1009)])
def test_wilson_interval_agrees_with_scipy(right, of):
    expected = stats.binomtest(right, of).proportion_ci(0.95, method="wilson")
    low, high = wilson_interval(np.array([right]), np.array([of]))
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_confused_pairs_are_named_in_words_most_frequent_first():
    pairs = evaluation(PAIRS).confused_pairs()
    assert [pair.in_words() for pair in pairs] == [
        "9 predicted as 4: 2 of 2",
        "1 predicted as 7: 1 of 2",
        "7 predicted as 1: 1 of 4",
    ]
    assert len(evaluation(PAIRS).confused_pairs(most=1)) == 1
    many = pairs[0]._replace(errors=21, support=1009)
    assert many.in_words("ABCDEFGHIJ") == "J predicted as E: 21 of 1,009"


def test_errors_come_most_confident_first_and_can_be_reversed_and_filtered():
    result = evaluation([(1, 7, 0.6), (2, 2, 0.99), (1, 7, 0.8), (3, 7, 0.8), (1, 4, 0.7)])
    assert result.misclassified().tolist() == [2, 3, 4, 0]  # equals in the data's order
    assert result.misclassified(descending=False).tolist() == [0, 4, 2, 3]
    assert result.misclassified(true=1).tolist() == [2, 4, 0]
    assert result.misclassified(true=1, predicted=7).tolist() == [2, 0]
    assert result.misclassified(true=9).tolist() == []


def test_margin_and_loss_sort_otherwise_than_confidence():
    labels = np.array([0, 0])
    probabilities = np.zeros((2, 10))
    probabilities[0, [1, 0]] = 0.6, 0.4  # more confident, small margin, low loss
    probabilities[1, [1, 2, 3, 0]] = (
        0.5,
        0.24,
        0.24,
        0.02,
    )  # less confident, larger margin, high loss
    result = Evaluation(labels, probabilities)
    assert result.margin == pytest.approx([0.2, 0.26], abs=1e-6)
    assert result.misclassified("confidence").tolist() == [0, 1]
    assert result.misclassified("margin").tolist() == [1, 0]
    assert result.misclassified("loss").tolist() == [1, 0]
    with pytest.raises(EvaluationError, match="sort by 'size'"):
        result.misclassified("size")


def test_select_includes_correctly_classified_digits():
    result = evaluation(PAIRS)
    assert result.select(true=7, predicted=7).tolist() == [4, 5, 6]
    assert result.select(predicted=7).tolist() == [3, 4, 5, 6]
    assert result.select().size == 10


def test_errors_can_be_limited_by_confidence_and_loss():
    result = evaluation([(1, 7, 0.6), (2, 7, 0.8), (3, 7, 0.95), (4, 4, 0.7)])
    assert result.misclassified(confidence=(0.7, 0.9)).tolist() == [1]
    # The labels have probabilities of 0.4, 0.2 and 0.05: losses 0.92, 1.61 and 3.00.
    assert result.misclassified(loss=(1, 9)).tolist() == [2, 1]
    assert result.misclassified(loss=(1, 9), confidence=(0, 0.9), true=2).tolist() == [1]
    assert result.select(confidence=(0.65, 0.75)).tolist() == [3]


def test_the_loss_of_an_impossible_label_is_finite():
    result = evaluation([(3, 8, 1.0)])
    assert result.loss == pytest.approx(-math.log(1e-7))


def test_a_network_without_errors_has_none_to_list():
    result = evaluation([(d, d) for d in range(10)])
    assert result.accuracy == 1
    assert result.misclassified().size == 0
    assert result.confused_pairs() == ()


def test_save_and_load_give_the_same_evaluation(tmp_path):
    path = tmp_path / "evaluation.npz"
    result = evaluation(PAIRS)
    result.save(path)
    Evaluation(result.labels, result.probabilities, "sample", "validation").save(path)
    loaded = Evaluation.load(path)
    np.testing.assert_array_equal(loaded.labels, result.labels)
    np.testing.assert_array_equal(loaded.probabilities, result.probabilities)
    assert (loaded.dataset, loaded.split) == ("sample", "validation")
    assert [file.name for file in tmp_path.iterdir()] == ["evaluation.npz"]


def test_an_unreadable_file_is_named(tmp_path):
    path = tmp_path / "evaluation.npz"
    with pytest.raises(EvaluationError, match=r"evaluation\.npz is not a readable"):
        Evaluation.load(path)
    evaluation(PAIRS).save(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(EvaluationError, match=r"evaluation\.npz is not a readable"):
        Evaluation.load(path)
    np.savez(path, labels=np.zeros(3, np.uint8))
    with pytest.raises(EvaluationError, match="probabilities"):
        Evaluation.load(path)


def test_whichever_byte_is_flipped_an_evaluation_is_read_or_one_error_is_raised(tmp_path):
    path = tmp_path / "evaluation.npz"
    evaluation(PAIRS[:3]).save(path)
    found = 0
    for _ in damage.with_flipped_bytes(path):
        try:
            Evaluation.load(path)
        except EvaluationError:
            found += 1
    assert found > 300


def test_pickled_arrays_are_not_loaded(tmp_path):
    path = tmp_path / "evaluation.npz"
    np.savez(path, labels=np.array([object()], dtype=object))
    with pytest.raises(EvaluationError, match="pickle"):
        Evaluation.load(path)


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        (np.zeros((2, 1), int), np.full((2, 10), 0.1), r"labels has shape \(2, 1\)"),
        (np.zeros(0, int), np.zeros((0, 10)), "n at least 1"),
        (np.zeros(2), np.full((2, 10), 0.1), "float64; expected integers"),
        (np.array([0, 10]), np.full((2, 10), 0.1), "0 to 10; expected 0 to 9"),
        (np.array([0, 1]), np.full((2, 9), 0.1), r"probabilities\[0\] .* expected 9 numbers"),
        (np.array([0, 1]), np.full((3, 10), 0.1), r"shape \(3, 10\); expected a row for each of 2"),
        (np.array([0]), np.ones((1, 1)), r"shape \(1, 1\)"),
        (np.array([0]), np.full((1, 10), 1), "int64; expected floats"),
        (np.array([0, 1]), np.full((2, 10), [[0.1], [0.2]]), r"probabilities\[1\]"),
        (np.array([0]), np.full((1, 10), np.nan), r"probabilities\[0\]"),
    ],
)
def test_unsuitable_arrays_are_described(labels, probabilities, message):
    with pytest.raises(EvaluationError, match=message):
        Evaluation(labels, probabilities)


def test_calibration_of_a_literal_example():
    # 0.55 and 0.6: one of two correct. 0.95: all three. A bin includes its upper edge.
    result = evaluation([(1, 1, 0.55), (1, 7, 0.6), (2, 2, 0.95), (3, 3, 0.95), (4, 4, 0.95)])
    calibration = result.reliability(bins=5)
    np.testing.assert_allclose(calibration.edges, [0, 0.2, 0.4, 0.6, 0.8, 1])
    assert calibration.counts.tolist() == [0, 0, 1, 1, 3]  # float32(0.6) lies above 0.6
    assert calibration.accuracy[[2, 3, 4]] == pytest.approx([1, 0, 1])
    assert calibration.confidence[[2, 3, 4]] == pytest.approx([0.55, 0.6, 0.95])
    assert np.isnan(calibration.accuracy[:2]).all()
    assert calibration.error == pytest.approx((0.45 + 0.6 + 3 * 0.05) / 5, abs=1e-6)


def test_calibration_error_agrees_with_the_sum_over_single_digits():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(10, 0.2), 500)
    labels = np.where(rng.random(500) < 0.7, probabilities.argmax(1), rng.integers(0, 10, 500))
    result = Evaluation(labels, probabilities)
    expected = 0.0
    for low in np.arange(15) / 15:
        inside = [
            (float(sure), bool(right))
            for sure, right in zip(result.confidence, result.correct, strict=True)
            if low < sure <= low + 1 / 15
        ]
        expected += abs(sum(right - sure for sure, right in inside)) / 500
    assert result.reliability(bins=15).error == pytest.approx(expected, abs=1e-6)


def test_accuracy_rises_as_the_least_confident_are_rejected():
    result = evaluation([(1, 1, 0.99), (2, 2, 0.8), (3, 5, 0.8), (4, 9, 0.6)])
    coverage, accuracy = result.accuracy_by_coverage()
    assert coverage.tolist() == [0.25, 0.75, 1]  # the two of equal confidence go together
    assert accuracy == pytest.approx([1, 2 / 3, 0.5])


def test_classes_are_counted_by_the_probabilities_and_named_as_asked():
    predicted = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1]], np.float32)
    result = Evaluation(np.array([0, 1, 2]), predicted, "own-0123456789ab")
    assert result.classes == 3
    assert result.confusion_matrix().tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    assert [row.name for row in result.report("AXZ")][:3] == ["A", "X", "Z"]
    assert result.accuracy_by_digit().accuracy.tolist() == [1, 1, 0]
    assert result.confused_pairs()[0].in_words("AXZ") == "Z predicted as X: 1 of 1"
