"""Stress tests on screen: accuracy by severity for several networks, and the images behind it."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.formatting import accuracy_text, count, percent
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation import charts
from mnist_core.evaluation.robustness import stress_test
from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from mnist_core.evaluation.robustness.stress_test import StressTest
from mnist_core.evaluation.temperature_scaling import calibrated
from mnist_core.runs.run import Run
from pages.components.shell import address, networks
from pages.components.shell.background import Key, Report, result_when_done
from pages.components.shell.classes import thing, things
from pages.components.shell.text import plain, sentence
from pages.components.widgets.address_choices import listed_choice
from pages.components.widgets.charts.chart import Point, chart
from pages.components.widgets.images.digit_grid import digit_grid

IMAGES_SHOWN = 24
SEVERITY_LIST = "severity-list"
_OF = "stress-network"  # id of the run whose predictions are shown with the images


def when_measured(runs: list[Run], data: Dataset) -> dict[str, StressTest]:
    """The stress tests by the run's id. For those that have not been measured there is a button
    that starts them, or their progress."""
    started = _started()
    tests, missing = {}, {}
    for run in runs:
        key = ("stress-test", *networks.weights_key(run), data.name)
        test = stress_test.load(run, data.name)
        if test is None and (key in started or stress_test.is_requested(run)):
            text = f"{plain(run.name)} reads {things()} that are hard to read"
            try:
                test = result_when_done(key, partial(_measure, run, data), text)
            except Exception:
                started.discard(key)  # nobody else begins what fails
                stress_test.mark_requested(run, False)
                raise
        elif test is None:
            missing[key] = run
        if test:
            tests[run.id] = test
    if missing:
        st.button(
            f"Start the stress test of {plain(sentence([run.name for run in missing.values()]))}",
            icon=":material/play_arrow:",
            type="primary",
            key="start-stress-test",
            on_click=_start,
            args=(missing,),
            help=f"{len(CORRUPTIONS) * SEVERITIES} times "
            f"{len(stress_test.sampled_indices(data)):,} {things()} are changed and classified. It "
            "takes up to a minute for each network, but only once.",
        )
    return tests


def show_errors(names: dict[str, str], tests: dict[str, StressTest]) -> None:
    """The mean corruption error of each network."""
    with st.container(horizontal=True, gap="medium"):
        for run_id, test in tests.items():
            st.metric(
                f"Mean corruption error of {plain(names[run_id])}",
                percent(test.error(), 1),
                help="The share of errors, averaged over the five severities and all corruptions "
                "(Hendrycks et al. 2020). Over the fifteen of MNIST-C (Mu & Gilmer 2019) it is "
                f"{percent(test.mnist_c_error, 1)}, on the {things()} as they are "
                f"{percent(1 - float(test.accuracy[0, 0]), 1)}.",
                width="content",
            )


def choose_corruption() -> None:
    """A choice of the corruption, kept in the address as `?corruption=`."""
    listed_choice(
        f"What makes the {things()} harder to read",
        "corruption",
        list(CORRUPTIONS),
        lambda name: CORRUPTIONS[name].title,
    )


def show_curves(
    runs: list[Run], names: dict[str, str], tests: dict[str, StressTest], data: Dataset
) -> None:
    """Accuracy by severity of the chosen corruption, and digits of the chosen severity."""
    corruption, severity = address.chosen("corruption"), int(address.chosen("severity"))
    kind = CORRUPTIONS[corruption]
    texts = ["As they are", *map(kind.in_words, range(1, SEVERITIES + 1))]
    measured = [run for run in runs if run.id in tests]
    diagram, images = st.columns([3, 2], gap="large")
    with diagram:
        chart(
            charts.stress_curves(
                {names[run.id]: tests[run.id].accuracy_by_severity(corruption) for run in measured},
                texts,
                severity,
            ),
            "stress",
            f"Accuracy by severity: {kind.title.lower()}",
            partial(_choose_clicked, measured),
            shows="stress-images",
        )
    with images, st.container(key="stress-images"):
        st.session_state[SEVERITY_LIST] = severity
        st.segmented_control(
            "Click a point, or choose a severity, to see its images",
            range(SEVERITIES + 1),
            required=True,
            key=SEVERITY_LIST,
            on_change=_choose_listed,
        )
        by_id = {run.id: run for run in measured}
        shown = by_id.get(st.session_state.get(_OF, ""), measured[0])
        _show_images(shown, data, corruption, severity, texts[severity])


def table(runs: list[Run], names: dict[str, str], tests: dict[str, StressTest]) -> None:
    """Every corruption and the networks' mean accuracies over its severities."""
    columns = {
        names[run.id]: [accuracy_text(1 - tests[run.id].error(name)) for name in CORRUPTIONS]
        for run in runs
        if run.id in tests
    }
    mild_to_strong = [kind.range_in_words for kind in CORRUPTIONS.values()]
    st.table(
        {"Corruption": [kind.title for kind in CORRUPTIONS.values()], "From … to": mild_to_strong}
        | {plain(name): shares for name, shares in columns.items()},
        hide_index=True,
    )


def _show_images(run: Run, data: Dataset, corruption: str, severity: int, text: str) -> None:
    """Digits at a severity, those that the network misclassifies first."""
    result = result_when_done(
        ("corrupted", *networks.weights_key(run), data.name, corruption, severity),
        partial(_predicted, run, data, corruption, severity),
        f"Changing the {things()}",
    )
    if result is None:
        return
    images, probabilities = result
    probabilities = calibrated(probabilities, networks.temperature(run))
    chosen = stress_test.sampled_indices(data)
    labels = data.y_test[chosen]
    wrong = probabilities.argmax(axis=1) != labels
    st.markdown(
        f"**{CORRUPTIONS[corruption].title}: {text}.** {plain(run.name)} misclassifies "
        f"{count(int(wrong.sum()), thing())} of {labels.size:,}."
    )
    order = np.argsort(~wrong, kind="stable")[:IMAGES_SHOWN]
    digit_grid(images[order], labels[order], probabilities[order], chosen[order])


@st.cache_resource(show_spinner=False)
def _started() -> set[Key]:
    """The keys of the stress tests that anybody has started, so that everybody sees their progress,
    also after a reload. A server that was restarted knows those that are noted on disk."""
    return set()


def _start(missing: dict[Key, Run]) -> None:
    _started().update(missing)
    for run in missing.values():
        stress_test.mark_requested(run)


def _measure(run: Run, data: Dataset, report: Report) -> StressTest:
    return stress_test.measure(run, data, report)


def _predicted(
    run: Run, data: Dataset, corruption: str, severity: int, report: Report
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    images = corrupt(data.x_test[stress_test.sampled_indices(data)], corruption, severity)
    return images, networks.classifier(run).probabilities(images)


def _choose_listed() -> None:
    address.put(severity=str(st.session_state[SEVERITY_LIST]))


def _choose_clicked(runs: list[Run], point: Point | None) -> None:
    if point:
        place, severity = point
        address.put(severity=str(severity))
        st.session_state[_OF] = runs[place].id
