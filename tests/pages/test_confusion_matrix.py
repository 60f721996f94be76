import re

import numpy as np
import pytest

from mnist_core.evaluation import cached_predictions
from pages.components.analysis.choices import stored_epochs
from pages.components.shell.networks import distinct_names
from pages.components.shell.text import plain
from tests.pages.conftest import clickables, grids
from tests.summaries import summary


@pytest.fixture
def errors(no_networks) -> dict[int, int]:
    """Three 9s predicted as 4, most confident first, and a 2 predicted as 7."""
    labels = no_networks.y_test
    nines, twos = np.flatnonzero(labels == 9), np.flatnonzero(labels == 2)
    return {int(nines[1]): 4, int(nines[0]): 4, int(twos[0]): 7, int(nines[2]): 4}


def images(at) -> str:
    (html,) = grids(at)
    return html


def words(at) -> str:
    return "\n".join(element.value for element in at.markdown)


def chosen(at) -> list[str]:
    """What the two selectboxes of the cell show."""
    return [box.value for box in at.selectbox if box.label in ("True digit", "Predicted digit")]


def test_without_networks_it_says_what_to_do(no_networks, open_page):
    at = open_page("confusion_matrix")
    assert "Train one first" in at.info[0].value
    assert not at.metric


def test_it_tells_accuracy_errors_and_the_most_confused_pairs(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix")
    assert [metric.value for metric in at.metric[:2]] == ["96.00%", "4 of 100"]
    pairs = [button.label for button in at.button if button.key.startswith("pair-")]
    assert pairs[0].startswith("9 predicted as 4: 3 of ")
    assert len(pairs) == 2
    assert "Handwritten 9, misclassified as 4" in grids(at)[0]
    assert [html.count("<img") for html in grids(at)] == [3, 1]


def test_a_pair_shows_its_images_most_confident_first(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix")
    at.button(key="pair-9-4").click().run()
    assert "9 predicted as 4: 3 of" in words(at)
    first, second, *_ = errors
    html = images(at)
    assert html.count("<img") == 3
    assert html.index(f"No. {first}<") < html.index(f"No. {second}<")
    assert chosen(at) == ["9", "4"]
    assert (at.query_params["row"], at.query_params["column"]) == ("9", "4")


def test_the_address_chooses_a_cell_and_how_the_numbers_are_shown(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", row="2", column="7", numbers="By row")
    assert "2 predicted as 7: 1 of" in words(at)
    assert images(at).count("<img") == 1
    assert at.button_group(key="numbers").value == "By row"
    assert not at.warning


def test_a_row_shows_the_errors_alone(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", row="9")
    assert "9 misclassified: 3 of" in words(at)
    at = open_page("confusion_matrix", column="4")
    assert "Wrongly predicted as 4: 3 of" in words(at)


def test_a_cell_on_the_diagonal_shows_what_is_classified_correctly(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", row="3", column="3")
    assert "3 predicted as 3" in words(at)
    assert "wrong" not in images(at)


def test_an_empty_cell_has_no_images(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", row="0", column="1")
    assert "0 predicted as 1: 0 of" in words(at)
    assert not grids(at)


def test_going_back_shows_the_pairs_again(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", row="9", column="4")
    at.button(key="back-to-pairs").click().run()
    assert "Most often confused" in words(at)
    assert at.button(key="pair-9-4")


def test_nonsense_in_the_address_is_said_and_the_usual_choice_shown(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", row="42", numbers="<b>")
    assert "row=42" in at.warning[0].value
    assert f"numbers={plain('<b>')}" in at.warning[1].value
    assert chosen(at) == ["any", "any"]


def test_a_network_without_errors_says_so(network, open_page):
    network({})
    at = open_page("confusion_matrix")
    assert "classifies all 100 test digits correctly" in at.success[0].value


def with_epochs(run, count: int) -> None:
    """Give a run weights after each epoch that predict the epoch's number for every image."""
    for epoch in range(1, count + 1):
        bias = np.zeros(10, np.float32)
        bias[epoch] = 5
        run.epoch_path(epoch).parent.mkdir(exist_ok=True)
        np.savez(
            run.epoch_path(epoch),
            activations=np.array([], dtype=str),
            kernel_0=np.zeros((784, 10), np.float16),
            bias_0=bias,
        )


def test_the_address_chooses_the_digits_and_they_are_those_of_the_runs_split(
    network, errors, no_networks, open_page
):
    run = network(errors)
    at = open_page("confusion_matrix", part="Validation")
    validation = cached_predictions.split_of(no_networks, "validation", run.config)
    assert at.metric[0].label == "Validation accuracy"
    zeros = int((validation.labels == 0).sum())  # its weights are all 0, so it always predicts 0
    size = validation.labels.size
    assert at.metric[1].value == f"{size - zeros} of {size}"
    assert cached_predictions.cache_path(run, "validation").exists()
    at = open_page("confusion_matrix", part="Nonsense")
    assert "part=Nonsense" in at.warning[0].value
    assert at.metric[0].label == "Test accuracy"


def test_it_is_said_that_the_network_was_trained_on_these_digits(network, errors, open_page):
    run = network(errors)
    at = open_page("confusion_matrix", part="Training")
    assert any("was trained on 270 of these 270 digits" in caption.value for caption in at.caption)
    run.set_status(dataset="sample")
    at = open_page("confusion_matrix", part="Training")
    said = [caption.value for caption in at.caption if "was trained on" in caption.value]
    assert said == ["**Test network** was trained on digits of the offline sample, not of MNIST."]


def test_an_epoch_can_be_chosen_and_a_run_without_epochs_says_so(
    network, errors, no_networks, open_page
):
    run = network(errors)
    at = open_page("confusion_matrix")
    assert any("no earlier epoch to show" in caption.value for caption in at.caption)
    at = open_page("confusion_matrix", index=str(next(iter(errors))))
    assert any("no earlier epoch to show" in caption.value for caption in at.caption)
    with_epochs(run, 3)
    at = open_page("confusion_matrix", epoch="2")
    assert at.metric[0].value == f"{(no_networks.y_test == 2).mean():.2%}"
    at.select_slider(key="epoch").set_value("final").run()
    assert at.metric[0].value == "96.00%"


def test_the_difference_to_another_run_shows_what_only_one_of_them_misclassifies(
    network, errors, no_networks, open_page
):
    first = network(errors)
    second = network({index: 4 for index in list(errors)[:1]})
    at = open_page("confusion_matrix", run=first.id, versus=second.id, row="9", column="4")
    assert [metric.delta for metric in at.metric] == [
        "the other: 99.00%",
        "the other: 1 of 100",
        *(metric.delta for metric in at.metric[2:]),
    ]
    assert "Both: 1" in [caption.value for caption in at.caption]
    (only_first,) = grids(at)
    assert only_first.count("<img") == 2
    at.selectbox(key="versus-list").set_value("none").run()
    assert images(at).count("<img") == 3


def test_networks_of_one_name_can_be_told_apart(network, open_page):
    runs = [network({}), network({}), network({}).rename("Other")]
    names = distinct_names(runs)
    assert names[runs[2].id] == "Other"
    assert names[runs[0].id].startswith("Test network (")
    assert len(set(names.values())) == 3


def test_an_unknown_other_run_is_said(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", versus="no-such-run")
    assert f"versus={plain('no-such-run')}" in at.warning[0].value


def test_a_digit_opens_from_the_address_and_next_and_previous_follow_the_order(
    network, errors, open_page
):
    network(errors)
    first, second, _, last = errors
    at = open_page("confusion_matrix", row="9", column="4", index=str(first))
    assert "A 9, misclassified as **4** (99.0%)" in words(at)
    assert "1 of 3" in words(at)
    assert at.button(key="previous-digit").disabled
    at.button(key="next-digit").click().run()
    assert at.query_params["index"] in (str(second), [str(second)])
    assert "2 of 3" in words(at)
    at.button(key="next-digit").click().run()
    assert at.query_params["index"] in (str(last), [str(last)])
    assert at.button(key="next-digit").disabled


def test_a_digit_is_shown_with_neighbours_epochs_and_other_networks(network, errors, open_page):
    run = network(errors)
    with_epochs(run, 2)
    network({}).rename("Second opinion")
    at = open_page("confusion_matrix", run=run.id, index=str(next(iter(errors))))
    text = words(at)
    for part in ("Which ink speaks for 9, and which for 4?", "When did it learn", "Most similar"):
        assert part in text
    assert "|Second opinion|0|10.0%|" in text


def test_a_similar_training_digit_opens_and_back_leads_to_where_it_was(
    network, errors, no_networks, open_page
):
    network(errors)
    place = int(np.flatnonzero(no_networks.y_train == 7)[0])
    index = str(next(iter(errors)))
    at = open_page("confusion_matrix", row="9", index=index, training=["0", str(place)])
    assert f"Training digit No. {place}" in [caption.value for caption in at.caption]
    assert "A 7, misclassified as **0** (10.0" in words(at)  # its weights are all 0
    assert "1 of 3" not in words(at)
    html = grids(at)[-2:]
    assert f'data-index="{place}"' not in "".join(html)  # itself is not its neighbour
    at.button(key="back").click().run()
    assert at.query_params["training"] in ("0", ["0"])
    at.button(key="back").click().run()
    assert "1 of 3" in words(at)
    assert at.query_params["index"] in (index, [index])


def test_a_training_digit_that_does_not_exist_is_said(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix", index=str(next(iter(errors))), training="300")
    assert "No. 300, which is not among these" in at.warning[0].value
    assert "Which ink speaks" in words(at)
    assert "training" not in at.query_params


@pytest.mark.parametrize(
    ("epochs", "trained", "words"),
    [
        ([1, 2, 3], 3, ""),
        ([1, 2, 3], 0, ""),
        ([1, 5, 180], 180, "Weights are stored after epochs 1, 5 and 180 of 180."),
        ([4], 9, "Weights are stored after epoch 4 of 9."),
        ([1, 5], 0, "Weights are stored after epochs 1 and 5."),
        ([1, 2], 10**15, "Weights are stored after epochs 1 and 2 of 1,000,000,000,000,000."),
        ([*range(2, 60, 2)], 60, "Weights are stored after 29 of 60 epochs."),
    ],
)
def test_it_is_said_which_epochs_are_stored(epochs, trained, words):
    assert stored_epochs(epochs, trained) == words


def test_it_is_said_why_the_final_weights_are_not_the_last_epochs(network, errors, open_page):
    run = network(errors)
    with_epochs(run, 3)
    at = open_page("confusion_matrix", index=str(next(iter(errors))))
    assert not [caption for caption in at.caption if "final weights" in caption.value]
    run.set_status(state="stopped", summary=summary(epochs=3, best_epoch=2, temperature=0.5761))
    at = open_page("confusion_matrix", index=str(next(iter(errors))))
    (said,) = (
        caption.value for caption in at.caption if "those of the best epoch, 2" in caption.value
    )
    assert "divided by 0.58" in said
    assert said in at.select_slider(key="epoch").help


@pytest.mark.parametrize("index", ["100", "-1", "x", "9" * 400])
def test_a_digit_that_does_not_exist_is_said(network, errors, open_page, index):
    network(errors)
    at = open_page("confusion_matrix", index=index)
    assert "which is not among these" in at.warning[0].value
    assert "index" not in at.query_params


def test_weights_that_cannot_be_read_are_said(network, errors, open_page):
    run = network(errors)
    run.weights_path.write_bytes(b"nonsense")
    at = open_page("confusion_matrix", part="Validation")
    assert "weights of Test network can't be read" in at.error[0].value
    assert not at.metric


def test_another_networks_weights_that_cannot_be_read_do_no_harm(network, errors, open_page):
    run = network(errors)
    other = network({}).rename("Broken")
    other.weights_path.write_bytes(b"nonsense")
    other.evaluation_path.unlink()
    at = open_page("confusion_matrix", run=run.id, index=str(next(iter(errors))))
    assert not at.error
    assert "|Broken|its weights can't be read|" in words(at)


def test_an_epoch_that_the_next_network_does_not_have_is_given_up(network, errors, open_page):
    long, short = network(errors), network(errors).rename("Short")
    with_epochs(long, 3)
    with_epochs(short, 2)
    at = open_page("confusion_matrix", run=long.id, epoch="3")
    assert at.select_slider(key="epoch").value == "3"
    at.selectbox(key="network").set_value(short.id).run()
    assert not at.exception
    assert at.select_slider(key="epoch").value == "final"
    assert at.metric[0].value == "96.00%"


def place_on_the_page(at, key: str) -> int:
    """How many elements of the page stand above the one that holds this widget."""

    def holds(block) -> bool:
        children = getattr(block, "children", {}).values()
        return getattr(block, "key", None) == key or any(map(holds, children))

    (place,) = (place for place, child in at.main.children.items() if holds(child))
    return place


def test_the_matrix_keeps_its_place_so_that_no_click_misses_it(network, errors, open_page):
    """Streamlit knows a fragment by its place, and drops the click on one that has moved."""
    other, run = network({}), network(errors)
    at = open_page("confusion_matrix", run=run.id)
    place = place_on_the_page(at, "numbers")
    at.run()  # no longer waits for the data
    assert place_on_the_page(at, "numbers") == place
    at.segmented_control(key="part").set_value("Training").run()
    assert any("was trained on 270 of these" in caption.value for caption in at.caption)
    assert place_on_the_page(at, "numbers") == place
    at.query_params["versus"] = other.id
    at.run()
    assert sum("was trained on" in caption.value for caption in at.caption) == 2
    assert place_on_the_page(at, "errors-only") == place


def test_the_address_sorts_the_report(network, errors, open_page):
    network(errors)  # digits 9 and 2 have the lowest recall
    (report,) = [
        html
        for html in clickables(open_page("confusion_matrix", report="recall"))
        if '<table class="report"' in html
    ]
    assert re.findall(r"<tr><td><button[^>]*>(\d)", report)[:2] == ["9", "2"]
    at = open_page("confusion_matrix", report="beauty")
    assert "report=beauty" in at.warning[0].value


def test_a_cell_can_be_chosen_by_its_two_digits(network, errors, open_page):
    network(errors)
    at = open_page("confusion_matrix")
    boxes = {box.label: box for box in at.selectbox}
    boxes["True digit"].set_value("9").run()
    assert "9 misclassified: 3 of" in words(at)
    assert at.query_params["row"] == "9"
    assert "column" not in at.query_params
    boxes = {box.label: box for box in at.selectbox}
    boxes["Predicted digit"].set_value("4").run()
    assert "9 predicted as 4: 3 of" in words(at)
