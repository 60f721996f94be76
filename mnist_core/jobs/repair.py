"""Repair damaged files of a run, as far as its other files hold what was in them.

What is computed when it is first asked for (evaluations, maps and the like) is left out: where it
can't be read, it is computed anew by itself.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from operator import attrgetter
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.linalg import norm
from numpy.typing import NDArray

from mnist_core.config.config import parameter_count
from mnist_core.config.fields import ConfigError
from mnist_core.digits.datasets import own_data
from mnist_core.digits.datasets.own_data import OwnDataError
from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.evaluation.temperature_scaling import FILE_NAME, Calibration
from mnist_core.network import folding
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.runs import environment, files, history, records, store
from mnist_core.runs.history import EventRow
from mnist_core.runs.records import Control, Description, RunDamagedError, Status, Summary
from mnist_core.runs.run import NAME_LENGTH, Run, RunActiveError

ENDING = ".damaged"
_WORKED_OUT = "Its status could not be read and was worked out from its other files."
# Archives, and what becomes of the run once a damaged one is out of the way; None: the run would be
# no better without it, as nothing else holds what it needs to be resumed.
_ARCHIVES = {
    "model.keras": "The network predicts as before, but can't be downloaded for Keras or continued "
    "from its final weights.",
    "checkpoint.npz": "Resumed, the training begins again from the start.",
    "teacher.keras": "If the training is resumed, the teacher is trained again.",
    "base.keras": None,
    "drawings.npz": None,
}
_ROUNDING = (1e-3, 1e-5)  # relative and absolute, more than that to 16 bits
_WITHOUT_EPOCH = "The network after this epoch can't be shown any more; after the others it can."


@dataclass(frozen=True)
class Damage:
    """A damaged file.

    Attributes:
        file: Its name within the run's directory.
        reason: What is wrong with it.
        outcome: What `repair` does with it, or why it can't be repaired, in a sentence.
        repair: Repairs it; None if it can't be repaired. Raises OSError if nothing can be written.
    """

    file: str
    reason: str
    outcome: str
    repair: Callable[[], None] | None = None


def examine(run: Run) -> list[Damage]:
    """What is damaged. All files are read, which takes up to a few seconds. If config.json is
    damaged, nothing else is looked at before it is repaired."""
    if (config := _configuration(run)) is not None:
        return [config]
    found = [_history(run), _weights(run), _status(run), *_records(run), *_archives(run)]
    return [one for one in found if one is not None]


def repair(run: Run) -> list[Damage]:
    """Repair all that can be repaired. The damaged files stay beside the others, with `ENDING`
    after their names.

    Returns:
        What was repaired.

    Raises:
        RunActiveError: The run is waiting or training, or ships with the app.
        OSError: A file can't be written; it is then as it was.
    """
    locks = environment.runs_directory() / ".slots"
    locks.mkdir(parents=True, exist_ok=True)
    # Of two repairs of a run, the second would not find what the first has just put aside.
    with FileLock(locks / "repair.lock"):
        return _repair(run)


def _repair(run: Run) -> list[Damage]:
    if run.pretrained or run.worker_alive() or run.in_cluster():
        raise RunActiveError("Only a run of your own that has ended can be repaired.")
    repaired = []
    for damage in examine(run):
        if damage.repair:
            damage.repair()
            repaired.append(damage)
    if any(damage.file == run.config_path.name for damage in repaired):
        repaired += _repair(Run(run.directory))
    return repaired


@contextmanager
def _set_aside(path: Path) -> Iterator[None]:
    """Put a damaged file, if there is one, out of the way of what the block writes; back if that
    fails."""
    names = (f"{path.name}{ENDING}{f'-{n}' if n > 1 else ''}" for n in count(1))
    aside = next(other for name in names if not (other := path.with_name(name)).exists())
    there = path.exists()
    if there:
        os.replace(path, aside)
    try:
        yield
    except BaseException:
        if there:
            os.replace(aside, path)
        raise


def _put_aside(path: Path) -> None:
    with _set_aside(path):
        pass


def _configuration(run: Run) -> Damage | None:
    path = run.config_path
    try:
        _ = run.description
        return None
    except RunDamagedError as error:
        reason = error.reason
    try:
        whole = _readable_fields(run, records.read_json(path))
    except (RunDamagedError, ConfigError):
        outcome = "It can't be repaired: no other file holds the hyperparameters."
        return Damage(path.name, reason, outcome)

    def repair_it() -> None:
        with _set_aside(path):
            files.write_json(path, whole.to_dict())

    outcome = "The hyperparameters can be read; wrong fields are replaced or left out."
    return Damage(path.name, reason, outcome, repair_it)


def _readable_fields(run: Run, stored: object) -> Description:
    """What a config.json with wrong fields says without them. Raises ConfigError if the
    hyperparameters are among them."""
    known = {"name": run.id[:NAME_LENGTH], "created": run.directory.stat().st_mtime}
    try:
        return Description.from_dict(known | stored if isinstance(stored, dict) else stored)
    except ConfigError as error:
        wrong = {re.split(r"[.\[]", path)[0] for path in error.problems}
        if not isinstance(stored, dict) or "training" in wrong:
            raise
        right = {name: value for name, value in stored.items() if name not in wrong}
        return Description.from_dict(known | right)


def _history(run: Run) -> Damage | None:
    """Damaged lines are blanked, so that the length that the checkpoint knows still holds."""
    path = run.history_path
    if not path.exists():
        return None
    try:
        with files.open_regular(path) as file:
            lines = file.read(history.MAX_BYTES).split(b"\n")
    except OSError as error:
        reason = error.strerror or str(error)
        outcome = "It is put aside; the curves up to now are lost."
        return Damage(path.name, reason, outcome, partial(_put_aside, path))
    wrong = {n for n, line in enumerate(lines) if line.strip() and not history.from_line(line)}
    if not wrong:
        return None

    def repair_it() -> None:
        kept = [b" " * len(line) if n in wrong else line for n, line in enumerate(lines)]
        with _set_aside(path), files.replacing(path) as unfinished:
            unfinished.write_bytes(b"\n".join(kept))

    reason = f"{len(wrong):,} of {len(lines):,} lines can't be read"
    return Damage(path.name, reason, "These lines are left out; the others stay.", repair_it)


def _weights(run: Run) -> Damage | None:
    """The weights are those of model.keras, else those after an epoch, which are rounded."""
    path, classes = run.directory / "weights.npz", len(run.config.class_names)
    try:
        if not path.exists() and (run.model_path.exists() or run.status().summary is None):
            return None
        Classifier.load(path, classes)
        return None
    except (WeightsError, OSError) as error:
        cause = error.__cause__ or error
        reason = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    for epoch in (None, *_epochs_by_merit(run)):
        if (arrays := _sound_weights(run, epoch)) is not None:
            outcome = (
                "The weights are taken from model.keras, which holds the same."
                if epoch is None
                else f"The weights after epoch {epoch} take their place. They are rounded to 16 "
                "bits, so the network's figures are computed anew."
            )
            repair_it = partial(_replace_weights, run, arrays, epoch)
            return Damage(path.name, reason, outcome, repair_it)
    outcome = "They can't be repaired: neither model.keras nor an epoch's weights can be read."
    return Damage(path.name, reason, outcome)


def _sound_weights(run: Run, epoch: int | None) -> dict[str, NDArray] | None:
    """The arrays of a weights.npz, from model.keras or as they were after an epoch; None if they
    can't be read, or are no finite numbers."""
    try:
        if epoch is None:
            arrays = folding.fold(folding.read_keras_file(run.model_path))
        else:
            with files.reading_arrays(run.epoch_path(epoch)) as stored:
                arrays = {
                    name: stored[name].astype("U" if name == "activations" else np.float32)
                    for name in stored
                }
        network = Classifier.from_arrays(arrays, len(run.config.class_names))
    except Exception:  # damaged, too: zipfile, json and HDF5 raise errors of many kinds
        return None
    sound = all(np.isfinite(array).all() for array in (*network.kernels, *network.biases))
    return arrays if sound else None


def _epochs_by_merit(run: Run) -> list[int]:
    """The epochs whose weights are stored: the one with the lowest validation loss, then the
    others, the last first."""
    stored = run.epochs()[::-1]
    losses = {row.epoch: row.val_loss for row in run.epoch_rows()}
    best = min((n for n in stored if losses.get(n, -1) >= 0), key=losses.__getitem__, default=None)
    return sorted(stored, key=lambda epoch: epoch != best)


def _replace_weights(run: Run, arrays: dict[str, NDArray], epoch: int | None) -> None:
    """Write weights.npz, and if they are those after an epoch, what they achieve. As the training
    did, the last layer is then divided by the temperature after label smoothing."""
    path = run.directory / "weights.npz"
    if epoch is not None and (temperature := _temperature(run)):
        last = len(arrays["activations"])
        for name in (f"kernel_{last}", f"bias_{last}"):
            arrays[name] = arrays[name] / np.float32(temperature)
    with _set_aside(path):
        files.save_arrays(path, arrays)
    if epoch is not None and run.status().state != "damaged":
        run.set_status(summary=_summary(run))


def _temperature(run: Run) -> float | None:
    """What the training divided the last layer by after label smoothing (`Summary.temperature`), as
    the status says; if that is damaged, the ratio to the last layer after the epoch whose other
    weights are the final ones. None if nothing was divided, or there is no such epoch."""
    if not run.config.regularization.label_smoothing:
        return None
    if summary := run.status().summary:
        return summary.temperature
    with suppress(WeightsError, OSError):
        final = cached_predictions.load_classifier(run)
        for epoch in _epochs_by_merit(run):
            if (arrays := _sound_weights(run, epoch)) is None:
                continue
            after = Classifier.from_arrays(arrays, final.classes)
            if np.allclose(after.kernels[0], final.kernels[0], *_ROUNDING):
                return float(norm(after.kernels[-1]) / norm(final.kernels[-1]))
    return None


def _status(run: Run) -> Damage | None:
    path = run.status_path
    try:
        records.read(Status, path)
        return None
    except RunDamagedError as error:
        reason = error.reason

    def repair_it() -> None:
        new = _worked_out(run)
        with _set_aside(path):
            files.write_json(path, new.to_dict())

    outcome = "It is worked out from the history, the weights and their predictions."
    return Damage(path.name, reason, outcome, repair_it)


def _worked_out(run: Run) -> Status:
    """How far the run has come, as its other files say."""
    rows, path = run.history(), run.weights_path
    asked = next((row.event for row in reversed(rows) if isinstance(row, EventRow)), "")
    complete = store.epochs_done(run) == run.config.epochs or bool(run.config.early_stopping)
    state = {"stop": "stopped", "prune": "pruned"}.get(asked, "done" if complete else "interrupted")
    return Status(
        state=state if run.usable else "interrupted",
        message=_WORKED_OUT,
        updated=run.created,
        started=run.created if rows else None,
        finished=path.stat().st_mtime if run.usable else None,
        dataset=_dataset_name(run),
        summary=_summary(run) if run.usable else None,
    )


def _summary(run: Run) -> Summary | None:
    """What the network achieves; None if its weights or the data are not there or can't be used,
    or figures of the history are impossible."""
    try:
        data = own_data.dataset_of(run.config, offline=True)
        if data.name != _dataset_name(run):
            return None
        test = cached_predictions.split_of(data, "test", run.config)
        return _summed_up(run, cached_predictions.evaluate(run, test, data.name))
    except (OwnDataError, WeightsError, EvaluationError, ConfigError, OSError):
        return None


def _summed_up(run: Run, evaluation: Evaluation) -> Summary:
    epochs, last = run.epoch_rows(), run.last_row()
    best = min(
        (row for row in epochs if row.val_loss >= 0), key=attrgetter("val_loss"), default=None
    )
    return Summary(
        test_accuracy=evaluation.accuracy,
        test_loss=evaluation.loss,
        test_errors=evaluation.errors,
        test_size=len(evaluation.labels),
        epochs=epochs[-1].epoch if epochs else 0,
        parameters=parameter_count(run.config)[0],
        seconds=last.time if last else 0.0,
        best_epoch=best.epoch if best else 0,
        best_val_loss=best.val_loss if best else None,
        best_val_accuracy=best.val_accuracy if best else None,
        temperature=_temperature(run),
    )


def _dataset_name(run: Run) -> str:
    """The data that the run was trained on, as its `Status` names them."""
    if run.config.data:
        return run.config.data.id
    known = run.status().dataset
    with suppress(EvaluationError):
        known = known or Evaluation.load(run.evaluation_path).dataset
    return known if known == "sample" else "mnist"


def _records(run: Run) -> Iterator[Damage]:
    for kind, name, outcome in (
        (Control, run.control_path.name, "It is put aside; it asks for nothing now."),
        (Calibration, FILE_NAME, "It is put aside; the temperature is fitted again when needed."),
    ):
        path = run.directory / name
        try:
            if path.exists():
                records.read(kind, path)
        except RunDamagedError as error:
            yield Damage(name, error.reason, outcome, partial(_put_aside, path))


def _archives(run: Run) -> Iterator[Damage]:
    after_epochs = {f"epochs/{run.epoch_path(n).name}": _WITHOUT_EPOCH for n in run.epochs()}
    for name, outcome in (_ARCHIVES | after_epochs).items():
        path = run.directory / name
        if not path.exists() or not (reason := _fault(path)):
            continue
        if outcome:
            outcome = f"It is put aside. {outcome}"
            yield Damage(name, reason, outcome, partial(_put_aside, path))
        else:
            outcome = "It can't be repaired: resuming needs it, and no other file holds the same."
            yield Damage(name, reason, outcome)


def _fault(path: Path) -> str:
    """What is wrong with a zip archive; empty if nothing is. Its checksums are compared, piece by
    piece, so it takes no memory however large it claims to be."""
    try:
        with files.open_regular(path) as file, zipfile.ZipFile(file) as archive:
            bad = archive.testzip()
    except OSError as error:
        return error.strerror or str(error)
    except Exception as error:  # on damaged bytes zipfile and zlib raise errors of many kinds
        return str(error) or type(error).__name__
    return f"{bad} in it is damaged" if bad else ""
