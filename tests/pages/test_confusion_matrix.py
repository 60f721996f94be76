import numpy as np
import pytest


@pytest.fixture
def errors(no_networks) -> dict[int, int]:
    """Three 9s called 4, the surest first, and a 2 called 7."""
    labels = no_networks.y_test
    nines, twos = np.flatnonzero(labels == 9), np.flatnonzero(labels == 2)
    return {int(nines[1]): 4, int(nines[0]): 4, int(twos[0]): 7, int(nines[2]): 4}


def images(at) -> str:
    (html,) = at.get("html")
    return html.proto.body


def words(at) -> str:
    return "\n".join(element.value for element in at.markdown)


def test_without_networks_it_says_what_to_do(no_networks, open_page):
    at = open_page("confusion_matrix")
    assert "Train one first" in at.info[0].value
    assert not at.metric


def test_it_tells_accuracy_errors_and_the_most_confused_pairs(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix")
    assert [metric.value for metric in at.metric[:2]] == ["96.00%", "4"]
    pairs = [button.label for button in at.button if button.key.startswith("pair-")]
    assert pairs[0].startswith("9 is called 4: 3 of ")
    assert len(pairs) == 2
    assert not at.get("html")  # no images before one chooses
    assert len(at.dataframe[0].value) == 12


def test_a_pair_shows_its_images_the_surest_first(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix")
    at.button(key="pair-9-4").click().run()
    assert "9 is called 4: 3 of" in words(at)
    surest, second, *_ = errors
    html = images(at)
    assert html.count("<img") == 3
    assert html.index(f"No. {surest}<") < html.index(f"No. {second}<")
    assert at.selectbox(key="true").value == "9"


def test_the_address_chooses_a_cell_and_how_the_numbers_are_shown(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", true="2", predicted="7", numbers="By row")
    assert "2 is called 7: 1 of" in words(at)
    assert images(at).count("<img") == 1
    assert at.button_group(key="numbers").value == "By row"
    assert not at.warning


def test_a_row_shows_the_errors_alone(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", true="9")
    assert "9 called something else: 3 of" in words(at)
    at = open_page("confusion_matrix", predicted="4")
    assert "Wrongly called 4: 3 of" in words(at)


def test_a_cell_on_the_diagonal_shows_what_was_called_right(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", true="3", predicted="3")
    assert "3 is called 3" in words(at)
    assert "wrong" not in images(at).split("</style>")[1]


def test_an_empty_cell_has_no_images(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", true="0", predicted="1")
    assert "0 is called 1: 0 of" in words(at)
    assert not at.get("html")


def test_going_back_shows_the_pairs_again(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", true="9", predicted="4")
    at.button(key="back-to-pairs").click().run()
    assert not at.get("html")
    assert at.button(key="pair-9-4")


def test_nonsense_in_the_address_is_said_and_the_usual_choice_shown(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", true="42", numbers="<b>")
    assert "true=42" in at.warning[0].value
    assert "numbers=<b>" in at.warning[1].value
    assert at.selectbox(key="true").value == "any"


def test_a_network_without_errors_is_praised(network, open_page):
    network({})
    at = open_page("confusion_matrix")
    assert "Not one test digit" in at.success[0].value
