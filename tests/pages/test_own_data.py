"""Data of one's own on every page: brought, trained on, looked at, never mixed up with MNIST."""

import json
import re
import shutil

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.digits.datasets import own_data
from mnist_core.digits.datasets.packed_files import in_memory
from mnist_core.evaluation import cached_predictions
from mnist_core.runs import class_rules, environment, ownership, store
from pages.components.analysis import label_issue_search
from pages.components.shell.state import CHOSEN_RUN, WATCHED_RUN
from pages.components.shell.visitor_key import COOKIE
from tests.letters import letters, zipped
from tests.pages.conftest import APP, clickables
from tests.pages.draw_page import SEVEN, fabric, opened
from tests.summaries import summary

TEACHER_KEY = "correct horse battery"
SIGNS = "AX<"  # the last one is a folder's name that must be escaped
PAGES = (
    "misclassified", "confusion_matrix", "calibration", "compare", "map_of_digits", "stress_test",
    "label_issues", "network",
)  # fmt: skip


def bring(signs=SIGNS, name="My letters", visitor=None):
    archive = zipped(letters(signs, 12))
    return own_data.import_data([in_memory("letters.zip", archive)], name, (), visitor)[0]


def trained(own, name="Reads letters", seed=0, visitor=None):
    """A network whose outputs are the pixels' correlation with each class's mean image."""
    data = own_data.load(own.about.data)
    config = TrainingConfig(layers=(Layer(units=1),), data=own.about.data, seed=seed)
    run = store.create(config, name, visitor=visitor)
    means = [data.x_train[data.y_train == label].mean(axis=0) for label in range(len(data.names))]
    kernel = np.stack([mean.ravel() / np.linalg.norm(mean) for mean in means], axis=1)
    np.savez(
        run.weights_path,
        activations=np.array(["relu"]),
        kernel_0=kernel.astype(np.float32),
        bias_0=np.zeros(len(means), np.float32),
        kernel_1=(4 * np.eye(len(means)) - 2).astype(np.float32),
        bias_1=np.zeros(len(means), np.float32),
    )
    run.set_status(state="done", dataset=own.id)
    return run


def html(at) -> str:
    return "".join([*clickables(at), *map(body, at.get("html"))])


def body(element) -> str:
    return element.proto.body


@pytest.mark.parametrize("page", PAGES)
def test_each_page_shows_its_images_and_classes(no_networks, network, open_page, page):
    network({})
    own = bring()
    run, other = trained(own), trained(own, "Reads them, too", 1)
    at = open_page(page, run=run.id)
    assert at.selectbox(key="network").value == run.id
    assert not at.error
    others = [box for box in at.selectbox if box.key == "versus-list"]
    for box in others:
        assert set(box.options) <= {"no other network", other.name}
    if page in ("misclassified", "confusion_matrix"):
        assert "&lt;" in html(at)
        assert "<</" not in html(at)
    if page == "confusion_matrix":
        data = own_data.load(own.about.data)
        evaluation = cached_predictions.load_classifier(run).logits(data.x_test).argmax(axis=1)
        right = int((evaluation == data.y_test).sum())
        errors = f"{data.y_test.size - right:,} of {data.y_test.size:,}"
        assert errors in [metric.value for metric in at.metric]
        assert "True class" in html(at)
        assert at.selectbox(key="row-0").options == ["any", *run.config.class_names]
        assert at.selectbox(key="row-0").label == "True class"
        assert any("trained on **My letters**" in caption.value for caption in at.caption)


def texts(at):
    """What a page says, in whatever field of its elements, without names and keys."""
    said = {"body", "label", "help", "placeholder", "alt", "text", "title"}

    def walk(message):
        for field, value in message.ListFields():
            if field.name == "page_link":
                continue
            values = value if field.is_repeated else [value]
            for one in values:
                if hasattr(one, "ListFields"):
                    yield from walk(one)
                elif field.name in said | {"options"} and isinstance(one, str):
                    yield one

    for element in at.main:
        if element.proto:
            yield from walk(element.proto)
    yield from clickables(at)


def without_markup(text):
    text = re.sub(r"<span popover .*?</span>", "", text)  # the glossary's words are for all data
    return re.sub(r"<[^>]*?(?:aria-label|alt|title)=\"([^\"]*)\"[^>]*>|<[^>]*>", r" \1 ", text)


@pytest.mark.parametrize("page", [*PAGES, "train", "data"])
def test_no_page_calls_its_images_digits(no_networks, network, open_page, page):
    network({})
    own = bring()
    run = trained(own)
    trained(own, "Reads them, too", 1)
    about = {"run": run.id} | ({"index": "0"} if page in ("misclassified", "label_issues") else {})
    at = open_page(page, **({"data": own.id} if page == "data" else about))
    said = [without_markup(text) for text in texts(at)]
    assert len(said) > 5
    assert [text for text in said if re.search(r"\b[Dd]igits?\b", text)] == []


def test_a_network_of_digits_is_compared_with_networks_of_digits_alone(
    no_networks, network, open_page
):
    run = network({})
    trained(bring())
    at = open_page("compare", run=run.id)
    assert any("no second network" in info.value for info in at.info)


def test_networks_of_digits_do_not_judge_its_labels(no_networks, network, open_page, monkeypatch):
    asked = []
    evaluate = label_issue_search.evaluate

    def noting(run, *more):
        asked.append(run)
        return evaluate(run, *more)

    monkeypatch.setattr(label_issue_search, "evaluate", noting)
    shutil.copytree(network({}).directory, environment.pretrained_directory() / "shipped")
    run = trained(bring())
    open_page("label_issues", run=run.id)
    assert asked == [run]


def test_a_filter_names_a_class_and_is_reported_where_there_is_none(no_networks, open_page):
    run = trained(bring())
    at = open_page("misclassified", run=run.id, true="X")
    assert at.warning.len == 0
    (warning,) = open_page("misclassified", run=run.id, true="7").warning
    assert "any\\, \\<\\, A or X" in warning.value


def test_the_draw_page_says_what_the_network_knows_and_leaves_out_what_is_made_for_digits(
    no_networks, network
):
    network({})
    run = trained(bring())
    at = AppTest.from_file(str(APP), default_timeout=20)
    at.query_params["run"] = run.id
    at.run()
    assert not at.exception
    assert any("It knows only \\<, A, X and always" in caption.value for caption in at.caption)
    assert html(at).count('role="listitem"') == 3
    assert "Upload or take a photo" in [expander.label for expander in at.expander]
    assert "drawings" not in at.get("button_group")[0].options
    components = {element.proto.component_name: element for element in at.get("bidi_component")}
    assert "show-one" not in components
    canvas = json.loads(components["digit_lab_canvas"].proto.json)
    assert not canvas["digits"]  # no digit invites to draw


def test_the_steps_of_a_drawing_name_the_predicted_class_as_their_bars_do(
    no_networks, network, monkeypatch
):
    network({})
    run = trained(bring())
    at = opened(monkeypatch, fabric(SEVEN), run=run.id)
    at.pills(key="look-closer").set_value("steps").run()
    assert not at.exception
    (strip,) = [text for text in map(body, at.get("html")) if 'class="digit-steps"' in text]
    figures = strip.split("<figure>")[1:]
    assert len(figures) > 3
    for figure in figures:
        (named,) = re.findall(r"</b><div>(.*?), [^<]*%</div>", figure)
        assert named in ("&lt;", "A", "X")
        assert re.findall(r'class="best"><span>(.*?)</span>', figure) == [named]


def test_a_deleted_data_set_is_reported_and_its_network_can_be_drawn_with(no_networks, open_page):
    own = bring()
    run, other = trained(own), trained(own, "B", 1)
    run.set_status(state="done", summary=summary(test_accuracy=0.9))
    run.model_path.touch()
    other.set_status(state="stopped")
    at = open_page("train", run=run.id)
    assert {f"ab-{run.id}", "continue-training"} <= {button.key for button in at.button}
    own_data.delete(own)
    for page in ("experiments", "runs", *PAGES):
        at = open_page(page, run=run.id)
        assert at.info if page in PAGES else not at.error
    at = open_page("misclassified", run=run.id)
    assert "**My letters** are not here" in at.info[0].value
    for ended in (run, other):
        at = open_page("train", run=ended.id)
        assert any("are not here" in info.value for info in at.info)
        assert any("It can't be trained further" in one.value for one in at.caption)
        offered = {button.key for button in at.button}
        assert not offered & {f"ab-{run.id}", "continue-training", "resume-run"}
    at = AppTest.from_file(str(APP), default_timeout=20)
    at.query_params["run"] = run.id
    assert not at.run().exception
    assert at.session_state[CHOSEN_RUN] == run.id


def test_it_is_chosen_on_the_data_page_and_deleted_there(no_networks, open_page):
    own = bring()
    run = trained(own)
    at = open_page("data", data=own.id, digit="X")
    assert at.selectbox(key="data-list").value == own.id
    assert not at.warning
    assert at.dataframe[0].value["Class"].tolist() == ["<", "A", "X"]
    assert {metric.label: metric.value for metric in at.metric}["Test images"] == "7"
    assert any(run.name in text.value for text in at.markdown)
    going_on = store.create(run.config, "Going on")
    at.run()
    assert any("right now: Going on" in warning.value for warning in at.warning)
    at.button(key="delete-own-data").click().run()
    assert own_data.list_all() == [own]
    going_on.set_status(state="stopped")
    at.button(key="delete-own-data").click().run()
    assert own_data.list_all() == []
    assert at.metric[0].value == "300"


def test_the_form_trains_on_it(no_networks, open_page, launched):
    own = bring()
    at = open_page("train")
    at.selectbox(key="training-data").select(own.id).run()
    at.selectbox(key="preset").select("speedrun").run()
    at.button(key="start-training").click().run()
    (run,) = launched
    assert run.config.data == own.about.data
    assert "on My letters" in run.name


def test_where_it_is_deleted_in_the_meantime_nothing_is_trained_on_other_data(
    no_networks, open_page, launched
):
    own = bring()
    at = open_page("train")
    at.selectbox(key="preset").select("speedrun").run()
    at.selectbox(key="training-data").select(own.id).run()
    own_data.delete(own)
    at.button(key="start-training").click().run()
    assert not at.exception
    assert launched == []
    refused, gone = (one.value for one in at.warning)
    assert "so nothing was started" in refused
    assert "MNIST is chosen instead" in gone
    assert "data" not in at.query_params
    at.number_input(key="epochs").set_value(2).run()
    assert [one.value for one in at.warning] == [gone]
    at.button(key="start-training").click().run()
    (run,) = launched
    assert (run.config.data, run.config.epochs) == (None, 2)
    assert "letters" not in run.name


def test_a_preset_is_chosen_although_the_data_are_deleted(no_networks, open_page):
    own, left = bring(), bring("KM", "Others")
    at = open_page("train")
    at.selectbox(key="training-data").select(own.id).run()
    own_data.delete(own)
    at.selectbox(key="preset").select("speedrun").run()
    assert not at.exception
    assert at.selectbox(key="training-data").value == ""
    assert any("MNIST is chosen instead" in one.value for one in at.warning)
    at.selectbox(key="training-data").select(left.id).run()
    assert not at.warning


def test_uploads_are_read_and_what_is_left_out_is_reported(no_networks, open_page, monkeypatch):
    at = open_page("data")
    archive = zipped(letters("AX", 6) | {"letters/A/notes.txt": b"?"})
    at.file_uploader[0].upload("letters.zip", archive, "application/zip").run()
    at.text_input(key="own-data-name").input("Two").run()
    at.button(key="read-own-data").click().run()
    assert not at.exception
    (own,) = own_data.list_all()
    assert (own.name, own.about.data.names) == ("Two", ("A", "X"))
    assert any("12 images of 2 classes\\: A\\, X" in said.value for said in at.success)
    assert at.selectbox(key="data-list").value == own.id
    assert any(
        "letters/A/notes.txt" in list(table.value["What"])
        for table in at.dataframe
        if "What" in table.value
    )


def test_among_others_it_is_seen_by_its_visitor_alone(no_networks, open_page, monkeypatch):
    from pages.components.shell import visitor

    mine, theirs = "a" * 64, "b" * 64
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    monkeypatch.setattr(visitor, "check_visitor", lambda: None)
    run = trained(bring(visitor=theirs), visitor=theirs)
    trained(bring("KM", "Mine", mine), "My network", visitor=mine)

    def options(who):
        monkeypatch.setattr(visitor, "visitor", lambda: who)
        at = open_page("misclassified", run=run.id)
        return at.selectbox(key="network").options

    assert [name.split(" · ")[-1] for name in options(mine)] == ["My network"]
    assert [name.split(" · ")[-1] for name in options(theirs)] == ["Reads letters"]
    said = [caption.value for caption in open_page("data").caption]
    assert "You have 1 of at most 2 data sets." in said
    monkeypatch.setenv("DIGITLAB_DATA_PER_VISITOR", "1")
    said = [caption.value for caption in open_page("data").caption]
    assert "You have 1 of at most 1 data set. Delete one to import another." in said


def test_a_link_to_the_form_carries_the_data(no_networks, open_page, monkeypatch):
    own = bring()
    at = open_page("train")
    at.selectbox(key="training-data").select(own.id).run()
    again = open_page("train", **dict(at.query_params))
    assert again.selectbox(key="training-data").value == own.id
    assert not again.warning
    again.selectbox(key="training-data").select("").run()
    assert "data" not in again.query_params
    own_data.delete(own)
    at = open_page("train", data=own.id, epochs="7")
    assert any("was deleted, or only the person" in one.value for one in at.warning)
    assert at.number_input(key="epochs").value == 7
    assert "data" not in at.query_params


def test_a_run_on_one_pupils_data_is_on_no_board_and_behind_no_pin(
    no_networks, open_page, monkeypatch
):
    keys = "a" * 32, "b" * 32
    sent = {COOKIE: keys[0]}
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    monkeypatch.setenv("DIGITLAB_TEACHER_KEY", TEACHER_KEY)
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: sent))
    theirs = ownership.visitor_of(keys[1])
    private = trained(bring(visitor=theirs), "Private", visitor=theirs)
    shared = trained(bring("KM", "For all"), "Shared", visitor=theirs)
    for run in (private, shared):
        run.set_status(state="done", summary=summary(test_accuracy=0.9))
    at = open_page("teacher")
    at.text_input(key="teacher-key").set_value(TEACHER_KEY)
    at.button(key="open-teacher").click().run()
    assert at.selectbox(key="pinned-run").options == ["Shared"]
    board = "".join(one.proto.body for one in at.get("html") if "board" in one.proto.body)
    assert "Shared" in board
    assert "Private" not in board
    assert "1 run on private data is not shown" in board
    class_rules.change(pinned_run=private.id)  # as if it had been pinned before
    assert "Private" not in " ".join(
        link.proto.label for link in open_page("data").get("page_link")
    )


def test_among_others_a_run_on_it_is_shown_to_its_visitor_alone(
    no_networks, open_page, monkeypatch
):
    keys = "a" * 32, "b" * 32
    theirs = ownership.visitor_of(keys[1])
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    run = trained(bring(visitor=theirs), visitor=theirs)
    for key, seen in zip(keys, (False, True), strict=True):
        sent = {COOKIE: key}
        monkeypatch.setattr(type(st.context), "cookies", property(lambda _, sent=sent: sent))
        at = open_page("train", run=run.id)
        assert (WATCHED_RUN in at.session_state) is seen
        assert any("only the person" in one.value for one in at.warning) is not seen
        at = open_page("runs")
        assert (run.name in html(at)) is seen
        assert (run.name in at.multiselect(key="compared").options) is seen
        options = [box.options for box in open_page("experiments").selectbox]
        assert (["All runs (1)"] in options) is seen
