"""Repair damaged files of a run, as far as its other files hold what was in them.

What is computed when it is first asked for (evaluations, maps and the like) is left out: where it
can't be read, it is computed anew by itself.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from operator import attrgetter
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from mnist_core.config.config import parameter_count
from mnist_core.config.fields import ConfigError
from mnist_core.digits.datasets import own_data
from mnist_core.digits.datasets.own_data import OwnDataError
from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.evaluation.temperature_scaling import FILE_NAME, Calibration, fit_temperature
from mnist_core.network import folding
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.runs import environment, files, history, records, store
from mnist_core.runs.history import EventRow
from mnist_core.runs.records import Control, Description, RunDamagedError, Status, Summary
from mnist_core.runs.run import NAME_LENGTH, Run, RunActiveError
from mnist_core.training.early_stopping import Patience

ENDING = ".damaged"
_WORKED_OUT = "Its status could not be read and was worked out from its other files."
# Archives, and what becomes of the run once a damaged one is out of the way; None: the run would be
# no better without it, as nothing else holds what it needs to be resumed.
_ARCHIVES = {
    "model.keras": "Without it the network can't be downloaded for Keras, or continued from its "
    "final weights.",
    "checkpoint.npz": "Resumed, the training begins again from the start.",
    "teacher.keras": "If the training is resumed, the teacher is trained again.",
    "base.keras": None,
    "drawings.npz": None,
}
_WITHOUT_EPOCH = "The network after this epoch can't be shown any more; after the others it can."
_ROUNDED = 1e-3  # most that rounding to 16 bits changes weights by, as a share of their length


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
    after their names. Until it has ended, the run's worker lock is held, so that no training
    begins.

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
        refusal = RunActiveError("Only a run of your own that has ended can be repaired.")
        if run.pretrained or run.status().active or run.in_cluster():
            raise refusal
        try:
            lock = run.worker_lock().acquire(blocking=False)
        except Timeout:
            raise refusal from None
        with lock:
            repaired = _repair_all(run)
            if any(damage.file == run.config_path.name for damage in repaired):
                repaired += _repair_all(Run(run.directory))
            return repaired


def _repair_all(run: Run) -> list[Damage]:
    repaired = []
    for damage in examine(run):
        if damage.repair:
            damage.repair()
            repaired.append(damage)
    return repaired


def _put_aside(path: Path) -> None:
    """Put a damaged file, if there is one, out of the way."""
    names = (f"{path.name}{ENDING}{f'-{n}' if n > 1 else ''}" for n in count(1))
    others = map(path.with_name, names)
    if os.path.lexists(path):
        os.replace(path, next(other for other in others if not os.path.lexists(other)))


def _replace(path: Path, write: Callable[[Path], None]) -> None:
    """Put a damaged file aside once `write` has written the one that takes its place."""
    with files.replacing(path) as unfinished:
        write(unfinished)
        _put_aside(path)


def _configuration(run: Run) -> Damage | None:
    path = run.config_path
    try:
        _ = run.description
        return None
    except RunDamagedError as error:
        reason = error.reason
    nowhere = "It can't be repaired: no other file holds the hyperparameters"
    try:
        stored = records.read_json(path)
    except RunDamagedError:
        return Damage(path.name, reason, f"{nowhere}.")
    if not isinstance(stored, dict) or not isinstance(stored.get("training"), dict):
        return Damage(path.name, reason, f"{nowhere}.")
    wrong = _wrong_fields(stored)
    if "training" in wrong:
        outcome = f"{nowhere} that are wrong. The rest can be read: correct these in the file."
        return Damage(path.name, reason, outcome)
    replaced = {
        "name": run.id[:NAME_LENGTH],
        "created": run.directory.stat().st_mtime,
        "kept": True,  # the worst that can come of it is a run that stays
    }
    right = {name: value for name, value in stored.items() if name not in wrong}
    missing = {"name", "created"} - stored.keys()
    new = right | {name: replaced[name] for name in replaced if name in wrong | missing}
    whole = Description.from_dict(new).to_dict()
    outcome = " ".join(_what_becomes_of(wrong | missing, new))
    repair_it = partial(_replace, path, partial(files.write_json, data=whole))
    return Damage(path.name, reason, outcome, repair_it)


def _wrong_fields(stored: dict[str, object]) -> set[str]:
    """The fields of a config.json whose values are wrong."""
    try:
        Description.from_dict({"name": "?", "created": 0} | stored)
        return set()
    except ConfigError as error:
        return {re.split(r"[.\[]", path)[0] for path in error.problems}


def _what_becomes_of(wrong: set[str], new: dict[str, object]) -> Iterator[str]:
    """In sentences: which fields of config.json are replaced, which left out."""
    yield "The hyperparameters can be read."
    for what, names in (("Replaced", wrong & new.keys()), ("Left out", wrong - new.keys())):
        if names:
            yield f"{what}: {', '.join(sorted(names)):.200}."
    if "kept" in wrong:
        yield "The run is marked Keep, in case it was."
    if "visitor" in wrong:
        yield "It belongs to nobody then."


def _history(run: Run) -> Damage | None:
    """Damaged lines are blanked, so that the length that the checkpoint knows still holds."""
    path = run.history_path
    if not os.path.lexists(path) and not run.epochs():
        return None
    try:
        with files.open_regular(path) as file:
            lines = file.read(history.MAX_BYTES).split(b"\n")
    except OSError as error:
        reason = error.strerror or str(error)
        outcome = "An empty one takes its place; the curves up to now are lost."
        return Damage(path.name, reason, outcome, partial(_replace, path, Path.touch))
    wrong = {n for n, line in enumerate(lines) if line.strip() and not history.from_line(line)}
    if not wrong:
        return None

    def write(unfinished: Path) -> None:
        kept = [b" " * len(line) if n in wrong else line for n, line in enumerate(lines)]
        unfinished.write_bytes(b"\n".join(kept))

    repair_it = partial(_replace, path, write)
    reason = f"{len(wrong):,} of {len(lines):,} lines can't be read"
    return Damage(path.name, reason, "These lines are left out; the others stay.", repair_it)


def _weights(run: Run) -> Damage | None:
    """The weights are those of model.keras, else those after an epoch, which are rounded."""
    path, classes = run.directory / "weights.npz", len(run.config.class_names)
    if not os.path.lexists(path) and (_sound_weights(run, None) or not _had_weights(run)):
        return None  # model.keras is read instead, or there were none yet
    try:
        Classifier.load(path, classes)
        return None
    except (WeightsError, OSError) as error:
        cause = error.__cause__ or error
        reason = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    for epoch in (None, *_epochs_by_merit(run)):
        if (arrays := _sound_weights(run, epoch)) is None:
            continue
        if epoch is None:
            outcome = "The weights are taken from model.keras, which holds the same."
        else:
            outcome = (
                f"The weights after epoch {epoch} take their place. They are rounded to 16 bits, "
                "so the network's figures are computed anew."
            )
            temperature = _temperature_for(run, arrays)
            arrays = _divided(arrays, temperature or 1.0)
            if temperature is None:
                outcome += (
                    " The network is less sure than before: the temperature that its last layer "
                    "was divided by is lost, and the data to fit it again are not here."
                )
        repair_it = partial(_replace_weights, run, arrays, epoch)
        return Damage(path.name, reason, outcome, repair_it)
    outcome = "They can't be repaired: neither model.keras nor an epoch's weights can be read."
    return Damage(path.name, reason, outcome)


def _had_weights(run: Run) -> bool:
    """Whether a training of the run has ended, which is when weights.npz is written."""
    status = run.status()
    if status.state != "damaged":
        return status.summary is not None
    ended = run.model_path.exists() or run.evaluation_path.exists()
    return ended or _epochs_trained(run) == run.config.epochs


def _temperature_for(run: Run, arrays: dict[str, NDArray]) -> float | None:
    """What the last layer of weights after an epoch has to be divided by, as at the end of a
    training: 1 without label smoothing, else the temperature that training found, or one that is
    fitted now as it does; None if the data for that are not here."""
    if not run.config.regularization.label_smoothing:
        return 1.0
    summary = run.status().summary
    if summary and summary.temperature:
        return summary.temperature
    try:
        data = own_data.dataset_of(run.config, offline=True)
    except OwnDataError:
        return None
    if data.name != _dataset_name(run):
        return None
    digits = cached_predictions.split_of(data, "validation", run.config)
    network = Classifier.from_arrays(arrays, len(run.config.class_names))
    return fit_temperature(digits.labels, network.logits(digits.images()))


def _divided(arrays: dict[str, NDArray], temperature: float) -> dict[str, NDArray]:
    """The arrays of a weights.npz with the last layer divided by a temperature."""
    last = len(arrays["activations"])
    names = f"kernel_{last}", f"bias_{last}"
    return arrays | {name: arrays[name] / np.float32(temperature) for name in names}


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
    """Write weights.npz, and if they are those after an epoch, what they achieve."""
    _replace(run.directory / "weights.npz", partial(files.save_arrays, arrays=arrays))
    status = run.status()
    if epoch is not None and status.state != "damaged":
        new, old = _summary(run), status.summary
        run.set_status(summary=replace(new, before=old.before) if new and old else new)


def _status(run: Run) -> Damage | None:
    path = run.status_path
    try:
        records.read(Status, path)
        return None
    except RunDamagedError as error:
        reason = error.reason

    def write(unfinished: Path) -> None:
        files.write_json(unfinished, _worked_out(run).to_dict())

    outcome = "It is worked out from the history, the weights and their predictions."
    if run.description.drawings:
        outcome += " What the network made of the drawings held out from training is lost."
    return Damage(path.name, reason, outcome, partial(_replace, path, write))


def _worked_out(run: Run) -> Status:
    """How far the run has come, as its other files say."""
    rows = run.history()
    asked = next((row.event for row in reversed(rows) if isinstance(row, EventRow)), "")
    complete = _epochs_trained(run) == run.config.epochs or _stopped_early(run)
    state = {"stop": "stopped", "prune": "pruned"}.get(asked, "done" if complete else "interrupted")
    written = (run.weights_path, run.history_path, run.checkpoint_path)
    times = [path.stat().st_mtime for path in written if path.exists()]
    return Status(
        state=state if run.usable else "interrupted",
        message=_WORKED_OUT,
        updated=run.created,
        started=run.created if rows else None,
        finished=max(times, default=None),
        dataset=_dataset_name(run),
        summary=_summary(run) if run.usable else None,
    )


def _epochs_trained(run: Run) -> int:
    """How many epochs were trained, as the history says, or if that is lost, the weights after
    each."""
    return max(store.epochs_done(run), *run.epochs(), 0)


def _stopped_early(run: Run) -> bool:
    """Whether the rule of early stopping has ended the training."""
    if not run.config.early_stopping:
        return False
    patience = Patience(run.config.early_stopping.patience)
    exhausted = [patience.update(row.val_loss) for row in run.epoch_rows()]
    return bool(exhausted) and exhausted[-1]


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
        epochs=_epochs_trained(run),
        parameters=parameter_count(run.config)[0],
        seconds=last.time if last else 0.0,
        best_epoch=best.epoch if best else 0,
        best_val_loss=best.val_loss if best else None,
        best_val_accuracy=best.val_accuracy if best else None,
        temperature=_temperature(run),
    )


def _temperature(run: Run) -> float | None:
    """What training has divided the last layer by, found by comparing the network with those after
    the epochs; None without label smoothing, or if it is none of these, as after fine-tuning."""
    if not run.config.regularization.label_smoothing:
        return None
    final = cached_predictions.load_classifier(run)
    for epoch in _epochs_by_merit(run):
        if (arrays := _sound_weights(run, epoch)) is None:
            continue
        other = Classifier.from_arrays(arrays, final.classes)
        if [k.shape for k in other.kernels] != [k.shape for k in final.kernels]:
            continue
        last = final.kernels[-1]
        ratio = float(np.vdot(other.kernels[-1], last) / np.vdot(last, last))
        factors = *[1.0] * (len(final.kernels) - 1), ratio
        difference, length = 0.0, 0.0
        for ours, theirs in (final.kernels, other.kernels), (final.biases, other.biases):
            for factor, one, whole in zip(factors, ours, theirs, strict=True):
                difference += float(np.square(factor * one - whole).sum())
                length += float(np.square(whole).sum())
        if difference <= _ROUNDED**2 * length:
            return ratio
    return None


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
    epochs = run.directory / "epochs"
    if os.path.lexists(epochs) and not epochs.is_dir():
        lost = "It is put aside. The network after single epochs can't be shown any more."
        yield Damage(epochs.name, "it is no directory", lost, partial(_put_aside, epochs))
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
