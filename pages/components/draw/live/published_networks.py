"""Networks as files that browsers fetch, for the bars and the living network: inference.js reads
them."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
import streamlit as st

from mnist_core.config.config import LEAKY_RELU_SLOPE
from mnist_core.evaluation.internals import diagram_units
from mnist_core.network.inference import Classifier
from mnist_core.runs import environment, store
from mnist_core.runs.files import replacing
from mnist_core.runs.run import Run
from pages.components.shell import networks, served_folder, served_weights
from pages.components.shell.background import Key

logger = logging.getLogger(__name__)

MAX_BYTES = 200_000_000  # all files together; the oldest are deleted first
MAX_WEIGHTS = 6_000_000  # what a phone multiplies in a few milliseconds


class Architecture(TypedDict):
    """What inference.js has to know of a network besides its weights.

    Attributes:
        widths: How many units each layer has, beginning with the 784 inputs.
        activations: The hidden layers' activation functions, by their names in
            `config.ACTIVATIONS`.
        leaky_relu_slope: The slope of LeakyReLU below 0.
    """

    widths: list[int]
    activations: list[str]
    leaky_relu_slope: float


@dataclass(frozen=True)
class Published:
    """A network that the browser can fetch.

    Attributes:
        name: The name of its two files in `environment.published_directory()`: with ".json" what
            the browser must know of it, with ".bin.gz" its weights. It changes with their content,
            so that browsers may keep what they have fetched.
        address: The address of that folder, from `served_folder.address`.
        units: The units that are drawn, for each hidden layer.
    """

    name: str
    address: str
    units: list[list[int]]


def publish(run: Run, classifier: Classifier) -> Published | None:
    """Have Streamlit serve a network.

    Args:
        run: The run that the network belongs to.
        classifier: Its network.

    Returns:
        None if the network is too large to follow a pen, or if its files can't be written.
    """
    if sum(kernel.size for kernel in classifier.kernels) > MAX_WEIGHTS:
        return None
    weights = networks.weights_key(run)
    try:
        found = _published(run.id, classifier, weights)
        if not all(file.exists() for file in _files(found.name)):  # tidied away, or by hand
            _published.clear()
            found = _published(run.id, classifier, weights)
    except OSError as error:
        logger.warning("No bars follow the pen: %s", error)
        return None
    return found


def _files(name: str) -> list[Path]:
    directory = environment.published_directory()
    return [directory / f"{name}{suffix}" for suffix in (".json", ".bin.gz")]


def architecture(classifier: Classifier) -> Architecture:
    """The network's architecture, for inference.js."""
    return {
        "widths": [len(classifier.kernels[0]), *map(len, classifier.biases)],
        "activations": list(classifier.activation_names),
        "leaky_relu_slope": LEAKY_RELU_SLOPE,
    }


@st.cache_resource(show_spinner=False)
def _published(run_id: str, _classifier: Classifier, weights: Key) -> Published:
    """Write a network where Streamlit serves files, under a name made from the content.

    Streamlit's own media store drops a file when its visitor turns to another page, while the
    browser may still be fetching it.
    """
    view = diagram_units.view(_classifier)
    description = json.dumps({**architecture(_classifier), "view": view}).encode()
    # Streamlit would compress other files anew for each browser that fetches them.
    contents = (description, gzip.compress(packed(_classifier), mtime=0))
    directory, folder = environment.published_directory(), environment.published_weights(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(b"".join(contents)).hexdigest()[:32]
    name = f"{folder.relative_to(directory).as_posix()}/{digest}"
    for file, content in zip(_files(name), contents, strict=True):
        with replacing(file) as unfinished:
            unfinished.write_bytes(content)
    _tidy()
    address = served_folder.address(served_weights.NAME, directory)
    return Published(name, address, [column["units"] for column in view["columns"]])


def _tidy() -> None:
    """Delete the networks of runs that another server has deleted, and the oldest that are too
    many."""
    for folder in environment.published_weights("any").parent.iterdir():
        if not store.exists(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
    taken, found = 0, environment.published_directory().glob("*/*/*.bin.gz")
    for file in sorted(found, key=lambda file: -file.stat().st_mtime_ns):
        taken += file.stat().st_size
        if taken > MAX_BYTES:
            file.unlink(missing_ok=True)
            file.with_name(file.name.replace(".bin.gz", ".json")).unlink(missing_ok=True)


def packed(classifier: Classifier) -> bytes:
    """The weights as inference.js reads them: kernel (inputs, units) and bias of each layer in
    turn, little-endian float16."""
    layers = zip(classifier.kernels, classifier.biases, strict=True)
    limit = np.finfo(np.float16).max
    numbers = [np.clip(array, -limit, limit).ravel() for layer in layers for array in layer]
    return np.concatenate(numbers).astype("<f2").tobytes()
