"""``train(config, dataset, run)``: everything it makes lands in the run directory."""

from __future__ import annotations

import json
import math
import time
import zipfile
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from mnist_core.config.config import TrainingConfig, parameter_count
from mnist_core.digits import pen_dataset
from mnist_core.digits.dataset import Dataset
from mnist_core.digits.pen_dataset import Drawings
from mnist_core.digits.splits import validation_split
from mnist_core.errors import DigitLabError
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.network import keras_model
from mnist_core.network.inference import Classifier
from mnist_core.runs.files import replacing, save_arrays
from mnist_core.runs.history import HistoryWriter
from mnist_core.runs.run import Control, Run, Status
from mnist_core.training import distillation, schedule, train_step
from mnist_core.training.checkpoint import OTHER_VERSION, CheckpointError, Progress
from mnist_core.training.early_stopping import PLATEAU_MIN_DELTA, Patience
from mnist_core.training.train_step import Prepared

CALL_SECONDS = 0.05  # of training between two looks at the control file
MAX_BATCHES_PER_CALL = 32
MAX_BATCH_ROWS = 200_000  # in a history; a longer training reports every second batch, or third …
MAX_EPOCH_WEIGHTS = 50  # kept, evenly spread
PAUSE_POLL = 0.1  # seconds
LEARNED = 0.7  # of the way from a base's weights to those trained on a visitor's drawings


class TrainingDivergedError(DigitLabError, ArithmeticError):
    """The loss is no longer a number. Train again with a lower learning rate."""


class DrawingsMissingError(DigitLabError, RuntimeError):
    """The drawings that a run trains on are not in its directory. Start the run again from their
    file."""


class BaseMissingError(DigitLabError, RuntimeError):
    """The network that a run starts from is not in its directory, or doesn't fit it. Start the run
    again from that network."""


def fitted_temperature(logits: NDArray[np.float32], labels: NDArray[np.integer]) -> float:
    """The number to divide logits (n, 10) by, so that the labels (n,) have the lowest loss
    (Guo et al. 2017)."""

    def loss(temperature: float) -> float:
        logarithms = log_softmax(logits.astype(np.float64) / temperature, axis=1)
        return -logarithms[np.arange(len(labels)), labels].mean()

    return float(minimize_scalar(loss, bounds=(0.05, 20.0), method="bounded").x)


def train(
    config: TrainingConfig, dataset: Dataset, run: Run, prepared: Prepared | None = None
) -> Status:
    """Train from scratch, or go on from the run's checkpoint where there is one.

    Writes the history while training; after every epoch its weights and a checkpoint; at the
    end weights, model, evaluation on the test set and a summary. A stop keeps the best epoch so
    far. The same configuration, data and machine give the same result.

    Args:
        config: what to train.
        dataset: the digits; a validation share is split off the training set.
        run: the directory to write into. Its control file is read every twentieth of a second.
        prepared: saves building the network anew where it fits; used up by this.

    Returns:
        The last status: "done" or "stopped".

    Raises:
        CheckpointError: the checkpoint or the teacher is of another shape.
        TrainingDivergedError: when the loss becomes infinite or NaN.
        DrawingsMissingError: the run directory lacks the drawings that ``config`` names.
        BaseMissingError: the same with the network that it names.
    """
    trainer = Trainer(config, dataset, run, prepared)
    try:
        while trainer.epoch_wanted():
            trainer.train_epoch()
        return trainer.finish()
    finally:
        trainer.history.close()


class Trainer:
    """One training: the network, its optimiser, the data and what has been reached."""

    def __init__(
        self, config: TrainingConfig, dataset: Dataset, run: Run, prepared: Prepared | None = None
    ) -> None:
        self.config, self.dataset, self.run = config, dataset, run
        self.train_indices, self.validation_indices = validation_split(
            dataset.y_train, config.validation_split, config.seed
        )
        images, labels = dataset.x_train, dataset.y_train
        self.drawing_indices = np.array([], np.int64)
        self.drawings = _drawings(config, run)
        if self.drawings is not None:
            added, self.held_out = self.drawings.split(
                config.drawings.holdout, config.drawings.writers_held_out
            )
            redrawn = self.drawings.redrawn[:, added].reshape(-1, 28, 28)
            self.drawing_indices = len(images) + np.arange(len(redrawn))
            images = np.concatenate([images, redrawn])
            copies = len(self.drawings.redrawn)
            labels = np.concatenate([labels, np.tile(self.drawings.labels[added], copies)])
        self.total_steps = config.epochs * -(-len(self._order(1)) // config.batch_size)
        self.rows_every = -(-self.total_steps // MAX_BATCH_ROWS)
        self.teacher = distillation.build(config) if config.distillation else None
        if self.teacher or prepared is None or not prepared.fits(config, images):
            taught_by = partial(distillation.answers, self.teacher) if self.teacher else None
            prepared = train_step.prepare(config, images, labels, taught_by)
        self.model, self.optimizer = prepared.model, prepared.optimizer
        self.steps, self.made = prepared.steps, False
        self.base = _base(config, run, self.model)
        self.best_weights = self.first_weights = self.model.get_weights()
        self.progress = Progress(
            plateau=Patience(config.schedule.plateau_patience, PLATEAU_MIN_DELTA),
            stopping=Patience(config.early_stopping.patience if config.early_stopping else 0),
        )
        if run.checkpoint_path.exists():
            self._load_checkpoint()
        self.history = HistoryWriter(run.history_path, self.progress.history_bytes)
        self.control = ControlReader(run)
        self.per_call = 1  # batches a call, fitted to CALL_SECONDS
        started = run.status().started
        if started and run.checkpoint_path.exists():
            self._event("resume", self.progress.seconds)
        started = started or time.time()
        run.set_status(state="training", message="", started=started, dataset=dataset.name)
        if self.teacher:
            self._train_teacher(images, labels)

    def epoch_wanted(self) -> bool:
        """False once all epochs are done, patience is exhausted or a stop was asked for."""
        progress = self.progress
        finished = progress.ended_early or progress.epoch >= self.config.epochs
        return not (finished or self.control.stop)

    def _train_teacher(self, images: NDArray[np.uint8], labels: NDArray[np.integer]) -> None:
        """Have the teacher trained, unless an earlier session did, or a stop comes."""
        path = self.run.teacher_path
        if path.exists():
            try:
                self.teacher.load_weights(path)
            except ValueError as error:
                raise CheckpointError(OTHER_VERSION) from error
            return
        chosen = np.concatenate([self.train_indices, self.drawing_indices])
        begun, told = time.monotonic(), -1
        for share in distillation.train(
            self.teacher, self.config, images, labels, chosen, self.config.distillation.epochs
        ):
            begun += self._obey(0.0)
            if self.control.stop:
                return
            if int(share * 100) > told:
                told = int(share * 100)
                self.run.set_status(message=f"Its convolutional teacher comes first: {told} %")
        self.progress.seconds += time.monotonic() - begun
        _save_model(self.teacher, path)
        self._save_checkpoint()
        self.run.set_status(message="")

    def train_epoch(self) -> None:
        """One pass over the training digits, or a share of them, unless a stop comes."""
        progress, epoch = self.progress, self.progress.epoch + 1
        order = self._order(epoch)
        started, done, sums = time.monotonic() - progress.seconds, 0, np.zeros(2)
        train_batches = self.steps if self._made_in(epoch) == epoch else self.steps.again
        if self._made_in(epoch) < epoch and not self.made:  # after a resume
            self._make_digits(self._made_in(epoch))
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
            for loss, accuracy, rate in zip(losses, accuracies, rates, strict=True):
                progress.step += 1
                done += batches.shape[1]
                if progress.step % self.rows_every:
                    continue
                self.history.write(
                    kind="batch",
                    step=progress.step,
                    epoch=epoch - 1 + done / len(order),
                    loss=float(loss),
                    accuracy=float(accuracy),
                    learning_rate=float(rate),
                    time=now - started,
                )
            sums += batches.shape[1] * np.array([losses.sum(), accuracies.sum()], float)
        progress.epoch, self.made = epoch, True
        loss, accuracy = sums / len(order)
        self._close_epoch(float(loss), float(accuracy), float(rates[-1]), started)

    def _order(self, epoch: int) -> NDArray[np.int32]:
        """The digits and drawings of an epoch, as indices in random order."""
        rng = np.random.default_rng((self.config.seed, epoch))
        digits = self.train_indices
        if self.config.digits_per_epoch:
            choice = np.random.default_rng((self.config.seed, self._made_in(epoch), 1))
            digits = np.resize(choice.permutation(digits), self.config.digits_per_epoch)
        return rng.permutation(np.concatenate([digits, self.drawing_indices])).astype(np.int32)

    def _made_in(self, epoch: int) -> int:
        """The epoch, this or one before, in which the digits of ``epoch`` are distorted."""
        return epoch - (epoch - 1) % self.config.data_echoing

    def _make_digits(self, epoch: int) -> None:
        """Distort the digits as in that epoch, for the ones that repeat it after a resume."""
        order, size = self._order(epoch), self.config.batch_size
        step = (epoch - 1) * -(-len(order) // size)
        while len(order):
            batches = train_step.next_batches(order, size, MAX_BATCHES_PER_CALL)
            self.steps.make(batches, step)
            order, step = order[batches.size :], step + len(batches)
        self.made = True

    def _close_epoch(self, loss: float, accuracy: float, rate: float, started: float) -> None:
        """Validate, report, keep the epoch's weights and a checkpoint to resume from."""
        progress, config = self.progress, self.config
        images = self.dataset.x_train[self.validation_indices]
        labels = self.dataset.y_train[self.validation_indices]
        classifier = Classifier.from_arrays(keras_model.inference_weights(self.model))
        probabilities = classifier.probabilities(images)
        if not np.isfinite(probabilities).all():
            raise _diverged(progress.epoch, rate)
        validation = Evaluation(labels, probabilities, split="validation")
        if validation.loss < progress.best_loss:
            progress.best_epoch, progress.best_loss = progress.epoch, validation.loss
            progress.best_accuracy = validation.accuracy
            self.best_weights = self.model.get_weights()
        progress.seconds = time.monotonic() - started
        self.history.write(
            kind="epoch",
            epoch=progress.epoch,
            step=progress.step,
            loss=loss,
            accuracy=accuracy,
            val_loss=validation.loss,
            val_accuracy=validation.accuracy,
            learning_rate=rate,
            time=progress.seconds,
        )
        if config.schedule.name == "plateau" and progress.plateau.exhausted(validation.loss):
            progress.plateau.reset()
            progress.factor *= config.schedule.plateau_factor
        if config.early_stopping and progress.stopping.exhausted(validation.loss):
            progress.ended_early = True
        progress.history_bytes = self.history.length()
        if progress.epoch % -(-config.epochs // MAX_EPOCH_WEIGHTS) == 0:
            path = self.run.epoch_path(progress.epoch)
            keras_model.save_inference_weights(self.model, path, np.float16)
        self._save_checkpoint()

    def _rates(self, count: int) -> NDArray[np.float32]:
        """Learning rates (count,) of the coming batches."""
        config, progress = self.config, self.progress
        last = max(1, self.total_steps - 1)
        shares = [min(1.0, (progress.step + i) / last) for i in range(count)]
        rates = [schedule.scheduled_rate(config, share) * progress.factor for share in shares]
        if config.schedule.name == "plateau":
            rates = np.maximum(rates, config.schedule.minimum_learning_rate)
        rates = np.minimum(rates, progress.ceiling)
        return np.asarray(rates, np.float32)

    def _obey(self, elapsed: float) -> float:
        """Do what the control file asks for; returns the seconds spent pausing."""
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
            self.run.set_status(state="training")
        if self.control.stop:
            self._event("stop", elapsed)
        return time.monotonic() - begun

    def _take_rate(self, elapsed: float) -> None:
        """Go on at the learning rate that was asked for, if one was."""
        if (rate := self.control.learning_rate) is None:
            return
        share = min(1.0, self.progress.step / max(1, self.total_steps - 1))
        self.progress.factor = rate / max(schedule.scheduled_rate(self.config, share), 1e-12)
        self.progress.ceiling = max(rate, self.config.optimizer.learning_rate)
        self._event("learning_rate", elapsed, learning_rate=rate)

    def _event(self, event: str, elapsed: float, **details: Any) -> None:
        step = self.progress.step
        self.history.write(kind="event", event=event, step=step, time=elapsed, **details)

    def finish(self) -> Status:
        """Keep the best or last weights, evaluate them on the test set and say how it went."""
        progress = self.progress
        self.run.set_status(state="evaluating", message="")
        stopped = self.control.stop
        if (stopped or self.config.early_stopping) and progress.best_epoch:
            self.model.set_weights(self.best_weights)
        if self.base is not None and self.drawings is not None:
            self._go_back_a_little()
        temperature = self._calibrate()
        keras_model.save_inference_weights(self.model, self.run.weights_path)
        _save_model(keras_model.in_float32(self.model), self.run.model_path)
        classifier = Classifier.load(self.run.weights_path)
        probabilities = classifier.probabilities(self.dataset.x_test)
        evaluation = Evaluation(self.dataset.y_test, probabilities, self.dataset.name, "test")
        evaluation.save(self.run.evaluation_path)
        return self.run.set_status(
            state="stopped" if stopped else "done",
            message=self._closing_message(),
            finished=time.time(),
            summary={
                "test_accuracy": evaluation.accuracy,
                "test_loss": evaluation.loss,
                "test_errors": evaluation.errors,
                "test_size": len(evaluation.labels),
                "best_epoch": progress.best_epoch,
                "best_val_loss": progress.best_loss if progress.best_epoch else None,
                "best_val_accuracy": progress.best_accuracy if progress.best_epoch else None,
                "epochs": progress.epoch,
                "parameters": parameter_count(self.config)[0],
                "seconds": progress.seconds,
                **({} if temperature is None else {"temperature": temperature}),
                **self._on_held_out_drawings(classifier),
                **self._before(),
            },
        )

    def _go_back_a_little(self) -> None:
        """Move the weights towards those that the training started from: this keeps most of what
        was learned and forgets far less (Wortsman et al. 2022, "Robust fine-tuning")."""
        pairs = zip(self.first_weights, self.model.get_weights(), strict=True)
        self.model.set_weights([first + LEARNED * (last - first) for first, last in pairs])

    def _calibrate(self) -> float | None:
        """After label smoothing, which makes a network less sure than it is right: divide the last
        layer by the temperature that fits the validation digits best, and return it."""
        if not self.config.regularization.label_smoothing:
            return None
        classifier = Classifier.from_arrays(keras_model.inference_weights(self.model))
        logits = classifier.logits(self.dataset.x_train[self.validation_indices])
        labels = self.dataset.y_train[self.validation_indices]
        temperature = fitted_temperature(logits, labels)
        output = self.model.layers[-1]
        output.set_weights([weights / temperature for weights in output.get_weights()])
        return temperature

    def _before(self) -> dict[str, dict[str, float]]:
        """The same figures of the network that the training started from, for the summary."""
        if self.base is None:
            return {}
        called = self.base.probabilities(self.dataset.x_test).argmax(axis=1)
        accuracy = float((called == self.dataset.y_test).mean())
        return {"before": {"test_accuracy": accuracy, **self._on_held_out_drawings(self.base)}}

    def _on_held_out_drawings(self, classifier: Classifier) -> dict[str, float]:
        """How well the drawings kept from training are recognised, for the summary."""
        if self.drawings is None or not len(self.held_out):
            return {}
        labels = self.drawings.labels[self.held_out]
        right = (
            classifier.probabilities(self.drawings.images[self.held_out]).argmax(axis=1) == labels
        )
        return {"drawing_accuracy": float(right.mean()), "drawing_count": len(labels)}

    def _closing_message(self) -> str:
        best, stopping = self.progress.best_epoch, self.config.early_stopping
        if self.control.stop and best:
            return f"Stopped by hand. The weights of the best epoch so far, {best}, are kept."
        if self.control.stop:
            return "Stopped by hand within the first epoch. Its weights up to there are kept."
        if stopping and self.progress.ended_early:
            return (
                "Stopped early: the validation loss had not fallen for "
                f"{stopping.patience} epochs. The weights of epoch {best} are kept."
            )
        return f"The weights of the best epoch, {best}, are kept." if stopping else ""

    def _save_checkpoint(self) -> None:
        arrays = {f"model_{i}": v.value.numpy() for i, v in enumerate(self.model.variables)}
        arrays |= {
            f"optimizer_{i}": v.value.numpy() for i, v in enumerate(self.optimizer.variables)
        }
        arrays |= {f"best_{i}": weights for i, weights in enumerate(self.best_weights)}
        arrays["progress"] = np.array(json.dumps(asdict(self.progress)))
        save_arrays(self.run.checkpoint_path, arrays)

    def _load_checkpoint(self) -> None:
        with np.load(self.run.checkpoint_path, allow_pickle=False) as arrays:
            self.progress = Progress.from_json(str(arrays["progress"]))
            variables = {
                f"{kind}_{i}": variable
                for kind, owner in (("model", self.model), ("optimizer", self.optimizer))
                for i, variable in enumerate(owner.variables)
            }
            kept = [name for name in arrays if name.startswith(("model_", "optimizer_"))]
            if kept != list(variables) or any(
                arrays[name].shape != variable.shape for name, variable in variables.items()
            ):
                raise CheckpointError(OTHER_VERSION)
            for name, variable in variables.items():
                variable.assign(arrays[name])
            self.best_weights = [arrays[f"best_{i}"] for i in range(len(self.best_weights))]
        if self.run.continued_at and self.progress.epoch == self.run.continued_at:
            self._go_on_from_another_run()

    def _go_on_from_another_run(self) -> None:
        """Patience is anew, and so is a schedule that is stretched to the new length."""
        self.progress.ended_early = False
        self.progress.stopping.reset()
        if self.config.schedule.name in ("cosine", "one_cycle"):
            self.progress.factor, self.progress.ceiling = 1.0, math.inf


def _diverged(epoch: int, rate: float) -> TrainingDivergedError:
    return TrainingDivergedError(
        f"The training diverged in epoch {epoch}: its loss is no longer a number. "
        f"Train again with a learning rate below {rate:g}."
    )


def _save_model(model: keras.Sequential, path: Path) -> None:
    with replacing(path) as temporary:
        part = temporary.with_name(f"{temporary.name}.keras")  # the ending that Keras asks for
        try:
            model.save(part)
            part.replace(temporary)
        finally:
            part.unlink(missing_ok=True)


def _base(config: TrainingConfig, run: Run, model: keras.Sequential) -> Classifier | None:
    """Give the model the weights to start from, which must have been put into the run directory
    before; returns what classifies with them. None where the weights are to be fresh."""
    if not config.base:
        return None
    try:
        model.load_weights(run.base_path)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise BaseMissingError(
            f"The run starts from the network {config.base}, but {run.base_path.name} is missing, "
            f"damaged or of another shape ({error}). Start it anew from that network."
        ) from error
    return Classifier.from_arrays(keras_model.inference_weights(model))


def _drawings(config: TrainingConfig, run: Run) -> Drawings | None:
    """The drawings to train on, which must have been put into the run directory before."""
    if not config.drawings:
        return None
    path = run.directory / pen_dataset.FILE_NAME
    found = Drawings.load(path) if path.exists() else None
    if found is None or found.sha256 != config.drawings.sha256:
        what = "holds other drawings" if found else "is missing"
        raise DrawingsMissingError(
            f"The run trains on drawings, but {path.name} {what}. Start it by "
            "`python -m mnist_core train --strokes FILE`, with the UNIPEN file of SHA-256 "
            f"{config.drawings.sha256}."
        )
    return found


class ControlReader:
    """Reads the control file when it changes: asking costs one ``stat``."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: int | None = None
        self._control = Control()

    def changed(self) -> bool:
        """Look at the file; True if it is new since the last look."""
        path = self._run.control_path
        modified = path.stat().st_mtime_ns if path.exists() else None
        if modified == self._seen:
            return False
        self._seen, self._control = modified, self._run.control()
        return True

    @property
    def stop(self) -> bool:
        return self._control.stop

    @property
    def pause(self) -> bool:
        return self._control.pause

    @property
    def learning_rate(self) -> float | None:
        return self._control.learning_rate
