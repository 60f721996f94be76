"""What the app uses of other packages without their promise is still there.

Streamlit, drawable-canvas and Plotly promise nothing about the class names, files and state below,
so requirements.txt pins these packages to the patch series. No public way does the same. When one
of these tests fails after an update, its message names what stops working, and where.
"""

import ast
import re
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

import pytest

import mnist_core

# Package, text that its files must hold, which files, what breaks, where it is used.
TEXTS = [
    (
        "streamlit", "stApp", "static/**/*.js",
        "undo, redo and clear are no longer acted on",
        "pages/components/draw/canvas.js",
    ),
    (
        "streamlit", "data-test-script-state", "static/**/*.js",
        "undo, redo and clear are no longer acted on",
        "pages/components/draw/canvas.js",
    ),
    (
        "streamlit", "stMainBlockContainer", "static/**/*.js",
        "pages begin far below the top edge",
        "pages/components/shell",
    ),
    (
        "streamlit", "stStatusWidget", "static/**/*.js",
        "a Stop button appears at the top of the page during each rerun",
        "pages/components/shell",
    ),
    (
        "streamlit", "data-stale", "static/**/*.js",
        "watched digits fade at times while a network learns",
        "pages/components/train/live_curves.css",
    ),
    (
        "streamlit", "stMain", "static/**/*.js",
        "a frame is drawn around the page when a key is pressed after a click",
        "pages/components/draw",
    ),
    (
        "streamlit_drawable_canvas", "upper-canvas", "frontend/build/*.js",
        "the bars no longer follow the pen while a stroke is drawn",
        "pages/components/draw/live_bars.js",
    ),
    (
        "streamlit_drawable_canvas", "dc-toolbar", "frontend/build/*",
        "an invisible toolbar takes the touches of the canvas' upper right corner",
        "pages/components/draw/canvas.js",
    ),
    (
        "streamlit_drawable_canvas", "isolate_styles=True", "*.py",
        "the canvas is no longer found by its shadow root, so its toolbar is not hidden",
        "pages/components/draw/canvas.js",
    ),
]  # fmt: skip


def folder(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None, package
    assert spec.submodule_search_locations, package
    return Path(next(iter(spec.submodule_search_locations)))


@pytest.mark.parametrize(
    ("package", "text", "files", "breaks", "used_in"), TEXTS, ids=lambda value: str(value)[:30]
)
def test_the_packages_still_hold_the_names_that_the_app_relies_on(
    package, text, files, breaks, used_in
):
    literal = re.escape(text)  # first, as a search for a plain text is 100 times as quick
    whole = re.compile(rf"{literal}(?<![\w-]{literal})(?![\w-])")
    found = any(whole.search(path.read_text("utf-8")) for path in folder(package).glob(files))
    version = distribution(package.replace("_", "-")).version
    assert found, f"{package} {version} no longer has {text}: {breaks} ({used_in})."


def test_plotly_still_ships_its_javascript():
    file = folder("plotly") / "package_data" / "plotly.min.js"
    assert file.is_file(), "plotly no longer ships this file: learning curves cannot be drawn."
    version = distribution("plotly").version
    assert len(file.read_bytes()) > 1_000_000, f"plotly {version} ships no complete plotly.min.js"


def test_the_canvas_still_keeps_its_drawing_in_the_session_state():
    """The Draw page reads ``st.session_state[key]["drawing"]["raw"]`` before the canvas is drawn,
    so that the answer can be sent first; ``st_canvas`` itself gives it too late."""
    source = (folder("streamlit_drawable_canvas") / "__init__.py").read_text("utf-8")
    for name in ("drawing", "raw"):
        assert f'"{name}"' in source, (
            f"drawable-canvas has no {name!r} in its state any more: the Draw page sees no strokes "
            "(pages/components/draw/canvas.py)."
        )


def private_names(tree: ast.AST) -> tuple[set[str], set[str]]:
    """The private names, with one underscore, that a file defines, and those that it uses."""
    defined, used = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.add(node.id)
        elif isinstance(node, ast.Attribute):
            (defined if isinstance(node.ctx, ast.Store) else used).add(node.attr)
    defined, used = (
        {name for name in found if name.startswith("_") and name[1:2] != "_"}
        for found in (defined, used)
    )
    return defined, used


def test_nothing_that_keras_and_tensorflow_keep_private_is_used():
    """Our optimizers are written by Keras' documented way: ``build``, ``add_optimizer_variables``
    and ``update_step``."""
    found = {
        path: private_names(ast.parse(path.read_text("utf-8")))
        for path in Path(mnist_core.__file__).parent.rglob("*.py")
    }
    ours = set().union(*(defined for defined, _ in found.values()))
    for path, (_, used) in found.items():
        if path.parent.name in ("training", "network"):
            assert used <= ours, (
                f"{path.name} uses {used - ours}, which Keras or TensorFlow may take away at any "
                "time: training would break. Use a documented way."
            )
