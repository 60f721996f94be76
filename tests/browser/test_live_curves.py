"""The learning curves in a real browser, fed by a run directory that the test writes."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from mnist_core.config import palette
from mnist_core.config.config import TrainingConfig
from mnist_core.runs import store
from tests.browser.conftest import ROOT, serve

APP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import streamlit as st
from mnist_core.runs import store
from pages.components.shell import palette_css
from pages.components.train.curves.live_curves import learning_curves

st.html(f"<style>{{palette_css.css()}}</style>")

@st.fragment(run_every=0.3)
def curves():
    log_scale = st.checkbox("Logarithmic")
    wanted = [store.get(run) for run in st.query_params["runs"].split(",")]
    learning_curves(*wanted, log_scale=log_scale)

if st.checkbox("Curves", value=True):
    curves()
"""
CHART = ".st-key-learning-curves .learning-curves"


@pytest.fixture(scope="module")
def app(tmp_path_factory, browser):
    """A server with nothing but the curves; its directory holds the runs."""
    directory = tmp_path_factory.mktemp("curves")
    script = directory / "app.py"
    script.write_text(APP, "utf-8")
    with serve(directory, script) as running:
        yield running


@pytest.fixture
def run(app, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS", str(app.log.parent / "runs"))
    return store.create(TrainingConfig(), "Curves")


def add_rows(run, first: int, count: int, per_epoch: int = 50) -> None:
    """Append batch rows `first` … and the epoch rows that fall among them."""
    with run.history_path.open("a", encoding="utf-8") as file:
        for step in range(first + 1, first + count + 1):
            share = 1 / (1 + step / 40)
            measured = {"loss": 2 * share, "accuracy": 1 - 0.8 * share, "learning_rate": 1e-3}
            row = {"kind": "batch", "step": step, "epoch": step / per_epoch, "time": step / 100}
            row |= measured
            file.write(json.dumps(row) + "\n")
            if step % per_epoch == 0:
                validated = {"val_loss": 1.5 * share, "val_accuracy": 1 - 0.7 * share}
                row |= {"kind": "epoch", "epoch": step // per_epoch, **validated}
                file.write(json.dumps(row) + "\n")


def wait_for_points(page, points: int) -> None:
    page.locator(f"{CHART}[data-points='{points}']").wait_for()


def first_panel_range(page) -> list[float]:
    return page.locator(CHART).evaluate("chart => chart._fullLayout.xaxis.range")


def test_curves_have_the_colours_of_the_palette_and_axes_for_what_epochs_differ_in(page, app, run):
    add_rows(run, 0, 400)
    page.goto(f"{app.url}/?runs={run.id}")
    wait_for_points(page, 400)
    colours = page.locator(CHART).evaluate(
        "chart => Object.fromEntries(chart.data.map((trace) => [trace.name, trace.line.color]))"
    )
    assert len(colours["Each batch"]) > 7  # fainter than the others
    assert {name: colour[:7] for name, colour in colours.items()} == {
        "Each batch": palette.TRAINING_MARK,
        "Batch average": palette.TRAINING_MARK,
        "Training": palette.TRAINING_MARK,
        "Validation": palette.VALIDATION_MARK,
        "Learning rate": palette.NEUTRAL_MARK,
        "Lowest validation loss": palette.NEUTRAL_MARK,
    }
    lowest, highest = page.locator(CHART).evaluate("chart => chart._fullLayout.yaxis.range")
    losses = [
        2 / (1 + 50 * epoch / 40) for epoch in range(1, 9)
    ]  # of training, as `add_rows` has it
    assert 0 < lowest < 0.75 * losses[-1]  # the validation loss is that much lower
    assert losses[1] < highest < losses[0]  # the first epoch is off the axis


def test_points_are_added_to_one_chart_that_keeps_zoom_and_hidden_lines(page, app, run):
    add_rows(run, 0, 120)
    page.goto(f"{app.url}/?runs={run.id}")
    wait_for_points(page, 120)
    page.locator(CHART).evaluate("chart => { chart.mark = 'the first' }")
    for entry in page.locator(f"{CHART} .legend .traces").all():  # names of faint lines stand out
        expect(entry).to_have_css("opacity", "1")

    box = page.locator(f"{CHART} .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    page.wait_for_function(
        "s => document.querySelector(s)._fullLayout.xaxis.autorange === false", arg=CHART
    )
    zoomed = first_panel_range(page)
    page.locator(f"{CHART} .legendtoggle").last.click()
    hidden = "s => document.querySelector(s)._fullData.map(t => t.visible).includes('legendonly')"
    page.wait_for_function(hidden, arg=CHART)

    add_rows(run, 120, 80)
    wait_for_points(page, 200)
    assert page.locator(CHART).evaluate("chart => chart.mark") == "the first"
    assert page.locator(CHART).evaluate("chart => chart.data[0].x.length") == 200
    assert first_panel_range(page) == pytest.approx(zoomed)
    assert page.evaluate(hidden, CHART)


def test_a_hover_label_stays_while_the_curves_grow(page, app, run):
    add_rows(run, 0, 120)
    page.goto(f"{app.url}/?runs={run.id}")
    wait_for_points(page, 120)
    box = page.locator(f"{CHART} .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + box["height"] / 2)
    page.locator(f"{CHART} .hoverlayer .legend").wait_for()
    add_rows(run, 120, 10)
    wait_for_points(page, 130)
    assert page.locator(f"{CHART} .hoverlayer .legend").count() == 1


def test_only_new_points_are_sent(page, app, run):
    sent = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: sent.append(f)))

    def points_sent() -> set[int]:
        """How many an update had, of those that had any."""
        frames = [frame for frame in sent if isinstance(frame, bytes) and b"mean_loss" in frame]
        values = [re.findall(rb'"mean_loss": ?\[([^]]*)\]', frame)[0] for frame in frames]
        return {len(part.split(b",")) for part in values if part.strip()}

    add_rows(run, 0, 400)
    page.goto(f"{app.url}/?runs={run.id}")
    wait_for_points(page, 400)
    while points_sent():  # a browser that was late has asked for all of them once more
        sent.clear()
        page.wait_for_timeout(2000)
    add_rows(run, 400, 3)
    wait_for_points(page, 403)
    assert points_sent() == {3}


def test_curves_are_whole_again_after_leaving_and_returning(page, app, run):
    add_rows(run, 0, 60)
    page.goto(f"{app.url}/?runs={run.id}")
    wait_for_points(page, 60)
    page.get_by_text("Curves", exact=True).click()
    page.locator(CHART).wait_for(state="detached")
    add_rows(run, 60, 40)
    page.get_by_text("Curves", exact=True).click()
    wait_for_points(page, 100)
    first = page.locator(CHART).evaluate("chart => chart.data[0].x[0]")
    assert first == pytest.approx(0.02)


def test_a_hundred_thousand_rows_are_thinned_and_drawn(page, app, run):
    add_rows(run, 0, 100_000, per_epoch=500)
    page.goto(f"{app.url}/?runs={run.id}")
    wait_for_points(page, 100_000 // 256)
    expect(page.locator(CHART)).to_contain_text("Mean of 256 batches")
    assert page.locator(CHART).get_attribute("data-epochs") == "200"


def test_on_a_phone_the_panels_stand_below_each_other_inside_the_page(open_page, app, run):
    add_rows(run, 0, 120)
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(f"{app.url}/?runs={run.id}")
    wait_for_points(page, 120)
    loss, accuracy = (page.locator(f"{CHART} .nsewdrag").nth(i).bounding_box() for i in (0, 1))
    assert accuracy["y"] > loss["y"] + loss["height"]
    assert page.locator(CHART).evaluate("c => c.scrollWidth <= document.body.clientWidth")


def test_a_logarithmic_axis_tells_high_accuracies_apart(page, app, run):
    """90, 99 and 99.9 % are as far from each other as from 100 %, and read as what they are."""
    accuracies = [0.9, 0.99, 0.999, None, 1.0]
    with run.history_path.open("a", encoding="utf-8") as file:
        for epoch, accuracy in enumerate(accuracies, start=1):
            row = {"kind": "epoch", "step": epoch, "epoch": epoch, "learning_rate": 1e-3}
            row |= {"loss": 0.5, "accuracy": 0.5, "val_loss": 0.5, "val_accuracy": accuracy}
            row["time"] = epoch
            file.write(json.dumps(row) + "\n")
    page.goto(f"{app.url}/?runs={run.id}")
    page.locator(f"{CHART}[data-epochs='5']").wait_for()

    def validation() -> dict:
        return page.locator(CHART).evaluate(
            """chart => {
              const { y, customdata } = chart.data.find((one) => one.name === "Validation"
                && one.yaxis === "y2");
              const axis = chart._fullLayout.yaxis2;
              return { type: axis.type, said: customdata,
                heights: y.map((value) => value && axis.d2p(value)) };
            }"""
        )

    page.get_by_text("Logarithmic", exact=True).click()
    page.wait_for_function(
        "s => document.querySelector(s)._fullLayout.yaxis2.type === 'log'", arg=CHART
    )
    shown = validation()
    low, middle, high, none, whole = shown["heights"]
    assert shown["said"] == ["90.00%", "99.00%", "99.90%", None, "100.00%"]
    assert none is None
    assert low - middle == pytest.approx(middle - high, rel=1e-3)
    assert high - whole == pytest.approx(middle - high, rel=1e-3)
    assert low - middle > 20  # pixels, upwards
    ticks = page.locator(f"{CHART} .y2tick").all_text_contents()
    assert {"50%", "90%", "99%", "99.9%", "99.99%"} <= set(ticks)
    page.get_by_text("Logarithmic", exact=True).click()
    page.wait_for_function(
        "s => document.querySelector(s)._fullLayout.yaxis2.type === 'linear'", arg=CHART
    )
    assert validation()["heights"][0] > validation()["heights"][4]
    assert validation()["said"] == shown["said"]


def test_several_runs_share_the_chart(page, app, run):
    other = store.create(TrainingConfig(), "Other <b>run</b>")
    add_rows(run, 0, 100)
    add_rows(other, 0, 150)
    page.goto(f"{app.url}/?runs={run.id},{other.id}")
    wait_for_points(page, 100)
    names = [name.text_content() for name in page.locator(f"{CHART} .legendtext").all()]
    assert names == [
        "Curves, training",
        "Curves, validation",
        "Other <b>run</b>, training",
        "Other <b>run</b>, validation",
    ]


def test_a_long_legend_covers_neither_titles_nor_buttons(open_page, app, run):
    others = [store.create(TrainingConfig(), f"Another run of mine, number {i}") for i in range(3)]
    for one in (run, *others):
        add_rows(one, 0, 100)
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(f"{app.url}/?runs={','.join(one.id for one in (run, *others))}")
    wait_for_points(page, 100)
    page.wait_for_function(
        """s => {
          const chart = document.querySelector(s);
          const box = part => chart.querySelector(part).getBoundingClientRect();
          const legend = box(".infolayer > .legend");
          return legend.height > 200 && legend.bottom <= box(".annotation").top
            && legend.top >= box(".modebar-group").bottom;
        }""",
        arg=CHART,
    )
