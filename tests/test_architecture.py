"""The module map: arrows point down only, and TensorFlow stays in the worker."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "mnist_core").glob("*.py"))
TENSORFLOW_MODULES = {"network", "augmentation", "steps", "teacher", "training", "worker"}
# From the top down: a module may import those after it.
LAYERS = [
    {"__main__"},
    {"teaching"},
    {"jobs"},
    {"standby"},
    {"worker"},
    {"rejection"},
    {"training"},
    {"teacher", "script", "calibration", "embedding", "doubtful"},
    {"steps", "results", "collection", "non_digits"},
    {"network", "augmentation", "drawings"},
    {"figures", "explanation"},
    {"pixels"},
    {"evaluation", "inference", "preprocessing"},
    {"datasets", "strokes", "runs", "advice"},
    {"config", "history"},
    {"__init__"},
]


def imports(path: Path) -> set[str]:
    """Top-level names imported anywhere in a file, mnist_core's as ``mnist_core.<module>``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_library_knows_no_interface(path):
    assert not roots(path) & {"streamlit", "streamlit_drawable_canvas", "pages"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_only_the_training_modules_import_tensorflow(path):
    if roots(path) & {"tensorflow", "keras"}:
        assert path.stem in TENSORFLOW_MODULES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_arrows_point_down_only(path):
    level = next((i for i, names in enumerate(LAYERS) if path.stem in names), None)
    assert level is not None, f"{path.stem} has no place in the module map"
    below = set().union(*LAYERS[level + 1 :])
    used = {
        name.split(".")[1]
        for name in imports(path)
        if name.startswith("mnist_core.")
        and (ROOT / "mnist_core" / f"{name.split('.')[1]}.py").exists()
    }
    assert used <= below, f"{path.stem} imports {used - below}, which stands no lower"


def test_pages_import_no_tensorflow():
    for path in (ROOT / "app.py", *(ROOT / "pages").rglob("*.py")):
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
