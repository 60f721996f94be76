"""What the app uses of other packages without their promise is still there.

Streamlit, drawable-canvas and Plotly promise nothing about the class names, files and state below,
so requirements.txt pins these packages to the patch series. No public way does the same. When one
of these tests fails after an update, its message names what stops working.

How Keras lays out its files is tested in tests/core/network/test_keras_model.py.
"""

import ast
import re
from functools import cache
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

import pytest

import mnist_core

PAGES = Path(__file__).parents[2] / "pages"

# The names of Streamlit's page that our style sheets and scripts use, and what breaks without each.
STREAMLIT = {
    "InputInstructions": "over the end of a name that is typed lies “Press Enter”",
    "stApp": "undo, redo and clear are no longer acted on, nothing shows that a click is being "
    "answered, dialogs have the light theme's colours in the dark, the projector view shows all",
    "stAppViewContainer": "a printed page ends where the window does",
    "stBaseButton-": "in the dark the words of a primary button are hard to read",
    "stCaptionContainer": "captions are hard to read",
    "stColumn": "columns are too narrow where the menu leaves little room",
    "stDialog": "a dialog is not printed as a whole",
    "stElementContainer": "the next steps on the Draw page do not fill their columns, and a "
    "field's name may be printed on the page before it",
    "stFileChipDeleteBtn": "an answer stays above a photo that was refused",
    "stFileUploaderDropzone": "a screen reader may leave an uploader's name out",
    "stFileUploader": "a photo that is dropped on the uploader is uploaded twice",
    "stHeader": "the header lies over a phone's low screen, in the projector view and on paper",
    "stHorizontalBlock": "on a phone held across, the canvas' tools do not form a column",
    "stLayoutWrapper": "canvas and answer no longer stand beside each other",
    "stMain": "a frame is drawn around the page when a key is pressed after a click, titles are "
    "large on phones, a printed page ends where the window does, and a lesson's step begins in the "
    "middle",
    "stMainBlockContainer": "pages begin far below the top edge",
    "stMarkdownContainer": "tables in texts are cut off on a phone",
    "stMetric": "figures are cut in two between printed pages",
    "stMetricValue": "a run's long figures are broken in two on a phone",
    "stMultiSelect": "in the dark the names of chosen networks are hard to read",
    "stNumberInputClearButton": "fields for numbers have a button that empties them",
    "stPageLink": "the link that has the focus looks like that of the page shown",
    "stPopoverButton": "in the dark the words of an open popover's button are hard to read",
    "stProgress": "to a screen reader every progress bar is called “progress”",
    "stSidebar": "on small screens the menu stays open, and it is printed",
    "stSidebarCollapseButton": "on small screens the menu stays open",
    "stStatusWidget": "a Stop button appears at the top of the page during each rerun",
    "stTable": "tables are cut off on a phone",
    "stToast": "to a screen reader a notice has no name",
    "stToastContainer": "on a phone a notice over the canvas takes strokes",
    "stToastText": "to a screen reader a notice has no name",
    "stVerticalBlock": "what stands below work that is waited for takes clicks, which then wait",
    "data-collapsed": "on small screens the menu stays open, and columns are too narrow beside it",
    "data-stale": "watched digits fade at times while a network learns",
    "data-tag": "in the dark the names of chosen networks are hard to read",
    "data-test-script-state": "undo, redo and clear are no longer acted on, and nothing shows that "
    "a click is being answered",
    "data-variant": "with forced colours nothing shows what is chosen",
}
OURS = {
    "data-axis",
    "data-brush",
    "data-calm",
    "data-cells",
    "data-column",
    "data-digit-lab",
    "data-index",
    "data-live",
    "data-out",
    "data-run",
    "data-shows",
    "data-testid",
}
# Likewise the classes within the canvas (draw/canvas/canvas.js, draw/live/live_bars.js) and within
# Plotly's charts (train/curves/live_curves.css and widgets/charts/chart.css).
CANVAS = {
    "upper-canvas": "the bars no longer follow the pen, and nothing draws the example",
    "dc-toolbar": "an invisible toolbar takes the touches of the canvas' upper right corner",
    "dc-root": "the canvas is larger than its place on the page",
    "dc-scroll": "the canvas scrolls within its place on the page",
    "dc-container": "the canvas is larger than its place on the page",
    "canvas-container": "the canvas is larger than its place on the page",
}
PLOTLY = {
    "gridlayer": "the grid of charts has the light theme's colour in the dark",
    "hoverlayer": "what is shown beside the pointer has the light theme's colours in the dark",
    "hovertext": "what is shown beside the pointer has the light theme's colours in the dark",
    "scatterlayer": "curves are dim in the dark",
    "spikeline": "the line at the pointer covers the curves",
}
# Package, text that its files must hold, which files, what breaks.
TEXTS = [
    *(("streamlit", name, "static/**/*.js", breaks) for name, breaks in STREAMLIT.items()),
    ("streamlit", "Page not found", "static/**/*.js", "it tells of this in its own words"),
    ("streamlit", "st-emotion-cache", "static/**/*.js", "the dark theme prints black paper"),
    (
        "streamlit", "_stcore/upload_file", "web/**/*.py",
        "a server holds any amount of uploaded files (upload_limit.py)",
    ),
    (
        "streamlit", 'BASE_ROUTE_COMPONENT: Final = "component"', "web/**/*.py",
        "no browser gets a network's weights or Plotly (served_folder.py)",
    ),
    (
        "streamlit", "file_storage", "runtime/*.py",
        "no file can be uploaded: it is not known how much a server holds (upload_limit.py)",
    ),
    (
        "streamlit", "if is_dataframe_like(value):", "components/v2/bidi_component/*.py",
        "a server takes 40 MB more from its first page on (component_data.py)",
    ),
    *(
        ("streamlit_drawable_canvas", name, "frontend/build/*", breaks)
        for name, breaks in CANVAS.items()
    ),
    (
        "streamlit_drawable_canvas", "isolate_styles=True", "*.py",
        "the canvas is no longer found by its shadow root, so its toolbar is not hidden",
    ),
    *(("plotly", name, "package_data/plotly.min.js", breaks) for name, breaks in PLOTLY.items()),
]  # fmt: skip


def names_used() -> dict[str, set[str]]:
    """Streamlit's names in our style sheets and scripts, and in which files."""
    name = re.compile(r'(?<![\w-])(?:st[A-Z]\w+-?|data-[a-z]+(?:-[a-z]+)*)|(?<=data-testid=")\w+')
    found: dict[str, set[str]] = {}
    for path in sorted(PAGES.rglob("*")):
        if path.suffix in (".css", ".js"):
            for used in set(name.findall(path.read_text("utf-8"))) - OURS:
                found.setdefault(used, set()).add(path.name)
    return found


def test_every_name_of_streamlit_in_style_sheets_and_scripts_is_known():
    used = names_used()
    for name in used.keys() - STREAMLIT.keys():
        pytest.fail(
            f"{sorted(used[name])} use {name!r}, which Streamlit does not promise: say in "
            "STREAMLIT what breaks without it. If it is a name of ours, add it to OURS."
        )
    gone = STREAMLIT.keys() - used.keys()
    assert not gone, f"no style sheet or script uses {sorted(gone)}: take them out of STREAMLIT"


def folder(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None, package
    assert spec.submodule_search_locations, package
    return Path(next(iter(spec.submodule_search_locations)))


@cache
def texts(package: str, files: str) -> str:
    return "\n".join(path.read_text("utf-8") for path in folder(package).glob(files))


@pytest.mark.parametrize(
    ("package", "text", "files", "breaks"), TEXTS, ids=lambda value: str(value)[:30]
)
def test_the_packages_still_hold_the_names_that_the_app_relies_on(package, text, files, breaks):
    literal = re.escape(text)  # first, as a search for a plain text is 100 times as quick
    whole = re.compile(rf"{literal}(?<![\w-]{literal})(?![\w-])")
    found = whole.search(texts(package, files))
    version = distribution(package.replace("_", "-")).version
    assert found, f"{package} {version} no longer has {text}: {breaks}."


def test_the_canvas_still_keeps_its_drawing_in_the_session_state():
    """The Draw page reads `st.session_state[key]["drawing"]["raw"]` before the canvas is drawn,
    so that the answer can be sent first; `st_canvas` itself gives it too late."""
    source = (folder("streamlit_drawable_canvas") / "__init__.py").read_text("utf-8")
    for name in ("drawing", "raw"):
        assert f'"{name}"' in source, (
            f"drawable-canvas has no {name!r} in its state any more: the Draw page sees no strokes "
            "(pages/components/draw/canvas/canvas.py)."
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
    """Our optimizers are written by Keras' documented way: `build`, `add_optimizer_variables`
    and `update_step`."""
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
