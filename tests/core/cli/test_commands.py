"""The command line as a user runs it: its output and its exit code."""

import json
import re
import subprocess
import sys
import zlib
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw

import mnist_core
from mnist_core.cli import evaluation, follow, inputs, main
from mnist_core.cli.console import out
from mnist_core.config.config import AddedDrawings, TrainingConfig
from mnist_core.config.fields import ConfigError
from mnist_core.config.formatting import accuracy_text
from mnist_core.digits.datasets import own_data
from mnist_core.digits.drawings import fabric, from_strokes, user_drawings
from mnist_core.digits.drawings.pen_dataset import Drawings
from mnist_core.evaluation import temperature_scaling
from mnist_core.evaluation.metrics import Evaluation
from mnist_core.evaluation.robustness import stress_test
from mnist_core.evaluation.robustness.corruptions import CORRUPTIONS
from mnist_core.jobs import launcher, worker
from mnist_core.network.inference import Classifier
from mnist_core.runs import files, store
from tests.letters import letters
from tests.summaries import summary

ROOT = Path(__file__).parents[3]


@pytest.fixture
def offline(tmp_path, runs_directory, monkeypatch):
    """An environment with the offline sample, in which output is not wrapped."""
    settings = {
        "DIGITLAB_RUNS": str(runs_directory),
        "MNIST_NPZ": "",
        "KERAS_HOME": str(tmp_path / "empty"),
        "DIGITLAB_CACHE": str(tmp_path / "empty"),
        "DIGITLAB_OFFLINE": "1",
        "COLUMNS": "200",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def run(offline):
    """Run the command line in a process of its own."""

    def command(*arguments, timeout=120):
        return subprocess.run(
            [sys.executable, "-m", "mnist_core", *map(str, arguments)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return command


@pytest.fixture
def run_here(offline, monkeypatch, capfd):
    """Run the command line in this process, which takes 1 to 2 seconds less."""

    def command(*arguments, width=200):
        monkeypatch.setattr(sys, "argv", ["mnist_core", *map(str, arguments)])
        monkeypatch.setattr(out, "width", width)  # COLUMNS is read on import alone
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main.main()
        output = capfd.readouterr()
        return SimpleNamespace(returncode=end.value.code or 0, stdout=output.out, stderr=output.err)

    return command


@pytest.fixture
def one(tmp_path):
    """A photographed 1: a dark stroke on light paper."""
    pixels = np.full((120, 100), 235, np.uint8)
    pixels[20:100, 46:54] = 20
    path = tmp_path / "one.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def drawn_one(tmp_path):
    """A 1 as the canvas reports it."""
    stroke = {
        "type": "path", "originX": "center", "originY": "center", "left": 140, "top": 140,
        "width": 0, "height": 200, "scaleX": 1, "scaleY": 1, "angle": 0, "flipX": False,
        "flipY": False, "strokeWidth": 20,
        "path": [["M", 140, 40], ["L", 140, 240]],
    }  # fmt: skip
    path = tmp_path / "drawing.json"
    path.write_text(json.dumps({"version": "4.4.0", "objects": [stroke]}))
    return path


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_data_shows_shapes_and_class_distribution_and_says_that_it_is_the_sample(run_here):
    result = run_here("data")
    assert result.returncode == 0, result.stderr
    assert "(28, 28)" not in result.stdout
    assert ", 28, 28)" in result.stdout
    assert "Class distribution" in result.stdout
    assert "not MNIST" in result.stderr


@pytest.mark.slow
def test_train_reports_its_epochs_and_leaves_a_run_that_can_be_evaluated(run, run_here):
    result = run("train", "--preset", "leaky-relu", "--epochs", 2, "--name", "From the shell")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "epoch   2" in result.stdout
    (made,) = store.list_runs()
    assert made.name == "From the shell"
    assert (made.config.epochs, made.config.batch_size) == (2, 128)
    accuracy = f"{Evaluation.load(made.evaluation_path).accuracy:.2%}"
    assert f"test accuracy {accuracy}" in result.stdout

    evaluated = run_here("evaluate", made.id)
    assert evaluated.returncode == 0, evaluated.stderr
    assert f"accuracy {accuracy}" in evaluated.stdout
    loss = re.search(r"loss before calibration ([\d.]+),", evaluated.stdout)
    assert float(loss[1]) == pytest.approx(made.status().summary.test_loss, abs=2e-4)
    assert "weighted mean" in evaluated.stdout
    assert "Confusion matrix" in evaluated.stdout
    assert made.id in run_here("runs").stdout


def test_predict_reads_images_drawings_and_folders(run_here, one, drawn_one):
    result = run_here("predict", "--json", one, drawn_one)
    assert result.returncode == 0, result.stderr
    answers = lines(result)
    assert [answer["path"] for answer in answers] == [str(one), str(drawn_one)]
    for answer in answers:
        assert (answer["digit"], answer["status"]) == (1, "ok")
        assert len(answer["probabilities"]) == 10
        assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)
    folder = lines(run_here("predict", "--json", one.parent))
    assert {answer["path"] for answer in folder} == {str(one), str(drawn_one)}


def drawn(path, *corners):
    """One stroke as the canvas reports it."""
    path.write_text(json.dumps({"objects": [
        {"type": "path", "left": 140, "top": 140,
         "path": [["M" if i == 0 else "L", *corner] for i, corner in enumerate(corners)]}
    ]}))  # fmt: skip
    return path


def test_predict_says_what_the_draw_page_says(run_here, drawn_one, tmp_path):
    """Calibrated by the network's temperature; not sure, or no digit, where the page says so."""
    own = store.create(TrainingConfig(), "Own")
    rng = np.random.default_rng(0)
    np.savez(
        own.weights_path, activations=np.array([], dtype=str), bias_0=np.eye(10)[4] + np.eye(10)[9],
        kernel_0=rng.normal(0, 0.001, (784, 10)).astype(np.float32),
    )  # fmt: skip
    own.set_status(state="done", dataset="sample")
    temperature = 0.25
    found = temperature_scaling.Calibration(
        temperature, 0.1, 0.1, weights=zlib.crc32(own.weights_path.read_bytes())
    )
    files.write_json(own.directory / temperature_scaling.FILE_NAME, asdict(found))
    scribble = drawn(
        tmp_path / "scribble.json", *((60 + 140 * (i % 2), 20 + 20 * i) for i in range(13))
    )
    result = run_here("predict", "--model", own.id, "--json", drawn_one, scribble)
    assert result.returncode == 0, result.stderr
    unsure, rejected = lines(result)
    assert (unsure["status"], unsure["digit"] in (4, 9)) == ("unsure", True)
    assert unsure["message"].startswith("Not sure: 4 or 9.")
    image = from_strokes.digit_from_strokes(
        fabric.read_fabric(json.loads(drawn_one.read_text()))
    ).image
    logits = Classifier.load(own.weights_path).logits(image[None])[0] / temperature
    assert unsure["probabilities"] == pytest.approx(np.exp(logits) / np.exp(logits).sum(), abs=1e-5)
    assert (rejected["status"], rejected["digit"]) == ("no digit", None)
    assert len(rejected["probabilities"]) == 10
    text = run_here("predict", "--model", own.id, drawn_one, scribble).stdout
    assert f"{drawn_one}: Not sure: 4 or 9." in text
    assert f"{scribble}: Not a digit I know." in text


def test_calibrate_fits_a_temperature_and_predict_uses_it(run_here, drawn_one):
    own = store.create(TrainingConfig(), "Own")
    rng = np.random.default_rng(0)
    np.savez(
        own.weights_path, activations=np.array([], dtype=str), bias_0=np.zeros(10),
        kernel_0=rng.normal(0, 1, (784, 10)).astype(np.float32),
    )  # fmt: skip
    own.set_status(state="done", dataset="sample")
    result = run_here("calibrate", own.id)
    assert result.returncode == 0, result.stderr
    assert not run_here("predict", "--model", own.id, "--json", drawn_one).stderr
    found = temperature_scaling.load(store.get(own.id))
    assert found.temperature > 5  # it is as confident as wrong
    assert f"{own.id}: temperature {found.temperature:.3f}, expected calibration" in result.stdout
    (answer,) = lines(run_here("predict", "--model", own.id, "--json", drawn_one))
    strokes = fabric.read_fabric(json.loads(drawn_one.read_text()))
    image = from_strokes.digit_from_strokes(strokes).image
    logits = Classifier.load(own.weights_path).logits(image[None])[0] / found.temperature
    assert answer["probabilities"] == pytest.approx(np.exp(logits) / np.exp(logits).sum(), abs=1e-5)


def test_predict_warns_if_the_network_cannot_be_calibrated(run_here, drawn_one):
    own = store.create(TrainingConfig(), "Own")
    kernel, bias = np.zeros((784, 10), np.float32), np.arange(10, dtype=np.float32)
    np.savez(own.weights_path, activations=np.array([], dtype=str), kernel_0=kernel, bias_0=bias)
    own.set_status(state="done", dataset="mnist")
    result = run_here("predict", "--model", own.id, "--json", drawn_one)
    assert f"{own.id} could not be calibrated: its training data are not available here. Its " in (
        result.stderr
    )
    (answer,) = lines(result)
    assert answer["probabilities"] == pytest.approx(np.exp(bias) / np.exp(bias).sum(), abs=1e-5)


def test_predict_names_what_it_can_not_read_and_does_the_rest(run_here, one, tmp_path):
    text = tmp_path / "text.png"
    text.write_text("no image")
    blank = tmp_path / "blank.png"
    Image.new("L", (80, 80), 255).save(blank)
    drawing = tmp_path / "broken.json"
    drawing.write_text('{"objects": [')
    result = run_here("predict", "--json", text, tmp_path / "missing.png", drawing, blank, one)
    assert result.returncode == 1
    answers = {Path(answer["path"]).name: answer for answer in lines(result)}
    assert {name: answer["status"] for name, answer in answers.items()} == {
        "text.png": "error",
        "missing.png": "error",
        "broken.json": "error",
        "blank.png": "nothing",
        "one.png": "ok",
    }
    assert answers["blank.png"]["digit"] is None
    for name in ("text.png", "missing.png", "broken.json"):
        assert name in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "This is not JSON text. Expected are drawings saved on the Draw page"),
        (b"\xff\xfe\xfa", "This is not JSON text. Expected are drawings saved on the Draw page"),
        (b"[" * 100_000 + b"]" * 100_000, "its JSON is nested too deeply for a drawing"),
        (b'{"format": "digit-lab-drawings", "version": 2}', "version"),
        (b'{"format": "digit-lab-drawings", "version": 1, "drawings": []}', "There is no drawing"),
    ],
    ids=["empty", "not UTF-8", "nested", "other version", "no drawing"],
)
def test_json_that_predict_can_not_read_is_one_line_in_plain_words(
    run_here, one, tmp_path, content, message
):
    broken = tmp_path / "broken.json"
    broken.write_bytes(content)
    result = run_here("predict", broken, one)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{broken}: can't be read: ")
    assert message in line
    assert result.stdout.startswith(f"{one}: 1")


def test_predict_answers_each_drawing_of_a_file_that_the_draw_page_saved(run_here, tmp_path):
    one = np.array([[140.0, 60.0], [140.0, 220.0]])
    dot = np.array([[140.0, 140.0]])
    kept = [user_drawings.Drawing((strokes,), 1, None, "any") for strokes in (one, dot, one)]
    saved = tmp_path / "my-drawings.json"
    saved.write_text(user_drawings.to_json(kept))
    result = run_here("predict", "--json", saved)
    assert result.returncode == 0, result.stderr
    assert [(answer["path"], answer["digit"], answer["status"]) for answer in lines(result)] == [
        (f"{saved}, drawing 1", 1, "ok"),
        (f"{saved}, drawing 2", None, "nothing"),
        (f"{saved}, drawing 3", 1, "ok"),
    ]


def test_predict_says_where_each_digit_of_a_number_is_and_that_a_photo_was_turned(
    run_here, tmp_path
):
    ones = [np.array([[x, 60.0], [x + 2, 200]]) for x in (60.0, 140.0, 220.0)]
    saved, picture = tmp_path / "my-drawings.json", tmp_path / "ones.png"
    kept = [user_drawings.Drawing(tuple(ones), 1, None, "any")]
    saved.write_text(user_drawings.to_json(kept))
    image = Image.new("L", (280, 280), 255)
    for stroke in ones:
        ImageDraw.Draw(image).line([tuple(point) for point in stroke.tolist()], 0, 12)
    image.save(picture)
    lying = tmp_path / "lying.png"
    shades = np.full((480, 420), 210, np.uint8)
    shades[:, :200] = 150  # a shadow
    photo = Image.fromarray(shades)
    two = [(130, 180), (150, 110), (220, 90), (280, 130), (270, 200), (125, 350), (300, 350)]
    ImageDraw.Draw(photo).line(two, 30, 24, joint="curve")
    photo.transpose(Image.Transpose.ROTATE_90).save(lying)
    result = run_here("predict", "--json", saved, picture, lying)
    assert result.returncode == 0, result.stderr
    *numbers, turned = lines(result)
    assert (turned["digit"], turned["turned"]) == (2, 90)
    assert len(numbers) == 2
    for answer in numbers:
        assert "turned" not in answer
        assert (answer["number"], answer["digit"], answer["status"]) == ("111", None, "ok")
        assert [digit["digit"] for digit in answer["digits"]] == [1, 1, 1]
        for digit, x in zip(answer["digits"], (60, 140, 220), strict=True):
            assert digit["box"] == pytest.approx([x, 60, x + 2, 200], abs=9)
            assert sum(digit["probabilities"]) == pytest.approx(1, abs=1e-4)
    said = run_here("predict", picture, lying).stdout
    assert re.search(r"ones.png: 111 \(.*%, .*%, .*%\)", said)
    assert re.search(r"lying.png: 2 \(.*%, turned by 90°\)", said)


def test_predict_says_that_a_folder_has_neither_image_nor_drawing(run_here, one, tmp_path):
    empty = tmp_path / "empty"
    (empty / "folder.png").mkdir(parents=True)
    result = run_here("predict", empty, one)
    assert result.returncode == 1
    assert result.stderr == f"{empty}: there is no image or drawing in it\n"
    assert result.stdout.startswith(f"{one}: 1")


def test_in_a_narrow_terminal_the_list_of_runs_keeps_its_figures(run_here):
    named = store.create(TrainingConfig(), "A name that is longer than there is room for it")
    listed = run_here("runs", width=80).stdout
    assert "…" not in listed
    assert max(map(len, listed.splitlines())) <= 80
    for run in store.list_pretrained():
        summary = run.status().summary
        assert re.search(
            rf"{accuracy_text(summary.test_accuracy)} \(mnist\) .* {summary.epochs} ", listed
        )
    ids = "".join(line.split(" ")[0] for line in listed.splitlines())
    assert named.id in ids


def test_calibrate_tells_that_it_overwrites_the_shipped_calibrations(run_here):
    told = " ".join(run_here("calibrate", "--help").stdout.split())
    assert "Without arguments this overwrites the calibration.json of every shipped" in told


@pytest.mark.parametrize("name", ["KEEP_RUNS", "SLOTS", "RUNS_PER_VISITOR"])
def test_a_wrong_setting_is_explained_before_there_is_a_run(run_here, monkeypatch, name):
    monkeypatch.setenv(f"DIGITLAB_{name}", "abc")
    result = run_here("train", "--preset", "leaky-relu")
    assert result.returncode == 2
    assert result.stderr.startswith(f"DIGITLAB_{name}: expected a whole number from")
    assert len(result.stderr.splitlines()) == 1
    assert store.list_runs() == []


def seven(number):
    """A 7 in UNIPEN, y upwards."""
    return f""".SEGMENT DIGIT {number} ? "7"
.PEN_DOWN
100 400
{300 + number} 400
150 50
.PEN_UP
"""


@pytest.mark.slow
def test_drawings_are_trained_on_and_evaluated(run, run_here, tmp_path):
    file = tmp_path / "sevens.unipen"
    file.write_text("".join(seven(number) for number in range(60)))
    options = ("--epochs", 2, "--data-echoing", 2, "--strokes", file)
    trained = run("train", "--preset", "leaky-relu", *options)
    assert trained.returncode == 0, trained.stderr
    (made,) = store.list_runs()
    assert made.config.data_echoing == 2
    assert len(made.config.drawings.sha256) == 64
    description = (made.directory / "config.json").read_text()
    assert f"--epochs 2 --data-echoing 2 --strokes {file.name}" in description
    assert str(tmp_path) not in description

    seen = run_here("evaluate", made.id, "--strokes", file)
    assert "trained on these very drawings" in seen.stderr
    assert "7: 100.00%" in seen.stdout
    assert " 0 of 60 wrong" in seen.stdout

    file.write_text("".join(seven(number).replace('"7"', '"3"') for number in range(40)))
    others = run_here("evaluate", made.id, "--strokes", file)
    assert others.returncode == 0, others.stderr
    assert "accuracy by digit: 3: 0.00%\n" in others.stdout
    assert "3 predicted as 7: 40 of 40" in others.stdout
    assert others.stderr.strip() == ""

    # Two more, after a session whose third epoch was broken off.
    config = made.directory / "config.json"
    config.write_text(config.read_text().replace('"epochs": 2', '"epochs": 4'))
    with made.history_path.open("a") as history:
        history.write('{"kind": "batch", "step": 33, "epoch": 2.1, "loss": 0.5}\n' * 10)
    again = run("resume", made.id)
    assert again.returncode == 0, again.stderr
    assert re.findall(r"^epoch +(\d)", again.stdout, re.MULTILINE) == ["1", "2", "3", "4"]
    assert "4 epochs" in again.stdout


def test_drawings_held_out_of_training_are_those_evaluated():
    images, labels = np.zeros((8, 28, 28), np.uint8), np.arange(8, dtype=np.uint8)
    writers = np.array([1, 2, 3, 1, 2, 3, 1, 1], np.uint16)
    drawn = Drawings(images, labels, "f", "0" * 64, writers, images[None], writers == 2)
    config = TrainingConfig(drawings=AddedDrawings(sha256="0" * 64, writers_held_out=1))
    made = store.create(config, "Learned from drawings")
    what, images, labels = evaluation.unseen_drawings(drawn, made)
    assert what == "the drawings of f held out of its training, all by other writers"
    assert labels.tolist() == [2, 5]
    assert images.shape == (2, 28, 28)
    drawn.save(made.directory / "drawings.npz")  # which says it itself
    assert evaluation.unseen_drawings(drawn, made)[2].tolist() == [1, 4]


def test_a_file_without_layers_is_no_configuration_to_train(tmp_path):
    (alone := tmp_path / "alone.json").write_text('{"epochs": 1}')
    with pytest.raises(ConfigError, match="layers: expected the hidden layers"):
        inputs.base(None, alone)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("evaluate", "early-stopping", "--strokes", "absent.gz"), "absent.gz can't be read"),
        (("resume", "no-such-run"), "no run 'no-such-run'"),
        (("resume", "leaky-relu"), "leaky-relu is done: there is nothing to resume"),
        (("evaluate", "no-such-run"), "no run 'no-such-run'"),
        (("predict", "--model", "../x", "a.png"), "no run '../x'"),
        (("train", "--preset", "leaky-relu", "--epochs", "0"), "epochs: expected a whole number"),
        (("train", "--preset", "nonsense"), "early-stopping"),
        (("train", "--preset", "leaky-relu", "--learning-rate", "nan"), "learning_rate: expected"),
        (
            ("train", "--preset", "leaky-relu", "--name", " "),
            "Expected a name of 1–60 characters, got 0",
        ),
        (
            ("train", "--preset", "leaky-relu", "--name", ""),
            "Expected a name of 1–60 characters, got 0",
        ),
        (
            ("train", "--preset", "leaky-relu", "--directory", "/proc/x"),
            "The directory /proc/x can't be made: ",
        ),
        (("no-such-command",), "No such command"),
        (("calibrate", "early-stopping"), "The data that early-stopping was trained on are not"),
        (("card", "--strokes", "absent.gz"), "absent.gz can't be read"),
        (("card",), "Missing option '--strokes'"),
        (("train-detector",), "MNIST is not available"),
    ],
)
def test_wrong_use_is_explained_on_standard_error_with_exit_code_2(run_here, arguments, message):
    result = run_here(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_the_version_is_reported(run_here):
    assert run_here("--version").stdout == f"Digit Lab {mnist_core.__version__}\n"


def test_the_command_line_does_not_import_tensorflow():
    code = "import sys, mnist_core.__main__; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("name", ["[/] [red]x[/red]", "\\[bold] :smile:"])
def test_names_are_printed_as_they_are_and_never_read_as_markup(run_here, name, monkeypatch):
    monkeypatch.setattr(out, "width", 200)  # so that no line is broken
    made = store.create(TrainingConfig(), name)
    np.savez(
        made.weights_path,
        activations=np.array([], dtype=str),
        kernel_0=np.zeros((784, 10), np.float32),
        bias_0=np.zeros(10, np.float32),
    )
    made.set_status(state="done", dataset="sample", summary=summary())
    assert name in run_here("runs").stdout
    assert run_here("evaluate", made.id).stdout.startswith(f"{name} on the test set of sample:")
    status = made.status()
    with out.capture() as printed:
        follow.print_summary(made, status, status.summary)
    assert printed.get().startswith(f"{name} ({made.id}), trained on sample.")


def test_the_stress_test_names_each_corruption_and_the_mean_error(few_digits, monkeypatch, capsys):
    monkeypatch.setattr(inputs, "dataset", lambda run: few_digits)
    monkeypatch.setattr(stress_test, "DIGITS", 10)
    labels = few_digits.y_test[stress_test.sampled_indices(few_digits)]
    digit, ids = labels[0], []
    for name in ("one", "two"):
        run = store.create(TrainingConfig(), name)
        np.savez(
            run.weights_path,
            activations=np.array([], dtype=str),
            kernel_0=np.zeros((784, 10), np.float32),
            bias_0=np.eye(10, dtype=np.float32)[digit],  # always predicted
        )
        run.set_status(state="done")
        ids.append(run.id)
    share = accuracy_text((labels == digit).mean())
    evaluation.stress_test_runs(ids[:1])
    one = capsys.readouterr().out
    evaluation.stress_test_runs(ids)
    two = capsys.readouterr().out
    for kind in CORRUPTIONS.values():
        assert kind.title in one
        assert kind.title in two
    assert one.count(share) == 6 * len(CORRUPTIONS)
    assert two.count(share) == 2 * len(CORRUPTIONS)
    assert two.count(f"mean corruption error {accuracy_text((labels != digit).mean())}") == 2


@pytest.mark.slow
def test_data_of_ones_own_are_brought_trained_on_and_deleted(run_here, tmp_path, monkeypatch):
    for name, content in (letters("AX", 30) | {"letters/A/notes.txt": b"?"}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    result = run_here("data", "import", tmp_path / "letters", "--name", "Two letters")
    assert result.returncode == 0, result.stderr
    assert "60 images of 2 classes: A, X." in result.stdout
    assert "A/notes.txt: no image" in result.stderr
    (own,) = own_data.list_all()
    listed = run_here("data", "list").stdout
    assert re.search(rf"{own.id} .*Two letters .*48 .*12 .*A, X .*0", listed)
    shown = run_here("data", "--data", "Two letters").stdout
    assert re.search(r"X +24 +6", shown.replace("│", " "))
    monkeypatch.setattr(launcher, "launch", worker.train)
    asked = ("train", "--preset", "speedrun", "--epochs", 6, "--data", "Two letters")
    trained = run_here(*asked)
    assert trained.returncode == 0, trained.stderr
    assert "trained on Two letters" in trained.stdout
    (run,) = store.list_runs()
    assert run.config.class_names == ("A", "X")
    assert "--data 'Two letters'" in run.description.command
    assert run.status().summary.test_size == 12
    assert "accuracy by class: A: " in run_here("evaluate", run.id).stdout
    csv_file, html = tmp_path / "a.csv", tmp_path / "a.html"
    assert run_here("export", run.id, "--csv", csv_file).returncode == 0
    head, first, *_ = csv_file.read_text().splitlines()
    assert head == "split,index,label,prediction,probability_A,probability_X"
    assert first.split(",")[2] in "AX"
    assert run_here("report", run.id, "-o", html).returncode == 0
    assert '<th scope="col">X</th>' in html.read_text()
    assert run_here("report", run.id, "compact", "-o", html).returncode == 2
    assert run_here("train", "--preset", "speedrun", "--data", "None").returncode == 2
    deleted = run_here("data", "delete", "Two letters")
    assert f"These runs were trained on it: {run.id}." in deleted.stdout
    gone = run_here("evaluate", run.id)
    assert (gone.returncode, gone.stderr) == (2, "The data set Two letters was deleted.\n")


def test_data_that_no_one_can_use_are_refused_in_words(run_here, tmp_path):
    (tmp_path / "bad.zip").write_bytes(b"x")
    for path, words in (("bad.zip", "is no zip archive"), ("none", "There is no file or folder")):
        result = run_here("data", "import", tmp_path / path, "--name", "Bad")
        assert (result.returncode, words in result.stderr) == (2, True)
