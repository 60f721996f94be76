"""Out-of-distribution detection: is a drawing a digit at all?

A small network of its own knows eleven classes: the ten digits, and images that are not digits. Its
inputs are the pixels and histograms of oriented gradients (Dalal and Triggs 2005), which depend
less on the pen, the hand and the blur than pixels do. It is the same for every network that then
classifies the digit. Its weights ship with the project in `models/non_digit_detector`;
`mnist_core.training.non_digit_detector_training` trains it again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from mnist_core.config.sizes import CLASSES, IMAGE_SIDE, INPUTS
from mnist_core.errors import DigitLabError
from mnist_core.network.inference import inputs_of, product
from mnist_core.runs.files import ArraysDamagedError, reading_arrays
from mnist_core.runs.records import RunDamagedError, read_json

DIRECTORY = Path(__file__).resolve().parents[2] / "models" / "non_digit_detector"

_DIRECTIONS, _CELL = 8, 4  # directions of gradients; pixels a side of the cells averaged over
_FEATURES = INPUTS + _DIRECTIONS * (IMAGE_SIDE // _CELL) ** 2
_GRADIENT_SCALE = 0.5  # weight of the gradient features relative to the pixels
_CHUNK = 4096  # images at a time

Floats = NDArray[np.float32]


class DetectorError(DigitLabError, ValueError):
    """The detector's files are missing or damaged. Fetch `models/non_digit_detector` again, or
    train it with `python -m mnist_core train-detector`."""

    def __init__(self, directory: Path, reason: str) -> None:
        super().__init__(
            f"The non-digit detector in {directory.name} can't be read: {reason}. "
            "Fetch models/non_digit_detector anew, or run `python -m mnist_core train-detector`."
        )


@dataclass(frozen=True)
class OODDetector:
    """Scores how unlike a digit an image is.

    Attributes:
        kernels: (features, units) and (units, 11) float32.
        biases: (units,) and (11,) float32.
        threshold: An image with a higher score is out of distribution: not a digit.
        report: Its measured figures, see `non_digit_detector_training.measure`.
    """

    kernels: tuple[Floats, Floats] = field(repr=False)
    biases: tuple[Floats, Floats] = field(repr=False)
    threshold: float
    report: dict[str, Any] = field(repr=False)

    @classmethod
    def load(cls, directory: Path = DIRECTORY) -> OODDetector:
        """Read what `save` wrote.

        Raises:
            DetectorError: weights.npz or report.json is missing, damaged, or not a detector's.
        """
        try:
            with reading_arrays(directory / "weights.npz") as arrays:
                hidden, output = (arrays[f"kernel_{i}"].astype(np.float32) for i in (0, 1))
                hidden_bias, output_bias = (arrays[f"bias_{i}"].astype(np.float32) for i in (0, 1))
            report = read_json(directory / "report.json")
        except (OSError, ArraysDamagedError, RunDamagedError) as error:
            raise DetectorError(directory, str(error)) from error
        shapes = [array.shape for array in (hidden, hidden_bias, output, output_bias)]
        units = hidden_bias.size
        expected = [(_FEATURES, units), (units,), (units, CLASSES + 1), (CLASSES + 1,)]
        if shapes != expected:
            raise DetectorError(directory, f"expected arrays of shapes {expected}, got {shapes}")
        threshold = report.get("threshold") if isinstance(report, dict) else None
        if not (isinstance(report, dict) and isinstance(threshold, float) and 0 < threshold < 1):
            raise DetectorError(directory, f"expected a threshold in 0 to 1, got {threshold!r:.80}")
        return cls((hidden, output), (hidden_bias, output_bias), threshold, report)

    def save(self, directory: Path = DIRECTORY) -> None:
        """Write weights.npz (kernels as float16) and report.json."""
        directory.mkdir(parents=True, exist_ok=True)
        np.savez(
            directory / "weights.npz",
            kernel_0=self.kernels[0].astype(np.float16),
            kernel_1=self.kernels[1].astype(np.float16),
            bias_0=self.biases[0].astype(np.float32),
            bias_1=self.biases[1].astype(np.float32),
        )
        (directory / "report.json").write_text(json.dumps(self.report, indent=2) + "\n", "utf-8")

    def scores(self, images: NDArray[np.uint8]) -> Floats:
        """(n,) float32 for (n, 28, 28) uint8 images: from 0, surely a digit, to 1, surely not
        one."""
        parts = [self._scores(images[i : i + _CHUNK]) for i in range(0, len(images), _CHUNK)]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def is_out_of_distribution(self, images: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(n,) bool: which of (n, 28, 28) uint8 images are not digits."""
        return self.scores(images) > self.threshold

    def _scores(self, images: NDArray[np.uint8]) -> Floats:
        hidden = np.maximum(product(features(images), self.kernels[0]) + self.biases[0], 0)
        return softmax(product(hidden, self.kernels[1]) + self.biases[1], axis=1)[:, -1]


def features(images: NDArray[np.uint8]) -> Floats:
    """The detector's inputs for (n, 28, 28) uint8 images: (n, 1176) float32. First the pixels from
    0 to 1, then the gradients in each of 8 directions, averaged over 7 × 7 cells and divided by
    their standard deviation within the image."""
    ink = inputs_of(images).reshape(images.shape)
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    right = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    cells = IMAGE_SIDE // _CELL
    means = []
    for angle in np.arange(_DIRECTIONS, dtype=np.float32) * np.float32(2 * np.pi / _DIRECTIONS):
        along = np.maximum(right * np.cos(angle) + down * np.sin(angle), 0)
        means.append(along.reshape(-1, cells, _CELL, cells, _CELL).mean(axis=(2, 4)))
    gradients = np.stack(means, axis=1).reshape(len(images), -1)
    deviation = np.maximum(gradients.std(axis=1, keepdims=True), 1e-3)
    return np.hstack([ink.reshape(-1, INPUTS), _GRADIENT_SCALE * gradients / deviation])
