"""Learning curves in words, on made histories of each kind and on those of the shipped networks."""

import math

import pytest

from mnist_core.config.config import Augmentation, Layer, TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.evaluation.learning_curves import findings
from mnist_core.runs import store
from mnist_core.runs.history import EpochRow
from mnist_core.runs.records import Status

PLAIN = TrainingConfig(epochs=20)
GOING_ON, DONE = Status("training"), Status("done")


def history(losses, val_losses, accuracy=0.97, val_accuracy=0.97):
    return [
        EpochRow(epoch, 100 * epoch, loss, accuracy, val_loss, val_accuracy, 1e-3, 1.0 * epoch)
        for epoch, (loss, val_loss) in enumerate(zip(losses, val_losses, strict=True), 1)
    ]


def falling(count, start=1.0, factor=0.8):
    return [start * factor**i for i in range(count)]


def the(found):
    (one,) = found
    return one


def test_without_an_epoch_there_is_nothing_to_say():
    assert findings([], PLAIN, GOING_ON) == []
    unknown = history([math.nan], [math.nan])
    assert findings(unknown, PLAIN, GOING_ON) == []


def test_after_one_epoch_it_is_too_early():
    one = the(findings(history([0.5], [0.3]), PLAIN, GOING_ON))
    assert (one.kind, one.title) == ("too early", "Too early to tell")
    assert "97.00% of the validation set" in one.figures


def test_a_falling_validation_loss_is_still_learning():
    rows = history(falling(10), falling(10, 0.9))
    one = the(findings(rows, PLAIN, GOING_ON))
    assert (one.kind, one.advice) == ("still learning", "")
    # The means of epochs 7, 8 and 9, 10: 0.9 · (0.8⁶ + 0.8⁷) / 2 and 0.9 · (0.8⁸ + 0.8⁹) / 2
    assert "from 0.2123 to 0.1359 (means of 2 epochs)" in one.figures
    whole = PLAIN.with_changes(epochs=10)
    assert "continue this training" in the(findings(rows, whole, DONE)).advice
    planned = whole.with_changes(schedule={"name": "one_cycle"})
    assert "going on would gain little" in the(findings(rows, planned, DONE)).advice


def test_a_rising_validation_loss_under_a_falling_training_loss_is_overfitting():
    rows = history(falling(12), [*falling(9, 0.9), 0.16, 0.17, 0.19])
    one = the(findings(rows, PLAIN, GOING_ON))
    assert (one.kind, one.title) == ("overfitting", "Overfitting since epoch 9")
    assert (
        "from 0.1510 to 0.1800, while the training loss fell from 0.1678 to 0.0859" in one.figures
    )
    assert one.advice == (
        "Try dropout, data augmentation or a smaller network. Early stopping would have kept the "
        "weights of epoch 9."
    )
    guarded = PLAIN.with_changes(
        layers=(Layer(64, dropout=0.3),),
        augmentation=Augmentation(rotation=5),
        early_stopping={"patience": 5},
    )
    assert the(findings(rows, guarded, GOING_ON)).advice == "Try a smaller network."
    assert the(findings(rows, guarded, DONE)).advice.startswith(
        "It does no harm: the weights of epoch 9 are kept."
    )


def test_while_every_validation_digit_is_right_nothing_is_called_overfitting():
    rows = history(falling(12), [*falling(9, 0.9), 0.16, 0.17, 0.19], val_accuracy=1.0)
    assert all(one.kind != "overfitting" for one in findings(rows, PLAIN, GOING_ON))


def test_a_single_bad_epoch_is_not_overfitting():
    rows = history(falling(10), [*falling(9, 0.9), 0.17])
    assert the(findings(rows, PLAIN, GOING_ON)).kind == "still learning"


def test_a_flat_validation_loss_has_levelled_off():
    rows = history(falling(10), [*falling(4, 0.5), 0.2, 0.2, 0.199, 0.2, 0.199, 0.2])
    one = the(findings(rows, PLAIN, GOING_ON))
    assert one.kind == "levelled off"
    assert "lowers the learning rate" in one.advice
    planned = PLAIN.with_changes(schedule={"name": "cosine"})
    assert the(findings(rows, planned, GOING_ON)).advice == "Try a larger network."
    apart = history(falling(10), [0.2] * 10, accuracy=0.99)
    assert "data augmentation" in the(findings(apart, planned, GOING_ON)).advice


def test_a_validation_loss_that_rises_in_the_last_epoch_has_not_levelled_off():
    rows = history(falling(8), [0.13, 0.09, 0.09, 0.08, 0.08, 0.075, 0.0694, 0.0782])
    one = the(findings(rows, PLAIN, GOING_ON))
    assert (one.kind, one.title, one.advice) == ("too early", "Validation loss rising", "")
    assert "rose from 0.0694 to 0.0782" in one.figures
    whole = PLAIN.with_changes(epochs=8)
    assert "more epochs" in the(findings(rows, whole, DONE)).advice
    assert the(findings(rows, PLAIN, DONE)).advice == ""  # it was cut short


@pytest.mark.parametrize("state", ["stopped", "pruned"])
def test_a_run_cut_short_goes_on_by_resuming_whatever_its_schedule(state):
    config = PLAIN.with_changes(schedule={"name": "one_cycle"})
    cut = Status(state, "Cut short. The weights of the best epoch so far, 4, are kept.")
    learning, stopped = findings(history(falling(4), falling(4)), config, cut)
    assert (learning.kind, learning.advice) == ("still learning", "")  # its rate is still high
    assert stopped.advice.startswith("Resume")
    risen = history(falling(12), [*falling(9, 0.9), 0.16, 0.17, 0.19])
    overfitting = findings(risen, config, cut)[0]
    assert overfitting.advice.startswith("It does no harm: the weights of epoch 9 are kept.")


@pytest.mark.parametrize(
    ("val_losses", "figures"),
    [
        (
            [0.12, 0.09, 0.08, 0.0694, 0.0722],  # 4 % more
            "went from 0.0694 to 0.0722; it was lowest, 0.0694, after epoch 4. 97",
        ),
        # The mean falls by 10 %, but the lowest value was epochs ago.
        (
            [0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.092, 0.12, 0.095, 0.095],
            "went from 0.1060 to 0.0950 (means of 2 epochs); it was lowest, 0.0920, after epoch 7",
        ),
    ],
)
def test_a_loss_that_goes_up_and_down_has_no_trend_and_has_not_levelled_off(val_losses, figures):
    rows = history(falling(len(val_losses)), val_losses)
    config = PLAIN.with_changes(schedule={"name": "cosine"}, epochs=len(rows))
    one = the(findings(rows, config, DONE))
    assert (one.kind, one.title, one.advice) == ("no trend", "No clear trend", "")
    assert figures in one.figures
    assert "lowers the learning rate" in the(findings(rows, PLAIN, DONE)).advice


def test_two_percent_is_the_most_that_is_hardly_a_change():
    start = [0.5, 0.3, 0.25]
    for last, kind in ((0.2039, "levelled off"), (0.1961, "levelled off"), (0.2041, "no trend")):
        found = findings(history(falling(5), [*start, 0.2, last]), PLAIN, GOING_ON)
        assert the(found).kind == kind


def test_few_epochs_without_progress_are_too_early_to_tell():
    rows = history([0.5, 0.4, 0.35], [0.3, 0.25, 0.25])
    assert the(findings(rows, PLAIN, GOING_ON)).title == "Too early to tell"


def test_accuracy_near_a_tenth_is_guessing():
    rows = history([2.31, 2.3, 2.3], [2.3, 2.3, 2.3], accuracy=0.1, val_accuracy=0.112)
    one = the(findings(rows, PLAIN, GOING_ON))  # validation above training is no comfort here
    assert (one.kind, one.title) == ("never learned", "Never learned")
    assert "At best 11.20% were right after 3 epochs; guessing gets 10%." in one.figures
    assert one.advice == "Try a learning rate of 0.0001 or 0.01."
    slow = PLAIN.with_changes(optimizer={"learning_rate": 2e-6})
    assert "so low that the network hardly learns" in findings(rows, slow, GOING_ON)[0].advice


def test_a_network_that_guesses_in_the_end_is_said_to_guess_however_it_began():
    rows = history([2.5, 2.4, 2.35], [2.4, 2.35, 2.3], accuracy=0.1, val_accuracy=0.1123)
    rows[0] = rows[0]._replace(accuracy=0.31)
    one = the(findings(rows, PLAIN, GOING_ON))
    assert (one.kind, one.title) == ("never learned", "Guessing again")
    assert "At best 31.00% were right after 3 epochs, now 11.23%; guessing" in one.figures


def test_a_diverged_training_is_reported_with_the_last_loss_there_was():
    failed = Status("failed", "The training diverged in epoch 3: its loss is no longer a number.")
    one = the(findings(history([2.0, 1.9], [2.0, 2.1], 0.5, 0.5), PLAIN, failed))
    assert (one.kind, one.title) == ("diverged", "Diverged")
    assert "After epoch 2 it was 1.9." in one.figures
    assert one.advice == "Try a learning rate of 0.0001 instead of 0.001."
    assert the(findings([], PLAIN, failed)).kind == "diverged"
    full = Status("failed", "No space left on device")
    assert findings([], PLAIN, full) == []


def test_a_training_loss_that_rises_again_is_diverging():
    rows = history([0.5, 0.2, 0.35, 0.9], [0.4, 0.3, 0.5, 1.2])
    one = the(findings(rows, PLAIN, GOING_ON))
    assert (one.kind, one.title) == ("diverged", "Diverging since epoch 2")
    assert "from 0.2 after epoch 2 to 0.9" in one.figures


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"layers": (Layer(64, dropout=0.3),)}, "Only in training dropout switches units off."),
        ({"regularization": {"mixup": 0.2}}, "images are blended"),
        ({}, "the mean over the whole epoch"),
    ],
)
def test_validation_above_training_has_its_reason(changes, why):
    rows = history(falling(4), falling(4), accuracy=0.95, val_accuracy=0.97)
    found = findings(rows, PLAIN.with_changes(**changes), GOING_ON)
    assert [one.kind for one in found] == ["still learning", "validation above training"]
    assert "97.00% against 95.00%" in found[1].figures
    assert why in found[1].figures


def test_label_smoothing_explains_a_training_loss_above_the_validation_loss():
    smoothed = PLAIN.with_changes(regularization={"label_smoothing": 0.1})
    rows = history([0.6, 0.5], [0.3, 0.2])
    found = findings(rows, smoothed, GOING_ON)
    assert [one.title for one in found] == ["Still learning", "Training loss above validation loss"]
    assert "0.5000 against 0.2000" in found[1].figures
    assert len(findings(rows, PLAIN, GOING_ON)) == 1


def test_why_it_ended_is_said_last():
    config = PLAIN.with_changes(early_stopping={"patience": 3})
    message = "Stopped early: the validation loss had not fallen for 3 epochs."
    found = findings(history(falling(4), falling(4)), config, Status("done", message))
    assert (found[-1].title, found[-1].figures) == (
        "Stopped early",
        "The validation loss had not fallen for 3 epochs.",
    )
    assert "a patience of 6" in found[-1].advice


@pytest.mark.parametrize(
    ("status", "title", "figures"),
    [
        (
            Status("stopped", "Stopped by hand. The weights of epoch 4 are kept."),
            "Stopped by hand",
            "The weights of epoch 4 are kept.",
        ),
        (
            Status("stopped", "Stopped by hand within the first epoch. Its weights are kept."),
            "Stopped by hand within the first epoch",
            "Its weights are kept.",
        ),
        (
            Status("pruned", "Pruned by the search after epoch 2: its accuracy was 0.5."),
            "Pruned by the search after epoch 2",
            "Its accuracy was 0.5.",
        ),
        (Status("pruned", "Others were better."), "Others were better", ""),
    ],
)
def test_why_it_ended_is_said_once(status, title, figures):
    one = findings(history(falling(4), falling(4)), PLAIN, status)[-1]
    assert (one.title, one.figures) == (title, figures)


@pytest.mark.parametrize(
    ("network", "titles"),
    [
        ("early-stopping", ["No clear trend", "Stopped early"]),
        ("leaky-relu", ["Overfitting since epoch 10"]),
    ],
)
def test_the_shipped_networks_curves_in_words(network, titles):
    run = store.get(network)
    assert run.config.epochs == PRESETS[network].epochs
    found = findings(run.epoch_rows(), run.config, run.status())
    assert [one.title for one in found] == titles
