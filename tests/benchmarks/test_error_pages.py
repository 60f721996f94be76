"""What a click on an error page costs with all of MNIST: less than to classify its test digits.

Processor time is measured, so that a busy machine does not matter, and compared with that of other
work, so that a slow one does not either.
"""

import time
from collections.abc import Callable

import numpy as np
import pytest

from mnist_core.evaluation import cached_predictions, charts
from mnist_core.evaluation.cached_predictions import Split
from mnist_core.evaluation.features.neighbour_index import NeighbourIndex
from mnist_core.evaluation.internals import saliency
from mnist_core.evaluation.label_issues import find_label_issues
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from pages.components.analysis.errors.by_digit import accuracy_html, report_html
from pages.components.widgets.charts.confusion_table import counts_html
from pages.components.widgets.images.digit_grid import grid_html

pytestmark = pytest.mark.slow  # all of MNIST


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of the quickest of three calls, after one that imports."""
    work()
    taken = []
    for _ in range(3):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.fixture(scope="module")
def limit(mnist) -> float:
    """What it takes to classify the 10,000 test digits."""
    classifier = Classifier.load(store.get("leaky-relu").weights_path)
    return seconds(lambda: classifier.probabilities(mnist.x_test))


@pytest.fixture(scope="module")
def split(mnist) -> Split:
    return cached_predictions.split_of(mnist, "train", store.get("leaky-relu").config)


@pytest.fixture(scope="module")
def evaluation(split) -> Evaluation:
    """Predictions for 51,000 digits, a tenth of them wrong."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(10, 0.1), split.labels.size)
    right = rng.random(split.labels.size) < 0.9
    probabilities[right] = 0.01
    probabilities[right, split.labels[right]] = 0.91
    return Evaluation(split.labels, probabilities)


def test_a_filter_and_a_page_of_images(split, evaluation, limit):
    def click() -> None:
        fresh = Evaluation(evaluation.labels, evaluation.probabilities)
        chosen = fresh.misclassified("loss", true=4, confidence=(0.5, 1), loss=(1, 16))[:60]
        assert chosen.size == 60
        labels, probabilities = fresh.labels[chosen], fresh.probabilities[chosen]
        grid_html(split.images(chosen), labels, probabilities, split.indices[chosen])

    assert seconds(click) < limit


def test_a_confusion_matrix_with_everything_beside_it(evaluation, limit):
    def click() -> None:
        fresh = Evaluation(evaluation.labels, evaluation.probabilities)
        counts_html(fresh.confusion_matrix(), "true")
        accuracy_html(fresh.accuracy_by_digit())
        for pair in fresh.confused_pairs():
            fresh.misclassified(true=pair.true, predicted=pair.predicted)
        report_html(fresh.report(), "recall")

    assert seconds(click) < limit


def test_calibration_and_coverage(evaluation, limit):
    def click() -> None:
        fresh = Evaluation(evaluation.labels, evaluation.probabilities)
        charts.reliability_diagram(fresh.reliability()).to_json()
        charts.accuracy_by_coverage(*fresh.accuracy_by_coverage()).to_json()
        charts.confidence_histogram(fresh.bin_of(20), fresh.correct, 20).to_json()

    assert seconds(click) < limit


def test_a_digit_in_full_and_the_first_similar_ones_long_before_all_are_searched(mnist, limit):
    classifier = Classifier.load(store.get("leaky-relu").weights_path)
    some = NeighbourIndex.of_some(classifier, mnist.x_train, mnist.y_train)
    image = mnist.x_test[18]
    started = time.process_time()
    index = some.completed()
    searching_all = time.process_time() - started

    def click() -> None:
        saliency.gradient_times_input(classifier, image, 3, 5)
        for digit in (3, 5):
            index.nearest(image, 7, [digit])

    def first() -> None:
        NeighbourIndex.of_some(classifier, mnist.x_train, mnist.y_train).nearest(image, 7)

    assert seconds(click) < limit
    assert seconds(first) < searching_all / 2


def test_label_issues(evaluation, limit):
    assert seconds(lambda: find_label_issues(evaluation.labels, evaluation.probabilities)) < limit
