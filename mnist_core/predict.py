"""From a drawing, a photo or an image to one calibrated prediction, the same wherever it is shown.

While the pen is down, the Draw page computes its bars in the browser (inference.js, the twin of
this module). When the stroke ends, the prediction made here replaces them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.special import log_expit, logit

from mnist_core.config.formatting import article, percent
from mnist_core.config.pen import BRUSH
from mnist_core.config.sizes import DIGIT_NAMES
from mnist_core.digits import from_strokes, number_from_strokes, number_pieces
from mnist_core.digits.mnist_format import Assumed, Digit, NothingToClassify, Shade, Step
from mnist_core.digits.number_pieces import CutNumber, Pieces
from mnist_core.digits.segmentation import Box
from mnist_core.digits.strokes import Stroke
from mnist_core.errors import DigitLabError
from mnist_core.evaluation import predictions, temperature_scaling
from mnist_core.evaluation.ood_detector import OODDetector
from mnist_core.evaluation.temperature_scaling import UNSURE_BELOW, Calibration, calibrated
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.runs.run import Run

_CUT_UNSURE_BELOW = 0.6  # below this probability of how a number was cut, a doubt is said
_SURELY_TURNED = 0.97  # a rejected photo is turned if, on its side, it is this likely a digit
_SCORES = (1e-6, 1 - 1e-6)  # of the detector, kept from being certain


class OtherClassesError(DigitLabError, ValueError):
    """A network that does not tell digits apart is asked for a number. Ask it for one image."""

    def __init__(self) -> None:
        super().__init__("This network does not read digits, so it can't read numbers.")


@dataclass(frozen=True)
class Verdict:
    """What can be said of an image, in words.

    Attributes:
        kind: "digit"; "unsure" if no digit is likely enough; "no digit" if the image is unlike all
            digits.
        digit: The most likely digit, or the place of the most likely of other classes; None if the
            image is not a digit.
        text: A sentence for the visitor.
        short_text: The doubt in a few words, where there is no room for a sentence; "" if there is
            none.
    """

    kind: Literal["digit", "unsure", "no digit"]
    digit: int | None
    text: str
    short_text: str


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network predicts for one drawing, photo or image.

    Attributes:
        image: (28, 28) uint8 in MNIST's form, 0 is paper and 255 is ink.
        probabilities: (classes,) float32, calibrated, sum 1.
        names: Of the classes.
        verdict: The prediction in words: a digit, or that it is not sure, or not a digit.
    """

    image: NDArray[np.uint8] = field(repr=False)
    probabilities: NDArray[np.float32] = field(repr=False)
    verdict: Verdict
    _digit: Digit | None = field(default=None, repr=False)
    names: tuple[str, ...] = DIGIT_NAMES

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps from the drawing or photo to the image, made when asked for; () if an image in
        MNIST's form was given."""
        return () if self._digit is None else self._digit.steps

    @property
    def assumed(self) -> Assumed | None:
        """How a photo was read; None if it was a drawing or an image in MNIST's form."""
        return None if self._digit is None else self._digit.assumed

    def accepted(self) -> Prediction:
        """The same, accepted as a digit: the verdict is that of any digit."""
        return replace(self, verdict=_verdict(self.probabilities, self.names, rejected=False))

    def two_likeliest(self) -> tuple[int, int]:
        """The most likely digit and the second."""
        return _two_likeliest(self.probabilities)

    @property
    def sign(self) -> str:
        """The digit, as it stands in a number's text, or the name of another class; "?" for what
        is no digit."""
        return "?" if self.verdict.digit is None else self.names[self.verdict.digit]


@dataclass(frozen=True, eq=False)
class LocatedPrediction:
    """One digit of a number.

    Attributes:
        box: Left, top, right and bottom in pixels of the canvas or the upright picture.
        prediction: As if the digit had been drawn or photographed alone.
        strokes: Those that draw it; () on a picture.
    """

    box: Box
    prediction: Prediction
    strokes: tuple[Stroke, ...] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Number:
    """What a network predicts for a drawing or picture of one or more digits.

    Attributes:
        digits: In reading order: line by line, from left to right; at least one.
        text: The digits, "?" for one that is none, and a space between lines and between words.
        size: Width and height of the canvas or of the upright picture, in pixels.
        doubts: What is doubtful, a sentence each.
    """

    digits: tuple[LocatedPrediction, ...]
    text: str
    size: tuple[int, int]
    doubts: tuple[str, ...]

    @property
    def sure(self) -> bool:
        """Whether it is clear where each digit ends, and which it is."""
        return not self.doubts

    @property
    def sentence(self) -> str:
        """The number for the visitor, and what is doubtful."""
        return " ".join([f"The number {self.text}.", *self.doubts])

    def with_accepted(self, accepts: Accepts) -> Number:
        """The same, with those of its parts accepted as digits that somebody accepts."""
        digits = tuple(
            replace(digit, prediction=_accepted_if(digit.prediction, accepts))
            for digit in self.digits
        )
        signs = (digit.prediction.sign for digit in digits)
        text = "".join(" " if character == " " else next(signs) for character in self.text)
        return replace(self, digits=digits, text=text)


Answer = Prediction | NothingToClassify
"""A prediction, or the reason why a drawing or photo shows nothing to classify."""
Accepts = Callable[[Prediction], bool]
"""Whether somebody accepts a rejected image as a digit."""
Remember = Callable[[Callable[[], Number | NothingToClassify]], Number | NothingToClassify]
"""Calls its argument, or returns what that returned for the same drawing or photo before."""


def _accepts_none(rejected: Prediction) -> bool:
    return False


def _anew(find: Callable[[], Number | NothingToClassify]) -> Number | NothingToClassify:
    return find()


@dataclass(frozen=True, eq=False)
class Predictor:
    """A network with all that a calibrated prediction needs. Threads may share it.

    Attributes:
        classifier: The network.
        temperature: What its logits are divided by; 1 if it is not calibrated.
        detector: Tells digits from other images; the same for all networks of MNIST. None where
            the classes are others: nothing is rejected then, and there are no numbers.
        names: Of the classes.
    """

    classifier: Classifier = field(repr=False)
    temperature: float
    detector: OODDetector | None = field(repr=False)
    names: tuple[str, ...] = DIGIT_NAMES

    @classmethod
    def load(cls, run: Run, epoch: int | None = None) -> Predictor:
        """The network of a run. If it is not calibrated yet, that is done first and takes seconds.

        Args:
            run: A run with weights.
            epoch: Use the weights after this epoch; None for the final ones.

        Raises:
            FileNotFoundError: There are no such weights.
            WeightsError: They are damaged.
        """
        classifier = predictions.load_classifier(run, epoch)
        calibration = temperature_scaling.load(run) or temperature_scaling.calibrate(run)
        detector = None if run.config.data else OODDetector.load()
        fitted = temperature(run, calibration, epoch)
        return cls(classifier, fitted, detector, run.config.class_names)

    def answer_strokes(
        self,
        strokes: Sequence[Stroke],
        *,
        brush: float = BRUSH,
        accepts: Accepts = _accepts_none,
        remember: Remember = _anew,
    ) -> Answer | Number:
        """The answer to a drawing, see `one_or_several`. A single stroke draws no number.

        Args:
            strokes: In canvas pixels.
            brush: See `from_strokes.digit_from_strokes`.
            accepts: Tells which rejected images somebody accepts as digits.
            remember: Returns what was found before for the same strokes, as telling digits apart
                takes long.
        """

        def find() -> Number | NothingToClassify:
            return self.predict_number_strokes(strokes, brush=brush)

        whole = self.predict_strokes(strokes, brush=brush)
        if len(strokes) < 2 or self.detector is None:
            return _accepted_if(whole, accepts) if isinstance(whole, Prediction) else whole
        return one_or_several(whole, lambda: remember(find), accepts)

    def answer_photo(
        self,
        photo: bytes | Image.Image,
        *,
        ink: Shade | None = None,
        may_turn: bool = True,
        accepts: Accepts = _accepts_none,
        remember: Remember = _anew,
    ) -> Answer | Number:
        """The answer to a photo or scan, see `one_or_several`. `predict_photo` says what the first
        arguments are, `answer_strokes` the others.

        Raises:
            ImageError: The file can't be read.
        """
        from mnist_core.digits import picture_file

        image = picture_file.open_image(photo) if isinstance(photo, bytes) else photo
        whole = self.predict_photo(image, ink=ink, may_turn=may_turn)
        if self.detector is None:
            return whole
        return one_or_several(
            whole, lambda: remember(lambda: self.predict_number(image, ink=ink)), accepts
        )

    def predict_image(self, image: NDArray[np.uint8]) -> Prediction:
        """The prediction for a (28, 28) uint8 image in MNIST's form."""
        return self._predict(image)

    def predict_strokes(self, strokes: Sequence[Stroke], *, brush: float = BRUSH) -> Answer:
        """The prediction for strokes on the canvas; see `from_strokes.digit_from_strokes`."""
        return self._predict_digit(
            from_strokes.digit_from_strokes(strokes, brush=brush, single=self.detector is None)
        )

    def predict_photo(
        self,
        photo: bytes | Image.Image,
        *,
        ink: Shade | None = None,
        may_turn: bool = True,
    ) -> Answer:
        """The prediction for a photo or scan of one digit.

        Args:
            photo: An image, or the content of a PNG, JPEG, WebP or HEIC file.
            ink: Whether the ink is darker or lighter than the paper; None to tell by the picture.
            may_turn: Whether a photo that is no digit as it lies, and surely one on its side, is
                read on its side.

        Raises:
            ImageError: The file can't be read.
        """
        # SciPy's part for images takes a while to load.
        from mnist_core.digits import from_photo, picture_file

        image = picture_file.open_image(photo) if isinstance(photo, bytes) else photo
        single = self.detector is None
        found = self._predict_digit(from_photo.digit_from_image(image, ink=ink, single=single))
        if may_turn and isinstance(found, Prediction):
            return self._on_its_side(image, ink, found)
        return found

    def _on_its_side(self, image: Image.Image, ink: Shade | None, found: Prediction) -> Prediction:
        """The prediction for the photo turned by a quarter, if it is rejected as it lies and surely
        a digit then; else `found`. A 6 on one side is a 9 on the other: such a photo is not
        turned."""
        from mnist_core.digits import from_photo

        if found.verdict.kind != "no digit":
            return found
        sure = []
        for turned in from_photo.sideways(image):
            digit = from_photo.digit_from_image(turned, ink=ink)
            if isinstance(digit, Digit):
                likely = self.score(digit.image[np.newaxis]).sum() > np.log(_SURELY_TURNED)
                sure += [self._predict(digit.image, digit)] if likely else []
        is_clear = len({prediction.verdict.digit for prediction in sure}) == 1
        return sure[0] if is_clear else found

    def predict_number_strokes(
        self, strokes: Sequence[Stroke], *, brush: float = BRUSH
    ) -> Number | NothingToClassify:
        """The prediction for strokes on the canvas that draw one or more digits. A single one gets
        the answer of `predict_strokes`."""
        pieces = number_from_strokes.pieces_of_drawing(strokes, self.score, brush=brush)
        return self._number(pieces, (from_strokes.CANVAS_SIDE, from_strokes.CANVAS_SIDE))

    def predict_number(
        self, photo: bytes | Image.Image, *, ink: Shade | None = None
    ) -> Number | NothingToClassify:
        """The prediction for a photo or scan of one or more digits. A single one gets the answer of
        `predict_photo`, which says what the arguments are.

        Raises:
            ImageError: The file can't be read.
        """
        from mnist_core.digits import number_from_photo, picture_file

        image = picture_file.open_image(photo) if isinstance(photo, bytes) else photo
        upright = picture_file.upright(image)
        pieces = number_from_photo.pieces_of_picture(upright, self.score, ink=ink)
        return (
            pieces if isinstance(pieces, NothingToClassify) else self._number(pieces, upright.size)
        )

    def _number(
        self, pieces: Pieces | NothingToClassify, size: tuple[int, int]
    ) -> Number | NothingToClassify:
        if isinstance(pieces, NothingToClassify):
            return pieces
        found = number_pieces.find_number(pieces, self.score)
        if isinstance(found, NothingToClassify):
            return found
        digits = tuple(
            LocatedPrediction(part.box, self._predict(part.digit.image, part.digit), part.strokes)
            for part in found.digits
        )
        text = "".join(
            f" {digit.prediction.sign}" if part.starts_word else digit.prediction.sign
            for part, digit in zip(found.digits, digits, strict=True)
        ).strip()
        return Number(digits, text, size, tuple(_doubts(found, digits)))

    def score(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How likely (n, 28, 28) uint8 images are single digits, see `segmentation.Scorer`."""
        if self.detector is None:
            raise OtherClassesError
        confidence = calibrated(self.classifier.probabilities(images), self.temperature).max(axis=1)
        unlike = self.detector.scores(images).astype(float)
        log_odds = [logit(np.clip(s, *_SCORES)) for s in (self.detector.threshold, unlike)]
        return np.column_stack([np.log(confidence), log_expit(log_odds[0] - log_odds[1])])

    def _predict_digit(self, found: Digit | NothingToClassify) -> Answer:
        if isinstance(found, NothingToClassify):
            return found
        return self._predict(found.image, found)

    def _predict(self, image: NDArray[np.uint8], digit: Digit | None = None) -> Prediction:
        images = image[np.newaxis]
        probabilities = calibrated(self.classifier.probabilities(images)[0], self.temperature)
        rejected = bool(self.detector and self.detector.is_out_of_distribution(images)[0])
        verdict = _verdict(probabilities, self.names, rejected)
        return Prediction(image, probabilities, verdict, digit, self.names)


def one_or_several(
    whole: Answer, find: Callable[[], Number | NothingToClassify], accepts: Accepts = _accepts_none
) -> Answer | Number:
    """The answer to all as a single digit, or the number where that says more.

    A number of at least two digits takes the place of a whole that is several digits; of a whole
    that is not sure, if the number is; of one that is rejected, if none of its digits is.

    Args:
        whole: The prediction for all as a single digit.
        find: Tells the digits apart; called only where there may be several.
        accepts: Tells which rejected images somebody accepts as digits.
    """
    if isinstance(whole, NothingToClassify):
        if whole.kind != "several":
            return whole
    elif whole.verdict.kind == "digit" or accepts(whole):
        return _accepted_if(whole, accepts)
    found = find()
    if isinstance(found, NothingToClassify) or len(found.digits) < 2:
        return whole
    found = found.with_accepted(accepts)
    if isinstance(whole, NothingToClassify):
        return found
    # A drawing of something else than digits may have parts like digits.
    certain = "?" not in found.text if whole.verdict.kind == "no digit" else found.sure
    return found if certain else whole


def temperature(run: Run, calibration: Calibration | None, epoch: int | None = None) -> float:
    """What a network's logits are divided by.

    A temperature is fitted for the final weights alone, and those after an epoch share it. After
    label smoothing, training has already divided the final weights by a first temperature: those
    after an epoch need that one, too.

    Args:
        run: The run that the network belongs to.
        calibration: Of its final weights; None if there is none yet.
        epoch: The epoch whose weights are used; None for the final ones.
    """
    fitted = calibration.temperature if calibration else 1.0
    if epoch is None:
        return fitted
    summary = run.status().summary
    return fitted * ((summary and summary.temperature) or 1.0)


def probabilities_by_epoch(
    run: Run,
    image: NDArray[np.uint8],
    calibration: Calibration | None,
    most: int = 30,
    report: Callable[[float], None] = lambda share: None,
) -> tuple[list[int], NDArray[np.float32], dict[int, str]]:
    """The network's probabilities for one image after each epoch whose weights are stored.

    Args:
        run: The run; it may have no weights by epoch.
        image: (28, 28) uint8.
        calibration: See `temperature`.
        most: Of more epochs than this, so many at even distances are taken.
        report: Called with the share done, 0 to 1.

    Returns:
        The epochs, (epochs, classes) float32 probabilities, and by epoch why others are left out:
        their weights can't be read.
    """
    epochs = run.epochs()
    if len(epochs) > most:
        epochs = [epochs[i] for i in np.linspace(0, len(epochs) - 1, most).round().astype(int)]
    rows: dict[int, NDArray[np.float32]] = {}
    damaged: dict[int, str] = {}
    for done, epoch in enumerate(epochs, 1):
        try:
            classifier = predictions.load_classifier(run, epoch)
        except (WeightsError, OSError) as error:
            damaged[epoch] = str(error)
        else:
            fitted = temperature(run, calibration, epoch)
            rows[epoch] = calibrated(classifier.probabilities(image[np.newaxis])[0], fitted)
        report(done / len(epochs))
    shape = (-1, len(run.config.class_names))
    return list(rows), np.array([*rows.values()], np.float32).reshape(shape), damaged


def _verdict(probabilities: NDArray[np.float32], names: Sequence[str], rejected: bool) -> Verdict:
    digit, other = _two_likeliest(probabilities)
    if rejected:
        chance = percent(float(probabilities[digit]), 0)
        text = f"Not a digit I know. If it is one: {article(names[digit])} ({chance})."
        return Verdict("no digit", None, text, "no digit?")
    if probabilities[digit] >= UNSURE_BELOW:
        return Verdict("digit", digit, f"This is {article(names[digit])}.", "")
    low, high = (names[one] for one in sorted((digit, other)))
    most = percent(UNSURE_BELOW, 0)
    text = f"Not sure: {low} or {high}. The network gives neither more than {most}."
    return Verdict("unsure", digit, text, f"{low} or {high}?")


def _accepted_if(prediction: Prediction, accepts: Accepts) -> Prediction:
    return prediction.accepted() if accepts(prediction) else prediction


def _doubts(found: CutNumber, digits: Sequence[LocatedPrediction]) -> list[str]:
    """What is doubtful about a number, a sentence each."""
    doubts = []
    if found.probability < _CUT_UNSURE_BELOW:
        doubts.append("Not sure where one digit ends and the next begins.")
    for place, digit in enumerate(digits, 1):
        verdict = digit.prediction.verdict
        which = "The digit" if len(digits) == 1 else f"Digit {place}"
        if verdict.kind == "no digit":
            doubts.append(f"{which} is unlike any digit that the network has learned.")
        elif verdict.kind == "unsure":
            low, high = sorted(digit.prediction.two_likeliest())
            doubts.append(f"{which} may be {article(low)} or {article(high)}.")
    if found.left_out:
        doubts.append(
            f"Only the {number_pieces.MAX_PIECES} largest pieces were looked at; "
            f"{found.left_out:,} smaller ones were left out."
        )
    return doubts


def _two_likeliest(probabilities: NDArray[np.float32]) -> tuple[int, int]:
    first, second = np.argsort(-probabilities, kind="stable")[:2].tolist()
    return first, second
