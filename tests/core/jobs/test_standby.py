"""What a standby makes ready, in this process; test_real_workers.py has real ones."""

import time

import pytest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.digits.datasets import mnist
from mnist_core.jobs.standby import Standby

pytestmark = pytest.mark.slow

WANTED = TrainingConfig(layers=(Layer(12),), seed=4)


@pytest.fixture
def standby(monkeypatch, few_digits):
    monkeypatch.setattr(mnist, "load", lambda: few_digits)
    standby = Standby()
    yield standby
    standby.ready()


def wait_until_ready_for(standby, config, images):
    deadline = time.monotonic() + 300
    while (prepared := standby._prepared) is None or not prepared.fits(config, images):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_is_ready_for_the_default_and_then_for_what_the_form_says(standby, few_digits):
    wait_until_ready_for(standby, PRESETS["early-stopping"], few_digits.x_train)
    standby.prepare_for(WANTED.with_changes(seed=5))
    standby.prepare_for(WANTED)
    wait_until_ready_for(standby, WANTED, few_digits.x_train)
    data, prepared = standby.ready()
    assert data is None  # this is the sample: MNIST may be here by the time of the run
    assert [layer.units for layer in prepared.config.layers] == [12]
    assert int(prepared.optimizer.iterations) == 0


def test_it_ends_when_nothing_is_asked_of_it(standby):
    standby.ready()
    assert not standby._thread.is_alive()
