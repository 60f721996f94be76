"""The first hidden layer's weights, a picture for each unit, after any stored epoch."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.sizes import IMAGE_SIDE
from mnist_core.network.inference import WeightsError
from mnist_core.runs.run import Run
from pages.components.analysis.choices import choose_epoch
from pages.components.analysis.network.unit_view import VIEW, open_unit
from pages.components.shell import networks
from pages.components.widgets.images.weight_tiles import tiles

UNITS_SHOWN = 64  # those with the largest final weights
COLUMNS = 8
WIDTH = 620  # CSS pixels, or as wide as a narrower screen


def show_first_layer(run: Run) -> None:
    """Show each unit's weights, with a slider over the epochs whose weights are stored.

    Raises:
        WeightsError: if the final weights can't be read.
    """
    final = networks.classifier(run).kernels[0]
    epoch = choose_epoch(run, "epoch", in_address=True)
    try:
        kernel = final if epoch is None else _kernel_after(run, epoch, final.shape)
    except (WeightsError, OSError) as error:
        networks.show_damaged(run, error, epoch)
        return
    # The same units in the same places after every epoch.
    strongest = np.sort(np.argsort(-np.linalg.norm(final, axis=0))[:UNITS_SHOWN])
    shown = kernel.T[strongest].reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    described = f"Weights of {len(shown)} units of the first layer"
    with st.container(width=WIDTH):
        tiles(
            shown,
            COLUMNS,
            described,
            "first-layer",
            [f"Unit {unit} of hidden layer 1" for unit in strongest],
            lambda tile: open_unit(0, int(strongest[tile])),
            f".st-key-{VIEW}",
        )
    if kernel.shape[1] > UNITS_SHOWN:
        st.caption(f"Of {kernel.shape[1]} units, the {UNITS_SHOWN} with the largest weights.")


def _kernel_after(run: Run, epoch: int, shape: tuple[int, ...]) -> NDArray[np.floating]:
    """The first layer's weights after an epoch, (784, units).

    Raises:
        WeightsError: if they can't be read, or are not of this shape.
        OSError: if the file can't be read.
    """
    kernel = networks.classifier(run, epoch).kernels[0]
    if kernel.shape != shape:
        raise WeightsError(f"they are those of {kernel.shape[1]} units.")
    return kernel
