"""Whatever an address asks for, its page opens; what does not exist is told."""

import ast
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config import hyperparameters
from mnist_core.runs.files import save_arrays
from pages.components.shell import address, menu
from pages.components.shell.address_parameters import (
    ANY,
    FORMERLY,
    PARAMETERS,
    Choice,
    ClassChoice,
    Number,
    values_of,
)
from pages.components.shell.text import plain
from pages.components.widgets import address_choices
from tests.pages.conftest import APP

ROOT = Path(__file__).parents[2]
SCRIPTS = {
    Path(path).stem for entries in (*menu.MENU.values(), [menu.TEACHER]) for path, _, _ in entries
}
GOOD = {
    "data": ["mnist"],
    "index": ["5", "0", "99"],
    "training": ["3"],
    "page": ["1"],
    "epoch": ["final", "1"],
    "loop": ["0,0,1,0,1,1"],
    "all": ["errors"],
    "unit": ["1.0"],
    "sweep": ["every"],
    "number": ["0", "99"],
    "lesson": ["1-centring", "4-overfitting"],
    "term": ["all", "loss"],
    "more": ["fixed.1", "rejection-images.20"],
    "preset": ["champion", "compact"],
    "layers": ["64-gelu~32", "1~2~3~4~5~6-relu-after-0.3"],
    "augmentation": ["12~0.1~0.1~1~0.9~0.4", "0~0~0~0~0~0"],
    **{name: list(map(str, choices)) for name, choices in (
        ("optimizer", ("adam", "sgd")), ("schedule", ("constant", "cosine")),
        ("precision", ("float32", "bfloat16")),
    )},
    **{name: [f"{end:g}" for end in hyperparameters.limits(name)]
       for name in hyperparameters.HYPERPARAMETERS
       if name not in hyperparameters.CHOICES and name != "seed"},
    "seed": ["0", "2147483647"],
}  # fmt: skip
READ_WITH = {  # parameters that are read only where others ask for what they belong to
    ("training", ""): {"index": "5"},
    ("page", "confusion_matrix"): {"row": "1"},
    ("page", "calibration"): {"bin": "15"},
    ("page", "map_of_digits"): {"loop": "-999,-999,999,-999,999,999,-999,999"},
    ("teacher_share", "train"): {"teacher_epochs": "3"},
    ("teacher_temperature", "train"): {"teacher_epochs": "3"},
}
OFFERED = ("part", "order", "method", "set", "numbers", "rejection-shown")  # by widgets
BAD = "no such value"
HOSTILE = (
    "",
    "-1",
    "9" * 400,
    "nan",
    "1e999",
    "²",
    "٣",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "[x](http://example.com) **:red[y]** $z$",
    "\x00\n\t",
    "~-~,,--" * 50,
    "🙂" * 5000,
)


@pytest.fixture
def opened(network, no_networks):
    """Open a page, with two networks there, at an address with these parameters."""
    labels = no_networks.y_test
    runs = [network({i: (int(labels[i]) + 1) % 10 for i in range(9)}) for _ in range(2)]
    for run in runs:
        save_arrays(run.epoch_path(1), dict(np.load(run.weights_path)))

    def open_(page: str, query: dict[str, str | list[str]]) -> AppTest:
        at = AppTest.from_file(str(APP), default_timeout=60)
        if page != "app":
            at.switch_page(f"pages/{page}.py")
        for name, value in query.items():
            at.query_params[name] = value
        at.run()
        assert not at.exception, (page, query, at.exception)
        return at

    open_.runs = [run.id for run in runs]
    return open_


def good(name: str, runs: list[str]) -> list[str]:
    kind = PARAMETERS[name].kind
    if isinstance(kind, ClassChoice):
        return [ANY, "0", "9"]
    if isinstance(kind, Choice):
        return [kind.values[0], kind.values[-1], *kind.formerly]
    if isinstance(kind, Number):
        return [f"{kind.lowest:g}", f"{kind.highest:g}"]
    return runs if name in ("run", "versus", "compared") else GOOD[name]


def pairs() -> list[tuple[str, str]]:
    return [(name, page) for name, parameter in PARAMETERS.items() for page in parameter.pages]


def test_the_table_is_complete_and_names_pages_that_exist():
    for name, parameter in PARAMETERS.items():
        assert parameter.meaning, name
        assert parameter.pages, name
        assert set(parameter.pages) <= SCRIPTS, name
        if isinstance(parameter.kind, ClassChoice):
            assert parameter.default == ANY, name
        elif isinstance(parameter.kind, Choice):
            assert parameter.default in ("", *parameter.kind.values), name
            assert set(parameter.kind.formerly.values()) <= set(parameter.kind.values), name
    assert set(FORMERLY.values()) <= PARAMETERS.keys()
    assert not FORMERLY.keys() & PARAMETERS.keys()


def test_addresses_are_read_and_written_by_the_table_alone():
    """No `st.query_params` elsewhere; what widgets are bound to and what links say is in it."""
    bound, linked = set(), set()
    for path in [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]:
        if path in (Path(address.__file__), Path(address_choices.__file__)):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not (
                isinstance(node, ast.Attribute)
                and node.attr == "query_params"
                and isinstance(node.value, ast.Name)
            ), path
            if not isinstance(node, ast.Call):
                continue
            words = {keyword.arg: keyword.value for keyword in node.keywords}
            if isinstance(words.get("bind"), ast.Constant):
                bound.add(words["key"].value)
            if isinstance(words.get("query_params"), ast.Dict):
                linked |= {key.value for key in words["query_params"].keys}
    assert {"order", "errors-only"} <= bound <= PARAMETERS.keys()
    assert {"run", "page"} <= linked <= PARAMETERS.keys()


def test_a_name_that_the_table_lacks_is_refused():
    def put(name: str) -> None:
        address.put(**{name: ""})

    for act in (address.asked, address.all_asked, address.drop, put):
        with pytest.raises(KeyError, match="colour: expected one of the parameters run, "):
            act("colour")


@pytest.mark.parametrize("page", sorted(SCRIPTS))
@pytest.mark.parametrize(
    "text",
    [BAD, *(pytest.param(text, marks=pytest.mark.slow) for text in HOSTILE)],
    ids=lambda text: repr(text)[:20],
)
def test_no_address_breaks_a_page(opened, page, text):
    names = [name for name, parameter in PARAMETERS.items() if page in parameter.pages]
    opened(page, dict.fromkeys(names, text))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "page"), pairs())
def test_each_parameter_takes_its_values_and_tells_of_others(opened, name, page):
    many = PARAMETERS[name].many
    context = READ_WITH.get((name, page), READ_WITH.get((name, ""), {}))
    for text in good(name, opened.runs):
        at = opened(page, context | {name: [text, text] if many else text})
        assert not [w.value for w in at.warning if "address" in w.value or "link" in w.value], text
    at = opened(page, context | {name: [BAD, BAD] if many else BAD})
    assert name == "all" or at.warning
    for text in HOSTILE[::7]:  # the others come above, all parameters at once
        opened(page, context | {name: text})


@pytest.mark.parametrize(("name", "page"), [pair for pair in pairs() if pair[0] in OFFERED])
def test_widgets_offer_what_the_table_has(opened, name, page):
    at = opened(page, {})
    (options_,) = (
        [*widget.options]
        for kind in ("selectbox", "button_group")
        for widget in at.get(kind)
        if widget.key == name
    )
    assert options_ == [*values_of(name)]


def test_links_made_before_keep_their_meaning(opened):
    at = opened("misclassified", {"order": "Closest call first"})
    assert at.selectbox(key="order").value == "Smallest margin first"
    assert not at.warning
    at = opened("calibration", {"refusal": "Refused", "refuse": "10.0"})
    assert at.button_group(key="rejection-shown").value == "Rejected"
    assert at.slider(key="rejection-rate").value == 10.0
    assert at.query_params == {"rejection-shown": "Refused", "rejection-rate": "10.0"}
    assert not at.warning
    at = opened("calibration", {"refuse": "99"})
    assert "rejection-rate=99" in at.warning[0].value
    at = opened("calibration", {"refuse": "99", "rejection-rate": "5.0"})
    assert not at.warning
    assert at.slider(key="rejection-rate").value == 5.0


def test_a_value_that_does_not_exist_is_reported_as_it_was_written(opened):
    at = opened("confusion_matrix", {"row": "**twelve**", "report": "f2"})
    told = "\n".join(warning.value for warning in at.warning)
    assert plain("row=**twelve**").replace(r"\=", "=") in told
    assert "report=f2" in told
    assert "Expected: any, 0, 1, 2, 3, 4, 5, 6, 7, 8 or 9." in told.replace("\\", "")
    at = opened("misclassified", {"loss": "17"})
    assert "loss=17" in at.warning[0].value
    assert "a number from 0 to 16.2" in at.warning[0].value.replace("\\", "")
    at = opened("learn", {"lesson": "9-none"})
    assert "Expected: 1-centring, 2-units" in at.warning[0].value.replace("\\", "")


def test_a_parameter_that_the_page_lacks_is_reported_once(opened):
    at = opened("misclassified", {"foo**": "bar", "split": "zzz", "true": "3"})
    (toast,) = at.toast
    ignored = "This page ignores “foo**” and “split” in the address"
    assert ignored in toast.value.replace("\\", "")
    assert not at.warning
    at.run()
    assert not at.toast
    said = opened("experiments", {"run": "champion"}).toast[0].value
    assert said == "This page ignores “run” in the address: it has no setting of that name."
    said = opened("train", {"learning-rate": "0.1"}).toast[0].value.replace("\\", "")
    assert "“learning-rate” (perhaps “learning_rate” is meant)" in said
    assert not opened("misclassified", {"true": "3"}).toast
