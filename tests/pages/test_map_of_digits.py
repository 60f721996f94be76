import base64
import io
import json
from string import ascii_uppercase

import numpy as np
import pytest
from PIL import Image

from mnist_core.digits.data_uri import png_uri
from mnist_core.digits.datasets import mnist
from mnist_core.digits.drawings import from_strokes
from mnist_core.digits.drawings.fabric import read_fabric
from mnist_core.digits.drawings.user_drawings import Drawing
from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.features import projection, tsne
from mnist_core.evaluation.features.projection import Projection
from mnist_core.runs.run import Run
from pages.components.analysis.map_of_digits import map_view
from pages.components.shell import classes
from pages.components.shell.state import CANVAS_SHOWN, DRAWINGS
from pages.components.widgets.charts.digit_map import map_data, sprite
from tests.pages.shown import map_lists, map_of


@pytest.fixture
def errors(no_networks) -> dict[int, int]:
    return {i: (int(no_networks.y_test[i]) + 1) % 10 for i in (3, 8)}


def test_every_image_lies_in_its_place_of_the_sprite():
    images = np.random.default_rng(0).integers(0, 256, (230, 28, 28), np.uint8)
    png = base64.b64decode(sprite(images).split(",")[1])
    sheet = np.asarray(Image.open(io.BytesIO(png)))
    assert sheet.shape == (3 * 28, 100 * 28)
    for place in (0, 99, 100, 229):
        row, column = divmod(place, 100)
        cut = sheet[28 * row : 28 * row + 28, 28 * column : 28 * column + 28]
        np.testing.assert_array_equal(cut, images[place])


def test_map_data_is_ready_for_json():
    data = map_data(
        np.array([[0.5, 1], [2, 3], [4, 5]], np.float32),
        np.array([1, 2, 3], np.uint8),
        np.array([1, 2, 8], np.uint8),
        np.array([0, 5, 59_999]),
        "a",
    )
    assert json.loads(json.dumps(data)) == data
    assert map_lists(data) == {
        "x": [0.5, 2, 4],
        "y": [1, 3, 5],
        "labels": [1, 2, 3],
        "predicted": [1, 2, 8],
        "indices": [0, 5, 59_999],
    }


def test_the_map_shows_every_digit_and_its_answer(network, errors, no_networks, open_page):
    network(errors)
    data = map_of(open_page("map_of_digits"))
    assert data["labels"] == no_networks.y_test.tolist()
    wrong = np.flatnonzero(np.array(data["labels"]) != data["predicted"])
    assert wrong.tolist() == [3, 8]
    assert np.isfinite(data["x"]).all()


def test_tsne_is_chosen_by_the_address(network, errors, open_page, monkeypatch):
    network(errors)
    monkeypatch.setattr(
        tsne, "fit", lambda features, report: np.full((len(features), 2), 7, np.float32)
    )
    at = open_page("map_of_digits", method="t-SNE")
    assert set(map_of(at)["x"]) == {7}
    at = open_page("map_of_digits", method="magic")
    assert "method=magic" in at.warning[0].value


def test_where_tsne_fails_the_page_says_so(network, errors, open_page, monkeypatch):
    def fail(features, report):
        raise tsne.EmbeddingError("t-SNE ended with code 1: no memory")

    network(errors)
    monkeypatch.setattr(tsne, "fit", fail)
    at = open_page("map_of_digits", method="t-SNE")
    assert "no memory. Choose PCA" in at.error[0].value


def test_a_loop_in_the_address_shows_the_digits_in_it(network, errors, no_networks, open_page):
    network(errors)
    everywhere = map_of(open_page("map_of_digits"))
    x = np.array(everywhere["x"])
    at = open_page("map_of_digits", loop=["50,50,60,50,60,60", "0,-99,99,-99,99,99,0,99"])
    right = np.flatnonzero(x > 0)
    wrong = np.isin(right, list(errors)).sum()
    text = "\n".join(element.value for element in at.markdown)
    assert f"**{right.size} digits selected, {wrong} of them misclassified**" in text
    assert map_of(at)["loops"][1] == [[0, -99], [99, -99], [99, 99], [0, 99]]
    at.segmented_control(key="part").set_value("Validation").run()
    assert map_of(at)["loops"] == []  # they are round points of another map
    assert len(at.query_params["loop"]) == 2  # taken out, Back would lead here again
    at.segmented_control(key="part").set_value("Test").run()
    assert len(map_of(at)["loops"]) == 2


def test_the_loops_are_those_of_the_address_at_every_moment(network, errors, open_page):
    """As after the browser's Back and Forward."""
    network(errors)
    loop = "0,-99,99,-99,99,99,0,99"
    at = open_page("map_of_digits", loop=loop)
    before = map_of(at)
    del at.query_params["loop"]
    assert map_of(at.run()) == before | {"loops": []}
    at.query_params["loop"] = loop
    assert map_of(at.run()) == before


@pytest.mark.parametrize(
    "loop",
    ["", "1", "1,2,3", "1,2", "1,2,3,4", "a,b,1,2,3,4", "nan,1,2,3,4,5", "0,0,1,inf,1,0",
     "0,0,9,9,-1000001,9"],
)  # fmt: skip
def test_a_loop_that_is_none_is_said(network, errors, open_page, loop):
    network(errors)
    at = open_page("map_of_digits", loop=loop)
    assert "loop=" in at.warning[0].value
    assert "loop" not in at.query_params


def test_a_loop_without_digits_is_said(network, errors, open_page):
    network(errors)
    at = open_page("map_of_digits", loop="50,50,1000000,50,60,60")
    said = " ".join(caption.value for caption in at.caption)
    assert "The loop encloses none of the digits shown." in said
    assert len(map_of(at)["loops"]) == 1


def test_a_digit_of_the_map_opens(network, errors, open_page):
    network(errors)
    at = open_page("map_of_digits", index="8")
    assert "misclassified as" in "\n".join(element.value for element in at.markdown)


SEVEN = {
    "objects": [
        {
            "type": "path",
            "originX": "center",
            "originY": "center",
            "left": 140,
            "top": 150,
            "strokeWidth": 20,
            "path": [["M", 80, 70], ["L", 200, 72], ["L", 140, 190], ["L", 125, 230]],
        }
    ]
}


def with_drawings(at, canvas=None, saved=()):
    """The page once more, for a visitor who has drawn."""
    if canvas:
        at.session_state[CANVAS_SHOWN] = canvas
    at.session_state[DRAWINGS] = list(saved)
    at.run()
    assert not at.exception, at.exception
    return at


@pytest.mark.parametrize("method", ["PCA", "t-SNE"])
def test_ones_own_drawings_lie_on_the_map(network, errors, open_page, monkeypatch, method):
    def on_the_circle(points, features, new):
        return np.full((len(new), 2), [3, 4], np.float32)

    monkeypatch.setattr(tsne, "fit", lambda features, report: features[:, :2])
    monkeypatch.setattr(tsne, "place", on_the_circle)
    run = network(errors)
    at = open_page("map_of_digits", method=method)
    strokes = (np.array([[140, 60], [141, 140], [139, 220]], float),)
    empty = Drawing((), 3, None, "")
    at = with_drawings(at, SEVEN, [Drawing(strokes, 1, 1, "x"), empty])
    own = map_of(at)["own"]
    assert [drawing["name"].split(".")[0] for drawing in own] == ["Your drawing", "Your 1"]
    drawn = read_fabric(SEVEN)
    image = from_strokes.digit_from_strokes(drawn).image
    assert own[0]["image"] == png_uri(image)
    features = image.reshape(1, 784).astype(np.float32) / 255
    data = projection_of(run, method).place(features)[0]
    assert (own[0]["x"], own[0]["y"]) == pytest.approx(tuple(data), abs=1e-3)
    assert "A star is a drawing of yours" in " ".join(caption.value for caption in at.caption)


def projection_of(run: Run, method: str) -> Projection:
    split = cached_predictions.split_of(mnist.load(), "test", run.config)
    return projection.project(run, split, "pca" if method == "PCA" else "tsne")


def test_without_a_drawing_the_map_says_how_to_get_one_there(network, errors, open_page):
    network(errors)
    at = open_page("map_of_digits")
    assert map_of(at)["own"] == []
    assert "draw one and come back" in " ".join(caption.value for caption in at.caption)
    at = with_drawings(at, {"objects": [{"type": "nonsense"}]})
    assert map_of(at)["own"] == []


def test_a_cluster_is_selected_without_a_pointer(network, errors, no_networks, open_page):
    network(errors)
    at = open_page("map_of_digits")
    points = np.array([map_of(at)["x"], map_of(at)["y"]]).T
    at.selectbox(key="cluster").set_value(3).run()
    (corners,) = map_of(at)["loops"]
    of_threes = points[no_networks.y_test == 3]
    expected = np.quantile(of_threes, (0.25, 0.75), axis=0)
    np.testing.assert_allclose([corners[0], corners[2]], expected, rtol=1e-3, atol=1e-3)
    assert any("digits selected" in element.value for element in at.markdown)
    assert at.query_params["loop"]
    at.selectbox(key="cluster").set_value(5).run()
    assert len(map_of(at)["loops"]) == 1


def test_digits_that_are_hidden_are_not_selected(
    network, errors, no_networks, open_page, monkeypatch
):
    network(errors)
    monkeypatch.setattr(map_view, "digit_map", lambda *arguments: [0, 3])
    at = open_page("map_of_digits", loop="-999,-999,999,-999,999,999,-999,999")
    shown = ~np.isin(no_networks.y_test, [0, 3])
    text = "\n".join(element.value for element in at.markdown)
    assert f"**{shown.sum()} digits selected, {shown[[3, 8]].sum()} of them" in text
    assert at.selectbox(key="cluster").options == [*"12456789"]


def test_each_of_26_classes_has_a_mark_of_its_own(monkeypatch):
    monkeypatch.setattr(classes, "names", lambda: tuple(ascii_uppercase))
    of_none = np.zeros(0, np.int64)
    data = map_data(np.zeros((0, 2), np.float32), of_none, of_none, of_none, "1")
    assert len(set(map(tuple, data["marks"]))) == 26
    assert {shape for _, shape in data["marks"][:10]} == {"circle"}
