"""What a lesson is: its checked header, and the sections of its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from mnist_core.config.config import TrainingConfig
from mnist_core.config.fields import Checked, ConfigError, Length, Matching, OneOf, Range
from mnist_core.config.presets import PRESETS
from mnist_core.digits.non_digits import KINDS

MAX_RUNS = 4
MAX_SHIFT = 10  # pixels
_LINE = Matching("[^\n]{1,300}", "a line of 1–300 characters")
_NETWORK = OneOf(tuple(name for name in PRESETS if name != "speedrun"))
_PIXELS = Range(-MAX_SHIFT, MAX_SHIFT)


@dataclass(frozen=True)
class TrainingRun(Checked):
    """One training of a lesson.

    Attributes:
        key: The name by which its figures are called, as in `{low.val_loss}`; a word in lower case.
        label: Its name on screen.
        training: Its configuration.
    """

    key: Annotated[str, Matching("[a-z]{1,20}", "a word of small letters")]
    label: Annotated[str, _LINE]
    training: TrainingConfig


@dataclass(frozen=True)
class Training(Checked):
    """Set-up: several trainings side by side."""

    runs: Annotated[tuple[TrainingRun, ...], Length(1, MAX_RUNS, "runs")]


@dataclass(frozen=True)
class Shift(Checked):
    """Set-up: a test digit as it is, and moved away from the centre.

    Attributes:
        network: A shipped network.
        digit: 0–9; the first test digit with this label that the network classifies correctly and
            that loses no ink when it is moved.
        right, down: How many pixels it is moved by.
        farthest: The largest shift for which accuracy is measured, in pixels.
    """

    network: Annotated[str, _NETWORK]
    digit: Annotated[int, Range(0, 9)]
    right: Annotated[int, _PIXELS]
    down: Annotated[int, _PIXELS]
    farthest: Annotated[int, Range(1, MAX_SHIFT)] = 8


@dataclass(frozen=True)
class Unit(Checked):
    """Set-up: a unit of a shipped network's first layer, and what excites it.

    Attributes:
        network: A shipped network.
        unit: Its number in the first layer, from 0.
    """

    network: Annotated[str, _NETWORK]
    unit: Annotated[int, Range(0, 4095)]


@dataclass(frozen=True)
class Confidence(Checked):
    """Set-up: how confident a network is on test digits, and on images of something else.

    Attributes:
        network: A shipped network.
        images: The kind of images that are not digits.
        count: How many of them to make.
    """

    network: Annotated[str, _NETWORK]
    images: Annotated[str, OneOf(tuple(KINDS))] = "scribbles"
    count: Annotated[int, Range(10, 500)] = 200


@dataclass(frozen=True)
class Labels(Checked):
    """Set-up: the test digits whose labels the shipped networks doubt.

    Attributes:
        shown: How many of them are shown.
    """

    shown: Annotated[int, Range(1, 24)] = 6


@dataclass(frozen=True)
class Comparison(Checked):
    """Set-up: two shipped networks on the same test digits."""

    first: Annotated[str, _NETWORK]
    second: Annotated[str, _NETWORK]


@dataclass(frozen=True)
class Choice(Checked):
    """One of the predictions to choose from.

    Attributes:
        text: What it says.
        when: The condition under which it is right, see `template.holds`; if it is empty, the
            prediction is right if none before it is.
    """

    text: Annotated[str, _LINE]
    when: Annotated[str, Matching(".{0,200}", "a condition of at most 200 characters")] = ""


@dataclass(frozen=True)
class Choose(Checked):
    """Prediction: a choice."""

    ask: Annotated[str, _LINE]
    choices: Annotated[tuple[Choice, ...], Length(2, 6, "choices")]


@dataclass(frozen=True)
class Sketch(Checked):
    """Prediction: a curve sketched by hand.

    Attributes:
        ask: What to sketch.
        curve: The measured curve that it is compared with: for trainings `run.val_loss` or the
            like, for a shift `accuracy`.
        lowest, highest: The ends of the axis.
        given: Another measured curve that the outcome shows for comparison; empty: none.
    """

    ask: Annotated[str, _LINE]
    curve: Annotated[str, Matching("[a-z_]+([.][a-z_]+)?", "the name of a curve")]
    lowest: Annotated[float, Range(-10.0, 100.0)]
    highest: Annotated[float, Range(-10.0, 100.0)]
    given: Annotated[str, Matching("([a-z_]+([.][a-z_]+)?)?", "the name of a curve or none")] = ""


@dataclass(frozen=True)
class Answer(Checked):
    """One of the answers to the question at the end."""

    text: Annotated[str, _LINE]


@dataclass(frozen=True)
class Check(Checked):
    """The question at the end.

    Attributes:
        question: What is asked.
        answers: The answers to choose from.
        right: The number of the right answer, from 1.
        because: Why it is right.
    """

    question: Annotated[str, _LINE]
    answers: Annotated[tuple[Answer, ...], Length(2, 5, "answers")]
    right: Annotated[int, Range(1, 5)]
    because: Annotated[str, _LINE]


@dataclass(frozen=True)
class Link(Checked):
    """A link to where to go on.

    Attributes:
        text: What there is to do there.
        address: A page's name and parameters, such as `network?run=compact`; `app` is the Draw
            page.
    """

    text: Annotated[str, _LINE]
    address: Annotated[
        str,
        Matching(r"[a-z_]{1,40}(\?[\w=&.,~%+-]{1,300})?", "a page's name, perhaps with ?a=b"),
    ]


@dataclass(frozen=True, kw_only=True)
class Header(Checked):
    """A lesson's header: exactly one set-up, one kind of prediction, a question at the end.

    Attributes:
        title, question: For the list of lessons.
        minutes: How many minutes it takes.
        training, shift, unit, confidence, labels, comparison: The set-up.
        choose, sketch: The prediction.
        check: The question at the end.
        next: Where to go on.
    """

    title: Annotated[str, Matching("[^\n]{1,80}", "a line of 1–80 characters")]
    question: Annotated[str, _LINE]
    minutes: Annotated[int, Range(1, 60)]
    training: Training | None = None
    shift: Shift | None = None
    unit: Unit | None = None
    confidence: Confidence | None = None
    labels: Labels | None = None
    comparison: Comparison | None = None
    choose: Choose | None = None
    sketch: Sketch | None = None
    check: Check
    next: Annotated[tuple[Link, ...], Length(0, 4, "links")] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.raise_if_at_odds()

    @classmethod
    def from_dict(cls, data: object) -> Header:
        """The header that these tables describe. Raises ConfigError as `Checked.from_dict` does,
        and if its parts contradict each other."""
        header = super().from_dict(data)
        header.raise_if_at_odds()
        return header

    def raise_if_at_odds(self) -> None:
        """Raise ConfigError if the header's parts contradict each other."""
        problems = {}
        for kinds in (SETUPS, PREDICTIONS):
            given = [kind for kind in kinds if getattr(self, kind) is not None]
            if len(given) != 1:
                found = " and ".join(given) or "none"
                problems[given[-1] if given else "header"] = (
                    f"expected exactly one of the tables {', '.join(kinds)}, got {found}"
                )
        if problems:
            raise ConfigError(problems)
        if self.check.right > len(self.check.answers):
            problems["check.right"] = f"expected 1 to {len(self.check.answers)}"
        keys = [run.key for run in self.training.runs] if self.training else []
        if len(set(keys)) < len(keys):
            problems["training.runs"] = "expected another key for each run"
        if self.sketch and not self.sketch.lowest < self.sketch.highest:
            problems["sketch.highest"] = "expected more than lowest"
        if problems:
            raise ConfigError(problems)


SETUPS = ("training", "shift", "unit", "confidence", "labels", "comparison")
PREDICTIONS = ("choose", "sketch")
SECTIONS = ("Question", "Set-up", "Explanation", "Worksheet", "Teacher's notes")
REQUIRED = SECTIONS[:3]
ID = re.compile("[a-z0-9]+(-[a-z0-9]+)*")


class Lesson(NamedTuple):
    """A lesson.

    Attributes:
        id: The name of its file without `.md`: lower-case letters, digits and hyphens.
        header: What it does.
        sections: Markdown by heading, see `SECTIONS`; a missing one is "".
    """

    id: str
    header: Header
    sections: dict[str, str]
