"""Damaged files of a run take no page down: they are named, and other networks work as before."""

import os
from contextlib import suppress

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from mnist_core.runs.run import Run
from pages.components.draw.live import published_networks
from pages.components.shell import networks
from tests.damage import damage as damage_bytes
from tests.damage import encrypted, unknown_compression
from tests.pages.conftest import APP

PAGES = (
    "app", "misclassified", "confusion_matrix", "calibration", "map_of_digits", "network",
    "label_issues", "compare",
)  # fmt: skip


def arrays(**changes: object) -> dict[str, object]:
    return {
        "activations": np.array([], dtype=str),
        "kernel_0": np.zeros((784, 10), np.float32),
        "bias_0": np.zeros(10, np.float32),
    } | changes


def damage(run: Run, kind: str) -> None:
    """Spoil the weights of a run, and forget what was computed with them."""
    path = run.weights_path
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:-200])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "directory":
        path.unlink()
        path.mkdir()
    elif kind == "pipe":
        path.unlink()
        os.mkfifo(path)
    elif kind == "single array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif kind == "text":
        np.savez(path, **arrays(kernel_0=np.full((784, 10), "x")))
    elif kind == "scalar":
        np.savez(path, **arrays(activations=np.array("relu")))
    elif kind == "NaN":
        np.savez(path, **arrays(kernel_0=np.full((784, 10), np.nan)))
    elif kind == "large":
        np.savez(path, **arrays(kernel_0=np.full((784, 10), 3e38, np.float32)))
    elif kind == "flipped":
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 255
        path.write_bytes(content)
    elif kind == "shapes":
        np.savez(path, **arrays(bias_0=np.zeros(9, np.float32)))
    elif kind == "keras":
        path.unlink()
        run.model_path.write_bytes(b"no zip")
    with suppress(FileNotFoundError):
        run.evaluation_path.unlink()


KINDS = (
    "truncated", "empty", "directory", "pipe", "single array", "text", "scalar", "NaN", "large",
    "flipped", "shapes", "keras",
)  # fmt: skip
FEW = np.full((1, 28, 28), 20, np.uint8)  # some ink


def opened(open_page, page: str, **query: str) -> AppTest:
    """A page by the name of its script; Draw is the app itself."""
    if page != "app":
        return open_page(page, **query)
    app = AppTest.from_file(str(APP), default_timeout=20)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception, app.exception
    return app


def texts(elements) -> str:
    return " ".join(element.value for element in elements).replace("\\", "")


@pytest.mark.parametrize(
    ("page", "kind"),
    [*((page, "truncated") for page in PAGES), *(("network", kind) for kind in KINDS)],
)
def test_damaged_weights_are_named_and_another_network_can_be_chosen(
    open_page, network, page, kind
):
    healthy, run = network({}), network({})
    run.rename("Broken")
    damage(run, kind)
    st.cache_resource.clear()
    app = opened(open_page, page, run=run.id)
    name = "model.keras" if kind == "keras" else "weights.npz"
    assert "The weights of Broken can't be read" in texts(app.error)
    assert f"{run.id}/{name}" in texts(app.error)
    app.sidebar.selectbox(key="network").set_value(healthy.id).run()
    assert not app.exception
    if page != "compare":  # there the damaged one is the second network now
        assert not app.error


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", ["truncated", "too large"])
def test_a_healthy_network_is_shown_while_another_is_damaged(open_page, network, page, kind):
    healthy, run = network({0: 7}), network({})
    if kind == "too large":
        # A unit that a digit activates, but not an image full of ink, by which this would be found.
        signs = np.where(np.arange(10) % 2, 1, -1)
        np.savez(
            run.weights_path,
            activations=np.array(["relu"]),
            kernel_0=np.full((784, 1), -1, np.float32),
            bias_0=np.full(1, 700, np.float32),
            kernel_1=(3e38 * signs[None]).astype(np.float32),
            bias_1=np.zeros(10, np.float32),
        )
        run.evaluation_path.unlink()
        assert np.isnan(Classifier.load(run.weights_path).probabilities(FEW)).any()
    else:
        damage(run, kind)
    st.cache_resource.clear()
    opened(open_page, page, run=healthy.id, versus=run.id)


@pytest.mark.parametrize("kind", [unknown_compression, encrypted])
def test_a_damaged_evaluation_is_computed_anew(open_page, network, no_networks, kind):
    run = network({})  # by its evaluation it errs never, by its weights it always says 0
    right = int((no_networks.y_test == 0).sum())
    damage_bytes(run.evaluation_path, kind)
    figures = {one.label: one.value for one in open_page("confusion_matrix", run=run.id).metric}
    assert figures["Test accuracy"] == f"{right / len(no_networks.y_test):.2%}"


@pytest.fixture
def by_epoch(network) -> Run:
    """A network with the weights of three epochs, the second damaged, and a stray file."""
    run = network({0: 7})
    for epoch in (1, 2, 3):
        run.epoch_path(epoch).parent.mkdir(exist_ok=True)
        run.epoch_path(epoch).write_bytes(run.weights_path.read_bytes())
    run.epoch_path(2).write_bytes(b"no zip")
    run.epoch_path(1).with_name("00x.npz").write_bytes(b"")
    return run


@pytest.mark.parametrize(
    ("page", "slider"),
    [("train", "replay-{}"), ("network", "epoch"), ("confusion_matrix", "epoch")],
)
def test_a_damaged_epoch_is_named_and_the_others_are_shown(open_page, by_epoch, page, slider):
    app = open_page(page, run=by_epoch.id)
    slider, last = slider.format(by_epoch.id), app.select_slider(slider.format(by_epoch.id)).value
    kind = type(last)
    app.select_slider(slider).set_value(kind(2)).run()
    assert not app.exception
    assert "The weights of Test network after epoch 2 can't be read" in texts(app.error)
    assert "002.npz" in texts(app.error)
    app.select_slider(slider).set_value(kind(1)).run()
    assert not app.exception
    assert not app.error


def test_the_newest_epoch_may_be_damaged(open_page, by_epoch):
    by_epoch.epoch_path(3).write_bytes(b"")
    assert "after epoch 3 can't be read" in texts(open_page("train", run=by_epoch.id).error)
    app = open_page("network", run=by_epoch.id)
    assert not app.error  # it opens on the final weights
    app.select_slider("epoch").set_value("3").run()
    assert "after epoch 3 can't be read" in texts(app.error)


def test_the_lines_of_a_digit_leave_a_damaged_epoch_out(open_page, by_epoch):
    app = open_page("misclassified", run=by_epoch.id, index="0")
    assert "The weights after epoch 2 are damaged and left out" in texts(app.caption)


TOGETHER = (
    ("config.json",),
    ("status.json", "worker.lock", "cluster.lock"),
    ("weights.npz",),
    ("history.jsonl", "model.keras", "evaluation.npz", "calibration.json", "control.json",
     "checkpoint.npz", "epochs/001.npz", "stress-test.npz", "map-test.npz", "loss-landscape.npz"),
)  # fmt: skip


@pytest.mark.parametrize("put", [os.mkdir, os.mkfifo])
def test_a_directory_or_a_pipe_in_place_of_a_file_takes_no_page_down(open_page, network, put):
    runs = [network({}) for _ in TOGETHER]
    for run, names in zip(runs, TOGETHER, strict=True):
        for name in names:
            path = run.directory / name
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True)
            put(path)
    st.cache_resource.clear()
    for run in runs:
        open_page("train", run=run.id)
    for page in ("runs", "compare"):
        open_page(page, run=runs[-1].id)
    assert store.list_damaged()[0][0].id == runs[0].id
    assert runs[1].status().state == "damaged"


@pytest.mark.parametrize("kind", ["keras", "truncated"])
def test_damaged_weights_are_no_download_and_the_button_says_why(open_page, network, kind):
    run = network({})
    assert "Weights" in downloads(open_page, run)[0]
    damage(run, kind)
    st.cache_resource.clear()
    labels, app = downloads(open_page, run)
    assert "Weights" not in labels
    button = app.button(key=f"npz-{run.id}")
    assert button.disabled
    assert f"{run.id}/{run.weights_path.name} holds no weights" in button.help.replace("\\", "")


def downloads(open_page, run: Run) -> tuple[list[str], AppTest]:
    """What can be downloaded in the window of a run's actions."""
    app = open_page("runs")
    app.session_state["menu-of"] = run.id
    app.run()
    return [button.proto.label for button in app.get("download_button")], app


def controls(run_id: str) -> None:
    """A run's controls and its actions, as a page of their own."""
    import streamlit as st

    from mnist_core.runs import store
    from pages.components.train.runs import run_controls, run_menu

    run = store.get(run_id)
    run_controls.show_status(run, run.status())
    st.session_state["menu-step"] = "rename"
    run_menu._menu(run)
    st.session_state["menu-step"] = ""
    run_menu._menu(run)


def test_on_a_full_disk_what_a_visitor_asks_for_is_said_not_to_be_done(
    network, full_disk, monkeypatch
):
    monkeypatch.setattr(st, "page_link", lambda *args, **options: None)
    run = network({})
    run.set_status(state="training")
    with run.worker_lock():
        app = AppTest.from_function(controls, kwargs={"run_id": run.id}).run()
        acts = (
            lambda: app.button(key="stop-training").click(),
            lambda: app.button(key="pause-training").click(),
            lambda: app.button(key="change-rate").click(),
            lambda: app.toggle(key=f"keep-{run.id}").set_value(True),
            lambda: app.button(key="confirm-rename").click(),
        )
        for act in acts:
            act()
            with full_disk():
                app.run()
            assert not app.exception
            said = [message.value for message in (*app.toast, *app.error)]
            assert any("writing to the disk failed (File too large)" in text for text in said), said
            app.run()
    assert not run.control().stop


@pytest.mark.parametrize("page", ["train", "label_issues"])
def test_on_a_full_disk_pages_say_that_nothing_was_started_or_kept(
    network, open_page, full_disk, no_networks, page
):
    network({20: (int(no_networks.y_test[20]) + 1) % 10})
    app = open_page(page)
    if page == "train":
        app.button(key="start-training").click()
    else:
        app.button_group(key="opinion-mnist-20").set_value("right")
    with full_disk():
        app.run()
    assert not app.exception
    assert "File too large" in "".join(m.value for m in (*app.toast, *app.warning))
    assert len(store.list_runs()) == 1


def test_on_a_full_disk_one_can_draw_though_no_bars_follow_the_pen(
    network, full_disk, tmp_path, monkeypatch
):
    run = network({})
    monkeypatch.setenv("DIGITLAB_CACHE", str(tmp_path))
    with full_disk():
        assert published_networks.publish(run, networks.classifier(run)) is None
    assert published_networks.publish(run, networks.classifier(run)) is not None
