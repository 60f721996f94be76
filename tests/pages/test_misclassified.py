import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from pages.components.digit_grid import grid_html


@pytest.fixture
def errors(no_networks) -> dict[int, int]:
    """70 errors, more than a page holds: every digit is called the next one."""
    labels = no_networks.y_test
    return {i: (int(labels[i]) + 1) % 10 for i in range(70)}


def numbers(at) -> list[int]:
    """The digits in the gallery, in their order."""
    return [int(n) for n in re.findall(r">No\. (\d+)<", at.get("html")[0].proto.body)]


def test_without_networks_it_says_what_to_do(no_networks, open_page):
    assert "Train one first" in open_page("misclassified").info[0].value


def test_the_gallery_shows_the_surest_errors_first_by_the_page(network, errors, open_page):
    network(errors)
    at = open_page("misclassified")
    assert "**70** of 70 errors" in [element.value for element in at.markdown]
    assert numbers(at) == list(range(60))
    at = open_page("misclassified", page="2")
    assert numbers(at) == list(range(60, 70))


def test_filters_combine_and_come_from_the_address(network, errors, no_networks, open_page):
    network(errors)
    wanted = [i for i in errors if no_networks.y_test[i] == 3]
    at = open_page("misclassified", true="3", predicted="4")
    assert numbers(at) == wanted
    at.selectbox(key="predicted").set_value("any").run()
    assert numbers(at) == wanted
    at.selectbox(key="predicted").set_value("5").run()
    assert "No error fits" in at.info[0].value


def test_a_filter_goes_back_to_the_first_page(network, errors, no_networks, open_page):
    network(errors)
    at = open_page("misclassified", page="2")
    at.selectbox(key="order").set_value("Least sure first").run()
    assert numbers(at)[:3] == [69, 68, 67]
    assert not at.warning


@pytest.mark.parametrize("page", ["0", "3", "-1", "x", "9" * 5000, "²"])
def test_a_page_that_does_not_exist_is_said_and_the_first_shown(network, errors, open_page, page):
    network(errors)
    at = open_page("misclassified", page=page)
    assert f"page={page[:40]}”" in at.warning[0].value
    assert numbers(at)[0] == 0


def test_an_unknown_order_is_said(network, errors, open_page):
    network(errors)
    at = open_page("misclassified", order="By beauty")
    assert "order=By beauty" in at.warning[0].value
    assert numbers(at)[0] == 0


def test_a_handful_of_nine_has_ten_bars_each_and_changes_with_the_button(
    network, errors, open_page
):
    network(errors)
    at = open_page("misclassified")
    first = at.get("html")[1].proto.body
    assert first.count("<img") == 9
    assert first.count('class="bar') - first.count('class="bars"') == 90
    at.button(key="another-handful").click().run()
    assert at.get("html")[1].proto.body != first
    at.selectbox(key="handful-size").set_value(18).run()
    assert at.get("html")[1].proto.body.count("<img") == 18


def test_a_network_without_errors_still_shows_a_handful(network, open_page):
    network({})
    at = open_page("misclassified")
    assert "every one of the 100" in at.success[0].value
    assert at.get("html")[0].proto.body.count("<img") == 9


def test_the_grid_names_each_digit_for_those_who_cannot_see_it():
    probabilities = np.full((2, 10), 0.01)
    probabilities[:, 4] = 0.91
    html = grid_html(
        np.zeros((2, 28, 28), np.uint8), np.array([4, 9]), probabilities, np.array([0, 1234])
    )
    assert 'alt="Handwritten 4, called 4 with 91%, No. 0"' in html
    assert 'alt="Handwritten 9, wrongly called 4 with 91%, No. 1,234"' in html
    assert '<span class="wrong">9 → 4</span> 91%' in html


def test_the_grid_holds_the_very_pixels():
    image = np.random.default_rng(0).integers(0, 256, (1, 28, 28), np.uint8)
    html = grid_html(image, np.array([5]))
    png = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png))), image[0])
