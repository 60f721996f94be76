"""The visitor's own drawings on the Draw page: labelled, saved, deleted, restored."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.formatting import article
from mnist_core.digits.drawings import from_strokes, user_drawings
from mnist_core.digits.drawings.fabric import read_fabric
from mnist_core.digits.drawings.user_drawings import Drawing
from mnist_core.network.inference import Classifier
from pages.components.draw.canvas import canvas
from pages.components.draw.my_drawings import labelling
from pages.components.shell.state import DRAWINGS
from tests.pages.draw_page import SEVEN, fabric, look_closer, opened


def drawn_next(app: AppTest, monkeypatch, place: int) -> dict:
    """Another 7 on the canvas, a little lower."""
    drawing = fabric([[name, x, y + place] for name, x, y in SEVEN])
    monkeypatch.setattr(canvas, "drawing", lambda: drawing)
    app.run()
    return drawing


def test_labelled_drawings_are_saved_scored_removed_and_deleted(monkeypatch, networks):
    app = look_closer(opened(monkeypatch, fabric(SEVEN), run=networks[0].id), "drawings")
    assert "Nothing saved yet" in app.info[0].value
    for click, label in enumerate((7, 3, 7)):
        drawing = drawn_next(app, monkeypatch, click)
        app.segmented_control(key=f"label-{click}").set_value(label).run()
    assert not app.exception
    kept = app.session_state[DRAWINGS]
    assert [drawn.label for drawn in kept] == [7, 3, 7]
    image = from_strokes.digit_from_strokes(read_fabric(drawing)).image
    assert (kept[-1].image == image).all()
    scores = app.dataframe[0].value
    for run in networks:
        called = Classifier.load(run.weights_path).probabilities(image[np.newaxis])[0].argmax()
        expected = np.mean([called == label for label in (7, 3, 7)])
        own = scores[scores["Network"] == run.name]["My handwriting"]
        assert own.tolist() == [pytest.approx(expected)]
    app.number_input(key="drop-number").set_value(2).run()
    app.button(key="drop").click().run()
    assert [drawn.label for drawn in app.session_state[DRAWINGS]] == [7, 7]
    app.button(key="drop-last").click().run()
    assert len(app.session_state[DRAWINGS]) == 1
    app.button(key="drop-all").click().run()
    assert app.session_state[DRAWINGS] == []


@pytest.mark.usefixtures("networks")
def test_a_drawing_that_was_rejected_is_not_called_misclassified(monkeypatch):
    app = look_closer(opened(monkeypatch, fabric(SEVEN)), "drawings")
    strokes = tuple(read_fabric(fabric(SEVEN)))
    for predicted, told in (
        ((7, 7), "**2 drawings**, 0 misclassified when drawn"),
        ((7, 1, None), "**3 drawings**, 1 misclassified and 1 rejected as not a digit when drawn"),
    ):
        app.session_state[DRAWINGS] = [Drawing(strokes, 7, digit, "x") for digit in predicted]
        app.run()
        assert told in [text.value for text in app.markdown]


@pytest.mark.usefixtures("networks")
def test_deleted_drawings_can_be_restored_to_their_places(monkeypatch):
    app = look_closer(opened(monkeypatch, fabric(SEVEN)), "drawings")
    for click, label in enumerate((7, 3, 5)):
        drawn_next(app, monkeypatch, click)
        app.segmented_control(key=f"label-{click}").set_value(label).run()
    before = list(app.session_state[DRAWINGS])
    app.number_input(key="drop-number").set_value(2).run()
    for delete, left in (("drop", [7, 5]), ("drop-last", [7, 3]), ("drop-all", [])):
        app.button(key=delete).click().run()
        assert [drawing.label for drawing in app.session_state[DRAWINGS]] == left
        app.button(key="restore").click().run()
        assert app.session_state[DRAWINGS] == before
        assert "restore" not in [button.key for button in app.button]


@pytest.mark.usefixtures("networks")
def test_a_second_label_of_the_same_drawing_replaces_the_first(monkeypatch):
    app = opened(monkeypatch, fabric(SEVEN))
    for click, label in enumerate((1, 2, 2)):
        app.segmented_control(key=f"label-{click}").set_value(label).run()
        saved = f"Saved as {article(label)} in “My drawings”. {labelling.NEXT}"
        assert app.toast[0].value == saved
    assert [drawn.label for drawn in app.session_state[DRAWINGS]] == [2]
    for click, (place, label) in enumerate(((20, 7), (0, 3)), start=3):  # the first one by Undo
        drawn_next(app, monkeypatch, place)
        app.segmented_control(key=f"label-{click}").set_value(label).run()
    assert [drawn.label for drawn in app.session_state[DRAWINGS]] == [3, 7]


@pytest.mark.usefixtures("networks")
def test_drawings_for_which_there_is_no_room_are_reported(monkeypatch):
    monkeypatch.setattr(user_drawings, "MAX_DRAWINGS", 2)
    app = look_closer(opened(monkeypatch, fabric(SEVEN)), "drawings")
    for click in range(3):
        drawn_next(app, monkeypatch, click)
        app.segmented_control(key=f"label-{click}").set_value(7).run()
    assert "At most 500 drawings" in app.toast[0].value
    kept = app.session_state[DRAWINGS]
    assert len(kept) == 2
    others = [Drawing((stroke + 5,), 7, 7, "n") for kind in kept for stroke in kind.strokes]
    saved = user_drawings.to_json(others).encode()
    app.button(key="drop-last").click().run()
    app.file_uploader(key="add-drawings").upload("my.json", saved, "application/json").run()
    assert app.error[0].value.startswith("1 of the file's 2 drawings were added.")
    assert len(app.session_state[DRAWINGS]) == 2


@pytest.mark.usefixtures("networks")
def test_drawings_of_a_file_that_are_there_already_are_not_added_again(monkeypatch):
    app = look_closer(opened(monkeypatch, fabric(SEVEN)), "drawings")
    for click in range(3):
        drawn_next(app, monkeypatch, click)
        app.segmented_control(key=f"label-{click}").set_value(7).run()
    saved = user_drawings.to_json(app.session_state[DRAWINGS]).encode()
    for drop, said in (
        (None, "Added 0 drawings. 3 were there already."),
        ("drop-last", "Added 1 drawing. 2 were there already."),
        ("drop-all", "Added 3 drawings."),
    ):
        if drop:
            app.button(key=drop).click().run()
        app.file_uploader(key="add-drawings").upload("my.json", saved, "application/json").run()
        assert app.success[0].value == said
        assert user_drawings.to_json(app.session_state[DRAWINGS]).encode() == saved
    app.file_uploader(key="add-drawings").upload("no.json", b"[]", "application/json").run()
    assert not app.success
    monkeypatch.setattr(user_drawings, "MAX_DRAWINGS", 3)
    app.button(key="drop-last").click().run()
    more = [Drawing((np.array([[5.0, place], [90, 90]]),), 7, 7, "n") for place in range(2)]
    saved = user_drawings.to_json([*app.session_state[DRAWINGS][:1], *more]).encode()
    app.file_uploader(key="add-drawings").upload("my.json", saved, "application/json").run()
    assert app.error[0].value.startswith(
        "1 of the file's 3 drawings were added. 1 was there already. At most 500 drawings"
    )


@pytest.mark.usefixtures("networks")
def test_the_guided_set_asks_for_every_digit_twice(monkeypatch):
    cleared = []
    monkeypatch.setattr(canvas, "clear", lambda: cleared.append(True))
    app = look_closer(opened(monkeypatch, fabric(SEVEN)), "drawings")
    app.button(key="guided-start").click().run()
    for place in range(20):
        drawn_next(app, monkeypatch, place)
        app.button(key="guided-next").click().run()
    assert not app.exception
    labels = [drawn.label for drawn in app.session_state[DRAWINGS]]
    assert labels == [*range(10), *range(10)]
    assert len(cleared) == 21
    assert app.button(key="guided-start")
    drawn_next(app, monkeypatch, 20)
    (said,) = [each.value for each in app.markdown if "All 20 are saved" in each.value]
    assert said.startswith("**All 20 are saved.** Next, in “My drawings” below: see how well each")
    app.button(key="guided-end").click().run()
    assert not [each for each in app.markdown if "are saved" in each.value]
    app.button(key="guided-start").click().run()
    assert [each for each in app.markdown if "**Draw a 0** (1 of 20)" in each.value]
