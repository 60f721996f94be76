"""What is taken along says what the run says."""

import csv
import io
import json
import sys

import numpy as np
import pytest

from mnist_core.cli import exports, inputs
from mnist_core.cli.console import UsageError
from mnist_core.config.config import Layer, TrainingConfig
from mnist_core.config.optional_libraries import LibraryMissingError
from mnist_core.config.presets import PRESETS
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.exports import formats
from mnist_core.exports.notebook import notebook
from mnist_core.exports.predictions_csv import predictions_csv
from mnist_core.runs import store
from mnist_core.runs.history import BatchRow, EpochRow, to_line
from mnist_core.runs.run import Run
from mnist_core.training.keras_script import keras_script


@pytest.fixture
def run(few_digits) -> Run:
    """A run that always predicts a 3."""
    made = store.create(TrainingConfig(layers=(Layer(units=1),)), "A run")
    np.savez(
        made.weights_path,
        activations=np.array([], dtype=str),
        kernel_0=np.zeros((784, 10), np.float32),
        bias_0=np.eye(10, dtype=np.float32)[3],
    )
    rows = [
        BatchRow(1, 0.5, 2.0, 0.25, 1e-3, 1.0),
        BatchRow(2, 1.0, 1.5, 0.5, 1e-3, 2.0),
        EpochRow(1, 2, 1.75, 0.375, 1.25, float("nan"), 1e-3, 2.5),
    ]
    made.history_path.write_text("".join(map(to_line, rows)), "utf-8")
    made.set_status(state="done")
    return made


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_line_of_the_csv_has_index_label_prediction_and_ten_probabilities():
    probabilities = np.full((3, 10), 0.05)
    probabilities[range(3), (4, 5, 4)] = 0.55
    evaluation = Evaluation(np.array([4, 5, 6]), probabilities, split="validation")
    all_lines = read(predictions_csv(evaluation, np.array([7, 8, 30])))
    assert [line["index"] for line in all_lines] == ["7", "8", "30"]
    (line,) = read(predictions_csv(evaluation, np.array([7, 8, 30]), errors_only=True))
    assert line == {"split": "validation", "index": "30", "label": "6", "prediction": "4"} | {
        f"probability_{digit}": "0.55" if digit == 4 else "0.05" for digit in range(10)
    }


def test_the_csv_of_a_split_has_its_digits_and_an_unknown_split_is_named(run, few_digits):
    lines = read(formats.csv_of(run, few_digits, "validation"))
    assert len(lines) == round(300 * run.config.validation_split)
    assert all(few_digits.y_train[int(line["index"])] == int(line["label"]) for line in lines)
    wrong = read(formats.csv_of(run, few_digits, "test", errors_only=True))
    assert len(wrong) == np.count_nonzero(few_digits.y_test != 3)
    with pytest.raises(formats.UnknownSplitError, match="'tset'; choose one of test, validation"):
        formats.csv_of(run, few_digits, "tset")


def test_tensorboard_reads_the_curves(run, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    place = formats.write_tensorboard(run, tmp_path)
    assert place == tmp_path / run.id
    events = accumulator.EventAccumulator(str(place))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("batch/loss")] == [(1, 2.0), (2, 1.5)]
    assert [(e.step, e.value) for e in events.Scalars("epoch/val_loss")] == [(1, 1.25)]
    assert "epoch/val_accuracy" not in events.Tags()["scalars"]  # it was no number
    assert events.Scalars("batch/loss")[1].wall_time == pytest.approx(run.created + 2)


def test_without_tensorboard_it_says_how_to_install_it(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    with pytest.raises(LibraryMissingError, match="pip install -r requirements-export"):
        formats.write_tensorboard(run, tmp_path)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_notebook_is_valid_and_its_cells_are_the_script(preset):
    nbformat = pytest.importorskip("nbformat")
    script = keras_script(PRESETS[preset], "A <b>run</b>", "a-run")
    book = nbformat.reads(notebook(script), as_version=4)
    nbformat.validate(book)
    assert book.cells[0].source.startswith(r"# Keras script of the run A \<b\>run\<\/b\>")
    code = "\n".join(cell.source for cell in book.cells[1:])
    compile(code, "notebook", "exec")
    assert "sys" not in code
    assert "FILE = None" in book.cells[1].source
    lines = {line for line in script.split("\n") if line.strip() and "sys" not in line}
    after_the_title = script.split('"""\n', 2)[-1]
    missing = [x for x in after_the_title.split("\n") if x in lines and x not in code]
    assert not missing
    assert len(book.cells) > 7
    assert all(len(cell.source) > 0 for cell in book.cells)


@pytest.mark.slow
def test_the_notebook_runs(few_digits, tmp_path, monkeypatch, capsys):
    config = TrainingConfig(layers=(Layer(8),), epochs=1, validation_split=0.2)
    data = tmp_path / "digits.npz"
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez(data, **{name: getattr(few_digits, name) for name in names})
    monkeypatch.chdir(tmp_path)
    variables: dict[str, object] = {"__name__": "__main__"}
    for cell in json.loads(notebook(keras_script(config, "Tiny", "tiny")))["cells"]:
        if cell["cell_type"] == "code":
            source = cell["source"].replace("FILE = None", f"FILE = {str(data)!r}")
            exec(compile(source, cell["id"], "exec"), variables)
    assert "Test accuracy: 0." in capsys.readouterr().out
    assert (tmp_path / "model.keras").exists()


@pytest.mark.slow
def test_tensorflow_lite_predicts_what_keras_predicts(few_digits):
    import tensorflow as tf

    from mnist_core.network import keras_model

    config = TrainingConfig(layers=(Layer(8, "gelu", "before"),))
    run = store.create(config, "A run")
    with pytest.raises(formats.NoModelError, match="no Keras model yet"):
        formats.tflite_of(run)
    model = keras_model.build_model(config)
    model.save(run.model_path)
    interpreter = tf.lite.Interpreter(model_content=formats.tflite_of(run))
    inputs = few_digits.x_test[:1].reshape(1, 784).astype(np.float32) / 255
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], inputs)
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(found, model(inputs), atol=1e-5)


def test_the_command_writes_what_is_asked_for(run, few_digits, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(inputs, "dataset", lambda run: few_digits)
    files = {name: tmp_path / name for name in ("csv", "errors", "onnx", "script", "notebook")}
    exports.export(run.id, **files, split="test", tflite=None, tensorboard=None)
    assert all(path.stat().st_size > 100 for path in files.values())
    assert str(files["onnx"]) in capsys.readouterr().out.replace("\n", "")
    assert len(read(files["csv"].read_text("utf-8"))) == 100
    with pytest.raises(UsageError, match="Say what to write"):
        exports.export(run.id, *[None] * 2, "test", *[None] * 5)
