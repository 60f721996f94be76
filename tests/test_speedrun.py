"""The preset `speedrun` keeps its word on MNIST itself."""

from mnist_core import runs, training
from mnist_core.config import PRESETS, parameter_count


def test_the_speedrun_reaches_its_goal_in_three_epochs(mnist):
    config = PRESETS["speedrun"]
    assert parameter_count(config)[0] <= 600_000
    assert config.epochs == 3
    summary = training.train(config, mnist, runs.create(config, "Speedrun")).summary
    assert summary["test_accuracy"] >= 0.9843
