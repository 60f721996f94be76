"""The training digits as networks represent them: one search index for each network, shared by
all visitors and pages."""

from __future__ import annotations

import streamlit as st

from mnist_core.digits.dataset import Dataset
from mnist_core.evaluation import neighbours, predictions
from mnist_core.evaluation.neighbours import NeighbourIndex
from mnist_core.runs.run import Run
from pages.components.shell.background import forget, result_when_done

KEPT = 8  # indexes in memory; 16 MB each


def training_digits(run: Run, data: Dataset, epoch: int | None = None) -> NeighbourIndex | None:
    """The training digits, to be searched for those that a network represents like an image.

    The index is read or computed in the background: until it is there, this returns None and
    progress stands in its place.

    Args:
        run: The network.
        data: The data set.
        epoch: Use the weights after this epoch; None for the final ones.

    Raises:
        WeightsError, OSError: The weights can't be read.
    """
    path = predictions.weights_path(run, epoch)
    key = ("neighbours", str(path), path.stat().st_mtime_ns, data.name)
    kept = _kept(key)
    if not kept:
        index = result_when_done(
            key,
            lambda report: neighbours.index_of(
                run, data.x_train, data.y_train, data.name, epoch, report
            ),
            f"Looking through {len(data.y_train):,} training digits",
        )
        if index is None:
            return None
        kept.append(index)
        forget(key)  # it is kept here, where there are fewer
    return kept[0]


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _kept(key: tuple[object, ...]) -> list[NeighbourIndex]:
    """A place for an index, empty at first."""
    return []
