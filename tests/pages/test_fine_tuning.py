"""Fine-tuning on one's own drawings, on the Draw page without a browser."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.config import TrainingConfig
from mnist_core.digits.drawings.user_drawings import Drawing
from mnist_core.runs import store
from mnist_core.runs.run import Run
from pages.components.draw.canvas import canvas
from pages.components.shell.state import DRAWINGS, VISITOR
from tests.pages.conftest import path_of
from tests.pages.draw_page import fabric, opened
from tests.pages.made_networks import random_network
from tests.summaries import summary


def drawings(count: int) -> list[Drawing]:
    line = np.array([[80.0, 70], [200, 70], [130, 230]])
    return [Drawing((line + place,), place % 10, None, "First") for place in range(count)]


@pytest.fixture
def base(monkeypatch) -> Run:
    """The only network, with random weights and a model to start from."""
    monkeypatch.setattr(store, "list_pretrained", list)
    run = random_network("First", seed=0)
    run.model_path.write_bytes(b"a model")
    return run


@pytest.fixture
def page(monkeypatch, base):
    """Opens "My drawings" with that many drawings."""

    def page_with(count: int, **query: str) -> AppTest:
        app = opened(monkeypatch, fabric(), run=base.id, **query)
        app.session_state[DRAWINGS] = drawings(count)
        app.pills(key="look-closer").set_value("drawings").run()
        assert not app.exception
        return app

    return page_with


def said(app: AppTest) -> str:
    return " ".join(e.value for kind in ("markdown", "caption", "info") for e in app.get(kind))


@pytest.mark.parametrize(
    ("count", "what"), [(0, "you have 0"), (9, "you have 9"), (12, "draw 3 more of digits")]
)
def test_with_too_few_drawings_the_button_is_off_and_says_what_is_missing(page, count, what):
    app = page(count)
    assert app.button(key="fine-tune").disabled
    assert what in said(app).replace("\\", "")


def test_a_click_starts_one_run_of_a_copy(page, launched, base):
    app = page(20)
    app.button(key="fine-tune").click().run()
    assert not app.exception
    (run,) = launched
    assert run.name == "First, my handwriting"
    assert run.config.base == base.id
    assert run.base_path.read_bytes() == b"a model"
    assert run.visitor == app.session_state[VISITOR]
    assert app.button(key="fine-tune").disabled  # while it goes on
    app.session_state[DRAWINGS].clear()
    app.run()
    assert not app.exception
    assert (run.directory / "drawings.npz").exists()


def finished(run: Run) -> None:
    np.savez(run.weights_path, **np.load(store.get(run.config.base).weights_path))
    figures = {"test_accuracy": 0.9876, "drawing_accuracy": 0.9, "drawing_count": 10}
    before = {"test_accuracy": 0.9889, "drawing_accuracy": 0.4, "drawing_count": 10}
    made = summary(**figures, before=before, test_size=10_000)
    run.set_status(state="done", dataset="mnist", summary=made)


def test_before_and_after_are_shown_and_the_new_network_is_used(page, launched):
    app = page(20)
    app.button(key="fine-tune").click().run()
    (run,) = launched
    finished(run)
    app.run()
    assert "| Your 10 held-out drawings | 4 of 10 correct | **9 of 10 correct** |" in said(app)
    assert "10,000 test digits | 98.89% correct | **98.76% correct** |" in said(app)
    assert "each counts for 10 percentage points" in said(app)
    app.button(key="use-tuned").click().run()
    assert not app.exception
    assert app.sidebar.selectbox[0].value == run.id
    assert app.query_params["run"] in (run.id, [run.id])
    assert "This is the network in use" in said(app)
    later = page(0)  # another visit: the network in use tells its own before and after
    later.query_params["run"] = run.id
    assert "4 of 10 correct" in said(later.run())


def test_the_result_keeps_its_place_so_that_no_click_misses_it(page, launched, monkeypatch):
    app = page(20)
    app.button(key="fine-tune").click().run()
    finished(launched[0])
    way = path_of(app.run(), "use-tuned")
    seven = fabric([["M", 80, 70], ["L", 200, 70], ["L", 130, 230]])
    monkeypatch.setattr(canvas, "drawing", lambda: seven)  # it can be corrected now
    assert path_of(app.run(), "use-tuned") == way
    app.button(key="drop").click().run()  # it can be restored now
    app.session_state[DRAWINGS] = drawings(3)  # too few to teach it anything
    assert path_of(app.run(), "use-tuned") == way
    app.session_state[DRAWINGS] = []
    app.session_state["file-problem"] = "This is not a Digit Lab drawings file."
    assert path_of(app.run(), "use-tuned") == way
    app.button(key="guided-start").click().run()
    assert path_of(app, "use-tuned") == way
    app.query_params["run"] = "gone"
    assert path_of(app.run(), "use-tuned") == way


def test_the_page_of_the_run_shows_before_and_after_too(page, launched, open_page):
    page(20).button(key="fine-tune").click().run()
    finished(launched[0])
    assert "4 of 10 correct | **9 of 10 correct**" in said(open_page("train", run=launched[0].id))


def test_a_network_tuned_on_the_sample_says_so(page, launched):
    app = page(20)
    app.button(key="fine-tune").click().run()
    finished(launched[0])
    launched[0].set_status(dataset="sample")
    app.run()
    assert "The offline sample's 10,000 test digits" in said(app)
    assert "the offline sample was used instead, for training too" in said(app)


def test_a_visitor_who_has_too_many_runs_is_told_so(page, launched, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS_PER_VISITOR", "1")
    app = page(20)
    app.session_state[VISITOR] = "me"
    store.create(TrainingConfig(), "Another", visitor="me")
    app.button(key="fine-tune").click().run()
    assert not app.exception
    assert "the limit is 1" in app.warning[0].value
    assert launched == []


def test_a_network_without_a_model_cannot_be_fine_tuned(page, base):
    app = page(20)
    assert not app.button(key="fine-tune").disabled
    base.model_path.unlink()
    app.run()
    assert app.button(key="fine-tune").disabled
    assert "has no model.keras to start from" in said(app).replace("\\", "")


@pytest.mark.parametrize(("dataset", "shown"), [("mnist", [0.1234]), ("sample", [])])
def test_an_accuracy_on_other_digits_is_not_shown_as_mnists(page, base, dataset, shown):
    base.set_status(dataset=dataset)
    scores = page(3).dataframe[0].value["MNIST test digits"]
    assert scores.dropna().tolist() == shown
