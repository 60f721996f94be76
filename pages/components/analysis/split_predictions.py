"""What networks say of the digits that a page looks at; computed once, shared by all visitors."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnist_core.digits.dataset import Dataset
from mnist_core.evaluation import predictions
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.evaluation.predictions import Split, SplitName
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.runs.run import Run
from pages.components.shell import networks
from pages.components.shell.background import Report, result_if_done, result_of
from pages.components.shell.text import plain

DATA = {"mnist": "MNIST", "sample": "the offline sample"}


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
    part: Split
    epoch: int | None
    result: Evaluation

    @property
    def classifier(self) -> Classifier:
        """The network with these weights; one copy shared by all visitors."""
        return networks.classifier(self.run, self.epoch)

    @property
    def weights(self) -> tuple[str, int]:
        """The weights' file and when it was written, in nanoseconds."""
        path = predictions.weights_path(self.run, self.epoch)
        return str(path), path.stat().st_mtime_ns


def part(run: Run, data: Dataset, name: SplitName) -> Split:
    """A part of the data; one copy shared by all visitors."""
    return _part(data, data.name, name, run.config.validation_split, run.config.seed, run)


@st.cache_resource(show_spinner=False, max_entries=24)
def _part(_data: Dataset, data_name: str, name: SplitName, split: float, seed: int, _run: Run):
    return predictions.split_of(_data, name, _run.config)


def other_networks(run: Run) -> list[Run]:
    """The networks besides this one that have ended and can classify, shipped ones first."""
    return [other for other in networks.usable_networks().values() if other.id != run.id]


def read_answers(run: Run, data: Dataset, part: Split, epoch: int | None = None) -> Answers:
    """What the network answers to these digits, with progress while it is computed.

    Raises:
        WeightsError, OSError: its weights cannot be read.
    """
    modified = predictions.weights_path(run, epoch).stat().st_mtime_ns
    result = result_of(
        ("evaluation", str(run.directory), modified, data.name, part.name, epoch),
        lambda report: predictions.evaluate(run, part, data.name, epoch, report),
        f"{plain(run.name)} reads {part.labels.size:,} digits",
    )
    return Answers(run, data, part, epoch, result)


def answers_of(run: Run, data: Dataset, part: Split, epoch: int | None = None) -> Answers:
    """As `read_answers`; where the weights cannot be read, the page says so and ends here."""
    try:
        return read_answers(run, data, part, epoch)
    except (WeightsError, OSError) as error:
        st.error(
            f"The weights of {plain(run.name)} cannot be read: {plain(str(error))} "
            "Choose another network in the sidebar, or train this one again.",
            icon=":material/error:",
        )
        st.stop()


def still_there(*networks: Answers) -> None:
    """The first line of a fragment: where a network was deleted meanwhile the whole page begins
    anew, which says so and chooses another one."""
    if not all(network.run.usable for network in networks):
        st.rerun()


def note_learned(answers: Answers) -> None:
    """Say so where the network learned from the digits that it is asked, or from other data."""
    place = st.empty()  # always there, so that what follows keeps its place on the page
    own_data = answers.run.status().dataset or "mnist"
    if own_data != answers.data.name:
        place.caption(
            f"**{plain(answers.run.name)}** learned from digits of {DATA[own_data]}, not of "
            f"{DATA[answers.data.name]}."
        )
        return
    if answers.part.name == "test":
        return
    own = part(answers.run, answers.data, "train")
    learned = int(np.isin(answers.part.indices, own.indices, assume_unique=True).sum())
    if learned:
        place.caption(
            f"**{plain(answers.run.name)}** learned from {learned:,} of these "
            f"{answers.part.labels.size:,} digits, so it looks better on them than it is."
        )


def prepare_epochs(run: Run, data: Dataset, part: Split) -> None:
    """Have the results after every epoch computed ahead, so that the slider is quick."""

    def work(report: Report) -> None:
        with suppress(WeightsError, OSError):  # said when such an epoch is chosen
            for epoch in run.epochs():
                predictions.evaluate(run, part, data.name, epoch)

    key = ("epochs", str(run.directory), data.name, part.name, len(run.epochs()))
    result_if_done(key, work)
