"""What networks predict for the digits of a split: computed once, shared by all visitors."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation import cached_predictions
from mnist_core.evaluation.cached_predictions import Split, SplitName
from mnist_core.evaluation.metrics import Evaluation, EvaluationError
from mnist_core.evaluation.run_figures import evaluation_figures
from mnist_core.evaluation.temperature_scaling import calibrated_evaluation
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.runs.run import Run
from pages.components.shell import networks
from pages.components.shell.background import Key, Report, result_if_done
from pages.components.shell.classes import things
from pages.components.shell.text import plain

DATA = {"mnist": "MNIST", "sample": "the offline sample"}


@dataclass(frozen=True, eq=False)
class SplitPredictions:
    """What a network predicts for the digits of a split.

    Attributes:
        run: The network.
        data: The data set.
        split: The digits that it classified.
        epoch: The epoch whose weights it used; None for the final ones.
        temperature: What its logits were divided by; 1 where it is not calibrated.
        evaluation: Its probabilities at this temperature, and what follows from them.
    """

    run: Run
    data: Dataset
    split: Split
    epoch: int | None
    temperature: float
    evaluation: Evaluation

    def before_calibration(self) -> SplitPredictions:
        """The same at a temperature of 1."""
        before = networks.evaluation(self.run, self.split, self.data.name, self.epoch)
        return replace(self, temperature=1.0, evaluation=before)

    @property
    def figures(self) -> dict[str, str]:
        """Its figures by name, see `evaluation_figures`."""
        return evaluation_figures(self.evaluation, networks.calibration(self.run) is not None)

    @property
    def classifier(self) -> Classifier:
        """The network with these weights; one copy shared by all visitors."""
        return networks.classifier(self.run, self.epoch)

    @property
    def weights(self) -> Key:
        """Names the weights and the temperature: a key for caches."""
        return *networks.weights_key(self.run, self.epoch), self.temperature


def split_of(run: Run, data: Dataset, name: SplitName) -> Split:
    """A split of the data as this run has it; one copy shared by all visitors."""
    kept = _split(data, data.name, name, run.config.validation_split, run.config.seed, run)
    return replace(kept, source=data.x_test if name == "test" else data.x_train)


@st.cache_resource(show_spinner=False, max_entries=24)
def _split(
    _data: Dataset, data_name: str, name: SplitName, share: float, seed: int, _run: Run
) -> Split:
    """A split without its images, which would stay in memory with it."""
    split = cached_predictions.split_of(_data, name, _run.config)
    return replace(split, source=split.source[:0].copy())


def other_networks(run: Run) -> list[Run]:
    """The networks besides this one that were trained on the same data, shipped ones first."""
    same = networks.usable_networks(run.config.data)
    return [other for other in same.values() if other.id != run.id]


def predict_split(
    run: Run, data: Dataset, split: Split, epoch: int | None = None
) -> SplitPredictions:
    """Classify the digits, with a progress bar while they are computed.

    The probabilities are calibrated, so that a digit has the same ones on every page.

    Raises:
        WeightsError, OSError: the weights can't be read.
        EvaluationError: they are so large that the network's outputs are no probabilities.
    """
    before = networks.evaluation(run, split, data.name, epoch)
    temperature = networks.temperature(run, epoch)
    weights = networks.weights_key(run, epoch)
    evaluation = _calibrated(data.name, split.name, weights, temperature, before)
    return SplitPredictions(run, data, split, epoch, temperature, evaluation)


@st.cache_resource(show_spinner=False, max_entries=24)
def _calibrated(
    data_name: str,
    split_name: SplitName,
    weights: Key,
    temperature: float,
    _before: Evaluation,
) -> Evaluation:
    return calibrated_evaluation(_before, temperature)


def predict_split_or_stop(
    run: Run, data: Dataset, split: Split, epoch: int | None = None
) -> SplitPredictions:
    """As `predict_split`; if the weights can't be read, the page says so and ends here."""
    try:
        networks.classifier(run, epoch)  # predictions may be stored; a page needs weights, too
        return predict_split(run, data, split, epoch)
    except (WeightsError, EvaluationError, OSError) as error:
        networks.show_damaged(run, error, epoch)
        st.stop()


def note_training_digits(shown: SplitPredictions) -> None:
    """Say so if the network was trained on these digits, or on another data set."""
    place = st.empty()  # always there, so that what follows keeps its place on the page
    name, trained_on = plain(shown.run.name), shown.run.status().dataset or "mnist"
    if trained_on != shown.data.name and not shown.run.config.data:
        place.caption(
            f"**{name}** was trained on digits of {DATA[trained_on]}, not of "
            f"{DATA[shown.data.name]}."
        )
        return
    if shown.split.name == "test":
        return
    own = split_of(shown.run, shown.data, "train").indices
    trained = int(np.isin(shown.split.indices, own, assume_unique=True).sum())
    if trained:
        place.caption(
            f"**{name}** was trained on {trained:,} of these {shown.split.labels.size:,} "
            f"{things()}, so its figures here are optimistic."
        )


def prepare_epochs(run: Run, data: Dataset, split: Split) -> None:
    """Evaluate every stored epoch in the background, so that the slider is quick."""

    def work(report: Report) -> None:
        for epoch in run.epochs():
            with suppress(WeightsError, EvaluationError, OSError):  # said when it is chosen
                cached_predictions.evaluate(run, split, data.name, epoch)

    key = ("epochs", str(run.directory), data.name, split.name, len(run.epochs()))
    result_if_done(key, work)
