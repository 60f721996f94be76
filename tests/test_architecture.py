"""The map of rooms: arrows point one way, and TensorFlow stays in the training process."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = sorted((ROOT / "mnist_core").rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
# Modules that may import TensorFlow or Keras; the rooms they stand in.
TENSORFLOW_ROOMS = {"network", "training"}
# From the bottom up: a room may import itself and those before it. Those in one set know nothing
# of each other.
CORE_FLOORS = [
    {"errors", "__init__"},
    {"config"},
    {"runs"},
    {"network"},
    {"digits"},
    {"evaluation"},
    {"predict"},
    {"training"},
    {"jobs", "model_card"},
    {"cli"},
    {"__main__"},
]
PAGE_FLOORS = [{"__init__"}, {"shell"}, {"widgets"}, {"train", "analysis"}, {"draw"}]


def imports(path: Path) -> set[str]:
    """Modules imported anywhere in a file; of ``from a import b`` both ``a`` and ``a.b``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path, house: Path) -> str:
    """The folder of a file within the house; a file beside the folders is a room of its own."""
    first = path.relative_to(house).parts[0]
    return first.removesuffix(".py")


def rooms_used(path: Path, house: str) -> set[str]:
    parts = [name.split(".") for name in imports(path) if name.startswith(f"{house}.")]
    depth = house.count(".") + 1
    used = {name[depth] for name in parts if len(name) > depth}
    folder = ROOT / house.replace(".", "/")
    return {room for room in used if (folder / room).is_dir() or (folder / f"{room}.py").exists()}


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_library_knows_no_interface(path):
    assert not roots(path) & {"streamlit", "streamlit_drawable_canvas", "pages"}


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_only_the_training_rooms_import_tensorflow(path):
    if roots(path) & {"tensorflow", "keras"}:
        assert room_of(path, ROOT / "mnist_core") in TENSORFLOW_ROOMS


@pytest.mark.parametrize(
    ("path", "house", "floors"),
    [
        *((path, "mnist_core", CORE_FLOORS) for path in CORE),
        *(
            (path, "pages.components", PAGE_FLOORS)
            for path in PAGES[1:]
            if "components" in path.parts
        ),
    ],
    ids=lambda value: name_of(value) if isinstance(value, Path) else "",
)
def test_arrows_point_one_way(path, house, floors):
    room = room_of(path, ROOT / house.replace(".", "/"))
    floor = next((i for i, rooms in enumerate(floors) if room in rooms), None)
    assert floor is not None, f"{room} has no place in the map of rooms"
    allowed = set().union({room}, *floors[:floor])
    assert rooms_used(path, house) <= allowed, f"{name_of(path)} reaches up or across"


def test_pages_import_no_tensorflow():
    for path in PAGES:
        assert not roots(path) & {"tensorflow", "keras"}, path


def test_the_front_page_needs_neither_tensorflow_nor_scikit_learn():
    """Run app.py as Streamlit does and look at what it loaded."""
    code = """
import sys
from streamlit.testing.v1 import AppTest
at = AppTest.from_file("app.py", default_timeout=60).run()
assert not at.exception, at.exception
sys.exit(any(name in sys.modules for name in ("tensorflow", "keras", "sklearn")))
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert result.returncode == 0
