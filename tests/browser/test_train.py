"""Training from the click to the error pages, with a real worker, in a real browser."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest
from playwright.sync_api import expect

from mnist_core.config import palette
from mnist_core.jobs import launcher
from mnist_core.runs import environment, store
from tests.browser.conftest import CURVES, draw, serve, without_mnist
from tests.letters import letters

MOTION = "reduce"

TRAINING = re.compile("Training")
WIDE = "layers=2048"  # so that hundreds of epochs last longer than a test


@pytest.fixture(scope="module")
def training_server(tmp_path_factory, browser):
    """A server of its own, on the offline sample: an epoch takes a fraction of a second."""
    directory = tmp_path_factory.mktemp("training")
    environment = {**without_mnist(directory), "DIGITLAB_OFFLINE": "1", "DIGITLAB_SLOTS": "1"}
    with serve(directory, **environment) as running:
        yield running


@pytest.fixture(autouse=True)
def no_training_left(training_server, monkeypatch):
    """End runs that a failed test left in training: they would hide the form from the next test."""
    monkeypatch.setenv("DIGITLAB_RUNS", str(training_server.log.parent / "runs"))
    yield
    for run in store.list_runs():
        launcher.kill(run)


def points(page) -> int:
    return int(page.locator(CURVES).get_attribute("data-points") or 0)


def wait_for_points(page, more_than: int) -> int:
    deadline = time.monotonic() + 60
    while (count := points(page)) <= more_than:
        assert time.monotonic() < deadline, page.locator(".st-key-training-status").inner_text()
        page.wait_for_timeout(100)
    return count


def wait_for_an_epoch(page) -> None:
    """Wait for another epoch on the chart: each is shown, while batches may be averaged."""
    epochs = int(page.locator(CURVES).get_attribute("data-epochs") or 0)
    more = "([chart, epochs]) => document.querySelector(chart)?.dataset.epochs > epochs"
    page.wait_for_function(more, arg=[CURVES, epochs])


def go_to_training_settings(page, url: str, epochs: int) -> None:
    """Open the Train page from the menu, and the tab Training of all settings."""
    page.goto(url)
    page.get_by_role("link", name="Train", exact=True).click()
    page.get_by_text("All settings").click()
    page.get_by_role("tab", name="Training").click()
    set_number(page, "Maximum epochs", str(epochs))


def set_number(page, label: str, value: str) -> None:
    box = page.get_by_label(label, exact=True)
    box.fill(value)
    box.press("Enter")


def test_train_watch_reload_stop_and_look_at_the_errors(open_page, training_server):
    page = open_page(viewport={"width": 1280, "height": 800})
    go_to_training_settings(page, training_server.url, epochs=1000)
    set_number(page, "Early-stopping patience (epochs)", "0")
    rate = page.get_by_label("Learning rate", exact=True)
    rate.fill("")
    rate.press_sequentially("0,002")
    expect(rate).to_have_value("0.002")
    rate.press("Enter")
    page.get_by_role("combobox", name="Learning-rate schedule").click()
    page.get_by_role("option", name="Constant").click()  # a plateau would be marked, too
    page.locator(".st-key-start-training button").click()
    status = page.locator(".st-key-training-status")
    expect(status).to_contain_text(TRAINING)
    first = wait_for_points(page, 0)
    page.locator(CURVES).evaluate("e => { e.mark = 'the same' }")
    wait_for_points(page, first)
    assert page.locator(CURVES).evaluate("e => e.mark") == "the same"
    run_id = re.search(r"run=([a-z0-9-]+)", page.url).group(1)

    page.reload()
    expect(status).to_contain_text(TRAINING)
    wait_for_points(page, first)

    page.locator(".st-key-pause-training button").click()
    expect(status).to_contain_text(re.compile("Pausing|Paused"))
    expect(status).to_contain_text("Paused")
    for button in ("resume-training", "stop-training"):
        expect(page.locator(f".st-key-{button} button")).to_be_in_viewport()
    page.get_by_role("button", name="Learning rate").click()
    page.locator(".st-key-change-rate button").click()
    page.keyboard.press("Escape")
    marks = "chart => document.querySelector(chart).layout.shapes.length === 6"
    page.wait_for_function(marks, arg=CURVES)  # pause and rate, in three panels
    page.locator(".st-key-resume-training button").click()
    expect(status).to_contain_text(TRAINING)
    wait_for_an_epoch(page)
    assert page.locator(CURVES).evaluate("e => e.layout.shapes.length") == 6

    second = open_page(viewport={"width": 390, "height": 844})  # another visitor, without a link
    second.goto(f"{training_server.url}/train")
    expect(second.locator(".st-key-start-training button")).to_be_in_viewport()
    second.get_by_role("button", name="Watch", exact=True).click()
    expect(second.locator(".st-key-training-status")).to_contain_text(TRAINING)
    expect(second.locator(".st-key-training-status")).to_be_in_viewport()
    expect(second.locator(".st-key-stop-training button")).to_be_in_viewport()

    page.get_by_role("link", name="Data").click()  # leave and return
    expect(page.get_by_role("heading", name="Data").first).to_be_visible()
    page.get_by_role("link", name="Train").click()
    expect(status).to_contain_text(TRAINING)

    page.locator(".st-key-stop-training button").click()
    expect(status).to_contain_text("Stopped")
    expect(page.get_by_text("Test accuracy", exact=True)).to_be_visible()
    expect(page.locator(".st-key-stop-training button")).to_have_count(0)
    calibrated = page.get_by_text("calibrated as on the Draw page").first  # without a reload
    expect(calibrated).to_be_visible()

    page.get_by_role("link", name="Misclassified digits").click()
    expect(page.locator(".st-key-gallery")).to_be_visible()
    assert run_id in page.url
    page.get_by_role("link", name="Draw").click()
    draw(page, 1)
    expect(page.locator(".digit-answer .digit")).to_have_text(re.compile(r"^\d$"))


def test_after_a_worker_is_killed_the_page_says_so_and_the_run_resumes(open_page, training_server):
    page = open_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{training_server.url}/train?epochs=1000&early_stopping_patience=0&{WIDE}")
    page.locator(".st-key-start-training button").click()
    wait_for_points(page, 100)
    run = store.get(re.search(r"run=([a-z0-9-]+)", page.url).group(1))
    while not run.epoch_rows():
        page.wait_for_timeout(50)
    os.kill(run.status().pid, signal.SIGKILL)
    status = page.locator(".st-key-training-status")
    expect(status).to_contain_text("Interrupted")
    expect(page.get_by_role("alert").filter(has_text="ended unexpectedly")).to_be_visible()
    reached = run.epoch_rows()[-1].epoch
    other = open_page()
    other.goto(f"{training_server.url}/train?run={run.id}")
    expect(other.locator(".st-key-training-status")).to_contain_text("Interrupted")
    page.locator(".st-key-resume-run button").click()
    expect(status).to_contain_text(TRAINING)
    expect(other.locator(".st-key-training-status")).to_contain_text(TRAINING)
    wait_for_an_epoch(page)
    page.locator(".st-key-stop-training button").click()
    expect(status).to_contain_text("Stopped")
    assert run.epoch_rows()[-1].epoch >= reached


def test_a_run_outlives_the_server_and_its_watched_digits_change(
    open_page, tmp_path, training_server
):
    runs_directory = str(environment.runs_directory())
    offline = {"MNIST_NPZ": "", "DIGITLAB_OFFLINE": "1", "DIGITLAB_SLOTS": "1"}
    page = open_page(viewport={"width": 1280, "height": 800})
    with serve(tmp_path, DIGITLAB_RUNS=runs_directory, **offline) as first:
        page.goto(f"{first.url}/train?epochs=900&early_stopping_patience=0&{WIDE}&seed=1")
        page.locator(".st-key-start-training button").click()
        wait_for_points(page, 0)
        run = store.get(re.search(r"run=([a-z0-9-]+)", page.url).group(1))
        page.goto("about:blank")
    assert run.status().active  # its server is gone
    page.goto(f"{training_server.url}/train?run={run.id}")
    expect(page.locator(".st-key-training-status")).to_contain_text(TRAINING)
    wait_for_an_epoch(page)
    watched = page.locator(".st-key-watched-digits")
    expect(watched).to_contain_text(re.compile(r"After epoch \d+"))
    before = watched.inner_text()
    expect(watched).not_to_have_text(before)
    page.locator(".st-key-stop-training button").click()
    expect(page.locator(".st-key-training-status")).to_contain_text("Stopped")


def test_on_a_phone_the_curves_keep_their_place_from_start_to_end(open_page, training_server):
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(f"{training_server.url}/train?epochs=20&early_stopping_patience=0&layers=16")
    page.locator(".st-key-start-training button").click()
    page.get_by_role("progressbar", name=re.compile("Epoch|network|process|Loading")).wait_for()
    page.evaluate(
        """() => {
          window.places = {};
          const top = part => document.querySelector(part)?.getBoundingClientRect().top;
          const look = () => {
            const place = top(".st-key-learning-curves-panel") - top(".st-key-training-controls");
            const state = document.querySelector(".st-key-training-status strong")?.innerText;
            if (state && place) (places[state] ??= new Set()).add(place);
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    page.locator(".st-key-training-summary").wait_for()
    expect(page.locator(".st-key-training-controls button")).to_have_count(1)
    places = page.evaluate("Object.entries(places).map(([state, all]) => [state, ...all])")
    assert {"Training", "Done"} <= {state for state, *_ in places}
    assert len({place for _, *all_of_them in places for place in all_of_them}) == 1, places


def test_a_run_is_renamed_and_deleted_with_confirmation(open_page, training_server):
    page = open_page(viewport={"width": 1280, "height": 900})
    go_to_training_settings(page, training_server.url, epochs=1)
    page.get_by_label("Name of the run").fill("Short one")
    page.get_by_label("Name of the run").press("Enter")
    page.locator(".st-key-start-training button").click()
    expect(page.locator(".st-key-training-status")).to_contain_text("Done")

    page.get_by_role("link", name="Runs").click()

    def open_menu(name: str) -> None:
        page.get_by_role("button", name=f"Actions for {name}", exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()

    open_menu("Short one")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_label("New name")).to_be_focused()
    page.wait_for_function("getSelection().toString() === 'Short one'")  # so typing replaces it
    page.keyboard.type("  ")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1–60 characters")).to_be_visible()
    page.get_by_label("New name").fill("A better name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    row = page.get_by_role("row", name="A better name")
    expect(row).to_contain_text("1 of 1")

    open_menu("A better name")
    with page.expect_download() as download:
        page.get_by_role("button", name="History").click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert lines[0].startswith("kind,epoch,step,loss")
    assert any(line.startswith("epoch,1,") for line in lines)
    with page.expect_download() as download:
        page.get_by_role("button", name="Model").click()
    assert download.value.path().stat().st_size > 1_000_000
    with page.expect_download() as download:
        page.get_by_role("button", name="Keras script").click()
    assert "keras.Sequential(" in download.value.path().read_text("utf-8")

    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".st-key-cancel-delete button")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row).to_be_visible()  # not before it is confirmed
    open_menu("A better name")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.locator(".st-key-cancel-delete button").press("Enter")
    expect(row.get_by_role("button")).to_be_focused()
    open_menu("A better name")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    delete = page.locator(".st-key-confirm-delete button")
    red = f"rgb{palette.rgb(palette.DANGER.light)}"
    expect(delete).to_have_css("background-color", red)
    delete.click()
    expect(row).to_have_count(0)
    expect(page.locator(".run-table th button").first).to_be_focused()


def test_a_folder_of_200_letters_is_trained_and_drawn_against(page, training_server, tmp_path):
    for name, content in letters("IOVX", 50).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    page.goto(f"{training_server.url}/data")
    page.get_by_text("Import your own data").click()
    page.get_by_text("A folder", exact=True).click()
    uploader = page.locator("[data-testid=stFileUploaderDropzoneInput][webkitdirectory]")
    uploader.set_input_files(tmp_path / "letters")
    page.get_by_label("Name", exact=True).fill("Four letters")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("200 images of 4 classes: I, O, V, X.")).to_be_visible()
    page.get_by_role("button", name="Train on it").click()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".st-key-training-status")).to_contain_text("Done")
    page.get_by_role("link", name="Draw an image for it").click()
    draw(page, 1)
    expect(page.locator(".digit-answer .digit")).to_have_text("I")
    expect(page.locator(".st-key-probability-bars [role=listitem]")).to_have_count(4)
    expect(page.get_by_text("It knows only I, O, V, X")).to_be_visible()
