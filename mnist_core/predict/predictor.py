"""From a drawing, a photo or an image to one calibrated prediction, the same wherever it is shown.

While the pen is down, the Draw page computes its bars in the browser (inference.js, which does the
same as this module). When the stroke ends, the prediction made here replaces them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.special import log_expit, logit

from mnist_core.config.pen import BRUSH
from mnist_core.config.progress import Report, no_report
from mnist_core.config.sizes import DIGIT_NAMES
from mnist_core.digits.drawings import from_strokes
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.digits.mnist_format import Digit, NothingToClassify, Shade
from mnist_core.digits.numbers import number_from_strokes, number_pieces
from mnist_core.digits.numbers.number_pieces import Pieces
from mnist_core.errors import DigitLabError
from mnist_core.evaluation import cached_predictions, temperature_scaling
from mnist_core.evaluation.non_digit_detector import OODDetector
from mnist_core.evaluation.temperature_scaling import Calibration, calibrated
from mnist_core.network.inference import Classifier, WeightsError
from mnist_core.predict.answer import (
    Accepts,
    Answer,
    LocatedPrediction,
    Number,
    Prediction,
    accepted_if,
    accepts_none,
    one_or_several,
    verdict_of,
)
from mnist_core.runs.run import Run

_CLEAR = 0.97  # what is a digit with less than this probability may stand on a line:
_CLEARER = 0.9  # it does if it is a digit with this probability, and a higher one, without the line
_TURNED_FROM_WIDE, _TURNED_FROM_HIGH = 0.97, 0.995
"""A rejected photo is turned if this makes it a digit with this probability. One that is wider than
high lies on its side more often.

Of 1,500 test digits on their side 70 % are rejected; 57 or 55 % are turned correctly, 1 % the other
way. Of houses 22 or 17 %, of letters 8 or 3 % and of scribbles 4 or 1 % are turned to a digit."""
_SCORES = (1e-6, 1 - 1e-6)  # the detector's scores are limited to these, so that none is certain


class OtherClassesError(DigitLabError, ValueError):
    """A network that does not tell digits apart is asked for a number. Ask it for one image."""

    def __init__(self) -> None:
        super().__init__("This network does not read digits, so it can't read numbers.")


Remember = Callable[[Callable[[], Number | NothingToClassify]], Number | NothingToClassify]
"""Calls its argument, or returns the remembered result for the same drawing or photo."""


def _anew(find: Callable[[], Number | NothingToClassify]) -> Number | NothingToClassify:
    return find()


@dataclass(frozen=True, eq=False)
class Predictor:
    """A network with all that a calibrated prediction needs. Threads may share it.

    Attributes:
        classifier: The network.
        temperature: What its logits are divided by; 1 if it is not calibrated.
        detector: Tells digits from other images; the same for all networks of MNIST. None for other
            classes: then nothing is rejected, and there are no numbers.
        names: Of the classes.
    """

    classifier: Classifier = field(repr=False)
    temperature: float
    detector: OODDetector | None = field(repr=False)
    names: tuple[str, ...] = DIGIT_NAMES

    @classmethod
    def load(cls, run: Run, epoch: int | None = None) -> Predictor:
        """Load the network of a run. If it is not calibrated yet, that is done first, which takes
        seconds.

        Args:
            run: A run with weights.
            epoch: Use the weights after this epoch; None for the final ones.

        Raises:
            FileNotFoundError: There are no such weights.
            WeightsError: They are damaged.
        """
        classifier = cached_predictions.load_classifier(run, epoch)
        calibration = temperature_scaling.load_or_fit(run)
        detector = None if run.config.data else OODDetector.load()
        fitted = temperature(run, calibration, epoch)
        return cls(classifier, fitted, detector, run.config.class_names)

    def answer_strokes(
        self,
        strokes: Sequence[Stroke],
        *,
        brush: float = BRUSH,
        accepts: Accepts = accepts_none,
        remember: Remember = _anew,
    ) -> Answer | Number:
        """The answer to a drawing, see `one_or_several`. A single stroke draws no number.

        Args:
            strokes: In canvas pixels.
            brush: See `from_strokes.digit_from_strokes`.
            accepts: Tells which rejected images somebody accepts as digits.
            remember: Returns what was found earlier for the same strokes, as telling digits apart
                takes time.
        """

        def find() -> Number | NothingToClassify:
            return self.predict_number_strokes(strokes, brush=brush)

        whole = self.predict_strokes(strokes, brush=brush)
        if len(strokes) < 2 or self.detector is None:
            return accepted_if(whole, accepts) if isinstance(whole, Prediction) else whole
        return one_or_several(whole, lambda: remember(find), accepts)

    def answer_photo(
        self,
        photo: bytes | Image.Image,
        *,
        ink: Shade | None = None,
        may_turn: bool = True,
        accepts: Accepts = accepts_none,
        remember: Remember = _anew,
    ) -> Answer | Number:
        """The answer to a photo or scan, see `one_or_several`. `predict_photo` says what the first
        arguments are, `answer_strokes` the others.

        Raises:
            ImageError: The file can't be read.
        """
        image = _opened(photo)
        whole = self.predict_photo(image, ink=ink, may_turn=may_turn)
        if self.detector is None:
            return whole
        return one_or_several(
            whole, lambda: remember(lambda: self.predict_number(image, ink=ink)), accepts
        )

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The calibrated probabilities for (n, 28, 28) uint8 images in MNIST's form: (n, classes)
        float32."""
        return calibrated(self.classifier.probabilities(images), self.temperature)

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
            may_turn: Whether a photo that is rejected as it lies, but is surely a digit on its
                side, may be read on its side.

        Raises:
            ImageError: The file can't be read.
        """
        # SciPy's part for images takes a while to load.
        from mnist_core.digits.photos import from_photo

        image = _opened(photo)
        single = self.detector is None
        found = self._predict_digit(from_photo.digit_from_image(image, ink=ink, single=single))
        if not isinstance(found, Prediction) or single:
            return found
        if self._likelihood(found) < _CLEAR:
            without_line = from_photo.digit_from_image(image, ink=ink, on_line=True)
            found = self._clearer(found, [without_line], _CLEARER)
        if may_turn and found.verdict.kind == "no digit":
            turns = from_photo.sideways(image)
            turned = [from_photo.digit_from_image(turn, ink=ink) for turn in turns]
            least = _TURNED_FROM_WIDE if image.width > image.height else _TURNED_FROM_HIGH
            found = self._clearer(found, turned, least)
        return found

    def _clearer(
        self, found: Prediction, others: Sequence[Digit | NothingToClassify], least: float
    ) -> Prediction:
        """The prediction for the photo read in another way, if that makes it a digit with at least
        this probability, and a higher one; else `found`. A photo that is a 6 one way and a 9 the
        other stays as it is."""
        least = max(least, self._likelihood(found))
        read = [self._predict(other.image, other) for other in others if isinstance(other, Digit)]
        clear = [one for one in read if self._likelihood(one) > least]
        return clear[0] if len({one.verdict.digit for one in clear}) == 1 else found

    def _likelihood(self, found: Prediction) -> float:
        """The probability that it is a digit, and this one; see `score`."""
        return float(np.exp(self.score(found.image[np.newaxis]).sum()))

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
        from mnist_core.digits.numbers import number_from_photo
        from mnist_core.digits.photos import picture_file

        image = _opened(photo)
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
            f" {digit.prediction.symbol}" if part.starts_word else digit.prediction.symbol
            for part, digit in zip(found.digits, digits, strict=True)
        ).strip()
        return Number(digits, text, size, found.probability, found.left_out)

    def score(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How likely (n, 28, 28) uint8 images are single digits, see `segmentation.Scorer`."""
        if self.detector is None:
            raise OtherClassesError
        confidence = self.probabilities(images).max(axis=1)
        unlike = self.detector.scores(images).astype(float)
        log_odds = [logit(np.clip(s, *_SCORES)) for s in (self.detector.threshold, unlike)]
        return np.column_stack([np.log(confidence), log_expit(log_odds[0] - log_odds[1])])

    def _predict_digit(self, found: Digit | NothingToClassify) -> Answer:
        if isinstance(found, NothingToClassify):
            return found
        return self._predict(found.image, found)

    def _predict(self, image: NDArray[np.uint8], digit: Digit | None = None) -> Prediction:
        images = image[np.newaxis]
        probabilities = self.probabilities(images)[0]
        rejected = bool(self.detector and self.detector.is_out_of_distribution(images)[0])
        verdict = verdict_of(probabilities, self.names, rejected)
        return Prediction(image, probabilities, verdict, digit, self.names)


def _opened(photo: bytes | Image.Image) -> Image.Image:
    from mnist_core.digits.photos import picture_file

    return picture_file.open_image(photo) if isinstance(photo, bytes) else photo


def temperature(run: Run, calibration: Calibration | None, epoch: int | None = None) -> float:
    """What a network's logits are divided by.

    A temperature is fitted for the final weights alone; those after an epoch share it. After label
    smoothing, training has already divided the final weights by a first temperature, which those
    after an epoch need, too.

    Args:
        run: The run that the network belongs to.
        calibration: The calibration of its final weights; None if there is none yet.
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
    report: Report = no_report,
) -> tuple[list[int], NDArray[np.float32], dict[int, str]]:
    """The network's probabilities for one image after each epoch whose weights are stored.

    Args:
        run: The run; it may have no weights by epoch.
        image: (28, 28) uint8.
        calibration: See `temperature`.
        most: If there are more epochs, this many evenly spaced ones are taken.
        report: Called with the share done, 0 to 1.

    Returns:
        The epochs, (epochs, classes) float32 probabilities, and for each epoch whose weights can't
        be read the reason.
    """
    epochs = run.epochs()
    if len(epochs) > most:
        epochs = [epochs[i] for i in np.linspace(0, len(epochs) - 1, most).round().astype(int)]
    rows: dict[int, NDArray[np.float32]] = {}
    damaged: dict[int, str] = {}
    for done, epoch in enumerate(epochs, 1):
        try:
            classifier = cached_predictions.load_classifier(run, epoch)
        except (WeightsError, OSError) as error:
            damaged[epoch] = str(error)
        else:
            fitted = temperature(run, calibration, epoch)
            rows[epoch] = calibrated(classifier.probabilities(image[np.newaxis])[0], fitted)
        report(done / len(epochs))
    shape = (-1, len(run.config.class_names))
    return list(rows), np.array([*rows.values()], np.float32).reshape(shape), damaged
