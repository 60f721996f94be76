"""Whatever a file, an address or a browser says, it is read or refused in words, and soon."""

import copy
import io
import json
import string
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mnist_core.config.config import TrainingConfig
from mnist_core.config.fields import ConfigError
from mnist_core.config.presets import PRESETS
from mnist_core.digits.drawings import from_strokes, user_drawings
from mnist_core.digits.drawings.fabric import read_fabric
from mnist_core.digits.drawings.strokes import StrokeError
from mnist_core.digits.drawings.unipen import read_unipen
from mnist_core.digits.drawings.user_drawings import DrawingsFileError
from mnist_core.digits.mnist_format import Digit
from mnist_core.digits.photos import from_photo, picture_file
from mnist_core.digits.photos.picture_file import ImageError
from mnist_core.lessons import reading
from mnist_core.lessons.reading import LessonError
from mnist_core.runs import store
from mnist_core.runs.records import STATES, RunDamagedError

few = settings(max_examples=40, deadline=None, derandomize=True, database=None)
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, -1, 2**31, 2**63, 1e300, 1e-320])
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=12)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)

FABRIC = {
    "side": 840,
    "objects": [
        {
            "type": "path", "originX": "center", "originY": "center", "left": 420.0, "top": 400.0,
            "scaleX": 1, "scaleY": 1, "angle": 0, "skewX": 0, "skewY": 0, "strokeWidth": 60,
            "path": [["M", 300, 200], ["Q", 310, 220, 400, 400], ["L", 500, 610]],
        },
        {"type": "path", "left": 10, "top": 10, "path": [["M", 30, 20], ["L", 50, 61]]},
    ],
}  # fmt: skip
DRAWINGS = {
    "format": user_drawings.FORMAT,
    "version": user_drawings.VERSION,
    "drawings": [{"label": 3, "predicted": 8, "network": "champion", "strokes": [[1, 2, 30, 40]]}],
}
LESSON = (reading.SHIPPED / "3-learning-rate.md").read_text("utf-8")
STATUS = {
    "state": "done", "message": "", "updated": 1e9, "started": 1e9, "finished": 1e9, "pid": 7,
    "dataset": "mnist", "turn": 1e9,
    "summary": {"test_accuracy": 0.5, "test_loss": 1.0, "test_errors": 5, "test_size": 10},
}  # fmt: skip


def places(value: Any, way: tuple = ()) -> list[tuple]:
    """The ways to all parts of a JSON value, itself included."""
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    return [way, *(place for key, part in inner for place in places(part, (*way, key)))]


def replaced(value: Any, way: tuple, new: Any) -> Any:
    """A copy in which the part at the end of this way is another, or is gone where that is ...."""
    if not way:
        return new
    value = copy.deepcopy(value)
    part = value
    for key in way[:-1]:
        part = part[key]
    if new is ...:
        del part[way[-1]]
    else:
        part[way[-1]] = new
    return value


@st.composite
def spoilt(draw, value: Any) -> Any:
    """The JSON value with one or two of its parts replaced or missing."""
    for _ in range(draw(st.integers(1, 2))):
        way = draw(st.sampled_from(places(value)))
        value = replaced(value, way, draw(JSON | (st.just(...) if way else st.nothing())))
    return value


CONFIGS = st.sampled_from([config.to_dict() for config in PRESETS.values()]).flatmap(spoilt)


def read(refused: type[Exception], reader: Callable[..., Any], *arguments: Any) -> Any:
    """What a function reads; None where it refuses to, in not too many words."""
    try:
        return reader(*arguments)
    except refused as error:
        said = str(error)
    assert 0 < len(said) < 2000
    return None


@few
@given(CONFIGS)
def test_a_configuration(data):
    config = read(ConfigError, TrainingConfig.from_dict, data)
    if config:
        assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@few
@given(spoilt(FABRIC))
def test_a_canvas(data):
    strokes = read(StrokeError, read_fabric, data) or []
    assert all(np.isfinite(stroke).all() for stroke in strokes)
    found = from_strokes.digit_from_strokes(strokes)
    assert not isinstance(found, Digit) or found.image.shape == (28, 28)


STATEMENTS = st.text("0123456789 .-\n\te", max_size=12) | st.sampled_from(
    [
        *(".COORD X Y\n", ".COORD Y T X\n", ".PEN_DOWN\n", ".PEN_UP\n", ".DT 10\n", ".COMMENT"),
        *('.SEGMENT DIGIT 0 ? "7"\n', '.SEGMENT DIGIT 0-2 ? "7"\n', ".SEGMENT A 0,99999999 ?\n"),
    ]
)


@few
@given(st.lists(STATEMENTS | st.text(max_size=8), max_size=12).map("".join))
def test_a_unipen_file(text):
    assert all(strokes for _, strokes in read(StrokeError, read_unipen, text) or [])


@few
@given(spoilt(DRAWINGS).map(json.dumps).map(str.encode) | st.binary(max_size=40))
def test_saved_drawings(content):
    drawings = read(DrawingsFileError, user_drawings.from_json, content)
    if drawings:
        assert user_drawings.images(drawings).shape == (len(drawings), 28, 28)


def picture(kind: str) -> bytes:
    """A 7 as a file of this kind."""
    image = Image.new("L", (40, 50), 250)
    image.paste(20, (8, 8, 30, 12))
    image.paste(20, (24, 12, 28, 44))
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


PICTURES = {kind: picture(kind) for kind in ("PNG", "JPEG", "WEBP")}


@st.composite
def spoilt_pictures(draw) -> bytes:
    """A file with bytes replaced, cut out or added."""
    content = bytearray(draw(st.sampled_from(list(PICTURES.values()))))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(content)


@few
@given(spoilt_pictures() | st.binary(max_size=64))
def test_a_picture(content):
    image = read(ImageError, picture_file.open_image, content)
    if image:
        found = from_photo.digit_from_image(image)
        assert not isinstance(found, Digit) or found.image.shape == (28, 28)


FILES = st.one_of(
    st.tuples(st.just("status.json"), spoilt(STATUS).map(json.dumps)),
    st.tuples(
        st.just("config.json"), CONFIGS.map(lambda data: json.dumps({"name": "A", "config": data}))
    ),
    st.tuples(st.just("control.json"), spoilt({"stop": True, "pause": False}).map(json.dumps)),
    st.tuples(
        st.just("history.jsonl"),
        st.lists(
            spoilt({"kind": "batch", "step": 1, "epoch": 0.5, "loss": 1.0, "accuracy": 0.5,
                    "learning_rate": 0.1, "time": 1.0}).map(json.dumps)
            | st.text(string.printable, max_size=20),
            max_size=4,
        ).map("\n".join),
    ),
    st.tuples(
        st.sampled_from(["status.json", "config.json", "calibration.json"]),
        st.text(max_size=30) | st.just("[" * 100_000),
    ),
)  # fmt: skip


@few
@given(FILES)
def test_a_runs_directory(file):
    name, text = file
    with TemporaryDirectory() as directory:
        run = store.create(PRESETS["speedrun"], "A", Path(directory) / "20261127-120000-a-0000")
        (run.directory / name).write_text(text, "utf-8", errors="surrogatepass")
        run = type(run)(run.directory)
        assert run.status().state in STATES
        assert all(row.step >= 0 for row in run.history())
        assert run.control().stop in (True, False)
        read(RunDamagedError, lambda: (run.name, run.config))


@st.composite
def spoilt_lessons(draw) -> str:
    """A lesson that ships, some of its lines replaced by others or by anything."""
    lines = LESSON.splitlines()
    anything = (
        st.text(max_size=20) | st.sampled_from(lines) | st.sampled_from(["[", "+++", "x = 1"])
    )
    for place in draw(st.lists(st.integers(0, len(lines) - 1), min_size=1, max_size=4)):
        lines[place] = draw(anything)
    return "\n".join(lines)


@few
@given(spoilt_lessons() | st.text(max_size=40))
def test_a_lesson(content):
    read(LessonError, lambda: reading.parse("a-lesson", content, "a-lesson.md"))
