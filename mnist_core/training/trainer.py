"""Training: `train(config, dataset, run)` writes all its results into the run directory."""

from __future__ import annotations

import math
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import keras
import numpy as np
from numpy.typing import NDArray

from mnist_core.config.config import TrainingConfig, parameter_count
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.errors import DigitLabError
from mnist_core.evaluation import cached_predictions, temperature_scaling
from mnist_core.evaluation.learning_curves import DIVERGED
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.network import keras_model
from mnist_core.network.inference import Classifier
from mnist_core.runs.history import BatchRow, EpochRow, EventRow, HistoryWriter
from mnist_core.runs.records import BeforeFineTuning, Status, Summary
from mnist_core.runs.run import Run
from mnist_core.training import checkpoint, distillation, schedule, train_step, training_digits
from mnist_core.training.checkpoint import CheckpointError, Progress
from mnist_core.training.control import ControlReader
from mnist_core.training.early_stopping import PLATEAU_MIN_DELTA, Patience
from mnist_core.training.train_step import Prepared, Steps
from mnist_core.training.training_digits import TrainingDigits

CALL_SECONDS = 0.05  # About this long one call trains; between calls the control file is read.
MAX_BATCHES_PER_CALL = 32
MAX_BATCH_ROWS = 200_000  # rows of a history; longer trainings write every second batch, or third …
MAX_EPOCH_WEIGHTS = 50  # epochs whose weights are stored; of more, every second, or third …
PAUSE_POLL = 0.1  # seconds
FINE_TUNED_SHARE = 0.7  # the fine-tuned weights' share in the final ones; the rest is the base's


class TrainingDivergedError(DigitLabError, ArithmeticError):
    """The loss is no longer a number. Train again with a lower learning rate."""


class OtherDataError(DigitLabError, ValueError):
    """The data have other classes than the network to be trained on them. Use the data that the
    configuration names."""


class BaseMissingError(DigitLabError, RuntimeError):
    """The network that a run starts from is missing in the run's directory, or doesn't match its
    configuration. Start the run again from that network."""


def train(
    config: TrainingConfig,
    dataset: Dataset,
    run: Run,
    prepared: Prepared | None = None,
    after_epoch: Callable[[], None] = lambda: None,
    hopeless: Callable[[], str] = lambda: "",
) -> Status:
    """Train from scratch, or resume from the run's checkpoint if there is one.

    Writes the history during training; weights and a checkpoint after every epoch; and weights,
    model, evaluation on the test set and a summary at the end. A stop keeps the best epoch so far.
    The same configuration, data and machine give the same result.

    Args:
        config: What to train.
        dataset: The digits; the validation split is taken from its training set.
        run: The directory to write into. Its control file is read every twentieth of a second.
        prepared: A network to use instead of building one, if it fits; it can be used only once.
        after_epoch: Called after each epoch; an exception ends the training.
        hopeless: Called after each epoch but the last. If it returns a reason, in words, the run is
            pruned: it ends as if it had been stopped. If it returns "", the run goes on.

    Returns:
        The last status: "done", "stopped" or "pruned".

    Raises:
        CheckpointError: The checkpoint or the teacher is damaged or of another shape.
        TrainingDivergedError: When the loss becomes infinite or NaN.
        DrawingsMissingError: The run directory lacks the drawings that `config` names.
        BaseMissingError: The run directory lacks the network that `config` names.
        OtherDataError: The data have other classes than `config`.
    """
    trainer = Trainer(config, dataset, run)
    trainer.prepare(prepared)
    with trainer.session():
        trainer.distill()
        while trainer.epoch_wanted():
            trainer.train_epoch()
            after_epoch()
            if trainer.epoch_wanted() and (reason := hopeless()):
                trainer.prune(reason)
        return trainer.finish()


class Trainer:
    """One training: the network, its optimizer, the digits and how far it has come.

    Making a Trainer does nothing. Its methods are called in the order in which `train` does:
    `prepare` first, the others within `session`.
    """

    # set by `prepare`
    digits: TrainingDigits
    total_steps: int
    rows_every: int  # batches, of which one is written into the history
    teacher: keras.Sequential | None
    model: keras.Sequential
    optimizer: keras.optimizers.Optimizer
    steps: Steps
    base: Classifier | None  # the network before this training, for fine-tuning
    first_weights: list[NDArray[np.float32]]
    best_weights: list[NDArray[np.float32]]

    history: HistoryWriter  # open within `session`

    def __init__(self, config: TrainingConfig, dataset: Dataset, run: Run) -> None:
        self.config, self.dataset, self.run = config, dataset, run
        self.progress = Progress(
            plateau=Patience(config.schedule.plateau_patience, PLATEAU_MIN_DELTA),
            stopping=Patience(config.early_stopping.patience if config.early_stopping else 0),
        )
        self.control = ControlReader(run)
        self.state = "training"  # or "distilling", unless paused
        self.pruned = ""  # the reason why the run was pruned; "" if it was not
        self.augmented = False  # whether there are augmented images for later epochs to repeat
        self.per_call = 1  # batches a call, fitted to CALL_SECONDS

    def prepare(self, prepared: Prepared | None = None) -> None:
        """Split the data, build the network and load what the run directory has of it. It neither
        trains nor writes anything; for the argument and the errors see `train`."""
        config, run = self.config, self.run
        if self.dataset.names != config.class_names:
            raise OtherDataError(
                f"This run's network tells {', '.join(config.class_names)} apart, the data "
                f"{self.dataset.name} has {', '.join(self.dataset.names)}. Train it on its own "
                "data."
            )
        self.digits = training_digits.prepare(config, self.dataset, run)
        self.total_steps = config.epochs * -(-len(self.digits.order(1)) // config.batch_size)
        self.rows_every = -(-self.total_steps // MAX_BATCH_ROWS)
        self._build(prepared)
        self.base = _base(config, run, self.model)
        self.best_weights = self.first_weights = self.model.get_weights()
        if run.checkpoint_path.exists():
            self._restore()
        if self.teacher is not None and not run.teacher_path.exists():
            self.state = "distilling"

    def _build(self, prepared: Prepared | None) -> None:
        """Build the network, its optimizer and steps, or use the prepared ones; first the teacher,
        if there is to be one."""
        config, digits = self.config, self.digits
        self.teacher = distillation.build(config) if config.distillation else None
        if self.teacher or prepared is None or not prepared.fits(config, digits.images):
            teacher = partial(distillation.predictions, self.teacher) if self.teacher else None
            prepared = train_step.prepare(config, digits.images, digits.labels, teacher)
        self.model, self.optimizer, self.steps = prepared.model, prepared.optimizer, prepared.steps

    def _restore(self) -> None:
        """Go back to the checkpoint. If there the run had ended and is to continue for more epochs,
        reset patience and, if the schedule is stretched to the new length, the user's changes of
        its rates."""
        self.progress, self.best_weights = checkpoint.load(
            self.run.checkpoint_path, self.model, self.optimizer
        )
        if not self.run.continued_at or self.progress.epoch != self.run.continued_at:
            return
        self.progress.ended_early = False
        self.progress.stopping.reset()
        if self.config.schedule.name in ("cosine", "one_cycle"):
            self.progress.factor, self.progress.ceiling = 1.0, math.inf

    @contextmanager
    def session(self) -> Iterator[None]:
        """Drop the history's rows after the checkpoint, set the status, and keep the history
        open."""
        self.history = HistoryWriter(self.run.history_path, self.progress.history_bytes)
        try:
            started = self.run.status().started
            if started and self.run.checkpoint_path.exists():
                self._event("resume", self.progress.seconds)
            self.run.set_status(
                state=self.state,
                message="",
                started=started or time.time(),
                dataset=self.dataset.name,
                distilled=0.0 if self.state == "distilling" else None,
            )
            yield
        finally:
            self.history.close()

    def distill(self) -> None:
        """Train the teacher if there is to be one, or load it if an earlier session has trained it.
        A teacher whose training is stopped is not saved."""
        path = self.run.teacher_path
        if self.teacher is None or self.config.distillation is None:
            return
        if path.exists():
            try:
                self.teacher.load_weights(path)
            except (ValueError, zipfile.BadZipFile) as error:
                raise CheckpointError(path, error) from error
            return
        started, reported = time.monotonic() - self.progress.seconds, 0
        for share in distillation.train(
            self.teacher,
            self.config,
            self.digits.images,
            self.digits.labels,
            self.digits.trained_on,
            self.config.distillation.epochs,
        ):
            started += self._obey(time.monotonic() - started)
            if self.control.stop:
                break
            if int(share * 100) > reported:
                reported = int(share * 100)
                self.run.set_status(distilled=share)
        self.progress.seconds = time.monotonic() - started
        if self.control.stop:
            return
        checkpoint.save_model(self.teacher, path)
        self._save_checkpoint()
        self.state = "training"
        self.run.set_status(state=self.state, distilled=None)

    def epoch_wanted(self) -> bool:
        """Whether to train another epoch: not once all are done, training has stopped early or was
        pruned, or the user has stopped it."""
        progress = self.progress
        finished = progress.ended_early or progress.epoch >= self.config.epochs
        return not (finished or self.control.stop or self.pruned)

    def prune(self, reason: str) -> None:
        """Train no further epoch, for this reason."""
        self.pruned = reason
        self._event("prune", self.progress.seconds)

    def train_epoch(self) -> None:
        """Train on the digits of the next epoch and validate, unless the user stops the
        training."""
        progress, epoch = self.progress, self.progress.epoch + 1
        order, made_in = self.digits.order(epoch), self.digits.made_in(epoch)
        started, done, sums = time.monotonic() - progress.seconds, 0, np.zeros(2)
        train_batches = self.steps if made_in == epoch else self.steps.repeat_augmented
        if made_in < epoch and not self.augmented:
            self._repeat_augmentation(made_in)
        while done < len(order):
            begun = time.monotonic()
            started += self._obey(begun - started)
            if self.control.stop:
                progress.seconds = time.monotonic() - started
                return
            batches = train_step.next_batches(order[done:], self.config.batch_size, self.per_call)
            rates = self._rates(len(batches))
            losses, accuracies = (np.asarray(part) for part in train_batches(batches, rates))
            now = time.monotonic()
            seconds = max(1e-6, (now - begun) / len(batches))
            self.per_call = round(min(max(CALL_SECONDS / seconds, 1), MAX_BATCHES_PER_CALL))
            if not np.isfinite(losses).all():
                raise _diverged(epoch, rates.max())
            ends = (done + batches.shape[1] * np.arange(1, len(batches) + 1)) / len(order)
            self._write_batches(epoch - 1 + ends, losses, accuracies, rates, now - started)
            done += batches.size
            # In float64 the sum does not depend on the number of batches per call.
            sums += batches.shape[1] * np.sum([losses, accuracies], axis=1, dtype=np.float64)
        progress.epoch, self.augmented = epoch, True
        loss, accuracy = sums / len(order)
        self._close_epoch(float(loss), float(accuracy), float(rates[-1]), started)

    def _write_batches(
        self,
        epochs: NDArray[np.float64],
        losses: NDArray[np.float32],
        accuracies: NDArray[np.float32],
        rates: NDArray[np.float32],
        seconds: float,
    ) -> None:
        """Count these batches as steps, and write the rows of every `rows_every`-th.

        Args:
            epochs: (n,) epochs that have been trained once each batch is.
            losses, accuracies, rates: (n,) of each batch; the rate is the learning rate.
            seconds: Time that training has taken by now.
        """
        for epoch, loss, accuracy, rate in zip(epochs, losses, accuracies, rates, strict=True):
            self.progress.step += 1
            if self.progress.step % self.rows_every == 0:
                self.history.write(
                    BatchRow(
                        step=self.progress.step,
                        epoch=float(epoch),
                        loss=float(loss),
                        accuracy=float(accuracy),
                        learning_rate=float(rate),
                        time=seconds,
                    )
                )

    def _repeat_augmentation(self, epoch: int) -> None:
        """Make the augmented images of an earlier epoch again: the following epochs repeat them,
        but a resumed training does not have them."""
        order, size = self.digits.order(epoch), self.config.batch_size
        step = (epoch - 1) * -(-len(order) // size)
        while len(order):
            batches = train_step.next_batches(order, size, MAX_BATCHES_PER_CALL)
            self.steps.make_augmented(batches, step)
            order, step = order[batches.size :], step + len(batches)
        self.augmented = True

    def _rates(self, count: int) -> NDArray[np.float32]:
        """Learning rates (count,) of the coming batches."""
        return schedule.batch_rates(self.config, self.progress, self.total_steps, count)

    def _close_epoch(self, loss: float, accuracy: float, rate: float, started: float) -> None:
        """Validate, write the epoch's row, and save its weights and a checkpoint."""
        progress, config = self.progress, self.config
        images, labels = self._validation_digits()
        probabilities = self._classifier().probabilities(images)
        if not np.isfinite(probabilities).all():
            raise _diverged(progress.epoch, rate)
        validation = Evaluation(labels, probabilities, split="validation")
        if validation.loss < progress.best_loss:
            progress.best_epoch, progress.best_loss = progress.epoch, validation.loss
            progress.best_accuracy = validation.accuracy
            self.best_weights = self.model.get_weights()
        progress.seconds = time.monotonic() - started
        self.history.write(
            EpochRow(
                epoch=progress.epoch,
                step=progress.step,
                loss=loss,
                accuracy=accuracy,
                val_loss=validation.loss,
                val_accuracy=validation.accuracy,
                learning_rate=rate,
                time=progress.seconds,
            )
        )
        if config.schedule.name == "plateau" and progress.plateau.update(validation.loss):
            progress.plateau.reset()
            progress.factor *= config.schedule.plateau_factor
        if config.early_stopping and progress.stopping.update(validation.loss):
            progress.ended_early = True
        progress.history_bytes = self.history.length()
        if progress.epoch % -(-config.epochs // MAX_EPOCH_WEIGHTS) == 0:
            path = self.run.epoch_path(progress.epoch)
            keras_model.save_inference_weights(self.model, path, np.float16)
        self._save_checkpoint()

    def _save_checkpoint(self) -> None:
        checkpoint.save(
            self.run.checkpoint_path, self.model, self.optimizer, self.best_weights, self.progress
        )

    def _classifier(self) -> Classifier:
        """The network as it is now."""
        return _as_classifier(self.config, self.model)

    def _validation_digits(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Images and labels of the validation split."""
        indices = self.digits.validation
        return self.dataset.x_train[indices], self.dataset.y_train[indices]

    def _obey(self, elapsed: float) -> float:
        """Do what the control file asks for; returns the seconds spent paused.

        Args:
            elapsed: Seconds trained so far, for the history.
        """
        if not self.control.changed():
            return 0.0
        self._take_rate(elapsed)
        begun = time.monotonic()
        if self.control.pause and not self.control.stop:
            self._event("pause", elapsed)
            self.run.set_status(state="paused")
            while self.control.pause and not self.control.stop:
                time.sleep(PAUSE_POLL)
                if self.control.changed():
                    self._take_rate(elapsed)
            if not self.control.stop:
                self._event("resume", elapsed)
            self.run.set_status(state=self.state)
        if self.control.stop:
            self._event("stop", elapsed)
        return time.monotonic() - begun

    def _take_rate(self, elapsed: float) -> None:
        """Go on at the learning rate that was asked for, if one was."""
        if (rate := self.control.new_learning_rate()) is not None:
            schedule.follow_user(self.config, self.progress, self.total_steps, rate)
            self._event("learning_rate", elapsed, learning_rate=rate)

    def _event(self, event: str, elapsed: float, learning_rate: float | None = None) -> None:
        self.history.write(EventRow(event, self.progress.step, elapsed, learning_rate))

    def finish(self) -> Status:
        """Choose the final weights, save them, evaluate them on the test set and set the status."""
        self.run.set_status(state="evaluating", message="", distilled=None)
        temperature = self._set_final_weights()
        keras_model.save_inference_weights(self.model, self.run.weights_path)
        checkpoint.save_model(keras_model.in_float32(self.model), self.run.model_path)
        evaluation = self._evaluate()
        return self.run.set_status(
            state="stopped" if self.control.stop else "pruned" if self.pruned else "done",
            message=self._closing_message(),
            finished=time.time(),
            summary=self._summary(evaluation, temperature),
        )

    def _set_final_weights(self) -> float | None:
        """Give the network its final weights: those of the best epoch where that is wanted,
        interpolated after fine-tuning, and calibrated. Returns the temperature of `_calibrate`."""
        best_wanted = self.control.stop or self.pruned or self.config.early_stopping
        if best_wanted and self.progress.best_epoch:
            self.model.set_weights(self.best_weights)
        if self.base is not None and self.digits.drawings is not None:
            self._interpolate()
        return self._calibrate()

    def _evaluate(self) -> Evaluation:
        """Evaluate the saved weights on the test set, and save that."""
        test = cached_predictions.split_of(self.dataset, "test", self.config)
        evaluation = cached_predictions.compute(self.run, test, self.dataset.name)
        evaluation.save(self.run.evaluation_path)
        return evaluation

    def _summary(self, evaluation: Evaluation, temperature: float | None) -> Summary:
        """The result of the training, from its evaluation on the test set."""
        progress = self.progress
        final = cached_predictions.load_classifier(self.run)
        drawing_accuracy, drawing_count = self._on_held_out_drawings(final)
        return Summary(
            test_accuracy=evaluation.accuracy,
            test_loss=evaluation.loss,
            test_errors=evaluation.errors,
            test_size=len(evaluation.labels),
            epochs=progress.epoch,
            parameters=parameter_count(self.config)[0],
            seconds=progress.seconds,
            best_epoch=progress.best_epoch,
            best_val_loss=progress.best_loss if progress.best_epoch else None,
            best_val_accuracy=progress.best_accuracy if progress.best_epoch else None,
            temperature=temperature,
            drawing_accuracy=drawing_accuracy,
            drawing_count=drawing_count,
            before=self._before(),
        )

    def _interpolate(self) -> None:
        """Move fine-tuned weights part of the way back to those from which the training started.
        The network keeps most of what it has just learned and forgets far less of what it knew
        (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models")."""
        pairs = zip(self.first_weights, self.model.get_weights(), strict=True)
        self.model.set_weights([first + FINE_TUNED_SHARE * (last - first) for first, last in pairs])

    def _calibrate(self) -> float | None:
        """After label smoothing, which leaves a network underconfident: divide the last layer by
        the temperature that fits the validation digits best, and return it."""
        if not self.config.regularization.label_smoothing:
            return None
        images, labels = self._validation_digits()
        logits = self._classifier().logits(images)
        temperature = temperature_scaling.fit_temperature(labels, logits)
        output = self.model.layers[-1]
        output.set_weights([weights / temperature for weights in output.get_weights()])
        return temperature

    def _before(self) -> BeforeFineTuning | None:
        """Results of the base network, before this training, for the summary; None without one."""
        if self.base is None:
            return None
        accuracy = self.base.accuracy(self.dataset.x_test, self.dataset.y_test)
        return BeforeFineTuning(accuracy, *self._on_held_out_drawings(self.base))

    def _on_held_out_drawings(self, classifier: Classifier) -> tuple[float | None, int | None]:
        """The accuracy on the drawings held out of the training, and their number; None if there
        are none."""
        drawings = self.digits.drawings
        if drawings is None or not drawings.held_out.any():
            return None, None
        images, labels = drawings.images[drawings.held_out], drawings.labels[drawings.held_out]
        return classifier.accuracy(images, labels), len(labels)

    def _closing_message(self) -> str:
        best, stopping = self.progress.best_epoch, self.config.early_stopping
        if self.control.stop and self.state == "distilling":
            return (
                "Stopped by hand while its teacher network was trained: this network has learned "
                "nothing yet."
            )
        if self.control.stop and best:
            return f"Stopped by hand. The weights of the best epoch so far, {best}, are kept."
        if self.control.stop:
            return "Stopped by hand within the first epoch. Its weights up to there are kept."
        if self.pruned:
            return f"{self.pruned} The weights of the best epoch so far, {best}, are kept."
        if stopping and self.progress.ended_early:
            return (
                "Stopped early: the validation loss had not fallen for "
                f"{stopping.patience} epochs. The weights of epoch {best} are kept."
            )
        return f"The weights of the best epoch, {best}, are kept." if stopping else ""


def _diverged(epoch: int, rate: float) -> TrainingDivergedError:
    return TrainingDivergedError(
        f"{DIVERGED} in epoch {epoch}: its loss is no longer a number. "
        f"Train again with a learning rate below {rate:g}."
    )


def _base(config: TrainingConfig, run: Run, model: keras.Sequential) -> Classifier | None:
    """Load the weights that the run starts from into the model, from a copy of that network in
    the run directory. Returns a classifier with them; None if the run starts from new weights."""
    if not config.base:
        return None
    try:
        model.load_weights(run.base_path)
    except Exception as error:  # zipfile, json and HDF5 raise many kinds for damaged bytes
        raise BaseMissingError(
            f"The run starts from the network {config.base}, but {run.base_path.name} is missing, "
            f"damaged or of another shape ({error}). Start the run again from that network."
        ) from error
    return _as_classifier(config, model)


def _as_classifier(config: TrainingConfig, model: keras.Sequential) -> Classifier:
    weights = keras_model.inference_weights(model)
    return Classifier.from_arrays(weights, len(config.class_names))
