"""Learning rates against their formulas, and what plateaus and the user make of them."""

import keras
import numpy as np
import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.training import schedule
from mnist_core.training.checkpoint import Progress


def config(name, rate=0.5, lowest=0.1):
    return TrainingConfig().with_changes(
        schedule={"name": name, "minimum_learning_rate": lowest}, optimizer={"learning_rate": rate}
    )


def test_schedules_follow_their_formulas():
    def rates(name):
        return [schedule.scheduled_rate(config(name), share) for share in (0, 0.15, 0.3, 0.65, 1)]

    assert rates("constant") == rates("plateau") == [0.5] * 5
    cosine = keras.optimizers.schedules.CosineDecay(0.5, 1000, alpha=0.2)
    np.testing.assert_allclose(
        rates("cosine"), [float(cosine(s)) for s in (0, 150, 300, 650, 1000)], rtol=1e-5
    )
    np.testing.assert_allclose(rates("one_cycle"), [0.02, 0.26, 0.5, 0.250001, 2e-6], rtol=1e-5)


def test_the_batches_of_a_training_go_from_the_schedules_first_rate_to_its_last():
    training = config("cosine")
    rates = schedule.batch_rates(training, Progress(), 11, 11)
    assert rates.dtype == np.float32
    expected = [schedule.scheduled_rate(training, step / 10) for step in range(11)]
    np.testing.assert_allclose(rates, expected, rtol=1e-6)
    later = schedule.batch_rates(training, Progress(step=8), 11, 5)
    np.testing.assert_allclose(later, [*expected[8:], 0.1, 0.1], rtol=1e-6)  # and no lower
    assert schedule.batch_rates(training, Progress(), 1, 1) == pytest.approx(0.5)


def test_a_plateau_lowers_the_rate_down_to_its_minimum():
    for factor, expected in ((0.5, 0.25), (0.01, 0.1)):
        rates = schedule.batch_rates(config("plateau"), Progress(factor=factor), 10, 2)
        np.testing.assert_allclose(rates, expected, rtol=1e-6)
    rates = schedule.batch_rates(config("constant"), Progress(factor=0.01), 10, 2)
    np.testing.assert_allclose(rates, 0.005, rtol=1e-6)


@pytest.mark.parametrize("asked", [0.3, 0.002])
def test_the_schedule_goes_on_from_the_rate_that_the_user_gave(asked):
    training, progress = config("one_cycle", rate=0.01, lowest=0.0), Progress(step=2)
    planned = schedule.batch_rates(training, progress, 101, 99)
    schedule.follow_user(training, progress, 101, asked)
    rates = schedule.batch_rates(training, progress, 101, 99)
    assert rates[0] == pytest.approx(asked)
    ceiling = max(asked, 0.01)  # neither above the user's rate nor above the configured one
    expected = np.minimum(planned * asked / planned[0], ceiling)
    np.testing.assert_allclose(rates, expected, rtol=1e-5)
    assert rates.max() == pytest.approx(ceiling)
