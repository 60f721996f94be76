import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from mnist_core import __version__
from mnist_core.digits.datasets import mnist
from mnist_core.lessons import glossary
from pages.components.analysis.data import one_image
from tests.pages.conftest import chart_of, grids, path_of


def shown(at) -> list[int]:
    return [int(n) for n in re.findall(r">No\. (\d+)<", grids(at)[0])]


def test_name_sizes_and_values_are_shown_even_without_a_network(no_networks, open_page):
    at = open_page("data")
    values = {metric.label: metric.value for metric in at.metric}
    assert values == {
        "Training digits": "300",
        "Test digits": "100",
        "Size": "28 × 28",
        "Values": "0 to 255",
    }
    said = at.get("html")[0].proto.body
    assert re.sub("<[^>]*>", "", said).startswith("MNIST")
    assert glossary.by_form()["mnist"].meaning in said


def test_the_table_counts_each_digit(no_networks, open_page):
    table = open_page("data").dataframe[0].value
    assert table["Training"].tolist() == np.bincount(no_networks.y_train, minlength=10).tolist()
    assert table["Test"].sum() == 100


def test_the_bars_are_the_share_of_each_digit_in_its_set(no_networks, open_page):
    shown = chart_of(open_page("data"), "class-distribution")
    assert not shown["clickable"]
    bars = {bars["name"]: bars["y"] for bars in shown["figure"]["data"]}
    assert bars == {
        name: [pytest.approx(np.mean(labels == digit)) for digit in range(10)]
        for name, labels in (("Training", no_networks.y_train), ("Test", no_networks.y_test))
    }


def test_the_images_are_those_of_the_digit_and_set_in_the_address(no_networks, open_page):
    at = open_page("data", digit="7", set="Test")
    sevens = np.flatnonzero(no_networks.y_test == 7)
    assert set(shown(at)) <= set(sevens.tolist())
    assert len(shown(at)) == min(48, sevens.size)


def test_the_button_shows_other_images(no_networks, open_page):
    at = open_page("data")
    before = shown(at)
    at.button(key="other-images").click().run()
    assert len(before) == len(shown(at)) == 48
    assert before != shown(at)


def test_a_warning_does_not_move_the_images_so_no_click_is_lost(no_networks, open_page):
    app = open_page("data", digit="12")
    way = path_of(app, "other-images")
    app.query_params.clear()
    assert path_of(app.run(), "other-images") == way


def test_unknown_values_in_the_address_are_named(no_networks, open_page):
    at = open_page("data", digit="eleven", set="Validation")
    assert "digit=eleven" in at.warning[0].value
    assert "set=Validation" in at.warning[1].value
    assert at.selectbox(key="digit").value == "any"


LARGE = r'src="data:image/png;base64,([^"]+)" alt="Handwritten[^"]*" class="large-picture"'


@pytest.mark.parametrize(("part", "index"), [("Training", 0), ("Test", 17)])
def test_an_image_is_found_by_its_number_and_shown_with_its_levels(
    no_networks, open_page, part, index
):
    query = {"number": str(index), "magnified": part} if index else {}
    at = open_page("data", **query)
    images, labels = {
        "Training": (no_networks.x_train, no_networks.y_train),
        "Test": (no_networks.x_test, no_networks.y_test),
    }[part]
    assert any(f"labelled {labels[index]}" in caption.value for caption in at.caption)
    # In the page itself: a file of its own would be gone from the server as soon as one leaves.
    html = "".join(element.proto.body for element in at.get("html"))
    picture = re.findall(LARGE, html)[-1]
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))))
    assert np.array_equal(shown, images[index])
    levels = [int(level) for level in re.findall(r"<td[^>]*>(\d+)</td>", html)]
    assert levels == images[index].ravel().tolist()
    (words,) = (text.value for text in at.markdown if "one-hot" in text.value)
    level, place, given = re.search(
        r", (\d+), is input No\. (\d+) of 784 and becomes ([\d.]+)\.", words
    ).groups()
    assert levels[int(place) - 1] == int(level) == max(levels)
    assert float(given) == pytest.approx(int(level) / 255, abs=5e-4)
    one_hot = words.split("(*one-hot*): ")[1].removesuffix(".").split()
    assert one_hot == ["1" if digit == labels[index] else "0" for digit in range(10)]
    at.number_input(key="magnified-number").set_value(5).run()
    assert at.query_params["number"] == "5"
    assert any(f"labelled {labels[5]}" in caption.value for caption in at.caption)


def test_augmentation_shows_versions_of_the_image_at_the_strengths_of_its_sliders(
    no_networks, open_page
):
    def versions() -> list[np.ndarray]:
        (grid,) = (
            element.proto.body
            for element in at.get("html")
            if element.proto.body.count("<figure") == one_image.VERSIONS_SHOWN
        )
        found = re.findall(r"data:image/png;base64,([^\"')]+)", grid)
        return [np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))) for png in found]

    at = open_page("data", number="7")
    first = versions()
    assert len(first) == one_image.VERSIONS_SHOWN
    assert len({version.tobytes() for version in first}) > 6
    at.button(key="other-versions").click().run()
    assert not np.array_equal(np.array(versions()), np.array(first))
    for slider in [slider for slider in at.slider if slider.key.startswith("augmented-")]:
        slider.set_value(0.0)
    at.run()
    assert all(np.array_equal(version, no_networks.x_train[7]) for version in versions())


def test_a_number_beyond_the_set_is_named(no_networks, open_page):
    at = open_page("data", number="300")  # of 300
    assert "number=300" in at.warning[0].value
    assert at.number_input(key="magnified-number").value == 0


def test_the_most_typical_and_the_strangest_images_of_each_digit_are_named(no_networks, open_page):
    at = open_page("data")
    html = "".join(element.proto.body for element in at.get("html"))
    assert "Mean image of the digit 3" in html
    assert "Spread of the digit 9" in html
    at.button_group(key="class-pictures").set_value("Strangest").run()
    sevens = np.flatnonzero(no_networks.y_train == 7)
    pixels = no_networks.x_train[sevens].reshape(len(sevens), -1).astype(float)
    farthest = sevens[np.linalg.norm(pixels - pixels.mean(axis=0), axis=1).argmax()]
    (line,) = (c.value for c in at.caption if c.value.startswith("7: No."))
    assert line.startswith(f"7: No. {farthest},")


@pytest.mark.parametrize(
    "page",
    [
        "data",
        "confusion_matrix",
        "misclassified",
        "calibration",
        "map_of_digits",
        "label_issues",
    ],
)
def test_pages_work_on_the_offline_sample_and_say_so(
    network, few_digits, monkeypatch, open_page, page
):
    network({0: 5})
    monkeypatch.setattr(mnist, "load", lambda *args, **kwargs: few_digits)
    at = open_page(page)
    assert "not MNIST's digits" in at.warning[0].value
    assert at.metric or at.get("html") or at.get("bidi_component")


def test_the_menu_shows_the_version(no_networks, open_page):
    assert (
        open_page("data").sidebar.caption[-1].value == f"Version {__version__}" == "Version 1.0.0"
    )
