import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from mnist_core.evaluation import cached_predictions
from pages.components.analysis.digits.epoch_lines import epoch_lines
from pages.components.shell.text import plain
from pages.components.widgets.images.digit_grid import digit_strip, grid_html
from pages.components.widgets.images.saliency_map import coloured
from tests.pages.conftest import grids, styles


@pytest.fixture
def errors(no_networks) -> dict[int, int]:
    """70 errors, more than a page holds: every digit is predicted as the next one."""
    labels = no_networks.y_test
    return {i: (int(labels[i]) + 1) % 10 for i in range(70)}


def numbers(at) -> list[int]:
    """The digits in the gallery, in their order."""
    return [int(n) for n in re.findall(r">No\. (\d+)\b", grids(at)[0])]


def test_without_networks_it_says_what_to_do(no_networks, open_page):
    assert "Train one first" in open_page("misclassified").info[0].value


def test_the_gallery_shows_the_most_confident_errors_first_page_by_page(network, errors, open_page):
    network(errors)
    at = open_page("misclassified")
    assert "**70** of 70 errors" in [element.value for element in at.markdown]
    assert numbers(at) == list(range(60))
    at = open_page("misclassified", page="2")
    assert numbers(at) == list(range(60, 70))
    del at.query_params["page"]  # as the browser's Back does
    assert numbers(at.run()) == list(range(60))


def test_the_style_is_sent_once_for_all_grids_of_a_page(network, errors, open_page):
    network(errors)
    at = open_page("misclassified", index="0")
    assert len(grids(at)) > 3  # the errors, the handful, and the neighbours of the digit
    assert styles(at) == 1


def test_filters_combine_and_come_from_the_address(network, errors, no_networks, open_page):
    network(errors)
    wanted = [i for i in errors if no_networks.y_test[i] == 3]
    at = open_page("misclassified", true="3", predicted="4")
    assert numbers(at) == wanted
    at.selectbox(key="predicted").set_value("any").run()
    assert numbers(at) == wanted
    at.selectbox(key="predicted").set_value("5").run()
    assert "No error fits" in at.info[0].value


def test_confidence_and_loss_limit_the_gallery_and_combine_with_the_rest(
    network, errors, no_networks, open_page
):
    network(errors)  # the error at place i is 99 − 0.5·i % sure
    at = open_page("misclassified", confidence=["90", "95"])
    expected = [i for i in errors if 0.90 <= np.float32(0.99 - 0.005 * i) <= 0.95]
    assert numbers(at) == expected
    at = open_page("misclassified", confidence=["90", "95"], true="3")
    assert numbers(at) == [i for i in expected if no_networks.y_test[i] == 3]
    # The true digit got the rest: losses above 3 are those of less than 4.98 %.
    at = open_page("misclassified", loss=["3.0", "16.2"])
    assert numbers(at) == [i for i in errors if 0.01 + 0.005 * i < 0.0498]
    assert not at.warning


def test_the_gallery_can_be_of_the_validation_digits(network, no_networks, open_page):
    run = network({})
    validation = cached_predictions.split_of(no_networks, "validation", run.config)
    at = open_page("misclassified", part="Validation")
    wrong = validation.indices[validation.labels != 0]  # its weights are all 0: it predicts 0
    assert numbers(at) == wrong.tolist()


def test_a_handful_stays_while_a_digit_of_it_is_looked_at(network, errors, open_page):
    network(errors)
    at = open_page("misclassified")
    before = grids(at)[1]
    at.run()
    assert grids(at)[1] == before


def test_the_first_of_the_order_leads_on_to_the_second(network, errors, open_page):
    network(errors)
    at = open_page("misclassified", index="69", order="Least confident first")
    assert "1 of 70" in [element.value for element in at.markdown]
    at.button(key="next-digit").click().run()
    assert at.query_params["index"] in ("68", ["68"])


def test_a_filter_goes_back_to_the_first_page(network, errors, no_networks, open_page):
    network(errors)
    at = open_page("misclassified", page="2")
    at.selectbox(key="order").set_value("Least confident first").run()
    assert numbers(at)[:3] == [69, 68, 67]
    assert not at.warning


@pytest.mark.parametrize("page", ["0", "3", "-1", "x", "9" * 5000, "²"])
def test_a_page_that_does_not_exist_is_said_and_the_first_shown(network, errors, open_page, page):
    network(errors)
    at = open_page("misclassified", page=page)
    assert f"page={plain(page[:40])}”" in at.warning[0].value
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
    first = grids(at)[1]
    assert first.count("<img") == 9
    assert first.count('class="bar-list digit-bars small') == 9
    assert first.count('role="listitem"') == 90
    at.button(key="another-handful").click().run()
    assert grids(at)[1] != first
    at.selectbox(key="handful-size").set_value(18).run()
    assert grids(at)[1].count("<img") == 18


def test_a_network_without_errors_still_shows_a_handful(network, open_page):
    network({})
    at = open_page("misclassified")
    assert "classifies all 100 test digits correctly" in at.success[0].value
    assert grids(at)[0].count("<img") == 9


def test_the_grid_names_each_digit_for_screen_readers():
    probabilities = np.full((2, 10), 0.01)
    probabilities[:, 4] = 0.91
    html = grid_html(
        np.zeros((2, 28, 28), np.uint8), np.array([4, 9]), probabilities, np.array([0, 1234])
    )
    assert 'alt="Handwritten 4, correctly classified as 4 (91%), No. 0"' in html
    assert 'alt="Handwritten 9, misclassified as 4 (91%), No. 1,234"' in html
    assert '<span class="wrong">9 → 4</span> 91%' in html


def test_the_grid_has_a_button_for_each_digit_where_it_can_be_clicked():
    images = np.zeros((2, 28, 28), np.uint8)
    html = grid_html(images, np.array([4, 9]), indices=np.array([7, 12]), buttons=True)
    assert re.findall(r'<button type="button" data-index="(\d+)"><img', html) == ["7", "12"]
    assert "<button" not in grid_html(images, np.array([4, 9]), indices=np.array([7, 12]))


def test_names_in_a_strip_are_text_only(monkeypatch):
    shown = []
    monkeypatch.setattr("streamlit.html", shown.append)
    digit_strip(np.zeros((1, 28, 28), np.uint8), ['"><script>'])
    assert "<script>" not in shown[0]


def test_ink_is_coloured_by_the_sign_of_its_contribution_and_paper_is_transparent():
    image = np.zeros((28, 28), np.uint8)
    image[10:14, 10:14] = 255
    parts = np.zeros((28, 28), np.float32)
    parts[10:12, 10:14], parts[12:14, 10:12] = 2, -2
    red, green, blue, opacity = np.moveaxis(coloured(parts, image).astype(int), 2, 0)
    assert (opacity > 0).sum() == 16
    assert red[10, 10] < blue[10, 10]  # blue
    assert red[12, 10] > blue[12, 10]  # orange
    assert red[13, 13] == green[13, 13] == blue[13, 13]  # ink without a part is grey
    assert opacity[13, 13] < opacity[10, 10] == opacity[12, 10] == 255


def test_lines_over_the_epochs_keep_their_distances_and_tell_every_value():
    said = np.full((3, 10), 0.01, np.float32)
    said[:, 4] = 0.9, 0.5, 0.1
    said[:, 9] = 0.02, 0.4, 0.8
    html = epoch_lines([1, 3, 11], said, label=9, other=4)
    assert re.findall(r'points="([^"]+)"><title>(.*?)<', html) == [
        ("0.00,10.00 20.00,50.00 100.00,90.00", "4"),
        ("0.00,98.00 20.00,60.00 100.00,20.00", "9, the true digit"),
    ]
    assert 'title="after epoch 3: 9 40.0%"' in html
    assert html.count("<i ") == 6
    assert re.findall(r'class="below"[^>]*>([^<]+)<', html) == ["epoch 1", "3", "11"]
    html = epoch_lines([1, 2, 3, 4, 60, 100], np.full((6, 10), 0.1, np.float32), label=9, other=4)
    assert re.findall(r'class="below"[^>]*>([^<]+)<', html) == ["epoch 1", "60", "100"]


def test_one_epoch_alone_is_a_dot_for_each_digit():
    html = epoch_lines([7], np.full((1, 10), 0.1, np.float32), label=9, other=4)
    assert html.count("<i ") == 2
    assert re.findall(r'class="below"[^>]*>([^<]+)<', html) == ["epoch 7"]


def test_the_grid_holds_the_very_pixels():
    image = np.random.default_rng(0).integers(0, 256, (1, 28, 28), np.uint8)
    html = grid_html(image, np.array([5]))
    png = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png))), image[0])


def test_a_link_to_all_errors_undoes_the_filters_of_an_earlier_visit(network, errors, open_page):
    network(errors)
    at = open_page("misclassified")
    at.selectbox(key="true").set_value("3").run()
    assert "**70** of 70 errors" not in [element.value for element in at.markdown]
    at.query_params.clear()
    at.query_params["all"] = "errors"
    at.run()
    assert "**70** of 70 errors" in [element.value for element in at.markdown]
    chosen_since = open_page("misclassified", all="errors", true="3")
    assert chosen_since.selectbox(key="true").value == "3"


def test_another_network_is_shown_from_its_first_page(network, errors, open_page):
    first, second = network(errors), network(errors)
    at = open_page("misclassified", run=first.id, page="2")
    at.selectbox(key="network").set_value(second.id).run()
    assert numbers(at) == list(range(60))
    assert not at.warning


def test_filters_of_another_page_are_shown_and_cleared_with_one_click(network, errors, open_page):
    network(errors)
    at = open_page("misclassified", true="3", confidence=["50", "99"])
    assert "**70** of 70 errors" not in [element.value for element in at.markdown]
    (clear,) = (button for button in at.button if button.label == "Show all errors")
    clear.click().run()
    assert "**70** of 70 errors" in [element.value for element in at.markdown]
    assert at.selectbox(key="true").value == "any"
    assert "Show all errors" not in [button.label for button in at.button]
