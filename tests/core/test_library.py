"""The library as a notebook uses it: the README's lines run, and every public name is described."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from scipy.special import softmax

import mnist_core
from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.digits.datasets import mnist
from mnist_core.errors import DigitLabError
from mnist_core.evaluation import temperature_scaling
from mnist_core.evaluation.temperature_scaling import Calibration
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import files, store

ROOT = Path(__file__).parents[2]


def test_every_public_name_is_there_typed_and_documented():
    for name in mnist_core.__all__:
        public = getattr(mnist_core, name)
        if inspect.isfunction(public):
            assert public.__doc__, name
            signature = inspect.signature(public)
            assert signature.return_annotation is not inspect.Signature.empty, name
            assert all(p.annotation is not p.empty for p in signature.parameters.values()), name
    assert set(mnist_core.__all__) <= set(dir(mnist_core))
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        _ = mnist_core.trian


def test_importing_it_loads_neither_numpy_nor_tensorflow():
    code = "import sys, mnist_core; sys.exit(bool({'numpy', 'tensorflow'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.slow
def test_the_readmes_lines_run(few_digits, monkeypatch, capsys):
    text = (ROOT / "README.md").read_text("utf-8")
    (lines,) = re.findall(r"```python\n(import mnist_core\n.*?)```", text, re.DOTALL)
    monkeypatch.setattr(mnist, "load", lambda offline=False: few_digits)
    shown: list[go.Figure] = []
    monkeypatch.setattr(go.Figure, "show", lambda figure: shown.append(figure))
    variables: dict = {}
    exec(compile(lines, "README.md", "exec"), variables)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed[:2]] == ["1", "2"]
    run, result = variables["run"], variables["result"]
    assert run.status().state == "done"
    assert result.accuracy == run.status().summary.test_accuracy
    assert printed[2].startswith(str(result.accuracy))
    assert printed[3] == str(result.predicted[:5].astype(np.int64))
    (figure,) = shown
    assert [len(line.y) for line in figure.data] == [2, 2, 2, 2]


def test_its_probabilities_are_those_of_the_draw_page(few_digits):
    run = store.create(TrainingConfig(layers=(Layer(units=8),)), "Calibrated")
    bias = np.arange(10, dtype=np.float32)
    np.savez(run.weights_path, activations=np.array([], str), kernel_0=np.zeros((784, 10)),
             bias_0=bias)  # fmt: skip
    calibration = Calibration(2.0, 0.1, 0.1, files.checksum(run.weights_path))
    files.write_json(run.directory / temperature_scaling.FILE_NAME, calibration.to_dict())
    images = few_digits.x_test[:2]
    found = mnist_core.probabilities(run, images)
    np.testing.assert_allclose(found, [softmax(bias / 2)] * 2, rtol=1e-5)
    shown = Predictor.load(run).predict_image(images[0])
    np.testing.assert_array_equal(found[0], shown.probabilities)


def test_an_unknown_preset_is_answered_with_those_that_there_are(few_digits):
    with pytest.raises(DigitLabError, match="no preset 'speedy'; choose one of early-stopping, "):
        mnist_core.train("speedy", few_digits)
