"""What a network answers to a drawing or photo: a prediction or a number, and the words for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mnist_core.config.formatting import article, percent
from mnist_core.config.sizes import DIGIT_NAMES
from mnist_core.digits.drawings.strokes import Stroke
from mnist_core.digits.mnist_format import Assumed, Digit, NothingToClassify, Step, crop
from mnist_core.digits.numbers.number_pieces import MAX_PIECES, MAY_BE_SEVERAL
from mnist_core.digits.segmentation import Box
from mnist_core.evaluation.temperature_scaling import UNSURE_BELOW

_CUT_UNSURE_BELOW = 0.6  # if the chosen cut is less likely than this, the answer says so
_OVERLAP = 0.5
"""If two digits share more of the narrower one's width than this, the answer says so, too.

Of 60 pairs by held-out writers drawn on top of each other (shifted by 10 to 40 % of their height)
29 are read as numbers; 19 of these were sure without this, at most 8 are with it. Of 64 numbers
that were sure, with digits that touch or overlap, at most 2 are doubted; of 30 apart none."""
_INKED = 0.25  # Of full ink. Fainter pixels don't count for the width of a digit.
_NARROW_BELOW = 0.45
"""Width over height per digit, below which touching digits may be one sign cut in two, as an H.
Of 300 held-out letters, crossings and signs 38 were sure numbers without this and 10 are with it;
of 219 pairs of touching or overlapping digits 32 are doubted."""


@dataclass(frozen=True)
class Verdict:
    """What is said of an image, in words.

    Attributes:
        kind: "digit"; "unsure" if no digit is likely enough; "no digit" if the image is unlike all
            digits.
        digit: The most likely digit, or for other classes the index of the most likely one in
            `names`; None if the image is not a digit.
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
        probabilities: (classes,) float32, calibrated, with sum 1.
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
        """The steps from the drawing or photo to the image, computed when asked for; () if an image
        in MNIST's form was given."""
        return () if self._digit is None else self._digit.steps

    @property
    def assumed(self) -> Assumed | None:
        """How a photo was read; None if it was a drawing or an image in MNIST's form."""
        return None if self._digit is None else self._digit.assumed

    def accepted(self) -> Prediction:
        """This prediction with the rejection lifted: the verdict is that for a digit."""
        return replace(self, verdict=verdict_of(self.probabilities, self.names, rejected=False))

    def two_likeliest(self) -> tuple[int, int]:
        """The most likely digit and the second most likely."""
        return _two_likeliest(self.probabilities)

    @property
    def symbol(self) -> str:
        """The digit as it stands in a number's text, or the name of another class; "?" if
        rejected."""
        return "?" if self.verdict.digit is None else self.names[self.verdict.digit]


@dataclass(frozen=True, eq=False)
class LocatedPrediction:
    """One digit of a number.

    Attributes:
        box: Left, top, right and bottom in pixels of the canvas or the upright picture.
        prediction: As if the digit had been drawn or photographed alone.
        strokes: The strokes of this digit; () on a picture.
    """

    box: Box
    prediction: Prediction
    strokes: tuple[Stroke, ...] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Number:
    """What a network predicts for a drawing or picture of one or more digits.

    Attributes:
        digits: In reading order: line by line, from left to right; at least one.
        text: The digits, with "?" for a rejected one, and a space between lines and between words.
        size: Width and height of the canvas or of the upright picture, in pixels.
        cut_probability: Of this way to tell the digits apart, among all that were possible, 0 to 1.
        left_out: How many of the smallest pieces were not looked at.
        narrow: Whether all of it, rejected as a single digit, is so narrow that it may be one sign.
    """

    digits: tuple[LocatedPrediction, ...]
    text: str
    size: tuple[int, int]
    cut_probability: float = 1.0
    left_out: int = 0
    narrow: bool = False

    @property
    def doubts(self) -> list[str]:
        """What is doubtful, a sentence for each doubt."""
        doubts = []
        if self.cut_probability < _CUT_UNSURE_BELOW or _overlap(self):
            doubts.append("Not sure where one digit ends and the next begins.")
        for place, digit in enumerate(self.digits, 1):
            verdict = digit.prediction.verdict
            which = "The digit" if len(self.digits) == 1 else f"Digit {place}"
            if verdict.kind == "no digit":
                doubts.append(f"{which} is unlike any digit that the network has learned.")
            elif verdict.kind == "unsure":
                low, high = sorted(digit.prediction.two_likeliest())
                doubts.append(f"{which} may be {article(low)} or {article(high)}.")
        if self.narrow:
            doubts.append("All of it may be a single sign that is not a digit.")
        if self.left_out:
            doubts.append(
                f"Only the {MAX_PIECES} largest pieces were looked at; "
                f"{self.left_out:,} smaller ones were left out."
            )
        return doubts

    @property
    def sure(self) -> bool:
        """Whether it is clear where each digit ends, and which it is."""
        return not self.doubts

    @property
    def sentence(self) -> str:
        """A sentence for the visitor: the number, and what is doubtful."""
        return " ".join([f"The number {self.text}.", *self.doubts])

    def with_accepted(self, accepts: Accepts) -> Number:
        """This number with the rejection lifted of those parts that are accepted as digits."""
        digits = tuple(
            replace(digit, prediction=accepted_if(digit.prediction, accepts))
            for digit in self.digits
        )
        symbols = (digit.prediction.symbol for digit in digits)
        text = "".join(" " if character == " " else next(symbols) for character in self.text)
        return replace(self, digits=digits, text=text)


Answer = Prediction | NothingToClassify
"""A prediction, or the reason why a drawing or photo shows nothing to classify."""
Accepts = Callable[[Prediction], bool]
"""Whether somebody accepts a rejected image as a digit."""


def accepts_none(rejected: Prediction) -> bool:
    """Accept no rejected image."""
    return False


def one_or_several(
    whole: Answer, find: Callable[[], Number | NothingToClassify], accepts: Accepts = accepts_none
) -> Answer | Number:
    """The answer for the whole as a single digit, or for a number if that says more.

    A number of at least two digits replaces the answer if the whole is several digits; if the whole
    is unsure but the number is sure; or if the whole is rejected, or a digit wider than high, but
    none of the number's digits is rejected. A narrow number is doubted if the whole is rejected.

    Args:
        whole: The answer for the whole as a single digit.
        find: Tells the digits apart; called only where there may be several.
        accepts: Tells which rejected images somebody accepts as digits.
    """
    if isinstance(whole, NothingToClassify):
        if whole.kind != "several":
            return whole
    elif accepts(whole) or (whole.verdict.kind == "digit" and not _is_wide(whole)):
        return accepted_if(whole, accepts)
    found = find()
    if isinstance(found, NothingToClassify) or len(found.digits) < 2:
        return whole
    found = found.with_accepted(accepts)
    if isinstance(whole, NothingToClassify):
        return found
    if whole.verdict.kind == "unsure":
        return found if found.sure else whole
    # A drawing that is not a number may have parts that look like digits.
    if "?" in found.text:
        return whole
    return replace(found, narrow=whole.verdict.kind == "no digit" and _is_narrow(found))


def _overlap(number: Number) -> bool:
    """Whether two digits stand so far one over the other that strokes may be shared out wrongly."""
    for place, one in enumerate(number.digits):
        for other in number.digits[place + 1 :]:
            (left, top, right, bottom), (left_2, top_2, right_2, bottom_2) = one.box, other.box
            shared = min(right, right_2) - max(left, left_2)
            narrower = min(right - left, right_2 - left_2)
            if shared > _OVERLAP * narrower and min(bottom, bottom_2) > max(top, top_2):
                return True
    return False


def _is_wide(whole: Prediction) -> bool:
    height, width = crop(whole.image / np.float32(255), _INKED).shape
    return width > MAY_BE_SEVERAL * height


def _is_narrow(number: Number) -> bool:
    """Whether digits of one line, of which some touch, are narrower together than digits are."""
    if " " in number.text:
        return False
    left, top, right, bottom = np.array([digit.box for digit in number.digits]).T
    width, height = right.max() - left.min(), bottom.max() - top.min()
    touch = (left[1:] <= right[:-1]).any()
    return bool(touch and width < _NARROW_BELOW * height * len(left))


def verdict_of(probabilities: NDArray[np.float32], names: Sequence[str], rejected: bool) -> Verdict:
    """What is said of calibrated probabilities.

    Args:
        probabilities: (classes,) float32.
        names: Of the classes.
        rejected: Whether the detector rejects the image.
    """
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


def accepted_if(prediction: Prediction, accepts: Accepts) -> Prediction:
    """The prediction, with its rejection lifted if it is accepted as a digit."""
    return prediction.accepted() if accepts(prediction) else prediction


def _two_likeliest(probabilities: NDArray[np.float32]) -> tuple[int, int]:
    first, second = np.argsort(-probabilities, kind="stable")[:2].tolist()
    return first, second
