"""The map of rooms: imports point one way, and TensorFlow stays in the training process."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Rooms that may import TensorFlow or Keras.
TENSORFLOW_ROOMS = {"network", "training"}
# From the bottom up: a room may import itself and those before it. Those in one set know nothing
# of each other. A file beside the folders is a room of its own.
CORE_FLOORS = [
    {"errors"},
    {"config"},
    {"runs"},
    {"network"},
    {"digits"},
    {"evaluation"},
    {"predict"},
    {"lessons"},
    {"training"},
    {"jobs", "model_card", "exports"},
    {"library"},
    {"cli", "__init__"},
    {"__main__"},
]
PAGE_FLOORS = [{"__init__"}, {"shell"}, {"widgets"}, {"train", "analysis"}, {"draw", "learn"}]
TRAIN_FLOORS = [
    {"__init__"},
    {"run_in_words", "watched_run"},
    {"curves", "form"},
    {"experiments"},
    {"runs"},
    {"classroom"},
]
DIGITS_FLOORS = [
    {"__init__", "data_uri", "mnist_format", "segmentation", "non_digit_strokes"},
    {"drawings"},
    {"photos"},
    {"numbers", "datasets", "non_digits"},
]
EVALUATION_FLOORS = [
    {"__init__", "metrics", "learning_curves", "sweeps"},
    {"cached_predictions", "comparison", "label_issues"},
    {"temperature_scaling", "non_digit_detector", "run_figures"},
    {"features", "internals", "robustness"},
    {"charts"},
]
WIDGETS_FLOORS = [{"__init__", "address_choices"}, {"browser"}, {"charts"}, {"images"}, {"what_if"}]
ANALYSIS_FLOORS = [
    {"__init__", "data", "split_predictions"},
    {"choices", "label_issue_search"},
    {"digits"},
    {"errors", "calibration", "network", "map_of_digits"},
]
DRAW_FLOORS = [
    {"__init__", "canvas", "answer"},
    {"my_drawings", "photo"},
    {"canvas_answer", "look_closer"},
    {"live"},
    {"stage"},
    {"canvas_first"},
]
LAYERS = {
    "mnist_core": CORE_FLOORS,
    "mnist_core.digits": DIGITS_FLOORS,
    "mnist_core.evaluation": EVALUATION_FLOORS,
    "pages.components": PAGE_FLOORS,
    "pages.components.analysis": ANALYSIS_FLOORS,
    "pages.components.draw": DRAW_FLOORS,
    "pages.components.widgets": WIDGETS_FLOORS,
    "pages.components.train": TRAIN_FLOORS,
}


def imports(path: Path) -> set[str]:
    """Modules imported anywhere in a file, also within functions; of `from a import b` both
    `a` and `a.b`; for a call of `__import__` that name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Name) and node.id == "__import__":
            found.add(node.id)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{path}: a relative import, which this map does not see"
            assert not node.level, f"{path}: a relative import, which this map does not see"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


# Read while tests are collected: later on, other tests have left threads behind.
CORE = {path: imports(path) for path in sorted((ROOT / "mnist_core").rglob("*.py"))}
STARTED = [ROOT / "app.py", ROOT / "serve.py", *sorted((ROOT / "pages").glob("*.py"))]
COMPONENTS = sorted((ROOT / "pages" / "components").rglob("*.py"))
PAGES = {path: imports(path) for path in [*STARTED, *COMPONENTS]}


def roots(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


def room_of(path: Path, house: str) -> str:
    return path.relative_to(ROOT / house.replace(".", "/")).parts[0].removesuffix(".py")


def rooms_used(modules: set[str], house: str) -> set[str]:
    folder, depth = ROOT / house.replace(".", "/"), house.count(".") + 1
    parts = [name.split(".") for name in modules if name.startswith(f"{house}.")]
    used = {name[depth] for name in parts}
    return {room for room in used if (folder / room).is_dir() or (folder / f"{room}.py").exists()}


def in_house(house: str) -> dict[Path, set[str]]:
    folder = ROOT / house.replace(".", "/")
    return {path: used for path, used in (CORE | PAGES).items() if path.is_relative_to(folder)}


def test_the_library_knows_no_interface():
    for path, modules in CORE.items():
        assert not roots(modules) & {"streamlit", "streamlit_drawable_canvas", "pages"}, path


def test_nothing_imports_a_page_or_a_script_that_starts_the_app():
    started = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in STARTED}
    for path, modules in (CORE | PAGES).items():
        assert not modules & started, path


def test_no_import_hides_from_this_map():
    for path, modules in (CORE | PAGES).items():
        assert not roots(modules) & {"importlib", "runpy", "__import__"}, path


def test_widgets_know_nothing_of_runs():
    for path, modules in PAGES.items():
        if path.is_relative_to(ROOT / "pages" / "components" / "widgets"):
            assert not {name for name in modules if name.startswith("mnist_core.runs")}, path


def test_only_the_training_rooms_import_tensorflow():
    for path, modules in CORE.items():
        if roots(modules) & {"tensorflow", "keras"}:
            assert room_of(path, "mnist_core") in TENSORFLOW_ROOMS, path


@pytest.mark.parametrize("house", LAYERS)
def test_imports_point_one_way(house):
    layers = LAYERS[house]
    for path, modules in in_house(house).items():
        room = room_of(path, house)
        layer = next((i for i, rooms in enumerate(layers) if room in rooms), None)
        assert layer is not None, f"{room} has no place in the map of rooms"
        beyond = rooms_used(modules, house) - set().union({room}, *layers[:layer])
        assert not beyond, f"{path.relative_to(ROOT)} reaches up or across to {sorted(beyond)}"


@pytest.mark.parametrize("house", LAYERS)
def test_the_map_holds_no_room_that_is_gone(house):
    rooms = {room_of(path, house) for path in in_house(house)}
    assert set().union(*LAYERS[house]) == rooms


def test_pages_import_no_tensorflow():
    for path, modules in PAGES.items():
        assert not roots(modules) & {"tensorflow", "keras"}, path


def test_what_pages_show_needs_no_scikit_learn():
    """It would take 27 MB of every server, with what it imports."""
    for path, modules in {**PAGES, **CORE}.items():
        if "training" not in path.parts and path.name != "sample.py":
            assert "sklearn" not in roots(modules), path


def test_the_front_page_needs_neither_tensorflow_nor_scikit_learn():
    """Run app.py as Streamlit does and look at what it loaded."""
    code = """
import sys
from streamlit.testing.v1 import AppTest
at = AppTest.from_file("app.py", default_timeout=60).run().run()  # the canvas, then the page
assert at.selectbox and not at.exception, at.exception
sys.exit(any(name in sys.modules for name in ("tensorflow", "keras", "sklearn")))
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert result.returncode == 0


# Files of tests that are about several modules of their room.
ABOUT_SEVERAL_MODULES = {
    "tests/core/cli/test_commands.py",
    "tests/core/digits/numbers/test_numbers.py",
    "tests/core/digits/photos/test_photo_surroundings.py",
    "tests/core/jobs/test_fine_tuned_networks.py",
    "tests/core/jobs/test_real_workers.py",
    "tests/core/jobs/test_sweeps.py",
    "tests/core/training/test_speedrun.py",
    "tests/pages/components/widgets/what_if/test_what_if.py",
}


@pytest.mark.parametrize("of", ["core", "pages/components"])
def test_a_file_of_tests_lies_in_the_room_of_the_module_that_it_names(of):
    code = ROOT / {"core": "mnist_core"}.get(of, of)
    of_none = set()
    for path in (ROOT / "tests" / of).glob("*/**/test_*.py"):
        inside = path.relative_to(ROOT / "tests" / of)
        module = code / inside.with_name(inside.name.removeprefix("test_"))
        if not (module.exists() or module.with_suffix("").is_dir()):
            of_none.add(path.relative_to(ROOT).as_posix())
    assert of_none == {path for path in ABOUT_SEVERAL_MODULES if path.startswith(f"tests/{of}/")}


def test_no_file_of_tests_imports_another():
    """What several of them need is in a module without `test_` in its name."""
    for path in (ROOT / "tests").rglob("*.py"):
        own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        others = {name for name in imports(path) if not f"{name}.".startswith(f"{own}.")}
        assert not {name for name in others if ".test_" in name and name.startswith("tests.")}, path
