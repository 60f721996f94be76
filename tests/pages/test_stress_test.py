"""The Stress test page: curves of several networks, and the images of a point."""

import threading

import numpy as np
import streamlit as st

from mnist_core.evaluation.robustness import stress_test
from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS, corrupt
from mnist_core.network.inference import Classifier
from pages.components.analysis.errors import stress_view
from pages.components.shell import background
from tests.pages.conftest import chart_of, grids


def write_means(run, data) -> None:
    """Weights by which the nearest mean of a digit's images is predicted."""
    x, y = data.x_train / 255, data.y_train
    means = np.stack([x[y == digit].mean(axis=0).ravel() for digit in range(10)])
    np.savez(
        run.weights_path,
        activations=np.array([], dtype=str),
        kernel_0=means.T.astype(np.float32),
        bias_0=(-0.5 * (means**2).sum(axis=1)).astype(np.float32),
    )


def test_curves_figures_and_images_are_what_was_measured(
    network, no_networks, open_page, monkeypatch
):
    monkeypatch.setattr(stress_test, "DIGITS", 100)
    first, second = network({}), network({})
    second.rename("Means")
    write_means(second, no_networks)
    at = open_page("stress_test", run=second.id, corruption="blur", severity="4")
    assert not at.metric
    assert at.button(key="start-stress-test").label == "Start the stress test of Means"
    at.button(key="start-stress-test").click().run()
    assert at.metric[0].label == "Mean corruption error of Means"
    measured = stress_test.load(second, "mnist")
    assert at.metric[0].value == f"{measured.error():.1%}"
    images = corrupt(no_networks.x_test, "blur", 4)
    predicted = Classifier.load(second.weights_path).probabilities(images).argmax(axis=1)
    wrong = np.count_nonzero(predicted != no_networks.y_test)
    assert f"Means misclassifies {wrong} digits of 100." in " ".join(m.value for m in at.markdown)
    (grid,) = grids(at)
    assert grid.count('class="wrong"') == wrong > 0
    table = at.table[0].value
    assert table["Corruption"].tolist() == [kind.title for kind in CORRUPTIONS.values()]
    at.multiselect(key="stressed").set_value([first.id]).run()
    assert len(at.metric) == 1
    stress_test.measure(first, no_networks)
    at.run()
    assert not at.exception
    assert len(at.metric) == 2
    assert at.query_params["compared"] == first.id
    again = open_page("stress_test", run=second.id, compared=[first.id])
    assert len(again.metric) == 2
    curve, other = chart_of(at, "stress")["figure"]["data"]
    assert curve["y"][4] == 1 - wrong / 100
    assert [curve["name"], other["name"]] == ["Means", "Test network"]
    names = ["Corruption", "From … to", "Means", "Test network"]
    assert at.table[0].value.columns.tolist() == names
    at.selectbox(key="corruption-list").set_value("fog").run()
    at.segmented_control(key=stress_view.SEVERITY_LIST).set_value(0).run()
    assert "**Low contrast" not in (said := " ".join(m.value for m in at.markdown))
    assert "**Fog: As they are.** Means misclassifies" in said
    assert at.query_params["severity"] == "0"


def test_a_stress_test_that_goes_on_is_found_again(network, no_networks, open_page, monkeypatch):
    run, done = network({}), threading.Event()

    def measure(run, data, report):
        report(0.25)
        assert done.wait(60)
        return stress_test.StressTest(np.full((len(CORRUPTIONS), 6), 0.5), 100, data.name)

    monkeypatch.setattr(stress_test, "measure", measure)
    monkeypatch.setattr(background, "BRIEFLY", 0)
    open_page("stress_test", run=run.id).button(key="start-stress-test").click().run()
    again = open_page("stress_test", run=run.id)  # as after a reload
    st.cache_resource.clear()  # as after a restart of the server
    restarted = open_page("stress_test", run=run.id)
    try:
        assert [bar.value for bar in restarted.get("progress")] == [25]
        assert [bar.value for bar in again.get("progress")] == [25]
        assert "start-stress-test" not in {button.key for button in again.button}
    finally:
        done.set()
