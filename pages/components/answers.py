"""Which answers a page looks at: of which digits, after which epoch, beside which other network."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnist_core import results, runs
from mnist_core.datasets import Dataset
from mnist_core.evaluation import Evaluation
from mnist_core.inference import Classifier, WeightsError
from mnist_core.results import Part, PartName
from mnist_core.runs import Run
from pages.components import layout
from pages.components.background import result_of
from pages.components.filters import first_page, note_unknown

PART_LABELS: dict[str, PartName] = {"Test": "test", "Validation": "validation", "Training": "train"}
KEPT = "kept"
NONE = "none"


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network said of some digits.

    Attributes:
        run: The network.
        data: All digits.
        part: The digits that it was asked.
        epoch: Whose weights answered; None for the final ones.
        result: The answers.
    """

    run: Run
    data: Dataset
    part: Part
    epoch: int | None
    result: Evaluation

    @property
    def classifier(self) -> Classifier:
        """The network with these weights; one copy shared by all visitors."""
        return _classifier(*self.weights)

    @property
    def weights(self) -> tuple[str, int]:
        """The weights' file and when it was written, in nanoseconds."""
        path = results.weights_path(self.run, self.epoch)
        return str(path), path.stat().st_mtime_ns


@st.cache_resource(show_spinner=False, max_entries=16)
def _classifier(path: str, modified: int) -> Classifier:
    return Classifier.load(path)


def choose_part(run: Run, data: Dataset) -> Part:
    """A choice of test, validation or training digits, kept in the address as `?part=`."""
    note_unknown("part", PART_LABELS)
    label = st.segmented_control(
        "Digits",
        list(PART_LABELS),
        default="Test",
        required=True,
        key="part",
        bind="query-params",
        on_change=first_page,
        help="Test digits were never seen in training. Validation digits were not learned from "
        "but decided when to stop. Training digits were learned from.",
        width="content",
    )
    return part(run, data, PART_LABELS[label])


def part(run: Run, data: Dataset, name: PartName) -> Part:
    """A part of the data; one copy shared by all visitors."""
    return _part(data, data.name, name, run.config.validation_split, run.config.seed, run)


@st.cache_resource(show_spinner=False, max_entries=24)
def _part(_data: Dataset, data_name: str, name: PartName, split: float, seed: int, _run: Run):
    return results.part(_data, name, _run.config)


def choose_epoch(run: Run) -> int | None:
    """A slider over the run's epochs, kept in the address as `?epoch=`; None for its final weights.

    Where there are no epochs it says so instead.
    """
    epochs = run.epochs()
    if not epochs:
        why = "ships with its final weights only" if run.pretrained else "has no weights by epoch"
        st.caption(f"**{layout.plain(run.name)}** {why}, so there is no epoch to choose.")
        return None
    options = [*map(str, epochs), KEPT]
    note_unknown("epoch", options)
    if st.session_state.get("epoch", KEPT) not in options:  # another run's
        del st.session_state["epoch"]
    chosen = st.select_slider(
        "After epoch",
        options,
        value=KEPT,
        key="epoch",
        bind="query-params",
        on_change=first_page,
        help="“kept”: the weights that the run ended with, those of its best epoch if it stops "
        "early.",
    )
    return None if chosen == KEPT else int(chosen)


def other_networks(run: Run) -> list[Run]:
    """The networks besides this one that have ended and can classify, shipped ones first."""
    own = [other for other in runs.list_runs() if other.usable and not other.status().active]
    usable = [shipped for shipped in runs.list_pretrained() if shipped.usable]
    return [other for other in (*usable, *own) if other.id != run.id]


def choose_other(run: Run, label: str, optional: bool = True) -> Run | None:
    """A choice of another network, kept in the address as `?versus=`; None for none."""
    others = {other.id: other for other in other_networks(run)}
    names = layout.distinct_names(list(others.values()))
    options = [NONE, *others] if optional else list(others)
    if not options:
        return None
    note_unknown("versus", options)
    asked = st.query_params.get("versus", st.session_state.get("chosen_other"))
    # Not bound to the address: there a choice would stand with its name, which two may share.
    st.session_state["other-network"] = asked if asked in options else options[0]
    chosen = st.selectbox(
        label,
        options,
        key="other-network",
        format_func=lambda run_id: names.get(run_id, "no other network"),
        on_change=_remember_other,
    )
    return others.get(chosen)


def _remember_other() -> None:
    chosen = st.session_state["other-network"]
    st.session_state["chosen_other"] = st.query_params["versus"] = chosen
    first_page()


def read_answers(run: Run, data: Dataset, part: Part, epoch: int | None = None) -> Answers:
    """What the network answers to these digits, with progress while it is computed.

    Raises:
        WeightsError, OSError: its weights cannot be read.
    """
    modified = results.weights_path(run, epoch).stat().st_mtime_ns
    result = result_of(
        ("evaluation", str(run.directory), modified, data.name, part.name, epoch),
        lambda report: results.evaluate(run, part, data.name, epoch, report),
        f"{layout.plain(run.name)} reads {part.labels.size:,} digits",
    )
    return Answers(run, data, part, epoch, result)


def answers_of(run: Run, data: Dataset, part: Part, epoch: int | None = None) -> Answers:
    """As `read_answers`; where the weights cannot be read, the page says so and ends here."""
    try:
        return read_answers(run, data, part, epoch)
    except (WeightsError, OSError) as error:
        st.error(
            f"The weights of {layout.plain(run.name)} cannot be read: {layout.plain(str(error))} "
            "Choose another network in the sidebar, or train this one again.",
            icon=":material/error:",
        )
        st.stop()


def note_learned(answers: Answers) -> None:
    """Say so where the network learned from the digits that it is asked."""
    if answers.part.name == "test":
        return
    own = part(answers.run, answers.data, "train")
    learned = int(np.isin(answers.part.indices, own.indices, assume_unique=True).sum())
    if learned:
        st.caption(
            f"**{layout.plain(answers.run.name)}** learned from {learned:,} of these "
            f"{answers.part.labels.size:,} digits, so it looks better on them than it is."
        )


@st.cache_resource(show_spinner=False, max_entries=24)
def prepare_epochs(_run: Run, _data: Dataset, _part: Part, *key: object) -> None:
    """Have the results after every epoch computed, in a thread, so that the slider is quick.

    Args:
        key: Names the run, the data and the part; with the same key it is done once.
    """

    def work() -> None:
        with suppress(WeightsError, OSError):  # said when such an epoch is chosen
            for epoch in _run.epochs():
                results.evaluate(_run, _part, _data.name, epoch)

    threading.Thread(target=work, name="epochs", daemon=True).start()
