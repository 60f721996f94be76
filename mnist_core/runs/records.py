"""The content of JSON files in and beside runs, as typed records that are checked when read."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypedDict, TypeVar

from mnist_core.config.config import Optimizer, TrainingConfig
from mnist_core.config.fields import Checked, ConfigError, Matching, OneOf, Range
from mnist_core.errors import DigitLabError
from mnist_core.runs import files

ACTIVE_STATES = ("queued", "starting", "distilling", "training", "paused", "evaluating")
RESUMABLE_STATES = ("stopped", "pruned", "failed", "interrupted", "damaged")
SUMMED_UP_STATES = ("done", "stopped", "pruned")
"""States in which the summary is that of this session; in others it is an earlier session's."""
STATES = (*ACTIVE_STATES, "done", *RESUMABLE_STATES)

MAX_BYTES = 1_000_000  # the largest JSON file; those written here have a few thousand
SETTLED = 2.0  # seconds after which a new version of a file is certain to have a new date
MAX_PROBLEMS = 5  # problems that a message names
_FRACTION = Range(0.0, 1.0)
_LOSS = Range(0.0, 1e9)
_EPOCHS = Range(0, TrainingConfig.limits("epochs").highest)
_DIGITS = Range(0, 1e7)
_COUNT = Range(0, 1e9)
_SECONDS = Range(0.0, 1e9)
_TIME = Range(0.0, 2.5e11)  # seconds since 1970, until the year 9892
_DATASET = Matching("mnist|sample|own-[0-9a-f]{12}", "mnist, sample or the id of a data set")
_LINE = Matching("[^\n]{1,200}", "a line of 1–200 characters")

logger = logging.getLogger(__name__)

_Record = TypeVar("_Record", bound=Checked)


class RunDamagedError(DigitLabError, ValueError):
    """A file of a run can't be read; the message says which one and why. Delete the run, or
    restore the file.

    Attributes:
        path: The file.
        reason: What is wrong with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        where = f" of {path.parent.name}" if path.parent.name else ""
        super().__init__(f"{path.name}{where} can't be read: {reason}")


@dataclass(frozen=True)
class BeforeFineTuning(Checked):
    """What a network achieved before it was fine-tuned.

    Attributes:
        test_accuracy: Fraction of the test digits classified correctly.
        drawing_accuracy: Fraction of the held-out drawings classified correctly; None if there are
            none.
        drawing_count: How many drawings are held out.
    """

    test_accuracy: Annotated[float, _FRACTION]
    drawing_accuracy: Annotated[float, _FRACTION] | None = None
    drawing_count: Annotated[int, _DIGITS] | None = None


@dataclass(frozen=True)
class Summary(Checked):
    """The result of a training.

    Attributes:
        test_accuracy, test_loss, test_errors, test_size: The fraction of test digits classified
            correctly, the mean cross-entropy, the number of errors, and the number of test digits.
        epochs: How many epochs were trained.
        parameters: How many parameters the network has.
        seconds: How long it trained, over all sessions.
        best_epoch: The epoch with the lowest validation loss; 0 if none was finished.
        best_val_loss, best_val_accuracy: On the validation digits after the best epoch; None if
            there is none.
        temperature: After label smoothing, the temperature that the last layer's weights were
            divided by; None without label smoothing.
        drawing_accuracy, drawing_count: Fraction of the held-out drawings classified correctly, and
            their number; None if there are none.
        before: What the network achieved before it was fine-tuned; None if it was not.
    """

    test_accuracy: Annotated[float, _FRACTION]
    test_loss: Annotated[float, _LOSS]
    test_errors: Annotated[int, _DIGITS]
    test_size: Annotated[int, _DIGITS]
    epochs: Annotated[int, _EPOCHS]
    parameters: Annotated[int, _COUNT]
    seconds: Annotated[float, _SECONDS]
    best_epoch: Annotated[int, _EPOCHS] = 0
    best_val_loss: Annotated[float, _LOSS] | None = None
    best_val_accuracy: Annotated[float, _FRACTION] | None = None
    temperature: Annotated[float, Range(1e-3, 1e3)] | None = None
    drawing_accuracy: Annotated[float, _FRACTION] | None = None
    drawing_count: Annotated[int, _DIGITS] | None = None
    before: BeforeFineTuning | None = None


@dataclass(frozen=True)
class Status(Checked):
    """status.json: how far a run has come.

    Attributes:
        state: One of `STATES`.
        message: Why it failed or was interrupted, or what it is doing, in words.
        updated, started, finished: When that happened, in seconds since 1970; None if it has not.
        pid: The worker's process id, once there is one.
        dataset: "mnist", "sample" or the id of the user's own data set, once the data are loaded.
        distilled: Fraction of its teacher's training that is done, 0–1, while the teacher is
            trained (in the state "distilling", or paused in it); else None.
        summary: The result; None until training has ended.
        turn: When the run last left the queue, in seconds since 1970; None if it never did.
        host: The name of the machine or container that the pid belongs to.
    """

    state: Annotated[str, OneOf(STATES)] = "queued"
    message: str = ""
    updated: Annotated[float, _TIME] = 0.0
    started: Annotated[float, _TIME] | None = None
    finished: Annotated[float, _TIME] | None = None
    pid: Annotated[int, Range(1, 2**31 - 1)] | None = None
    dataset: Annotated[str, _DATASET] | None = None
    distilled: Annotated[float, _FRACTION] | None = None
    summary: Summary | None = None
    turn: Annotated[float, _TIME] | None = None
    host: Annotated[str, _LINE] | None = None

    @property
    def active(self) -> bool:
        """Whether a worker has the run, or it is waiting for its turn."""
        return self.state in ACTIVE_STATES


@dataclass(frozen=True)
class Control(Checked):
    """control.json: what the user asks of a running training.

    Attributes:
        stop: Whether to stop, keeping the best epoch so far.
        pause: Whether to wait until this is False again.
        learning_rate: The rate to go on at (the schedule is scaled to meet it); None: as planned.
        rate_requests: How many times a rate was asked for, so that the worker notices a new
            request.
        to_end: Whether to train to the end even if a search would prune the run.
    """

    stop: bool = False
    pause: bool = False
    learning_rate: Annotated[float, Optimizer.limits("learning_rate")] | None = None
    rate_requests: Annotated[int, _COUNT] = 0
    to_end: bool = False


@dataclass(frozen=True)
class DrawingsSource(Checked):
    """Which drawings were added to the training digits.

    Attributes:
        file: Name of their UNIPEN file.
        sha256: The file's SHA-256, in hexadecimal.
        count: How many drawings it holds.
    """

    file: Annotated[str, _LINE]
    sha256: Annotated[str, Matching("[0-9a-f]{64}", "64 hexadecimal digits")]
    count: Annotated[int, _DIGITS]


@dataclass(frozen=True)
class SweepPart(Checked):
    """The sweep that a run belongs to; all of the sweep's runs have the same record.

    Attributes:
        id: The sweep's id.
        name: The sweep's name on screen.
        varied: The hyperparameters that its runs vary, separated by spaces; "seed" if the runs
            differ in nothing but their seeds.
        runs: How many runs it began with.
        values: The hyperparameters with their values, see `sweep_plan.values_in`; empty if there
            are none, and in sweeps from versions that did not note them.
        seeds, drawn, search: See `sweep_plan.Plan`.
    """

    id: Annotated[str, Matching("[0-9a-f]{12}", "12 hexadecimal digits")]
    name: Annotated[str, _LINE]
    varied: Annotated[str, Matching("[a-z_ ]{1,200}", "names of hyperparameters")]
    runs: Annotated[int, Range(1, 1000)]
    values: Annotated[str, Matching("[a-z0-9_=,.+ -]{0,2500}", "hyperparameters with values")] = ""
    seeds: Annotated[int, Range(1, 1000)] = 1
    drawn: Annotated[int, Range(0, 1000)] = 0
    search: bool = False

    @property
    def hyperparameters(self) -> list[str]:
        """The hyperparameters that are varied."""
        return self.varied.split()

    @property
    def options(self) -> str:
        """The options with which the command `sweep` plans it again, given the configuration of its
        first run."""
        found = [f"--vary {one}" for one in self.values.split()]
        if self.search:
            found.append(f"--search {self.runs}")
        if self.seeds > 1:
            found.append(f"--seeds {self.seeds}")
        if self.drawn:
            found.append(f"--draw {self.drawn}")
        return " ".join(found)


@dataclass(frozen=True, kw_only=True)
class Description(Checked):
    """config.json: what a run is.

    Attributes:
        name: Its name on screen.
        created: When it was created, in seconds since 1970.
        command: The command line that trained it; None if the app did.
        visitor: Who started it, see `ownership.visitor_of`; None outside of the app.
        base_name: Name of the network that was fine-tuned; None if none was.
        continues: Id of the run whose training this one continues; None if it started afresh.
        continued_at: The last epoch that it took over from that run.
        lesson: The lesson that it is part of, and its key there, such as "3-learning-rate/low";
            None if it is part of none.
        kept: Whether `clean_up` must never delete it.
        drawings: The drawings added to the training digits; None if there are none.
        sweep: The sweep that it belongs to; None if it belongs to none.
        chosen: Whether the search that it belongs to has chosen its hyperparameters.
        versus: Id of the run with which it is compared in an A/B test, from which it differs in one
            hyperparameter; None: no A/B test.
        training: The configuration.
    """

    name: Annotated[str, _LINE]
    created: Annotated[float, _TIME]
    command: str | None = None
    visitor: Annotated[str, _LINE] | None = None
    base_name: Annotated[str, _LINE] | None = None
    continues: Annotated[str, _LINE] | None = None
    continued_at: Annotated[int, _EPOCHS] = 0
    lesson: Annotated[str, _LINE] | None = None
    kept: bool = False
    drawings: DrawingsSource | None = None
    sweep: SweepPart | None = None
    chosen: bool = False
    versus: Annotated[str, _LINE] | None = None
    training: TrainingConfig

    @property
    def undecided(self) -> bool:
        """Whether a search has still to choose its hyperparameters."""
        return self.sweep is not None and self.sweep.search and not self.chosen


class Extra(TypedDict, total=False):
    """Fields of a `Description` that may be given when a run is created."""

    command: str
    base_name: str | None
    continues: str
    continued_at: int
    lesson: str
    drawings: DrawingsSource | None
    sweep: SweepPart | None
    versus: str


class StartedBy(TypedDict, total=False):
    """Field of a `Description` that is given when a visitor creates the run."""

    visitor: str


OPINIONS = ("wrong", "right")


@dataclass(frozen=True)
class LabelOpinion(Checked):
    """An entry of label-opinions.json: what somebody thinks of a label.

    Attributes:
        dataset: The data set.
        index: Which of its test labels, from 0.
        opinion: One of `OPINIONS`.
    """

    dataset: Annotated[str, _DATASET]
    index: Annotated[int, _DIGITS]
    opinion: Annotated[str, OneOf(OPINIONS)]


def read_opinions(path: Path) -> list[LabelOpinion]:
    """The opinions in a file, listed there by data set and index. Invalid entries are left out, so
    that one does not make all the others unreadable.

    Raises:
        RunDamagedError: As for `read_json`, and if the file does not hold an object.
    """
    stored = read_json(path)
    if not isinstance(stored, dict):
        raise RunDamagedError(path, f"expected an object of data sets, got {stored!r:.80}")
    opinions = []
    for dataset, entries in stored.items():
        for index, opinion in entries.items() if isinstance(entries, dict) else ():
            try:
                opinions.append(LabelOpinion(dataset, int(index), opinion))
            except ValueError as error:
                logger.warning("%s: an entry is left out: %.200s", path, error)
    return opinions


def write_opinions(path: Path, opinions: Iterable[LabelOpinion]) -> None:
    """Write a file that `read_opinions` reads."""
    stored: dict[str, dict[str, str]] = {}
    for one in opinions:
        stored.setdefault(one.dataset, {})[str(one.index)] = one.opinion
    files.write_json(path, stored)


def read(kind: type[_Record], path: Path) -> _Record:
    """The checked record in a JSON file. Files that have not changed for a while are cached, so
    that a list of 500 runs takes no longer than looking up 500 dates.

    Raises:
        RunDamagedError: As for `read_json`, and if fields are wrong.
    """
    try:
        stat = path.stat()
    except OSError:
        return _read(kind, path)  # raises the error that says what is wrong
    if abs(time.time() - stat.st_mtime) < SETTLED:
        return _read(kind, path)
    version = stat.st_mtime_ns, stat.st_ino, stat.st_size
    remembered: Callable[..., _Record] = _remembered
    return remembered(kind, path, *version)


@lru_cache(maxsize=4096)
def _remembered(kind: Any, path: Path, *version: int) -> Any:
    return _read(kind, path)


def _read(kind: type[_Record], path: Path) -> _Record:
    data = read_json(path)
    if not isinstance(data, dict):
        raise RunDamagedError(path, f"expected an object of fields, got {data!r:.80}")
    try:
        return kind.from_dict(data)
    except ConfigError as error:
        problems = [f"{field:.80}: {text:.200}" for field, text in error.problems.items()]
        raise RunDamagedError(path, "; ".join(problems[:MAX_PROBLEMS])) from None
    except RecursionError as error:
        raise RunDamagedError(path, "it is nested too deeply") from error


def read_training(path: Path) -> TrainingConfig:
    """The configuration in a run's config.json, or in a file that holds nothing else, as a report
    has it.

    Raises:
        RunDamagedError: The file is missing, too long or not JSON.
        ConfigError: It is not a configuration, or has no layers; the message names the wrong
            fields.
    """
    data = read_json(path)
    if isinstance(data, dict) and "training" in data:
        data = data["training"]
    if isinstance(data, dict) and "layers" not in data:  # not a network that nobody asked for
        raise ConfigError(
            {"layers": "expected the hidden layers, as in a run's config.json, got none"}
        )
    return TrainingConfig.from_dict(data)


def read_json(path: Path) -> object:
    """The content of a JSON file.

    Raises:
        RunDamagedError: The file is missing, too long or not JSON.
    """
    try:
        with files.open_regular(path) as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RunDamagedError(path, error.strerror or str(error)) from error
    if len(content) > MAX_BYTES:
        raise RunDamagedError(path, f"it has more than {MAX_BYTES:,} bytes")
    try:
        return json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise RunDamagedError(path, f"it is no JSON ({error})") from error
