"""Which pieces of ink make which digit: finds the lines of digits, and the best cut of each line.

A line is cut into more pieces than it has digits; each digit is one or more neighbouring pieces. Of
all ways to divide it, the likeliest is found by dynamic programming (over-segmentation, after Matan
et al. 1992, "Reading handwritten digits: a ZIP code recognition system"). The network says how
likely it is that pieces are one whole digit; the width of a gap, how likely it is that the gap
separates two digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels, y downwards."""

Scorer = Callable[[NDArray[np.uint8]], NDArray[np.floating]]
"""(n, 28, 28) uint8 in MNIST's form → (n, 2): for each image the log-probability of its likeliest
digit, and the log-probability that it is a digit at all, log(1/2) at the detector's threshold."""

ImageOf = Callable[[tuple[int, ...]], NDArray[np.uint8] | None]
"""Returns the (28, 28) image of the pieces with these numbers; None if they don't make a digit."""

WIDEST = 1.6
"""A digit is at most this many times as wide as its line is high."""

_MAX_PIECES = 5  # A digit has at most this many pieces.
_MIN_HEIGHT = 1e-6  # Pixels; the height of a piece that has none, so that one can divide by it.
_OVERLAP = 0.4  # Two pieces that share this much of the lower one's height are in one line.
_SPACE = 1.3  # A gap wider than this many usual heights is a space.
# As shares of a line's usual height:
_LARGE = 0.4  # Pieces lower than this make no line of their own, and may be left out.
_ALONE = 0.03  # A dot or a dash is at least this far from all digits.
_LONG_LINE = 2.0  # The slope of a shorter line can't be told.
_OFF_LINE = 0.6  # A piece of a sloping line is at most this far off it.
_STEEPEST = 1.0  # The steepest slope of a line: one pixel down for each across.
_LARGE_LEFT_OUT = -1000.0  # Log-probability: leaving a large piece out is the last resort.
# The lowest and the highest value to which each feature of the model below is clipped.
_CLIPPED = np.array([[-3, 0], [-7, 0], [0, 1], [0, 1.5], [-0.5, 0.3], [-0.5, 0.3]]).T


@dataclass(frozen=True)
class Model:
    """How likely it is that pieces are one whole digit: a logistic regression.

    Attributes:
        weights: (6,), those of the two log-probabilities of a `Scorer` and of the four figures of a
            `Candidate`'s shape.
        intercept: Added to the weighted sum.
        sharpness: The power to which the probability is raised when cuts are compared.
        left_out: The log-likelihood that a small piece is a dot or a dash.
    """

    weights: tuple[float, ...]
    intercept: float
    sharpness: float
    left_out: float

    def log_whole(
        self, scores: NDArray[np.floating], shapes: NDArray[np.floating]
    ) -> NDArray[np.floating]:
        """(n,): the log-probability of each candidate that it is one whole digit.

        Args:
            scores: (n, 2), see `Scorer`.
            shapes: (n, 4), see `Candidate`.
        """
        features = np.clip(np.hstack([scores, shapes]), *_CLIPPED)
        return log_expit(features @ np.array(self.weights) + self.intercept)


FITTED = Model((3.94, 0.66, 3.84, -1.70, -2.18, 0.05), -2.81, 3.28, -2.29)
"""Fitted by `python -m tests.benchmarks.numbers --fit` so that the right cuts are likeliest, but
with the detector of version 1.0. When it was fitted again with a later detector, it cut more
touching digits of held-out writers correctly (80 % of numbers of five digits instead of 76 %), but
fewer that stand apart (84 % instead of 98 %): the network was trained on the drawings used for
tuning, and so is more confident of these."""

Step = tuple[float, int, bool]
"""A step over some pieces of a line: its log-likelihood, the place between pieces where it starts,
and whether these pieces are a digit or are left out."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """Neighbouring pieces of a line that may be a digit.

    Attributes:
        start, stop: The first piece, and the one after the last, counted along the line from 0.
        image: (28, 28) uint8 in MNIST's form.
        shape: (4,): height, width, the widest gap between its pieces, and the narrower of the gaps
            on its two sides, as shares of the line's height. A gap is negative where boxes overlap,
            and infinite where there is no piece.
    """

    start: int
    stop: int
    image: NDArray[np.uint8] = field(repr=False)
    shape: tuple[float, float, float, float]


@dataclass(frozen=True)
class Group:
    """The pieces of one digit.

    Attributes:
        pieces: The numbers of the pieces.
        starts_word: Whether it is the first of its line, or stands after a space.
    """

    pieces: tuple[int, ...]
    starts_word: bool


@dataclass(frozen=True, eq=False)
class Line:
    """Pieces side by side.

    Attributes:
        numbers: The pieces' numbers, from left to right.
        boxes: The pieces' boxes, in the same order.
        candidates: Neighbouring pieces that may be a digit.
        scores: (n, 2), what the `Scorer` says of each candidate's image.
    """

    numbers: list[int]
    boxes: list[Box]
    candidates: list[Candidate] = field(repr=False)
    scores: NDArray[np.floating] = field(repr=False)

    def steps(self, model: Model) -> list[list[Step]]:
        """For each place between pieces, the steps that lead to it."""
        steps: list[list[Step]] = [[] for _ in range(len(self.boxes) + 1)]
        if self.candidates:
            shapes = np.array([candidate.shape for candidate in self.candidates])
            whole = model.sharpness * model.log_whole(self.scores, shapes)
            for candidate, likelihood in zip(self.candidates, whole.tolist(), strict=True):
                steps[candidate.stop].append((likelihood, candidate.start, True))
        height = _usual_height(self.boxes)
        for piece, box in enumerate(self.boxes):
            others = (other for other in self.boxes if other is not box)
            alone = min((_distance(box, other) for other in others), default=0) > _ALONE * height
            small = _height(box) < _LARGE * height
            left_out = model.left_out if small and alone else _LARGE_LEFT_OUT
            steps[piece + 1].append((left_out, piece, False))
        return steps

    def groups(self, spans: Sequence[tuple[int, int]]) -> list[Group]:
        """The digits of the line: one for each (start, stop), made of the pieces from start up to,
        but not including, stop."""
        groups, reach = [], -np.inf
        for start, stop in spans:
            left, _, right, _ = around(self.boxes[start:stop])
            spaced = left - reach > _SPACE * _usual_height(self.boxes)
            groups.append(Group(tuple(self.numbers[start:stop]), spaced))
            reach = right
        return groups


@dataclass(frozen=True)
class Cut:
    """Pieces divided into digits.

    Attributes:
        groups: One for each digit, in reading order: line by line, from left to right.
        probability: The probability of this cut among all possible ones, 0 to 1.
    """

    groups: tuple[Group, ...]
    probability: float


def cut(
    boxes: Sequence[Box], image_of: ImageOf, scorer: Scorer, whole: NDArray[np.uint8] | None
) -> Cut:
    """The likeliest way to divide pieces into digits.

    Args:
        boxes: The pieces' boxes, at least one.
        image_of: Draws some of the pieces as one digit.
        scorer: How likely the network finds such images to be digits.
        whole: The (28, 28) image of all pieces if they may be a single digit; else None.
    """
    groups: list[Group] = []
    log_best = log_all = 0.0
    for line in find_lines(boxes, image_of, scorer):
        steps = line.steps(FITTED)
        spans, log_likelihood = _likeliest(steps)
        groups += line.groups(spans)
        log_best += log_likelihood
        log_all += log_likelihood_of_all_ways(steps)
    if whole is not None and len(groups) != 1 and (not is_too_wide(around(boxes)) or not groups):
        left, top, right, bottom = around(boxes)
        shape = 1.0, (right - left) / max(bottom - top, _MIN_HEIGHT), -np.inf, np.inf
        single = FITTED.log_whole(scorer(whole[np.newaxis]), np.array([shape]))
        log_one = FITTED.sharpness * float(single[0])
        log_all = np.logaddexp(log_all, log_one)
        if log_one > log_best or not groups:
            groups, log_best = [Group(tuple(range(len(boxes))), True)], log_one
    return Cut(tuple(groups), float(np.exp(log_best - log_all)))


def is_too_wide(box: Box) -> bool:
    """Whether a box is too wide for a single digit."""
    return box[2] - box[0] > WIDEST * (box[3] - box[1])


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def find_lines(boxes: Sequence[Box], image_of: ImageOf, scorer: Scorer) -> list[Line]:
    """The lines of pieces, from top to bottom; for the arguments see `cut`."""
    lines = []
    for numbers in _in_lines(boxes):
        own = [boxes[number] for number in numbers]
        candidates = _candidates(own, numbers, image_of)
        images = np.array([candidate.image for candidate in candidates])
        scores = scorer(images) if candidates else np.empty((0, 2))
        lines.append(Line(numbers, own, candidates, scores))
    return lines


def _in_lines(boxes: Sequence[Box]) -> list[list[int]]:
    """The numbers of the pieces of each line, from left to right; lines from top to bottom."""
    usual = _usual_height(boxes)
    large = [i for i, box in enumerate(boxes) if _height(box) >= _LARGE * usual]
    slope = _slope([boxes[i] for i in large], usual)
    boxes = [(box[0], box[1] - slope * box[0], box[2], box[3] - slope * box[0]) for box in boxes]
    lines: list[list[int]] = []
    for piece in large:
        beside = [line for line in lines if any(_beside(boxes[piece], boxes[i]) for i in line)]
        lines = [line for line in lines if line not in beside] + [sum(beside, [piece])]
    line_of = {piece: line for line in lines for piece in line}
    for piece in set(range(len(boxes))) - set(large):
        nearest = min(large, key=lambda other: _distance(boxes[piece], boxes[other]))
        line_of[nearest].append(piece)
    lines.sort(key=lambda line: np.mean([boxes[i][1] + boxes[i][3] for i in line]))
    return [sorted(line, key=lambda i: boxes[i][0] + boxes[i][2]) for line in lines]


def _slope(boxes: Sequence[Box], height: float) -> float:
    """By how many pixels a line of digits falls for each pixel to the right, if all of these pieces
    make a single line; else 0. It is the median of the slopes between pieces (Theil and Sen)."""
    x, y = np.array([((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in boxes]).T
    if np.ptp(x) < _LONG_LINE * height:
        return 0.0
    across = x[:, np.newaxis] - x
    apart = across > height / 2
    slope = float(np.median((y[:, np.newaxis] - y)[apart] / across[apart]))
    off = y - slope * x
    in_line = np.abs(off - np.median(off)).max() < _OFF_LINE * height
    return slope if in_line and abs(slope) <= _STEEPEST else 0.0


def _usual_height(boxes: Sequence[Box]) -> float:
    """Median of the heights, each weighted by itself, so that many dots hardly count."""
    heights = np.sort([_height(box) for box in boxes])
    return float(heights[np.searchsorted(heights.cumsum(), heights.sum() / 2)])


def _candidates(boxes: Sequence[Box], numbers: Sequence[int], image_of: ImageOf) -> list[Candidate]:
    """Neighbouring pieces of a line that may be a digit; see `Line`."""
    count, height = len(boxes), _usual_height(boxes)
    gaps = np.concatenate([[np.inf], _gaps(boxes) / height, [np.inf]])
    ends = _ends(boxes)
    candidates = []
    for start in np.flatnonzero(ends[:-1]).tolist():
        for stop in range(start + 1, min(start + _MAX_PIECES, count) + 1):
            left, top, right, bottom = around(boxes[start:stop])
            if stop > start + 1 and right - left > WIDEST * height:
                break
            if not ends[stop]:
                continue
            image = image_of(tuple(numbers[start:stop]))
            if image is not None:
                inside = float(gaps[start + 1 : stop].max(initial=-np.inf))
                outside = float(min(gaps[start], gaps[stop]))
                lengths = (bottom - top) / height, (right - left) / height
                shape = (*lengths, inside, outside)
                candidates.append(Candidate(start, stop, image, shape))
    return candidates


def _ends(boxes: Sequence[Box]) -> NDArray[np.bool_]:
    """(n + 1,): whether a digit may end before each piece of a line, and after the last one. It may
    not between a piece and another within its box, such as the stroke through a 0."""
    ends = np.ones(len(boxes) + 1, bool)
    for number, box in enumerate(boxes):
        for beyond, other in enumerate(boxes[number + 1 :], number + 2):
            both = around([box, other])
            if both in (box, other) and not is_too_wide(both):
                ends[number + 1 : beyond] = False
    return ends


def _likeliest(steps: Sequence[Sequence[Step]]) -> tuple[list[tuple[int, int]], float]:
    """The digits on the likeliest way through a line, each as its first piece and the one after its
    last, and the log-likelihood of that way, by dynamic programming.

    Args:
        steps: See `Line.steps`.
    """
    best, way = [0.0], [(0, False)]
    for here in steps[1:]:
        scores = [score + best[start] for score, start, _ in here]
        winner = int(np.argmax(scores))
        best.append(scores[winner])
        way.append(here[winner][1:])
    spans, stop = [], len(steps) - 1
    while stop:
        start, is_digit = way[stop]
        if is_digit:
            spans.append((start, stop))
        stop = start
    return spans[::-1], best[-1]


def log_likelihood_of_all_ways(steps: Sequence[Sequence[Step]]) -> float:
    """The log of the summed likelihoods of all ways through a line; see `Line.steps`."""
    total = [0.0]
    for here in steps[1:]:
        ways = [score + total[start] for score, start, _ in here]
        total.append(float(np.logaddexp.reduce(ways)))  # a tenth of the time of SciPy's logsumexp
    return total[-1]


def _gaps(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """(n - 1,): the gap before each piece but the first; negative if one overlaps those on its
    left."""
    lefts, rights = (np.array([box[side] for box in boxes]) for side in (0, 2))
    return np.minimum.accumulate(lefts[::-1])[::-1][1:] - np.maximum.accumulate(rights)[:-1]


def _height(box: Box) -> float:
    return max(box[3] - box[1], _MIN_HEIGHT)


def _beside(one: Box, other: Box) -> bool:
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared >= _OVERLAP * min(_height(one), _height(other))


def _distance(one: Box, other: Box) -> float:
    across = max(one[0], other[0]) - min(one[2], other[2])
    down = max(one[1], other[1]) - min(one[3], other[3])
    return float(np.hypot(max(across, 0), max(down, 0)))
