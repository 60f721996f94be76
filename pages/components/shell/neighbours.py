"""The training digits as networks represent them: one search index for each network, shared by
all visitors and pages."""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation.features import neighbour_index
from mnist_core.evaluation.features.neighbour_index import NeighbourIndex
from mnist_core.runs.run import Run
from pages.components.shell import networks
from pages.components.shell.background import Report, forget, result_when_done
from pages.components.shell.classes import things
from pages.components.shell.steady import steady

INDEXES_KEPT = 8  # indexes in memory; 16 MB each


def training_digits(run: Run, data: Dataset, epoch: int | None = None) -> NeighbourIndex | None:
    """The training digits, to be searched for those that a network represents like an image.

    The index is read or computed in the background, for some digits first. Until that is done this
    returns None, then the index of those, until that of all is complete; progress is shown
    meanwhile.

    Args:
        run: The network.
        data: The data set.
        epoch: Use the weights after this epoch; None for the final ones.

    Raises:
        WeightsError, OSError: The weights can't be read.
    """
    with steady():
        return _index(run, data, epoch)


def _index(run: Run, data: Dataset, epoch: int | None) -> NeighbourIndex | None:
    weights = networks.weights_key(run, epoch)
    key = (*weights, data.name)
    kept, given = _kept(key), (networks.classifier(run, epoch), data.x_train, data.y_train)
    if kept:
        return kept[0]

    def first(report: Report) -> NeighbourIndex:
        stored = neighbour_index.load(run, *given, data.name) if epoch is None else None
        return stored or NeighbourIndex.of_some(*given)

    def completed(some: NeighbourIndex, report: Report) -> NeighbourIndex:
        index = some.completed(report)
        if epoch is None and networks.weights_key(run) == weights:  # no other weights since
            neighbour_index.save(run, index, data.name)
        return index

    doing = f"Looking through {len(data.y_train):,} training {things()}"
    some = result_when_done(("some neighbours", *key), first, doing)
    if some is None:
        return None
    index: NeighbourIndex | None = some
    if not some.complete:
        index = result_when_done(
            ("neighbours", *key), lambda report: completed(some, report), doing
        )
    if index is None:
        return some
    kept.append(index)
    for task in ("some neighbours", "neighbours"):
        forget((task, *key))  # kept above instead, where fewer are held
    return index


@st.cache_resource(show_spinner=False, max_entries=INDEXES_KEPT)
def _kept(key: tuple[object, ...]) -> list[NeighbourIndex]:
    """A place for an index, empty at first."""
    return []
