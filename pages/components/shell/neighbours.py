"""The training digits as networks represent them: one search index for each network, shared by
all visitors and pages."""

from __future__ import annotations

import threading
from collections.abc import Callable

import streamlit as st

from mnist_core.digits.dataset import Dataset
from mnist_core.evaluation import predictions
from mnist_core.evaluation.neighbours import NeighbourIndex
from mnist_core.runs.run import Run
from pages.components.shell import networks

MAX_BYTES = 256_000_000  # of all features in memory: two networks as large as the champion


class _Indexes:
    """The indexes used last, as many as fit into `MAX_BYTES`, but always one."""

    def __init__(self) -> None:
        self._indexes: dict[object, NeighbourIndex] = {}  # the one used last at the end
        self._changing = threading.Lock()

    def get(self, key: object, make: Callable[[], NeighbourIndex]) -> NeighbourIndex:
        with self._changing:
            index = self._indexes.pop(key, None) or make()
            self._indexes[key] = index
            while len(self._indexes) > 1 and self._bytes() > MAX_BYTES:
                del self._indexes[next(iter(self._indexes))]
            return index

    def _bytes(self) -> int:
        return sum(index.size for index in self._indexes.values())


@st.cache_resource(show_spinner=False)
def _indexes() -> _Indexes:
    return _Indexes()


def training_digits(run: Run, data: Dataset, epoch: int | None = None) -> NeighbourIndex:
    """The training digits, to be searched for those that a network represents like an image.

    Args:
        run: The network.
        data: The data set.
        epoch: Use the weights after this epoch; None for the final ones.
    """
    path = predictions.weights_path(run, epoch)
    key = (str(path), path.stat().st_mtime_ns, data.name)
    return _indexes().get(
        key, lambda: NeighbourIndex(networks.classifier(run, epoch), data.x_train, data.y_train)
    )
