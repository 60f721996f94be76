"""The page that shows a network from inside, without a browser."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from mnist_core import __version__
from mnist_core.config import palette
from mnist_core.digits.data_uri import png_uri
from mnist_core.evaluation.internals import loss_landscape
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from mnist_core.runs.run import Run
from pages.components.analysis.network import layer_table
from pages.components.shell.state import CANVAS_SHOWN
from pages.components.widgets.images.weight_tiles import NEGATIVE, POSITIVE, mosaic
from tests.pages.conftest import clickables
from tests.pages.draw_page import fabric


def all_html(app) -> list[str]:
    return [*(element.proto.body for element in app.get("html")), *clickables(app)]


def pictures(app):
    found = []
    for html in all_html(app):
        if match := re.search(r'base64,([^"]+)" alt="([^"]+)"', html):
            image = Image.open(io.BytesIO(base64.b64decode(match[1])))
            found.append((match[2], image.size))
    return dict(found)


@pytest.mark.usefixtures("digits")
def test_layers_weights_and_activations_of_the_chosen_network_are_shown(open_page):
    app = open_page("network", run="early-stopping")
    assert app.sidebar.selectbox(key="network").options[0] == "99.66% · champion"
    parameters = app.table[0].value["Parameters"]
    assert sum(int(number.replace(",", "")) for number in parameters) == 570_506
    shown = pictures(app)
    assert shown["Weights of 64 units of the first layer"] == (8 * 29 - 1, 8 * 29 - 1)
    assert shown["Activations of hidden layer 1"] == (64, 8)
    assert shown["Activations of hidden layer 3"] == (64, 2)


def test_first_weights_of_kept_epochs_are_shown_and_a_network_without_says_so(
    open_page, monkeypatch
):
    app = open_page("network", run="early-stopping")
    assert app.select_slider(key="epoch").value == "final"
    final = first_weights(app)
    used = Classifier.load(store.get("early-stopping").weights_path).kernels[0]
    strongest = np.sort(np.argsort(-np.linalg.norm(used, axis=0))[:64])
    assert png_uri(mosaic(used.T[strongest].reshape(-1, 28, 28), 8)) in final
    app.select_slider(key="epoch").set_value("1").run()
    after_one = first_weights(app)
    assert after_one != final
    app = open_page("network", run="early-stopping", epoch="1")
    assert first_weights(app) == after_one
    monkeypatch.setattr(Run, "epochs", lambda run: [])
    app = open_page("network", run="early-stopping")
    assert any("no earlier epoch" in caption.value for caption in app.caption)


def first_weights(app) -> str:
    (found,) = (html for html in all_html(app) if "of the first layer" in html)
    return found


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ([], "Draw on the Draw page"),
        (fabric([["M", 140, 140], ["L", 140, 141]])["objects"], "This is only a dot"),
        ([{"type": "image"}], "can't be shown. "),
    ],
)
def test_a_drawing_without_a_digit_is_not_offered_and_the_reason_is_said(
    network, open_page, objects, said
):
    network({})
    at = open_page("network")
    at.session_state[CANVAS_SHOWN] = {"objects": objects}
    at.run()
    assert at.button_group(key="way-source").options == ["A test digit"]
    assert any(said in caption.value for caption in at.caption)


def test_a_mosaic_puts_each_value_where_it_belongs():
    values = np.zeros((3, 2, 2))
    values[0, 0, 1], values[2, 1, 0] = 1.0, -0.5
    image = mosaic(values, 2)
    assert image.shape == (5, 5, 4)
    np.testing.assert_array_equal(image[0, 1], (*POSITIVE, 255))
    np.testing.assert_array_equal(image[4, 0, :3], NEGATIVE)
    assert (image[..., 3] > 0).sum() == 2


def test_weights_for_a_unit_have_the_colour_of_for_and_those_against_of_against():
    """As in the saliency map: what is blue there is never orange here."""
    assert palette.rgb(palette.FOR_MARK) == POSITIVE
    assert palette.rgb(palette.AGAINST_MARK) == NEGATIVE


def test_the_version_is_below_all_else_in_the_sidebar(network, open_page):
    network({})
    at = open_page("network")
    foot = [element.type for element in at.sidebar if element.type in ("selectbox", "caption")]
    assert foot[-2:] == ["selectbox", "caption"]
    assert at.sidebar.caption[-1].value == f"Version {__version__}"


def test_where_parameters_and_time_go_is_said(open_page, monkeypatch):
    seconds = np.array([6e-5, 2e-5, 1e-5, 1e-5])
    monkeypatch.setattr(layer_table, "layer_times", lambda classifier, report: seconds)
    app = open_page("network", run="leaky-relu")
    table = app.table[0].value
    leaky = "batch normalization, LeakyReLU"  # in the preset's order: Dense, BatchNorm, LeakyReLU
    assert list(table["After the weighted sum"]) == [
        leaky, f"{leaky}, dropout 0.2", f"{leaky}, dropout 0.1", "softmax",
    ]  # fmt: skip
    app = open_page("network", run="compact")
    (said,) = (c.value for c in app.caption if "of the parameters are in" in c.value)
    assert said.startswith("79% of the parameters are in hidden layer 1, and 60% of the time")
    assert list(app.table[0].value["Time"]) == ["60 µs", "20 µs", "10 µs", "10 µs"]


def test_the_network_is_a_diagram_to_save_and_histograms_after_each_epoch(open_page, digits):
    app = open_page("network", run="compact")
    app.pills(key="whole-network").set_value("Diagram, to save as SVG").run()
    options = app.select_slider(key="diagram-epoch").options
    assert options == [*"48", "16", "36", "76", "160", "final"]
    final = [html for html in all_html(app) if 'class="network-svg"' in html]
    app.select_slider(key="diagram-epoch").set_value("4").run()
    assert len(final) == 1
    assert final != [html for html in all_html(app) if 'class="network-svg"' in html]
    app.pills(key="whole-network").set_value("Over the epochs · Histograms").run()
    assert not app.exception, app.exception
    classifier = Classifier.load(store.get("compact").weights_path)
    zeros = (classifier.activations(digits.x_test)[0] <= 0).mean()
    (said,) = (c.value for c in app.caption if "Share of outputs that are 0 or less" in c.value)
    assert said.endswith(f"final {100 * zeros:.0f}%.")
    weights, activations = (html for html in all_html(app) if 'class="line-plot"' in html)
    for html in (weights, activations):
        assert re.findall("<title>(.*?)</title>", html) == [
            *(f"epoch {epoch}" for epoch in (4, 8, 16, 76, 160)),
            "final",
        ]
    app.button_group(key="distribution-layer").set_value(3).run()
    assert not any("Share of outputs that are 0 or less" in c.value for c in app.caption)


def test_the_loss_landscape_is_that_of_the_network_and_too_few_epochs_are_reported(
    open_page, digits, monkeypatch
):
    app = open_page("network", run="compact")
    app.pills(key="whole-network").set_value("Over the epochs · Loss landscape").run()
    assert not app.exception, app.exception
    found = loss_landscape.measure(store.get("compact"), digits)
    first, *_, last = (f"{loss:.3g}" for loss in found.path_losses)
    (words,) = (text.value for text in app.markdown if "losses in the picture" in text.value)
    assert f"After epoch 4 the loss was {first}; with the final weights it is {last}." in words
    assert f"The lowest of the 289 losses in the picture is {found.losses.min():.3g}" in words
    held = [f"{100 * share:.1f}%" for share in found.explained]
    (said,) = (c.value for c in app.caption if "of the variance" in c.value)
    assert f"They hold {held[0]} and {held[1]} of the variance" in said
    assert "Batch normalization is part of the weights" in said
    assert len(app.table[-1].value) == 7
    monkeypatch.setattr(Run, "epochs", lambda run: [4, 8])
    app.run()
    assert any("this view needs 3 or more" in caption.value for caption in app.caption)
