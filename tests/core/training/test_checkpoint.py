"""Checkpoints are read as they were written, or refused with one clear error."""

import json
import math
import zipfile
from functools import partial

import numpy as np
import pytest
from numpy.lib.npyio import NpzFile

from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.network import keras_model
from mnist_core.training import checkpoint, optimizers
from mnist_core.training.checkpoint import CheckpointError, Progress
from mnist_core.training.early_stopping import Patience
from tests import damage

CONFIG = TrainingConfig(layers=(Layer(8, "relu", "before"),))
PROGRESS = Progress(
    epoch=2, step=7, seconds=1.5, factor=0.25, plateau=Patience(3, 1e-4, 0.5, 1), best_epoch=1,
    best_loss=0.5, history_bytes=99,
)  # fmt: skip


def built(config=CONFIG):
    model, optimizer = keras_model.build_model(config), optimizers.build_optimizer(config)
    optimizer.build(model.trainable_variables)
    return model, optimizer


def values(model, optimizer):
    return [variable.numpy() for variable in (*model.variables, *optimizer.variables)]


@pytest.fixture
def saved(tmp_path):
    """A checkpoint whose numbers are no model's first ones; its path, values and best weights."""
    model, optimizer = built()
    for number, variable in enumerate((*model.variables, *optimizer.variables)):
        variable.assign(np.full(variable.shape, number, variable.dtype))
    best = [weights + 0.5 for weights in model.get_weights()]
    path = tmp_path / "checkpoint.npz"
    checkpoint.save(path, model, optimizer, best, PROGRESS)
    return path, values(model, optimizer), best


def test_a_checkpoint_brings_back_model_optimizer_best_weights_and_progress(saved):
    path, expected, expected_best = saved
    model, optimizer = built()
    progress, best = checkpoint.load(path, model, optimizer)
    assert progress == PROGRESS
    for ours, theirs in ((values(model, optimizer), expected), (best, expected_best)):
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(one, other)


def changed(path, **arrays):
    """The checkpoint with other arrays; None takes one out."""
    with np.load(path) as stored:
        kept = {**stored} | arrays
    np.savez(path, **{name: array for name, array in kept.items() if array is not None})


def progress_without(field):
    data = json.loads(PROGRESS.to_json())
    del data[field]
    return np.array(json.dumps(data))


DAMAGE = {
    "empty": lambda path: path.write_bytes(b""),
    "no zip": lambda path: path.write_bytes(b"nothing of the kind"),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-300]),
    **{kind.__name__: partial(damage.damage, kind=kind) for kind in damage.KINDS},
    "an array is missing": lambda path: changed(path, optimizer_1=None),
    "an array too many": lambda path: changed(path, model_99=np.zeros(3)),
    "no progress": lambda path: changed(path, progress=None),
    "another shape": lambda path: changed(path, model_0=np.zeros((784, 7), np.float32)),
    "another type": lambda path: changed(path, model_0=np.zeros((784, 8), np.float16)),
    "best of another shape": lambda path: changed(path, best_1=np.zeros(7, np.float32)),
    "an object": lambda path: changed(path, model_1=np.array([{"x": 1}] * 8)),
    "progress without a field": lambda path: changed(path, progress=progress_without("plateau")),
    "progress of another type": lambda path: changed(
        path, progress=np.array(PROGRESS.to_json().replace('"epoch": 2', '"epoch": "2"'))
    ),
    "progress that is no JSON": lambda path: changed(path, progress=np.array("2")),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_checkpoint_is_refused_and_changes_nothing(saved, damage):
    path, _, _ = saved
    damage(path)
    model, optimizer = built()
    before = values(model, optimizer)
    with pytest.raises(CheckpointError, match=r"checkpoint\.npz is damaged or .* Train again"):
        checkpoint.load(path, model, optimizer)
    for one, other in zip(values(model, optimizer), before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("other", [{"layers": (Layer(16),)}, {"optimizer": {"name": "sgd"}}])
def test_a_checkpoint_of_another_network_or_optimizer_is_refused(saved, other):
    with pytest.raises(CheckpointError, match="Train again from the start"):
        checkpoint.load(saved[0], *built(CONFIG.with_changes(**other)))


def test_what_is_larger_than_it_should_be_is_not_read(saved, monkeypatch):
    """A small file that unpacks to a gigabyte, as a zip can."""
    path, _, _ = saved
    entries = {}
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    for name in ("model_0.npy", "progress.npy"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for each, content in entries.items():
                archive.writestr(each, content + bytes(10**6 if each == name else 0))
        with monkeypatch.context() as patch:
            patch.setattr(NpzFile, "__getitem__", lambda *_: pytest.fail("read"))
            with pytest.raises(CheckpointError, match="is larger than expected"):
                checkpoint.load(path, *built())


def test_progress_survives_json_with_infinite_losses():
    for progress in (Progress(), PROGRESS, Progress(ceiling=math.inf, ended_early=True)):
        assert Progress.from_json(progress.to_json()) == progress


def test_a_missing_checkpoint_is_an_error_of_files(tmp_path):
    with pytest.raises(FileNotFoundError):
        checkpoint.load(tmp_path / "none.npz", *built())
