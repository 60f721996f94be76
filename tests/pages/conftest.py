"""Fixtures for tests of pages: a small data set, one network, and a way to open a page."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.digits.datasets import mnist
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.jobs import launcher
from mnist_core.runs import environment, store
from mnist_core.runs.run import Run
from pages.components.draw import canvas_first
from pages.components.shell import background
from tests.pages.made_networks import keep_calibration, random_network

APP = Path(__file__).parents[2] / "app.py"


@pytest.fixture(autouse=True)
def no_ticks(monkeypatch) -> None:
    """In AppTest `run_every` never ticks: pages wait for their results."""
    monkeypatch.setattr(background, "BRIEFLY", 60)


@pytest.fixture(autouse=True)
def whole_page(monkeypatch) -> Callable[[], None]:
    """The front page comes whole at once, as after a browser has shown the canvas; returns what
    would send the canvas first."""
    first = canvas_first.first
    monkeypatch.setattr(canvas_first, "first", lambda: None)
    return first


@pytest.fixture(autouse=True, scope="session")
def packages_are_searched_once() -> Iterator[None]:
    """Each AppTest searches all installed packages for components, which takes 70 ms."""
    with pytest.MonkeyPatch.context() as patch:
        search = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", search)
        yield


@pytest.fixture
def no_networks(tmp_path, monkeypatch, few_digits) -> Iterator[Dataset]:
    """An app without networks, whose data `few_digits` pretend to be MNIST."""
    data = Dataset(
        "mnist",
        few_digits.x_train,
        few_digits.y_train,
        few_digits.x_test,
        few_digits.y_test,
        "a file for tests",
    )
    monkeypatch.setattr(mnist, "load", lambda *args, **kwargs: data)
    monkeypatch.setattr(environment, "pretrained_directory", lambda: tmp_path / "pretrained")
    st.cache_data.clear()
    st.cache_resource.clear()
    yield data
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def digits(few_digits, monkeypatch) -> Iterator[Dataset]:
    """A few digits as the data of an app with the shipped networks: nothing waits for MNIST."""
    monkeypatch.setattr(mnist, "load", lambda *args, **kwargs: few_digits)
    st.cache_resource.clear()
    yield few_digits
    st.cache_resource.clear()


@pytest.fixture
def network(no_networks) -> Callable[..., Run]:
    """Make a network that classifies the test digits correctly, except {index: predicted digit}.

    Its confidence is 90 % on correct digits, and on errors 99 % for the first one, then less. It is
    calibrated: its temperature is 1.
    """

    def make(errors: dict[int, int], **changes: object) -> Run:
        labels = no_networks.y_test
        probabilities = np.full((labels.size, 10), 0.1 / 9)
        probabilities[np.arange(labels.size), labels] = 0.9
        for place, (index, predicted) in enumerate(errors.items()):
            sure = 0.99 - 0.005 * place
            probabilities[index] = 0
            probabilities[index, predicted] = sure
            probabilities[index, labels[index]] = 1 - sure
        config = TrainingConfig(**{"layers": (Layer(units=1),)} | changes)
        run = store.create(config, "Test network")
        np.savez(
            run.weights_path,
            activations=np.array([], dtype=str),
            kernel_0=np.zeros((784, 10), np.float32),
            bias_0=np.zeros(10, np.float32),
        )
        Evaluation(labels, probabilities).save(run.evaluation_path)
        keep_calibration(run)
        run.set_status(state="done")
        return run

    return make


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """Open a page by the name of its script, with parameters in its address."""

    def open_(name: str, **query: str) -> AppTest:
        at = AppTest.from_file(str(APP), default_timeout=20)
        at.switch_page(f"pages/{name}.py")
        for key, value in query.items():
            at.query_params[key] = value
        at.run()
        assert not at.exception, at.exception
        return at

    return open_


def path_of(at: AppTest, key: str) -> tuple[int, ...]:
    """A widget's path: the places, from the page down, of the blocks around it and its own.

    Streamlit knows a fragment by its place, and loses a click on one that has moved.
    """

    def ways(block, way: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if getattr(block, "key", None) == key:
            yield way
        for place, child in getattr(block, "children", {}).items():
            yield from ways(child, (*way, place))

    (found,) = ways(at.main, ())
    return found


def grids(at: AppTest) -> list[str]:
    """The HTML of a page's digit grids: those that can be clicked first."""
    plain = [element.proto.body for element in at.get("html")]
    return [html for html in [*clickables(at), *plain] if 'class="digit-grid' in html]


def styles(at: AppTest) -> int:
    """How many style sheets are on a page."""
    plain = [element.proto.body for element in at.get("html")]
    return sum(html.count("<style") for html in [*clickables(at), *plain])


def clickables(at: AppTest) -> list[str]:
    """The HTML of the elements that can be clicked."""
    return [
        json.loads(element.proto.json)["html"]
        for element in at.get("bidi_component")
        if element.proto.component_name == "digit_lab_clickable"
    ]


def chart_of(at: AppTest, key: str) -> dict:
    """What the browser gets of a chart; its "figure" is read, numbers in it are lists."""

    def arrays_as_lists(read: dict) -> object:
        if "bdata" not in read:
            return read
        return np.frombuffer(base64.b64decode(read["bdata"]), read["dtype"]).tolist()

    (proto,) = (
        element.proto
        for element in at.get("bidi_component")
        if element.proto.component_name == "digit_lab_chart" and element.proto.id.endswith(key)
    )
    data = json.loads(proto.json)
    return data | {"figure": json.loads(data["figure"], object_hook=arrays_as_lists)}


@pytest.fixture
def networks(tmp_path, monkeypatch) -> list[Run]:
    """Two finished runs with random weights, and no shipped networks."""
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path))
    monkeypatch.setattr(store, "list_pretrained", list)
    return [random_network(name, seed) for seed, name in enumerate(("First", "Second"))]


@pytest.fixture
def started(monkeypatch):
    """The configurations and names given to `launcher.start`; no worker is launched."""
    calls = []

    def start(config, name, visitor):
        calls.append((config, name))
        run = store.create(config, name)
        run.set_status(state="done")
        return run

    monkeypatch.setattr(launcher, "start", start)
    return calls
