import pytest

from mnist_core.evaluation.comparison import compare
from mnist_core.evaluation.metrics import EvaluationError
from tests.core.evaluation.evaluations import PAIRS, evaluation


def test_compare_finds_fixed_and_added_errors_and_tests_the_difference():
    first = evaluation([(0, 0), (1, 7), (2, 3), (3, 3), (4, 9), (5, 6), (6, 0), (7, 1), (8, 8)])
    second = evaluation([(0, 0), (1, 1), (2, 2), (3, 5), (4, 4), (5, 5), (6, 6), (7, 1), (8, 8)])
    result = compare(first, second)
    assert result.fixed.tolist() == [1, 2, 4, 5, 6]
    assert result.added.tolist() == [3]
    # Two-sided binomial with 1 of 6: 2 · (C(6,0) + C(6,1)) / 2⁶
    assert result.p_value == pytest.approx(2 * (1 + 6) / 64)


def test_compare_finds_no_difference_between_equals_and_rejects_different_digits():
    result = compare(evaluation(PAIRS), evaluation(PAIRS))
    assert (result.fixed.size, result.added.size, result.p_value) == (0, 0, 1)
    with pytest.raises(EvaluationError, match="different digits"):
        compare(evaluation(PAIRS), evaluation(PAIRS[::-1]))


@pytest.mark.parametrize(
    ("fixed", "added", "words"),
    [
        # scipy.stats.binomtest(41, 58).pvalue = 0.00223, of (20, 30) 0.0987, of (15, 20) 0.0414
        (41, 17, "uneven as 41 to 17 would come up in 0.22% of such cases. That is so rare that"),
        (10, 20, "uneven as 20 to 10 would come up in 9.9% of such cases. That is common, so the"),
        (15, 5, "uneven as 15 to 5 would come up in 4.1% of such cases. That is rare, so chance"),
        (40, 0, "come up in less than 0.01% of"),
        (1, 0, "tossing a coin. A result at least as uneven as 1 to 0 would come up in 100% of"),
        (0, 0, "exactly the same digits"),
    ],
)
def test_mcnemars_test_is_reported_in_words(fixed, added, words):
    first = [(0, 0)] + [(1, 7)] * fixed + [(2, 2)] * added
    second = [(0, 0)] + [(1, 1)] * fixed + [(2, 3)] * added
    assert words in compare(evaluation(first), evaluation(second)).in_words()
