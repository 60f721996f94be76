"""One predict for drawings, photos and images: calibrated, and honest where it is in doubt."""

from __future__ import annotations

import io
import zlib
from dataclasses import asdict, replace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.special import softmax

from mnist_core.config.config import TrainingConfig
from mnist_core.config.sizes import DIGIT_NAMES
from mnist_core.digits.drawings import from_strokes
from mnist_core.digits.drawings.fabric import read_fabric
from mnist_core.digits.mnist_format import SEVERAL, Assumed, NothingToClassify
from mnist_core.digits.photos import from_photo
from mnist_core.digits.photos.picture_file import ImageError
from mnist_core.evaluation import temperature_scaling
from mnist_core.evaluation.non_digit_detector import OODDetector
from mnist_core.evaluation.temperature_scaling import Calibration
from mnist_core.network.inference import Classifier
from mnist_core.predict.answer import (
    LocatedPrediction,
    Number,
    Prediction,
    one_or_several,
    verdict_of,
)
from mnist_core.predict.predictor import Predictor, probabilities_by_epoch
from mnist_core.runs import files, store
from mnist_core.runs.run import Run
from tests.core.digits.drawn_digits import moved
from tests.core.digits.photos.photo_surroundings import TEN, on_a_line
from tests.summaries import summary

SEVEN = [np.array([[80.0, 70], [200, 70], [130, 230]])]
FABRIC = {"objects": [{"type": "path", "left": 140, "top": 150, "path": [
    ["M", 80, 70], ["L", 200, 70], ["L", 130, 230]]}]}  # fmt: skip
SCRIBBLE = [np.array([(60 + 140 * (i % 2), 20 + 20 * i) for i in range(13)], float)]
IMAGE = from_strokes.image_from_strokes(SEVEN)


def classifier(logits: dict[int, float]) -> Classifier:
    """A network that gives these digits these logits, whatever it sees, and the others 0."""
    bias = np.zeros(10, np.float32)
    bias[list(logits)] = list(logits.values())
    return Classifier((np.zeros((784, 10), np.float32),), (bias,), ())


def predictor(temperature: float = 1.0, **logits: float) -> Predictor:
    network = classifier({int(name[1:]): value for name, value in logits.items()})
    return Predictor(network, temperature, OODDetector.load())


def run_with(
    bias: np.ndarray, temperature: float | None = None, name: str = "Own", **description: object
) -> Run:
    """A finished run whose network has this bias and, where one is given, this temperature."""
    run = store.create(TrainingConfig(), name, **description)
    np.savez(
        run.weights_path, activations=np.array([], dtype=str), bias_0=bias,
        kernel_0=np.zeros((784, 10), np.float32),
    )  # fmt: skip
    run.set_status(state="done", dataset="sample")
    if temperature is not None:
        weights = zlib.crc32(run.weights_path.read_bytes())
        found = asdict(Calibration(temperature, 0.1, 0.1, weights))
        files.write_json(run.directory / temperature_scaling.FILE_NAME, found)
    return run


def photo() -> Image.Image:
    picture = Image.new("L", (300, 300), 220)
    ImageDraw.Draw(picture).line([(80, 70), (210, 70), (130, 240)], fill=20, width=16)
    return picture


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_strokes_their_fabric_json_and_their_image_get_the_same_answer():
    asked = predictor(1.7, _7=3.0, _1=2.0)
    answers = [asked.predict_strokes(SEVEN), asked.predict_strokes(read_fabric(FABRIC))]
    answers.append(asked.predict_image(IMAGE))
    expected = softmax(asked.classifier.logits(IMAGE[None])[0] / 1.7)
    for answer in answers:
        assert isinstance(answer, Prediction)
        assert (answer.image == IMAGE).all()
        assert answer.probabilities.shape == (10,)
        assert answer.probabilities.dtype == np.float32
        assert (answer.probabilities == answers[0].probabilities).all()
        assert answer.probabilities == pytest.approx(expected, abs=1e-6)
        assert answer.verdict == answers[0].verdict


TWO = [(130, 180), (150, 110), (220, 90), (280, 130), (270, 200), (200, 280), (125, 350),
       (210, 340), (300, 350)]  # fmt: skip
SIX = [(280, 100), (190, 160), (150, 260), (190, 340), (260, 330), (290, 260), (240, 220),
       (160, 280)]  # fmt: skip


def side_by_side(*digits: Prediction) -> tuple[LocatedPrediction, ...]:
    return tuple(
        LocatedPrediction((2 * x, 0, 2 * x + 1, 1), digit, ()) for x, digit in enumerate(digits)
    )


def sideways(
    digit: list[tuple[int, int]], stored: Image.Transpose, size: tuple[int, int] = (420, 480)
) -> Image.Image:
    """A photo of a digit on paper with the edge of a shadow, as a turned camera stores it."""
    shades = np.full(size[::-1], 210.0)
    shades[:, :200] -= 60
    image = Image.fromarray(shades.astype(np.uint8))
    ImageDraw.Draw(image).line(digit, fill=30, width=24, joint="curve")
    return image.transpose(stored)


@pytest.mark.parametrize("size", [(420, 480), (600, 480)], ids=["landscape", "portrait"])
@pytest.mark.parametrize(
    ("stored", "degrees"), [(Image.Transpose.ROTATE_90, 90), (Image.Transpose.ROTATE_270, 270)]
)
def test_a_photo_that_is_a_digit_only_on_its_side_is_turned_unless_told_not_to(
    stored, degrees, size
):
    shipped = Predictor.load(store.get("champion"))
    image = sideways(TWO, stored, size)
    found, as_it_lies = (shipped.predict_photo(image, may_turn=may) for may in (True, False))
    assert (found.verdict.digit, as_it_lies.verdict.kind) == (2, "no digit")
    assert found.assumed == Assumed("dark", degrees, guessed=True)
    assert as_it_lies.assumed == Assumed("dark")
    assert shipped.answer_photo(image).assumed == found.assumed  # before it is cut into a number


def test_a_photo_that_may_be_a_6_or_a_9_is_not_turned():
    shipped = Predictor.load(store.get("champion"))
    upright = sideways(SIX, Image.Transpose.ROTATE_90).transpose(Image.Transpose.ROTATE_270)
    assert shipped.predict_photo(upright).verdict.digit == 6
    found = shipped.predict_photo(sideways(SIX, Image.Transpose.ROTATE_90))
    assert found.verdict.kind == "no digit"
    assert found.assumed.turned == 0


def test_a_line_that_a_digit_stands_on_is_left_out():
    shipped = Predictor.load(store.get("champion"))
    for digit, strokes in enumerate(TEN):
        photo_ = on_a_line(strokes, np.random.default_rng(digit))
        assert shipped.predict_photo(photo_).verdict.digit == digit


def test_the_long_foot_of_a_2_is_no_line_that_it_stands_on():
    shipped = Predictor.load(store.get("champion"))
    image = Image.new("L", (300, 300), 255)
    draw = ImageDraw.Draw(image)
    arc = [(120, 80), (140, 55), (170, 65), (185, 110), (180, 150), (155, 190), (110, 212)]
    draw.line(arc, fill=60, width=11, joint="curve")
    draw.line([(75, 214), (215, 216)], fill=60, width=11)
    assert shipped.predict_photo(image).verdict.digit == 2
    # By its shape it could be: only the network tells.
    foot, line = (from_photo.digit_from_image(image, on_line=on).image for on in (False, True))
    assert (foot != line).any()


def test_of_digits_drawn_on_top_of_each_other_it_is_doubted_where_they_end():
    shipped = Predictor.load(store.get("champion"))
    doubt = "Not sure where one digit ends and the next begins."
    for one, other, apart, doubts in ((4, 2, 110, []), (4, 2, 40, [doubt]), (3, 7, 60, [])):
        left, right = moved(TEN[one], 1.2, 20, 50), moved(TEN[other], 1.2, 20 + apart, 50)
        found = shipped.answer_strokes([*left, *right])
        assert (found.text, found.doubts) == (f"{one}{other}", doubts)
    # The bar of the 4 is taken for part of the 2, its stem for a 1.
    mixed = shipped.answer_strokes([*moved(TEN[2], 1.2, 20, 50), *moved(TEN[4], 1.2, 45, 50)])
    assert doubt in mixed.doubts


def test_a_photo_gets_one_too_as_a_file_or_an_image():
    asked = predictor(2.5, _7=3.0)
    from_file, from_image = asked.predict_photo(png(photo())), asked.predict_photo(photo())
    assert isinstance(from_file, Prediction)
    assert isinstance(from_image, Prediction)
    assert (from_file.image == from_image.image).all()
    expected = softmax(np.array([0, 0, 0, 0, 0, 0, 0, 3, 0, 0]) / 2.5)
    assert from_file.probabilities == pytest.approx(expected, abs=1e-6)
    assert from_file.assumed == from_image.assumed == Assumed(ink="dark")
    assert asked.predict_photo(photo(), ink="light").assumed == Assumed(ink="light")
    assert asked.predict_image(IMAGE).assumed is None
    with pytest.raises(ImageError):
        asked.predict_photo(b"text")


def test_the_steps_lead_to_the_image_and_an_image_has_none():
    for answer in (predictor().predict_strokes(SEVEN), predictor().predict_photo(photo())):
        assert len(answer.steps) >= 5
        assert (answer.steps[-1].image == answer.image).all()
    assert predictor().predict_image(IMAGE).steps == ()


def test_the_brush_is_seen_in_the_steps_alone():
    thin, thick = (predictor().predict_strokes(SEVEN, brush=brush) for brush in (4, 40))
    assert (thin.image == thick.image).all()
    assert thin.steps[0].image.sum() < thick.steps[0].image.sum() / 4


@pytest.mark.parametrize("digit", range(10))
def test_a_sure_digit_is_named(digit):
    verdict = predictor(**{f"_{digit}": 9.0}).predict_image(IMAGE).verdict
    assert (verdict.kind, verdict.digit, verdict.short_text) == ("digit", digit, "")
    assert verdict.text == ("This is an 8." if digit == 8 else f"This is a {digit}.")


def test_whether_it_is_sure_is_decided_by_the_calibrated_probability():
    # Two digits share nearly all: the likelier one has the sigmoid of their difference.
    at_76, at_74 = (20 + float(np.log(share / (1 - share))) for share in (0.76, 0.74))
    sure = predictor(_9=at_76, _4=20.0).predict_image(IMAGE).verdict
    unsure = predictor(_9=at_74, _4=20.0).predict_image(IMAGE).verdict
    assert (sure.kind, sure.digit) == ("digit", 9)
    assert (unsure.kind, unsure.digit, unsure.short_text) == ("unsure", 9, "4 or 9?")
    assert unsure.text.startswith("Not sure: 4 or 9.")
    calibrated = predictor(1.1, _9=at_76, _4=20.0).predict_image(IMAGE)
    assert calibrated.verdict.kind == "unsure"
    assert calibrated.two_likeliest() == (9, 4)


def test_what_is_unlike_all_digits_is_no_digit_however_sure_the_network_is():
    answer = predictor(_8=50.0).predict_strokes(SCRIBBLE)
    assert isinstance(answer, Prediction)
    assert (answer.verdict.kind, answer.verdict.digit) == ("no digit", None)
    assert answer.verdict.text == "Not a digit I know. If it is one: an 8 (> 99.9%)."
    assert answer.probabilities[8] > 0.999


def test_a_rejected_drawing_that_is_accepted_gets_the_answer_for_a_digit():
    rejected = predictor(_8=50.0).predict_strokes(SCRIBBLE)
    assert isinstance(rejected, Prediction)
    accepted = rejected.accepted()
    assert (accepted.verdict.kind, accepted.verdict.digit) == ("digit", 8)
    assert accepted.verdict.text == "This is an 8."
    assert accepted.probabilities is rejected.probabilities
    assert accepted.steps[-1].image is rejected.image
    unsure = predictor(_4=1.0, _9=1.0).predict_strokes(SCRIBBLE)
    assert isinstance(unsure, Prediction)
    assert unsure.accepted().verdict.short_text == "4 or 9?"


def test_where_there_is_nothing_to_classify_the_reason_comes():
    dot = predictor().predict_strokes([np.array([[5.0, 5]])])
    blank = predictor().predict_photo(Image.new("L", (80, 80), 255))
    assert isinstance(dot, NothingToClassify)
    assert isinstance(blank, NothingToClassify)
    assert (dot.kind, blank.kind) == ("dot", "blank")


def test_a_run_is_loaded_with_its_own_temperature_and_its_weights():
    bias = np.eye(10, dtype=np.float32)[3]
    loaded = Predictor.load(run_with(bias, 1.9))
    assert loaded.temperature == 1.9
    assert (loaded.classifier.biases[0] == bias).all()


def test_a_run_without_a_temperature_is_calibrated_first(monkeypatch):
    run = run_with(np.zeros(10, np.float32))
    found = Calibration(1.3, 0.1, 0.1, 0)
    for calibration, temperature in ((found, 1.3), (None, 1.0)):  # None: its data are not here
        monkeypatch.setattr(temperature_scaling, "calibrate", lambda run, c=calibration: c)
        assert Predictor.load(run).temperature == temperature


def test_a_fine_tuned_network_has_a_temperature_of_its_own():
    base = run_with(np.eye(10, dtype=np.float32)[1], 3.0)
    tuned = run_with(np.eye(10, dtype=np.float32)[2], 1.2, "Tuned", base_name=base.name)
    assert Predictor.load(tuned).temperature == 1.2
    assert Predictor.load(base).temperature == 3.0


def test_an_epoch_gets_the_final_networks_temperature():
    run = run_with(np.zeros(10, np.float32), 1.5)
    bias = np.eye(10, dtype=np.float32)[6]
    arrays = {"activations": np.array([], str), "kernel_0": np.zeros((784, 10)), "bias_0": bias}
    files.save_arrays(run.epoch_path(2), arrays)
    loaded = Predictor.load(run, 2)
    assert (loaded.classifier.biases[0] == bias).all()
    assert loaded.temperature == 1.5
    # After label smoothing training has divided the final weights, and them alone, by another.
    run.set_status(summary=summary(temperature=0.8))
    assert Predictor.load(run, 2).temperature == pytest.approx(1.2)
    assert Predictor.load(run).temperature == 1.5


def test_a_doubtful_number_does_not_take_the_place_of_a_doubtful_digit():
    unsure = predictor().predict_strokes(SEVEN)
    assert unsure.verdict.kind == "unsure"
    sure = replace(unsure, verdict=verdict_of(np.eye(10, dtype=np.float32)[0], DIGIT_NAMES, False))

    def found(whole, *parts):
        number = Number(side_by_side(*parts), "00", (280, 280))
        return one_or_several(whole, lambda: number)

    assert found(unsure, unsure, sure) is unsure
    assert found(unsure, sure, sure).sentence == "The number 00."
    assert found(SEVERAL, unsure, sure).sentence.startswith("The number 00. Digit 1 may be ")


@pytest.mark.parametrize(("width", "text"), [(22, "8"), (23, "86")])
def test_a_sure_digit_clearly_wider_than_high_may_be_a_number(width, text):
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 3 : 3 + width] = 255

    def of(shown, digit, rejected=False):
        shares = np.eye(10, dtype=np.float32)[digit]
        return Prediction(shown, shares, verdict_of(shares, DIGIT_NAMES, rejected))

    def found(*parts, text):
        number = Number(side_by_side(*parts), text, (280, 280))
        return one_or_several(whole, lambda: number)

    whole = of(image, 8)
    eight, six, rejected = of(IMAGE, 8), of(IMAGE, 6), of(IMAGE, 6, rejected=True)
    answer = found(eight, six, text="86")
    assert (answer.text if isinstance(answer, Number) else answer.symbol) == text
    assert found(eight, rejected, text="8?") is whole
    assert found(eight, text="8") is whole


@pytest.mark.parametrize(
    ("start", "width", "sure"), [(40, 85, False), (40, 95, True), (41, 85, True)]
)
def test_a_rejected_whole_narrower_than_two_digits_that_touch_may_be_one_sign(start, width, sure):
    shares = np.eye(10, dtype=np.float32)[1]
    one, rejected = (
        Prediction(IMAGE, shares, verdict_of(shares, DIGIT_NAMES, no_digit))
        for no_digit in (False, True)
    )
    boxes = ((10.0, 20.0, 40.0, 120.0), (float(start), 20.0, 10.0 + width, 120.0))
    number = Number(tuple(LocatedPrediction(box, one, ()) for box in boxes), "11", (280, 280))
    found = one_or_several(rejected, lambda: number)
    assert (found.text, found.sure) == ("11", sure)
    assert ("a single sign that is not a digit" in found.sentence) is not sure
    assert one_or_several(SEVERAL, lambda: number).sure  # ink apart is no single sign
    lines = replace(number, text="1 1")
    assert one_or_several(rejected, lambda: lines).sure  # nor are two lines or words


def test_an_h_is_not_said_to_be_a_number_for_sure():
    image = Image.new("L", (400, 400), 255)
    draw = ImageDraw.Draw(image)
    for line in ((138, 105, 138, 270), (263, 105, 263, 270), (138, 187, 263, 187)):
        draw.line(line, fill=0, width=26)
    answer = Predictor.load(store.get("champion")).answer_photo(image)
    assert not (isinstance(answer, Number) and answer.sure)


def test_what_is_accepted_as_a_digit_is_no_longer_doubted():
    shares = np.eye(10, dtype=np.float32)[7]
    seven, rejected = (
        Prediction(IMAGE, shares, verdict_of(shares, DIGIT_NAMES, no_digit))
        for no_digit in (False, True)
    )
    number = Number(side_by_side(seven, rejected), "7?", (280, 280))
    assert number.doubts == ["Digit 2 is unlike any digit that the network has learned."]
    accepted = number.with_accepted(lambda part: part is rejected)
    assert (accepted.text, accepted.doubts, accepted.sure) == ("77", [], True)
    cut_badly = replace(number, cut_probability=0.5, left_out=3).with_accepted(lambda part: True)
    assert len(cut_badly.doubts) == 2
    assert not cut_badly.sure


@pytest.fixture
def trained() -> Run:
    """A network that changed from epoch to epoch."""
    run = run_with(np.zeros(10, np.float32))
    for epoch in (1, 2):
        arrays = {"activations": np.array([], str), "kernel_0": np.zeros((784, 10), np.float16)}
        bias = np.arange(10, dtype=np.float16) * epoch / 4
        files.save_arrays(run.epoch_path(epoch), arrays | {"bias_0": bias})
    return run


@pytest.mark.parametrize("temperature", [None, 1.7])
def test_one_digits_probabilities_are_given_for_each_epoch(trained, temperature):
    found = temperature and Calibration(temperature, 0.1, 0.1, 0)
    epochs, probabilities, damaged = probabilities_by_epoch(trained, IMAGE, found)
    assert (epochs, damaged) == ([1, 2], {})
    expected = [softmax(np.arange(10) * epoch / 4 / (temperature or 1)) for epoch in (1, 2)]
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)
    assert probabilities_by_epoch(trained, IMAGE, found, most=1)[0] == [1]


def test_damaged_epochs_are_left_out_with_the_reason(trained):
    trained.epoch_path(1).write_bytes(b"no zip")
    epochs, probabilities, damaged = probabilities_by_epoch(trained, IMAGE, None)
    assert epochs == [2]
    assert probabilities.shape == (1, 10)
    assert "001.npz" in damaged[1]


def test_without_epochs_there_are_no_probabilities():
    run = run_with(np.zeros(10, np.float32))
    epochs, probabilities, damaged = probabilities_by_epoch(run, IMAGE, None)
    assert (epochs, damaged) == ([], {})
    assert probabilities.shape == (0, 10)
