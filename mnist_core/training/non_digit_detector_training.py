"""Trains the non-digit detector, and measures it kind by kind.

Digits and non-digits are drawn with the same pens and pass through the same kinds of pictures, so
that only their shapes differ. It is measured on what it was not trained on: other writers, MNIST's
test digits, held-out letters and shapes. The threshold is set with yet other digits.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.sizes import CLASSES
from mnist_core.digits import non_digits
from mnist_core.digits.datasets import mnist, splits
from mnist_core.digits.datasets.dataset import Dataset
from mnist_core.digits.drawings import pen_dataset
from mnist_core.digits.drawings.from_strokes import image_from_strokes
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.digits.photos import synthetic_photos
from mnist_core.evaluation.non_digit_detector import OODDetector, features
from mnist_core.network.inference import Classifier
from mnist_core.runs import store
from mnist_core.runs.records import DrawingsSource

MAX_REJECTED = 0.005
"""The largest share of each kind of validation digit that may be rejected. Of unseen digits of any
kind, at most about 0.8 % are then rejected."""
NO_DIGIT = CLASSES
"""The class index for non-digits."""
READER = "champion"
COMMAND = "python -m mnist_core train-detector --strokes FILE"
MEASURED_PENS = (1.6, 2.8, 4.0)
"""Widths of pens, in pixels of the image, with which drawings are measured."""

_WRITERS_TO_MEASURE, _WRITERS_TO_VALIDATE = 5, 4  # the last ones, and those before them
_UNITS, _BATCH = 256, 256
_SCHEDULE = ((1e-3, 8), (2e-4, 4))  # learning rate and epochs: smaller steps at the end

Images = NDArray[np.uint8]
Item = TypeVar("Item")


@dataclass(frozen=True, eq=False)
class PenDigits:
    """Digits as pen strokes, and who drew each.

    Attributes:
        drawings: The strokes of each, in canvas pixels.
        labels: (n,) integers, 0–9.
        writers: (n,) uint16, numbers from 1; 0 where the file does not say.
        source: The name of the file that they come from.
    """

    drawings: list[list[Stroke]] = field(repr=False)
    labels: NDArray[np.int64] = field(repr=False)
    writers: NDArray[np.uint16] = field(repr=False)
    source: DrawingsSource

    @classmethod
    def read(cls, path: Path) -> PenDigits:
        """Read the drawings of a UNIPEN file.

        Raises:
            StrokeError: The file can't be read or holds no drawings.
        """
        segments, writers, sha256 = pen_dataset.read_segments(path)
        # Twice as large, so that a small digit does not pass for a dot.
        drawings = [[np.asarray(line, float) * 2 for line in lines] for _, lines in segments]
        labels = np.array([int(label) for label, _ in segments])
        source = DrawingsSource(path.name, sha256, len(segments))
        return cls(drawings, labels, np.array(writers, np.uint16), source)

    def split(self) -> tuple[PenDigits, PenDigits, PenDigits]:
        """The drawings to train on, to set the threshold with, and to measure with, each by
        different writers.

        Raises:
            StrokeError: The file does not name its writers, or names too few.
        """
        counts = (_WRITERS_TO_MEASURE + _WRITERS_TO_VALIDATE, _WRITERS_TO_MEASURE)
        unseen, measured = (
            pen_dataset.drawn_by_last_writers(self.writers, count, self.source.file)
            for count in counts
        )
        return self._chosen(~unseen), self._chosen(unseen & ~measured), self._chosen(measured)

    def _chosen(self, which: NDArray[np.bool_]) -> PenDigits:
        indices = np.flatnonzero(which)
        drawings = [self.drawings[i] for i in indices]
        return replace(
            self, drawings=drawings, labels=self.labels[indices], writers=self.writers[indices]
        )


def digits_by_kind(
    images: Images,
    labels: NDArray[np.integer],
    pen: PenDigits | None,
    count: int,
    seed: int,
) -> dict[str, Images]:
    """Digits that must be accepted, by kind: as they are in MNIST, drawn with pens, and in pictures
    of all conditions.

    Only images that the shipped network `READER` classifies correctly are taken: in the others the
    digit may have been lost.

    Args:
        images: (n, 28, 28) uint8, digits of MNIST.
        labels: (n,) integers, 0–9.
        pen: Drawings of digits; None if there are none.
        count: The most of each kind; half of the pictures are of images, half of drawings.
        seed: The same seed gives the same images.
    """
    rng = np.random.default_rng(seed)
    drawings = list(zip(pen.drawings, pen.labels, strict=True)) if pen else []
    digits = list(zip(images, labels, strict=True))
    made: dict[str, list[tuple[Images | None, int]]] = {"MNIST": [*_some(digits, count, rng)]}
    for width in MEASURED_PENS:
        made[f"pen of {width} pixels"] = [
            (image_from_strokes(drawing, width), label)
            for drawing, label in _some(drawings, count, rng)
        ]
    for name, conditions in synthetic_photos.CONDITIONS.items():
        taken = [
            (synthetic_photos.picture_of_image(image, rng, conditions), label)
            for image, label in _some(digits, count // 2, rng)
        ]
        taken += [
            (synthetic_photos.picture_of_strokes(drawing, rng, conditions), label)
            for drawing, label in _some(drawings, count // 2, rng)
        ]
        made[f"{name} pictures"] = [
            (synthetic_photos.read(picture), label) for picture, label in taken
        ]
    reader = Classifier.load(store.get(READER).weights_path)
    kinds = {}
    for kind, pairs in made.items():
        usable = [(image, label) for image, label in pairs if image is not None]
        if usable:
            shown = np.stack([image for image, _ in usable])
            read = reader.probabilities(shown).argmax(axis=1)
            kinds[kind] = shown[read == [label for _, label in usable]]
    return kinds


def _some(of: Sequence[Item], most: int, rng: np.random.Generator) -> list[Item]:
    return [of[i] for i in rng.permutation(len(of))[:most]]


def train(
    strokes: Path | None = None, count: int = 2500, progress: Callable[[str], None] = print
) -> OODDetector:
    """Train a detector: draw digits and non-digits, learn to tell them apart, set the threshold,
    and measure.

    Args:
        strokes: A UNIPEN file of pen digits to train on as well; those of its last writers are held
            out for the threshold and for measuring.
        count: How many non-digits of each kind to train on.
        progress: Called with the next step, in words.

    Raises:
        DatasetUnavailableError: There is no copy of MNIST and it can't be downloaded.
        StrokeError: The drawings can't be read, or their file names too few writers.
    """
    data = mnist.load_mnist()
    learned, _ = splits.validation_split(data.y_train, 0.1, seed=0)
    pen = PenDigits.read(strokes) if strokes else None
    to_learn, _, to_measure = pen.split() if pen else (None, None, None)
    progress("Drawing digits and non-digits to train on")
    images, labels = training_set(data.x_train[learned], data.y_train[learned], to_learn, count)
    progress(f"Training on {len(images):,} images")
    untuned = fit(images, labels)
    progress("Setting the threshold")
    tuned = with_threshold(untuned, validation_digits(data, pen))
    progress("Measuring")
    report = measure(tuned, data.x_test, data.y_test, to_measure)
    if pen:
        report["pen_digits"] = pen.source.to_dict()
    return replace(tuned, report=report)


def training_set(
    digits: Images, labels: NDArray[np.integer], pen: PenDigits | None, count: int
) -> tuple[Images, NDArray[np.int64]]:
    """MNIST's digits as they are and a tenth of them in pictures, each pen drawing redrawn three
    times, and non-digits: (n, 28, 28) uint8 and their labels, (n,) int64, with `NO_DIGIT` for
    non-digits."""
    rng = np.random.default_rng(0)
    made: list[tuple[Images | None, int]] = []
    for i in rng.permutation(len(digits))[: len(digits) // 10]:
        picture = synthetic_photos.picture_of_image(digits[i], rng)
        made.append((synthetic_photos.read(picture), labels[i]))
    for drawing, label in zip(pen.drawings, pen.labels, strict=True) if pen else ():
        for pictured in (True, False, False):
            strokes = pen_dataset.slanted_and_stretched(drawing, rng)
            if pictured:
                image = synthetic_photos.read(synthetic_photos.picture_of_strokes(strokes, rng))
            else:
                image = image_from_strokes(strokes, rng.uniform(*non_digits.PENS))
            made.append((image, label))
    usable = [(image, label) for image, label in made if image is not None]
    others = [
        non_digits.make(maker, count, seed, digits)
        for seed, maker in enumerate(non_digits.TRAINING_KINDS.values())
    ]
    images = np.concatenate([digits, np.stack([image for image, _ in usable]), *others])
    known = np.concatenate([labels, [label for _, label in usable]]).astype(np.int64)
    return images, np.pad(known, (0, len(images) - len(known)), constant_values=NO_DIGIT)


def validation_digits(data: Dataset, pen: PenDigits | None) -> dict[str, Images]:
    """Digits of every kind that the detector is not trained on, by which its threshold is set."""
    _, validation = splits.validation_split(data.y_train, 0.1, seed=0)
    drawn = pen.split()[1] if pen else None
    return digits_by_kind(data.x_train[validation], data.y_train[validation], drawn, 800, seed=1)


def fit(images: Images, labels: NDArray[np.int64]) -> OODDetector:
    """Train a detector on these images; its threshold is 1, which rejects nothing.

    Args:
        images: (n, 28, 28) uint8.
        labels: (n,) int64, 0–9 or `NO_DIGIT`.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier((_UNITS,), batch_size=_BATCH, random_state=0, warm_start=True)
    seen = features(images)
    for rate, epochs in _SCHEDULE:
        network.set_params(learning_rate_init=rate, max_iter=epochs)
        with warnings.catch_warnings():  # it ends before it converges, by design
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(seen, labels)
    # Rounded as they will be when saved, so that the threshold fits the weights that ship.
    hidden, output = (kernel.astype(np.float16).astype(np.float32) for kernel in network.coefs_)
    hidden_bias, output_bias = (bias.astype(np.float32) for bias in network.intercepts_)
    return OODDetector((hidden, output), (hidden_bias, output_bias), 1.0, {})


def with_threshold(detector: OODDetector, digits: Mapping[str, Images]) -> OODDetector:
    """The detector with the lowest threshold at which it rejects at most `MAX_REJECTED` of each
    kind of digits."""
    quantiles = [
        np.quantile(detector.scores(images), 1 - MAX_REJECTED) for images in digits.values()
    ]
    return replace(detector, threshold=float(max(quantiles)))


def measure(
    detector: OODDetector,
    digits: Images,
    labels: NDArray[np.integer],
    pen: PenDigits | None,
    count: int = 1000,
) -> dict[str, Any]:
    """Measure which share of each kind of digits and non-digits the detector rejects.

    Args:
        detector: The detector with its threshold.
        digits: (n, 28, 28) uint8, digits of MNIST that it was not trained on; one kind of non-digit
            is made of pairs of them.
        labels: (n,) integers, 0–9.
        pen: Drawings by writers on whom it was not trained; None if there are none.
        count: How many of each kind of digit, but all of MNIST's; half as many of each kind of
            non-digit.

    Returns:
        "command"; "threshold"; and in "digits", "non_digits" and "lookalikes" the share rejected of
        each kind, 0 to 1.
    """

    def share_rejected(images: Images) -> float:
        return round(float(detector.is_out_of_distribution(images).mean()), 4)

    def shares_rejected(makers: Mapping[str, non_digits.ImageMaker], each: int) -> dict[str, float]:
        return {
            kind: share_rejected(non_digits.make(maker, each, 100 + i, digits))
            for i, (kind, maker) in enumerate(makers.items())
        }

    valid = digits_by_kind(digits, labels, pen, count, seed=2) | {"MNIST": digits}
    return {
        "command": COMMAND,
        "threshold": detector.threshold,
        "digits": {kind: share_rejected(images) for kind, images in valid.items()},
        "non_digits": shares_rejected(non_digits.KINDS, count // 2),
        "lookalikes": shares_rejected(non_digits.LOOKALIKES, count // 10),
    }
