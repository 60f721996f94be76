"""The networks that a visitor can choose, the one in use, and what each needs to predict, which is
loaded once for all visitors."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.config.config import OwnData
from mnist_core.config.formatting import accuracy_text
from mnist_core.digits.datasets import own_data
from mnist_core.evaluation import cached_predictions, temperature_scaling
from mnist_core.evaluation.cached_predictions import Split
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.evaluation.non_digit_detector import OODDetector
from mnist_core.evaluation.temperature_scaling import Calibration
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.predict import predictor as core_predictor
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import class_rules, store
from mnist_core.runs.run import Run
from pages.components.shell import address, classes, empty_states, presence
from pages.components.shell.background import (
    Key,
    Work,
    result_if_done,
    result_of,
    result_when_done,
)
from pages.components.shell.classes import things
from pages.components.shell.memory_cache import MemoryCache
from pages.components.shell.state import CHOSEN_RUN, SIDEBAR_PLACE
from pages.components.shell.text import plain
from pages.components.shell.visitor import asking

logger = logging.getLogger(__name__)

MAX_BYTES = 200_000_000  # all networks in memory; champion takes 12 MB
CALIBRATIONS_KEPT = 64  # calibrations in memory


def chosen_network() -> Run:
    """The network in use, with a selectbox for it in the sidebar.

    The choice holds across pages. `?run=<id>` in the address chooses on arrival, and a choice by
    hand is written there, so that the address can be shared. Without any network, and where
    the weights of the one in use are damaged, the page ends here with what to do.
    """
    networks = all_networks()
    if not networks:
        empty_states.train_first(empty_states.NO_NETWORK)
        st.stop()
    notice = st.empty()  # always there, so that what follows keeps its place on the page
    choice = _choice(networks, notice)
    # A widget's own state is dropped when a page without it is opened, so the choice is kept apart.
    st.session_state[CHOSEN_RUN] = st.session_state["network"] = choice
    run = networks[choice]
    with st.session_state[SIDEBAR_PLACE]:
        _network_list(networks)
        if own := run.config.data:
            st.caption(f"It was trained on **{plain(own.name)}**.")
    classes.use(run.config.data)
    try:
        classifier(run)
    except (WeightsError, OSError) as error:
        show_damaged(run, error)
        st.stop()
    presence.note(run, presence.USES)
    return run


def _choice(networks: dict[str, Run], notice: DeltaGenerator) -> str:
    """The id of the network that the address asks for, else of the one chosen before, else of the
    one that the class begins with. If the address names a network that
    does not exist, a notice says so."""
    requested = address.asked("run")
    choice = requested if requested in networks else st.session_state.get(CHOSEN_RUN)
    if choice not in networks:
        choice = class_rules.read().network
    if choice not in networks:
        choice = next(iter(networks))
    if requested is not None and requested != choice:
        address.drop("run")
        notice.warning(
            f"This network no longer exists; showing {plain(networks[choice].name)}.",
            icon=":material/link_off:",
        )
    return choice


def _network_list(networks: dict[str, Run]) -> None:
    names = distinct_names(list(networks.values()))

    def label(run_id: str) -> str:
        name, summary = names[run_id], networks[run_id].status().summary
        if summary is None:
            return name
        return f"{accuracy_text(summary.test_accuracy)} · {name}"  # of a long name the end is cut

    st.selectbox(
        "Network in use",
        list(networks),
        key="network",
        help="With its accuracy on the test images of the data that it was trained on.",
        format_func=label,
        on_change=_remember_choice,
    )


def rerun_if_deleted(*runs: Run) -> None:
    """Rerun the whole page if a visitor has deleted one of these networks: the page says so and
    shows another.

    Call this first in a fragment, which would otherwise go on without their files.
    """
    if not all(run.usable for run in runs):
        st.rerun()


def show_damaged(run: Run, error: Exception, epoch: int | None = None) -> None:
    """Say that a network's weights, or those after an epoch, can't be read, why, and what to
    do."""
    after = "" if epoch is None else f" after epoch {epoch}"
    other = (
        "another network, or repair or delete this one on the Runs page"
        if epoch is None
        else "another"
    )
    st.error(
        f"The weights of {plain(run.name)}{after} can't be read: {plain(str(error))} "
        f"Choose {other}.",
        icon=":material/error:",
    )


def _remember_choice() -> None:
    use(st.session_state["network"])
    address.first_page()  # the page number belonged to the network chosen before


def use(run_id: str) -> None:
    """Make this the network in use, on this page and those opened next."""
    st.session_state[CHOSEN_RUN] = run_id
    address.put(run=run_id)


def all_networks() -> dict[str, Run]:
    """Shipped networks, then the users' own that have ended and can classify, by id; those alone
    that the visitor may use."""
    runs = (*store.list_pretrained(), *visible_runs())
    return {run.id: run for run in runs if run.ready}


def visible_runs() -> list[Run]:
    """The users' runs, newest first, without those on data that are for somebody else alone."""
    return [run for run in store.list_runs() if own_data.may_use(run, asking())]


def usable_networks(data: OwnData | None = None) -> dict[str, Run]:
    """Those of all networks that were trained on this data set; None: on MNIST."""
    return {key: run for key, run in all_networks().items() if run.config.data == data}


def distinct_names(networks: list[Run]) -> dict[str, str]:
    """The networks' names by id, all different, see `_distinct`."""
    return _distinct([(network.id, network.name, network.created) for network in networks])


def sweep_names(sweeps: Mapping[str, Sequence[Run]]) -> dict[str, str]:
    """The names of sweeps, see `sweeps_of`, by id, all different."""
    return _distinct(
        [
            (sweep_id, part.name, runs[0].created)
            for sweep_id, runs in sweeps.items()
            if (part := runs[0].description.sweep)
        ]
    )


def _distinct(named: list[tuple[str, str, float]]) -> dict[str, str]:
    """Names by id, from ids, names and times of creation. Where a name is shared, the time and the
    end of the id follow it, because a selectbox tells its options apart by their texts alone."""
    count = Counter(name for _, name, _ in named)
    names = {}
    for key, name, created in named:
        names[key] = name
        if count[name] > 1:
            when = time.strftime("%d %b, %H:%M", time.localtime(created))
            names[key] += f" ({when}, {key[-4:]})"
    return names


def predictor(run: Run, epoch: int | None = None) -> Predictor:
    """The run's network, ready to predict. Until it is calibrated, its temperature is 1.

    Args:
        run: A run with weights.
        epoch: Use the weights after this epoch; None for the final ones.

    Raises:
        WeightsError, OSError: The weights can't be read.
    """
    unlike = None if run.config.data else detector()
    names = run.config.class_names
    return Predictor(classifier(run, epoch), temperature(run, epoch), unlike, names)


def temperature(run: Run, epoch: int | None = None) -> float:
    """What the network's logits are divided by; 1 until it is calibrated."""
    return core_predictor.temperature(run, calibration(run), epoch)


def evaluation(run: Run, split: Split, dataset_name: str, epoch: int | None = None) -> Evaluation:
    """What the network predicts for all digits of a split, before calibration, with progress while
    it is computed.

    Raises:
        WeightsError, OSError: its weights can't be read.
        EvaluationError: they are so large that the network's outputs are no probabilities.
    """
    return result_of(*_evaluating(run, split, dataset_name, epoch))


def evaluation_when_done(
    run: Run, split: Split, dataset_name: str, epoch: int | None = None
) -> Evaluation | None:
    """As `evaluation`, for fragments: None and progress in its place until it is computed."""
    return result_when_done(*_evaluating(run, split, dataset_name, epoch))


def _evaluating(
    run: Run, split: Split, dataset_name: str, epoch: int | None
) -> tuple[Key, Work[Evaluation], str]:
    return (
        ("evaluation", *weights_key(run, epoch), dataset_name, split.name),
        lambda report: cached_predictions.evaluate(run, split, dataset_name, epoch, report),
        f"{plain(run.name)} classifies {split.labels.size:,} {things()}",
    )


def classifier(run: Run, epoch: int | None = None) -> Classifier:
    """The run's network with its weights after an epoch, or the final ones.

    Raises:
        WeightsError, OSError: They can't be read.
    """
    return _classifiers.get(
        weights_key(run, epoch), lambda: cached_predictions.load_classifier(run, epoch)
    )


def weights_key(run: Run, epoch: int | None = None) -> Key:
    """Names a network's weights after an epoch, or the final ones, and changes with them.

    Raises:
        OSError: there is no such file.
    """
    path = cached_predictions.weights_path(run, epoch)
    return str(path), path.stat().st_mtime_ns


_classifiers: MemoryCache[Classifier] = MemoryCache(
    MAX_BYTES, lambda loaded: sum(a.nbytes for a in (*loaded.kernels, *loaded.biases))
)


@st.cache_resource(show_spinner=False)
def detector() -> OODDetector:
    """The out-of-distribution detector, the same for all networks of MNIST."""
    return OODDetector.load()


def calibration(run: Run) -> Calibration | None:
    """The calibration of a network's final weights. If none is stored, it is computed in the
    background. None until that is done, where it fails, and while the network is being trained."""
    fitted = _calibration(run)
    return None if isinstance(fitted, str) else fitted


def not_calibrated(run: Run) -> str | None:
    """Why a network could not be calibrated and what that means, as Markdown; None if it is
    calibrated or still being calibrated."""
    fitted = _calibration(run)
    if not isinstance(fitted, str):
        return None
    return plain(temperature_scaling.not_calibrated(run.name, fitted))


def _calibration(run: Run) -> Calibration | str | None:
    if not run.ready:
        return None
    key = weights_key(run)
    stored = _stored_calibration(key, run)
    return stored or result_if_done(("calibration", *key), lambda report: _calibrate(run))


@st.cache_resource(show_spinner=False, max_entries=CALIBRATIONS_KEPT)
def _stored_calibration(weights: Key, _run: Run) -> Calibration | None:
    return temperature_scaling.load(_run)


def _calibrate(run: Run) -> Calibration | str:
    try:
        return temperature_scaling.calibrate(run) or temperature_scaling.NO_TRAINING_DATA
    except (OSError, WeightsError, EvaluationError) as error:
        if run.weights_path.exists():  # and was not deleted meanwhile
            logger.exception("%s could not be calibrated", run.directory)
        return str(error)
