"""The parameters of the pages' addresses, so that a link shows others the same view.

`PARAMETERS` lists every parameter. Pages read and write them by the functions here; widgets that
Streamlit binds to the address (`bind="query-params"`) have a parameter's name as their key.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from mnist_core.config.options import OPTIONS
from mnist_core.config.variations import SETTINGS
from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS, STRENGTHS
from pages.components.shell import classes
from pages.components.shell.text import plain, sentence

ANY = "any"
RELIABILITY_BINS = 15
CONFIDENCE_BINS = 20
NAMED = 30  # values of a choice that a message lists; of more, the first and the last
_NOTED = "unknown-in-address"  # the page and parameters that the visitor was last warned of
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
        if len(self.values) > NAMED:
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
_SETTINGS = ("preset", *OPTIONS, "layers", "augmentation")
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
        Choice(("nothing", "sweep", *SETTINGS, "seed")),
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
        Choice(("Test", "Validation", "Training")),
        "Test",
        SPLIT,
    ),
    "epoch": Parameter(
        "the epoch after which the network predicts",
        Free("an epoch whose weights are stored"),
        "final",
        (MATRIX,),
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
        Free("the gallery's key, a dot, and how many times more were asked for", MORE),
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
    "strength": Parameter(
        "how strong it is",
        Choice(tuple(str(strength) for strength in range(STRENGTHS + 1))),
        "3",
        (STRESS,),
    ),
    "method": Parameter("how the map is made", Choice(("PCA", "t-SNE")), "PCA", (MAP,)),
    "loop": Parameter(
        "a loop round points of the map",
        Free("x,y,x,y… of three corners or more"),
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
FORMERLY = {"refuse": "rejection-rate", "refusal": "rejection-shown"}


def asked(name: str) -> str | None:
    """The parameter's value in the address, which anyone may have written; None if it has none.

    Raises:
        KeyError: for a name that `PARAMETERS` lacks.
    """
    return st.query_params.get(_known(name))


def all_asked(name: str) -> list[str]:
    """All values of a parameter that may stand in the address more than once, in order."""
    return st.query_params.get_all(_known(name))


def chosen(name: str) -> str:
    """The value of a choice: the one in the address if it exists, else the default."""
    text = asked(name)
    return text if text is not None and text in values_of(name) else PARAMETERS[name].default


def all_of(names: Iterable[str]) -> dict[str, str]:
    """The values of those of these parameters that are in the address."""
    found = {name: asked(name) for name in names}
    return {name: text for name, text in found.items() if text is not None}


def put(**values: str | list[str]) -> None:
    """Write parameters into the address, all of them in one step of the browser's history."""
    changed = {}
    for name, value in values.items():
        there = all_asked(name)
        if there != ([value] if isinstance(value, str) else value):
            changed[name] = value
    if changed:
        st.query_params.update(changed)


def drop(*names: str) -> None:
    """Remove parameters from the address."""
    for name in names:
        st.query_params.pop(_known(name), None)


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


def check(page: str) -> None:
    """Check the address at the beginning of a page, before its widgets read it.

    Translates names and values that older links have, warns of values that do not exist, in place
    of which the widgets show their defaults, and tells of parameters that the page lacks.
    """
    for old, name in FORMERLY.items():
        if old in st.query_params and page in PARAMETERS[name].pages:
            _rename(old, name)
    _note_unknown_names(page)
    for name, parameter in PARAMETERS.items():
        if page not in parameter.pages:
            continue
        for text in all_asked(name):
            if not parameter.kind.allows(text):
                note_unknown(name, ())
                break
            if isinstance(parameter.kind, Choice) and text in parameter.kind.formerly:
                st.session_state[name] = parameter.kind.value(text)


def _rename(old: str, name: str) -> None:
    """Give the parameter that the address calls by its old name its name now."""
    if name in st.session_state:
        return  # its widget is there, and only the widget may change the address
    text, kind = st.query_params[old], PARAMETERS[name].kind
    if asked(name) is None:
        if kind.allows(text):
            st.session_state[name] = kind.value(text)
        st.query_params[name] = text
    del st.query_params[old]


def note_unknown(name: str, known: Iterable[str], listed: bool = True) -> None:
    """Warn if the address asks for a value that is not among the known ones.

    `check` does this for the values that `PARAMETERS` can check; this is for the others. The known
    values are named if they are `listed`: ids say nothing to a reader.
    """
    text = asked(name)
    if text is not None and text not in known:
        ids = tuple(known)
        expected = (
            Choice(ids).expected if len(ids) > 1 and listed else PARAMETERS[name].kind.expected
        )
        st.warning(
            f"The address asks for “{name}={plain(text[:40])}”, which does not exist here. "
            f"Expected: {plain(expected)}. The page shows its usual choice instead.",
            icon=":material/link_off:",
        )


def _note_unknown_names(page: str) -> None:
    """Warn once about parameters that this page does not have. They do no harm, and other sites add
    some to links: a toast will do."""
    has = [name for name, parameter in PARAMETERS.items() if page in parameter.pages]
    unknown = [name for name in st.query_params if name not in has]
    if unknown and st.session_state.get(_NOTED) != (page, unknown):
        named = sentence([f"“{plain(name[:40])}”" for name in unknown[:5]])
        st.toast(
            f"The address has {named}, which this page does not know. "
            f"It can have: {', '.join(has)}.",
            icon=":material/link_off:",
            duration="long",
        )
    st.session_state[_NOTED] = page, unknown


def class_choices() -> tuple[str, ...]:
    """What a choice of a class offers: `ANY`, and the names of the classes."""
    return (ANY, *classes.names())


def class_of(choice: str | None) -> int | None:
    """The class that was chosen; None for any."""
    names = classes.names()
    return None if choice == ANY or choice not in names else names.index(choice)


def digit_choice(label: str, key: str) -> int | None:
    """A selectbox for a class, kept in the address as `?key=`. None for any class.

    A change goes back to the first page of images.
    """
    options = class_choices()
    if st.session_state.get(key, ANY) not in options:  # of other data, chosen before
        del st.session_state[key]
    choice = st.selectbox(label, options, key=key, bind="query-params", on_change=first_page)
    return class_of(choice)


def segmented_choice(
    label: str,
    key: str,
    *,
    on_change: Callable[[], None] | None = None,
    help: str | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> str:
    """A segmented control for a choice of `PARAMETERS`, kept in the address as `?key=`."""
    default = PARAMETERS[key].default
    picked = st.segmented_control(
        label,
        values_of(key),
        default=default,
        required=True,
        key=key,
        bind="query-params",
        on_change=on_change,
        help=help,
        label_visibility=label_visibility,
    )
    return picked or default  # for the empty `?key=`, which Streamlit takes for no choice


def range_choice(label: str, key: str, step: float) -> tuple[float, float] | None:
    """A slider for a range, kept in the address as `?key=`. None where it is the whole one."""
    limits = limits_of(key)
    chosen = st.slider(
        label, *limits, limits, step, key=key, bind="query-params", on_change=first_page
    )
    return None if chosen == limits else chosen


def page_choice(pages: int, of: str) -> int:
    """Page numbers, kept in the address as `?page=`. Returns the page shown, from 0.

    Args:
        pages: How many there are.
        of: Names what is shown; with other contents, the page numbers start afresh.
    """
    text = asked("page") or "1"
    page = int(text) if text.isdecimal() and len(text) < 9 else 0
    if not 1 <= page <= pages:
        note_unknown("page", ())
        first_page()
        page = 1
    if pages == 1:
        return 0
    key = f"page-of-{pages}-{of}"
    if st.session_state.get(key, 1) != page:  # as where the browser's Back led to it
        st.session_state[key] = page
    return st.pagination(pages, key=key, on_change=_keep_page, args=(key,)) - 1


def _keep_page(key: str) -> None:
    put(page=str(st.session_state[key]))


def first_page() -> None:
    """Go back to the first page of images."""
    drop("page")


def _known(name: str) -> str:
    if name not in PARAMETERS:
        raise KeyError(f"{name}: expected one of the parameters {', '.join(PARAMETERS)}")
    return name
