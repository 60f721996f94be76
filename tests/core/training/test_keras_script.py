"""The exported script is run, by itself, and reaches what the run has reached."""

import ast
import math
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from mnist_core.config.config import Augmentation, Layer, Optimizer, Schedule, TrainingConfig
from mnist_core.config.presets import PRESETS
from mnist_core.runs import store
from mnist_core.runs.history import EventRow
from mnist_core.training import schedule, trainer
from mnist_core.training.checkpoint import Progress
from mnist_core.training.early_stopping import Patience
from mnist_core.training.keras_script import keras_script

pytestmark = pytest.mark.slow

PLAIN = TrainingConfig(
    layers=(Layer(48, "leaky_relu", "before"), Layer(24, "gelu", "after")),
    schedule=Schedule("one_cycle"),
    optimizer=Optimizer(learning_rate=3e-3),
    epochs=4,
    batch_size=32,
    validation_split=0.2,
    seed=3,
)
RICH = PLAIN.with_changes(
    layers=(Layer(48, "relu", "after", 0.2),),
    optimizer={"name": "adamw"},
    schedule={"name": "plateau"},
    early_stopping={"patience": 2},
    regularization={"label_smoothing": 0.05, "mixup": 0.3},
    augmentation=Augmentation(rotation=8, shift=1, elastic=0.4, thickness=0.2),
)


def run_script(text, digits, directory):
    data = directory / "digits.npz"
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez(data, **{name: getattr(digits, name) for name in names})
    script = directory / "script.py"
    script.write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-P", str(script), str(data)],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (directory / "model.keras").exists()
    return float(re.search(r"Test accuracy: ([\d.]+)", done.stdout).group(1))


@pytest.mark.parametrize(("config", "noise"), [(PLAIN, 0.01), (RICH, 0.08)], ids=["plain", "rich"])
def test_the_script_repeats_the_run_within_noise(config, noise, sample, tmp_path):
    run = store.create(config, "exported")
    accuracy = trainer.train(config, sample, run).summary.test_accuracy
    repeated = run_script(keras_script(config, run.name, run.id), sample, tmp_path)
    assert accuracy > 0.8
    assert repeated == pytest.approx(accuracy, abs=noise)


CONFIGS = [
    *PRESETS.values(),
    PLAIN,
    RICH,
    PLAIN.with_changes(optimizer={"name": "sgd"}, schedule={"name": "cosine"}),
]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("name", ["Plain", 'A "quoted" \\ name \'\'\' """ of mine', "{braces}"])
def test_every_script_is_python_that_imports_tensorflow_s_own_only(config, name):
    tree = ast.parse(keras_script(config, name, "some-run"))
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert imported <= {"math", "sys", "keras", "numpy", "functools", "types", "__future__"}
    assert f"run {name}" in ast.get_docstring(tree).splitlines()[0]


def test_the_script_of_a_fine_tuned_network_says_that_it_starts_from_new_weights():
    script = keras_script(PLAIN.with_changes(base="champion"), "fine-tuned", "some-run")
    assert "started from the network champion; this script starts from new weights" in script


CONSTANTS = ("BY_HAND", "LEARNING_RATE")


def rates_of(text, steps):
    """The learning rates of the batches, as the script's callback sets them; without Keras."""
    nodes = ast.parse(text).body
    wanted = [
        node
        for node in nodes
        if (isinstance(node, ast.ClassDef) and node.name in ("Schedule", "ChangedByHand"))
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in CONSTANTS)
    ]
    keras = SimpleNamespace(callbacks=SimpleNamespace(Callback=object))
    names = {"math": math, "keras": keras}
    exec(compile(ast.Module(wanted, []), "script", "exec"), names)
    if "Schedule" in names:
        callback = names["Schedule"](steps)
    elif "ChangedByHand" in names:
        callback = names["ChangedByHand"]()
    else:
        return [names["LEARNING_RATE"]] * steps
    optimizer = SimpleNamespace(learning_rate=names["LEARNING_RATE"])
    callback.model = SimpleNamespace(optimizer=optimizer)
    rates = []
    for _ in range(steps):
        callback.on_train_batch_begin(0)
        rates.append(optimizer.learning_rate)
    return rates


@pytest.mark.parametrize("name", ["constant", "cosine", "one_cycle"])
@pytest.mark.parametrize("changes", [[], [(7, 0.002), (15, 0.01)]])
def test_the_script_has_the_runs_learning_rates_with_those_set_by_hand(name, changes):
    config = PLAIN.with_changes(schedule={"name": name})
    steps, progress, expected = 20, Progress(plateau=Patience(3), stopping=Patience(0)), []
    for step in range(steps):
        progress.step = step
        for at, rate in changes:
            if at == step:
                schedule.follow_user(config, progress, steps, rate)
        expected += schedule.batch_rates(config, progress, steps, 1).tolist()
    events = [EventRow("learning_rate", step, 1.0, rate) for step, rate in changes]
    text = keras_script(config, "x", "x", events)
    np.testing.assert_allclose(rates_of(text, steps), expected, rtol=1e-6)


def test_a_plateau_goes_on_from_a_rate_set_by_hand():
    text = keras_script(RICH, "x", "x", [EventRow("learning_rate", 5, 1.0, 0.002)])
    assert "ChangedByHand()," in text
    assert "ReduceLROnPlateau(" in text
    assert rates_of(text, 7) == [3e-3] * 5 + [0.002] * 2


def test_the_script_says_what_it_cannot_repeat():
    text = keras_script(PLAIN, "x", "x", [EventRow("stop", 9, 1.0)], continued_at=3)
    said = " ".join(ast.get_docstring(ast.parse(text)).split())
    assert "stopped by hand at least once; this script trains until its planned end" in said
    assert "continued another one after epoch 3" in said
