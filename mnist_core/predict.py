"""From a drawing, a photo or an image to one calibrated answer, the same wherever it is shown.

The Draw page moves its bars in the browser while the pen is down: inference.js is the twin of this
module there, and Python's answer replaces it when the stroke ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnist_core.config.text import article
from mnist_core.digits import fabric, from_strokes
from mnist_core.digits.mnist_format import Digit, NothingToClassify, Step
from mnist_core.evaluation import temperature_scaling
from mnist_core.evaluation.ood_detector import OODDetector
from mnist_core.evaluation.temperature_scaling import UNSURE_BELOW, Calibration, calibrated
from mnist_core.network.inference import Classifier
from mnist_core.runs.run import Run


@dataclass(frozen=True)
class Verdict:
    """What may be said of an image, in words.

    Attributes:
        kind: "digit"; "unsure", where no digit is likely enough; "no digit", where the image is
            unlike all digits.
        digit: The most likely digit; None where it is no digit.
        text: A sentence for the visitor.
        short_text: The doubt in a few words, for where a sentence finds no room; "" for a digit.
    """

    kind: Literal["digit", "unsure", "no digit"]
    digit: int | None
    text: str
    short_text: str


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network makes of one drawing, photo or image.

    Attributes:
        image: (28, 28) uint8 in MNIST's form, 0 is paper and 255 is ink.
        probabilities: (10,) float32, calibrated, sum 1.
        verdict: The answer in words, which may be that it is not sure, or that it is no digit.
    """

    image: NDArray[np.uint8] = field(repr=False)
    probabilities: NDArray[np.float32] = field(repr=False)
    verdict: Verdict
    _digit: Digit | None = field(default=None, repr=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The way from the drawing or photo to the image, made when asked for; () for an image
        that was given as it is."""
        return () if self._digit is None else self._digit.steps

    def two_likeliest(self) -> tuple[int, int]:
        """The most likely digit and the second."""
        return _two_likeliest(self.probabilities)


Answer = Prediction | NothingToClassify
"""To a drawing or a photo, which may show nothing to classify."""


@dataclass(frozen=True, eq=False)
class Predictor:
    """A network with all that an honest answer needs. Safe to share between threads.

    Attributes:
        classifier: The network.
        temperature: Its outputs before softmax are divided by this; 1 where it is not calibrated.
        detector: Tells digits from other drawings, the same for all networks.
    """

    classifier: Classifier = field(repr=False)
    temperature: float
    detector: OODDetector = field(repr=False)

    @classmethod
    def load(cls, run: Run, epoch: int | None = None) -> Predictor:
        """The network of a run, calibrated now if it was not yet, which takes some seconds.

        Args:
            run: A run with weights.
            epoch: Use the weights after this epoch; None for the final ones.

        Raises:
            FileNotFoundError: there are no such weights.
            WeightsError: they are damaged.
        """
        path = run.weights_path if epoch is None else run.epoch_path(epoch)
        classifier = Classifier.load(path)
        calibration = temperature_scaling.load(run) or temperature_scaling.calibrate(run)
        return cls(classifier, temperature(run, calibration, epoch), OODDetector.load())

    def predict_image(self, image: NDArray[np.uint8]) -> Prediction:
        """The answer to a (28, 28) uint8 image in MNIST's form."""
        return self._predict(image)

    def predict_strokes(
        self, strokes: Sequence[NDArray[np.float64]], *, brush: float = from_strokes.BRUSH
    ) -> Answer:
        """The answer to strokes on the canvas; see `from_strokes.digit_from_strokes`."""
        return self._predict_digit(from_strokes.digit_from_strokes(strokes, brush=brush))

    def predict_drawing(
        self, drawing: Mapping[str, Any], *, brush: float = from_strokes.BRUSH
    ) -> Answer:
        """The answer to the canvas' Fabric.js JSON.

        Raises:
            StrokeError: the drawing cannot be read.
        """
        return self.predict_strokes(fabric.read_fabric(drawing), brush=brush)

    def predict_photo(self, photo: bytes | Image.Image) -> Answer:
        """The answer to a photo or scan of one digit: an image, or a PNG, JPEG or WebP file.

        Raises:
            ImageError: the file cannot be read.
        """
        from mnist_core.digits import from_photo  # SciPy's part for images takes a while to load

        image = from_photo.open_image(photo) if isinstance(photo, bytes) else photo
        return self._predict_digit(from_photo.digit_from_image(image))

    def _predict_digit(self, found: Digit | NothingToClassify) -> Answer:
        if isinstance(found, NothingToClassify):
            return found
        return self._predict(found.image, found)

    def _predict(self, image: NDArray[np.uint8], digit: Digit | None = None) -> Prediction:
        images = image[np.newaxis]
        probabilities = calibrated(self.classifier.probabilities(images)[0], self.temperature)
        refused = bool(self.detector.is_out_of_distribution(images)[0])
        return Prediction(image, probabilities, _verdict(probabilities, refused), digit)


def temperature(run: Run, calibration: Calibration | None, epoch: int | None = None) -> float:
    """What a network's outputs are to be divided by.

    No temperature is fitted for the weights after an epoch: they get the final network's. Where
    training has divided its final weights by a temperature of their own already, as it does after
    label smoothing, those after an epoch get that one, too.

    Args:
        run: Where the network is from.
        calibration: Of its final weights; None while there is none.
        epoch: The epoch whose weights are used; None for the final ones.
    """
    fitted = calibration.temperature if calibration else 1.0
    summary = run.status().summary
    folded = (summary and summary.temperature) or 1.0
    return fitted if epoch is None else fitted * folded


def _verdict(probabilities: NDArray[np.float32], refused: bool) -> Verdict:
    digit, other = _two_likeliest(probabilities)
    if refused:
        text = (
            "Not a digit I know. Its shape is unlike that of any digit the network has learned; "
            "the bars show what it would say if it had to choose one."
        )
        return Verdict("no digit", None, text, "no digit?")
    if probabilities[digit] >= UNSURE_BELOW:
        return Verdict("digit", digit, f"This is {article(digit)}.", "")
    low, high = sorted((digit, other))
    text = f"Not sure: {low} or {high}. The network gives neither more than {UNSURE_BELOW:.0%}."
    return Verdict("unsure", digit, text, f"{low} or {high}?")


def _two_likeliest(probabilities: NDArray[np.float32]) -> tuple[int, int]:
    first, second = np.argsort(-probabilities, kind="stable")[:2].tolist()
    return first, second
