"""The methods score what is unlike digits higher, and are compared at the same share of digits."""

import numpy as np
import pytest

from mnist_core.digits import non_digits
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from mnist_core.training.non_digit_detector_training import MAX_REJECTED
from tests.benchmarks import ood_methods


def test_each_method_scores_words_higher_than_digits(few_digits):
    network = Classifier.load(store.get("compact").weights_path)
    scores = ood_methods.methods(network, few_digits.x_train[:300], few_digits.y_train[:300])
    words = non_digits.make(non_digits.KINDS["words"], 30, 1, few_digits.x_train)
    assert len(scores) == 4
    for name, score in scores.items():
        assert score(words).shape == (30,), name
        assert np.median(score(words)) > np.median(score(few_digits.x_test[:100])), name


def test_shares_are_those_at_the_threshold_that_spares_every_kind_of_digit():
    digits = {"easy": np.arange(1000) / 2, "hard": np.arange(1000.0)}
    others = {"far": np.full(10, 2000.0), "near": np.arange(990, 1000.0)}
    shares = ood_methods.rejected(np.asarray, digits, others)
    assert shares["far"] == 1
    assert shares["near"] == pytest.approx(1000 * MAX_REJECTED / 10, abs=0.11)
