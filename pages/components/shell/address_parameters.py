"""The parameters of the pages' addresses: what each stands for, what it may be, who has it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mnist_core.config.hyperparameters import HYPERPARAMETERS
from mnist_core.config.sweep_plan import VARIABLE
from mnist_core.evaluation.cached_predictions import SPLIT_WORDS
from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS, SEVERITIES
from pages.components.shell import classes

ANY = "any"
RELIABILITY_BINS = 15
CONFIDENCE_BINS = 20
MAX_COORDINATE = 1_000_000  # beyond every map of digits, and what browsers can still draw
# Up to this many values of a choice are listed in a message; of more, the first and the last.
MAX_LISTED = 30
MORE = r"[a-z0-9-]+\.[0-9]{1,3}"  # a gallery may be named after a run
CONFIDENCE_BARS = tuple(
    f"{kind}-{number}" for kind in ("right", "wrong") for number in range(1, CONFIDENCE_BINS + 1)
)


@dataclass(frozen=True)
class Choice:
    """One of some values.

    Attributes:
        values: What the address may say.
        formerly: Values in old links, and what replaces them.
    """

    values: tuple[str, ...]
    formerly: Mapping[str, str] = field(default_factory=dict)

    def allows(self, text: str) -> bool:
        return text in self.values or text in self.formerly

    @property
    def expected(self) -> str:
        """What it may be, in words."""
        *most, last = self.values
        if len(self.values) > MAX_LISTED:
            most = [*most[:3], "…"]
        return f"{', '.join(most)} or {last}"

    def value(self, text: str) -> str:
        """A widget's value for a text that the choice allows."""
        return self.formerly.get(text, text)


class ClassChoice(Choice):
    """Any class, or one of those that the page is about, by its name."""

    def __init__(self) -> None:
        super().__init__(())

    def allows(self, text: str) -> bool:
        return text in class_choices()

    @property
    def expected(self) -> str:
        return Choice(class_choices()).expected


@dataclass(frozen=True)
class Number:
    """A number from the lowest to the highest, both included."""

    lowest: float
    highest: float

    def allows(self, text: str) -> bool:
        try:
            number = float(text)
        except ValueError:
            return False
        return math.isfinite(number) and self.lowest <= number <= self.highest

    @property
    def expected(self) -> str:
        """What it may be, in words."""
        return f"a number from {self.lowest:g} to {self.highest:g}"

    def value(self, text: str) -> float:
        """A widget's value for a text that the range allows."""
        return float(text)


@dataclass(frozen=True)
class Free:
    """A value that only the page can check, which then says what is wrong with it.

    Attributes:
        expected: What it may be, in words.
        form: A regular expression that all of it matches; "" for any text.
    """

    expected: str
    form: str = ""

    def allows(self, text: str) -> bool:
        return not self.form or re.fullmatch(self.form, text) is not None

    def value(self, text: str) -> str:
        """A widget's value for a text of this form."""
        return text


@dataclass(frozen=True)
class Parameter:
    """A parameter of the pages' addresses.

    Attributes:
        meaning: What it stands for.
        kind: What it may be.
        default: What applies where the address lacks it: one of a choice's values; of other
            kinds, a description in words. "" if there is no default.
        pages: Names of the scripts of the pages that have it.
        many: Whether it may stand in an address more than once.
    """

    meaning: str
    kind: Choice | Number | Free
    default: str
    pages: tuple[str, ...]
    many: bool = False


MATRIX, ERRORS, COMPARE = "confusion_matrix", "misclassified", "compare"
CALIBRATION, LABELS, MAP = "calibration", "label_issues", "map_of_digits"
STRESS = "stress_test"
DIGITS = (MATRIX, ERRORS, COMPARE, CALIBRATION, LABELS, MAP)  # pages that show one digit in full
SPLIT = (MATRIX, ERRORS, COMPARE, CALIBRATION, MAP)
TOGGLE = Choice(("true", "false"))
DIGIT = ClassChoice()
LESSON_STEPS = ("question", "predict", "run", "outcome", "check", "worksheet", "notes")
REPORT_COLUMNS = ("name", "precision", "recall", "f1", "support")
_SETTINGS = ("preset", *HYPERPARAMETERS, "layers", "augmentation")
SETUP = (*_SETTINGS, "data")  # see train/form/setup_link.py

PARAMETERS: dict[str, Parameter] = {
    "run": Parameter(
        "the network in use; on the Train page the run that is watched",
        Free("the id of a run or a shipped network"),
        "the visitor's last choice",
        ("app", *DIGITS, STRESS, "network", "train"),
    ),
    "view": Parameter(
        "whether canvas and network, or the class's board, fill the screen",
        Choice(("page", "projector")),
        "page",
        ("app", "teacher"),
    ),
    "versus": Parameter(
        "another network beside it", Free("the id of a network"), "", (MATRIX, COMPARE)
    ),
    "sweep": Parameter(
        "the sweep whose runs are shown",
        Free('the id of a sweep, or "every"'),
        "the newest sweep",
        ("experiments",),
    ),
    "group": Parameter(
        "what runs are grouped by",
        Choice(("nothing", "sweep", *VARIABLE, "seed")),
        "nothing",
        ("runs", "experiments"),
    ),
    "setting-columns": Parameter(
        "whether each setting that differs has a column", TOGGLE, "false", ("runs",)
    ),
    "compared": Parameter(
        "other networks whose stress test is shown",
        Free("the id of a network"),
        "",
        (STRESS,),
        many=True,
    ),
    "part": Parameter(
        "the split whose digits are shown",
        Choice(tuple(words.capitalize() for words in SPLIT_WORDS.values())),
        "Test",
        SPLIT,
    ),
    "epoch": Parameter(
        "the epoch after which the network predicts",
        Free("an epoch whose weights are stored"),
        "final",
        (MATRIX, "network"),
    ),
    "index": Parameter(
        "the digit shown in full", Free("the number of one of these digits"), "", DIGITS
    ),
    "training": Parameter(
        "training digits opened from there, one from the other",
        Free("the number of a training digit"),
        "",
        DIGITS,
        many=True,
    ),
    "page": Parameter(
        "the page of a gallery or list",
        Free("1 to the number of pages"),
        "1",
        (MATRIX, ERRORS, CALIBRATION, LABELS, MAP, "runs"),
    ),
    "more": Parameter(
        "how many more images of a gallery are shown",
        Free("the gallery's key, a dot, and how often “Show more” was clicked", MORE),
        "",
        (COMPARE, CALIBRATION),
        many=True,
    ),
    "row": Parameter("the true digit of the chosen cell", DIGIT, ANY, (MATRIX,)),
    "column": Parameter("the predicted digit of the chosen cell", DIGIT, ANY, (MATRIX,)),
    "numbers": Parameter(
        "what the cells show", Choice(("Counts", "By row", "By column")), "Counts", (MATRIX,)
    ),
    "errors-only": Parameter("whether the diagonal is hidden", TOGGLE, "false", (MATRIX,)),
    "report": Parameter(
        "column that sorts the classification report; with a minus, the highest first",
        Choice(tuple(sign + column for column in REPORT_COLUMNS for sign in ("", "-"))),
        "name",
        (MATRIX,),
    ),
    "true": Parameter("only errors on this true digit", DIGIT, ANY, (ERRORS,)),
    "predicted": Parameter("only errors with this predicted digit", DIGIT, ANY, (ERRORS,)),
    "order": Parameter(
        "order of the errors",
        Choice(
            (
                "Most confident first",
                "Least confident first",
                "Highest loss first",
                "Lowest loss first",
                "Smallest margin first",
                "Largest margin first",
            ),
            {
                "Surest first": "Most confident first",
                "Least sure first": "Least confident first",
                "Closest call first": "Smallest margin first",
                "Clearest call first": "Largest margin first",
            },
        ),
        "Most confident first",
        (ERRORS,),
    ),
    "confidence": Parameter(
        "only errors of this confidence, in percent, from and to",
        Number(0, 100),
        "all",
        (ERRORS,),
        many=True,
    ),
    "loss": Parameter(  # the highest is a little above -log of the smallest probability
        "only errors of this loss, from and to", Number(0.0, 16.2), "all", (ERRORS,), many=True
    ),
    "all": Parameter("whether the filters are cleared", Free("anything"), "no", (ERRORS,)),
    "bin": Parameter(
        "the bar of the reliability diagram whose digits are shown",
        Choice(tuple(map(str, range(1, RELIABILITY_BINS + 1)))),
        "",
        (CALIBRATION,),
    ),
    "bar": Parameter(
        "the bar of the confidence histogram whose digits are shown",
        Choice(CONFIDENCE_BARS),
        "",
        (CALIBRATION,),
    ),
    "calibrated": Parameter(
        "whether the probabilities are calibrated", TOGGLE, "true", (CALIBRATION,)
    ),
    "rejection-rate": Parameter(
        "percentage of the digits that may be rejected", Number(0.0, 50.0), "2.0", (CALIBRATION,)
    ),
    "rejection-shown": Parameter(
        "which of the digits are shown: misclassified although accepted, or rejected",
        Choice(
            ("Remaining errors", "Rejected"),
            {"Errors left": "Remaining errors", "Refused": "Rejected"},
        ),
        "Remaining errors",
        (CALIBRATION,),
    ),
    "corruption": Parameter(
        "what makes the digits harder to read", Choice(tuple(CORRUPTIONS)), "shift", (STRESS,)
    ),
    "severity": Parameter(
        "how severe it is",
        Choice(tuple(str(severity) for severity in range(SEVERITIES + 1))),
        "3",
        (STRESS,),
    ),
    "method": Parameter("how the map is made", Choice(("PCA", "t-SNE")), "PCA", (MAP,)),
    "loop": Parameter(
        "a loop round points of the map",
        Free(f"x,y,x,y… of three corners or more, each number at most ±{MAX_COORDINATE}"),
        "",
        (MAP,),
        many=True,
    ),
    "unit": Parameter(
        "the unit that is shown, as hidden layer, from 1, and number in it, from 0",
        Free("1.0, 1.1 … up to the last unit of the last hidden layer", r"[1-9]\.[0-9]{1,4}"),
        "1. and the unit with the largest weights",
        ("network",),
    ),
    "data": Parameter(
        "the data set",
        Free("mnist or the id of a data set of one's own"),
        "mnist",
        ("data", "train"),
    ),
    "digit": Parameter("only images of this digit", DIGIT, ANY, ("data",)),
    "number": Parameter(
        "the image under the magnifier", Free("the number of an image of its set"), "0", ("data",)
    ),
    "magnified": Parameter(
        "the set of that image", Choice(("Training", "Test")), "Training", ("data",)
    ),
    "set": Parameter(
        "the set whose images are shown", Choice(("Training", "Test")), "Training", ("data",)
    ),
    "lesson": Parameter(
        "the lesson that is open", Free("the name of a lesson's file"), "", ("learn",)
    ),
    "term": Parameter(
        "the glossary, in which this term is marked",
        Free("all or the name of a term"),
        "",
        ("learn",),
    ),
    "step": Parameter("the step of the lesson", Choice(LESSON_STEPS), "question", ("learn",)),
    **{
        name: Parameter(
            "a setting of the training form",
            Free("as train/form/setup_link.py says"),
            "the preset's",
            ("train",),
        )
        for name in _SETTINGS
    },
}

# Former names of parameters, in old links.
FORMERLY = {"strength": "severity", "refuse": "rejection-rate", "refusal": "rejection-shown"}


def class_choices() -> tuple[str, ...]:
    """What a choice of a class offers: `ANY`, and the names of the classes."""
    return (ANY, *classes.names())


def values_of(name: str) -> tuple[str, ...]:
    """The values of a choice."""
    kind = PARAMETERS[name].kind
    assert isinstance(kind, Choice), name
    return kind.values


def limits_of(name: str) -> tuple[float, float]:
    """The lowest and the highest value of a number."""
    kind = PARAMETERS[name].kind
    assert isinstance(kind, Number), name
    return kind.lowest, kind.highest
