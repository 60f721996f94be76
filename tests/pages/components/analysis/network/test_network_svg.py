"""The diagram of a network that can be saved."""

from xml.etree import ElementTree

import pytest

from mnist_core.config import palette
from mnist_core.evaluation.internals import diagram_units
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from pages.components.analysis.network.network_svg import network_svg

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def compact() -> Classifier:
    return Classifier.load(store.get("compact").weights_path)


def test_it_shows_the_view_and_is_well_formed_whatever_the_title(compact):
    view = diagram_units.view(compact)
    root = ElementTree.fromstring(network_svg(view, compact, "<b>&\"'"))
    assert root.find(f"{SVG}title").text == "<b>&\"'"
    circles = list(root.iter(f"{SVG}circle"))
    assert len(circles) == 10 + sum(len(column["units"]) for column in view["columns"])
    lines = list(root.iter(f"{SVG}line"))
    weights = [weight for of in view["connections"] for weight in of["weights"]]
    assert len(lines) == len(weights)
    for line, weight in zip(lines, weights, strict=True):
        colour = palette.FOR_MARK if weight >= 0 else palette.AGAINST_MARK
        assert line.get("stroke") == colour
    width, height = (float(root.get(name)) for name in ("width", "height"))
    for line in lines:
        assert 0 <= float(line.get("x1")) < float(line.get("x2")) <= width
        assert all(0 <= float(line.get(name)) <= height for name in ("y1", "y2"))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "96 units, GELU" in texts
    assert "784 pixels" in texts


def test_a_network_without_hidden_layers_has_lines_from_pixels_to_outputs(compact):
    bare = Classifier((compact.kernels[0][:, :10],), (compact.biases[0][:10],), ())
    root = ElementTree.fromstring(network_svg(diagram_units.view(bare), bare, "bare"))
    assert len(list(root.iter(f"{SVG}circle"))) == 10
    assert list(root.iter(f"{SVG}line"))
