"""One prediction: calibrated probabilities, and a verdict that may be in doubt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.evaluation.ood_detector import OODDetector
from mnist_core.evaluation.temperature_scaling import UNSURE_BELOW, calibrated
from mnist_core.network.inference import Classifier


@dataclass(frozen=True)
class Verdict:
    """An answer that may be no digit.

    Attributes:
        kind: "digit", "unsure" or "no digit".
        digit: The likeliest, None where it is no digit.
        other: The second likeliest.
    """

    kind: str
    digit: int | None
    other: int

    def in_short(self) -> str:
        """A few words of doubt; none for a sure digit."""
        if self.kind == "digit":
            return ""
        return "{} or {}?".format(*self._both()) if self.kind == "unsure" else "no digit?"

    def _both(self) -> list[int | None]:
        return sorted((self.digit, self.other))

    def in_words(self) -> str:
        """A sentence with the reason; for a sure digit just its name."""
        if self.kind == "digit":
            return f"This is a {self.digit}."
        if self.kind == "unsure":
            low, high = self._both()
            return (
                f"Not sure: {low} or {high}. The network gives neither more than "
                f"{UNSURE_BELOW:.0%}."
            )
        return (
            "Not a digit I know. Its shape is unlike all digits that were learned; the "
            "probabilities are what the network would say if it had to name one."
        )


def verdict(probabilities: NDArray[np.float32], refused: bool) -> Verdict:
    """The answer to one image.

    Args:
        probabilities: (10,), calibrated.
        refused: Whether the image is no digit.
    """
    digit, other = (int(i) for i in np.argsort(-probabilities, kind="stable")[:2])
    if refused:
        return Verdict("no digit", None, other)
    sure = probabilities[digit] >= UNSURE_BELOW
    return Verdict("digit" if sure else "unsure", digit, other)


def answer(
    classifier: Classifier, image: NDArray[np.uint8], temperature: float, detector: OODDetector
) -> tuple[NDArray[np.float32], Verdict]:
    """Calibrated probabilities, (10,), and what may be said of them, for a (28, 28) image."""
    images = image[np.newaxis]
    probabilities = calibrated(classifier.probabilities(images)[0], temperature)
    return probabilities, verdict(probabilities, bool(detector.is_out_of_distribution(images)[0]))
