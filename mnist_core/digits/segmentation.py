"""Which pieces of ink make which digit: the lines of digits, and the best cut of each line.

A line is cut into more pieces than it has digits, and its digits are runs of neighbouring pieces.
Of all ways to divide it, the likeliest is found by dynamic programming (over-segmentation, after
Matan et al. 1992, "Reading handwritten digits: a ZIP code recognition system"). How likely it is
that a run is one whole digit, the network says; how likely it is that a gap parts two digits,
its width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit, logsumexp

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels, y downwards."""

Opinion = Callable[[NDArray[np.uint8]], NDArray[np.floating]]
"""(n, 28, 28) uint8 in MNIST's form → (n, 2), for each image the logarithms of the probability of
its likeliest digit, and of the probability that it is a digit at all."""

ImageOf = Callable[[tuple[int, ...]], NDArray[np.uint8] | None]
"""The (28, 28) image of the pieces with these numbers; None if together they are no digit."""

_MAX_RUN = 5  # pieces of one digit
_WIDEST = 1.6  # a digit's width as a share of its line's height, at most
_LARGE = 0.4  # of the usual height: lower pieces don't make a line, and may be left out
_OVERLAP = 0.4  # of the lower one's height: pieces that share so much are in one line
_SHARPNESS = 2.0  # power of the probabilities; with 1, cuts are surer than they seem
_LEFT_OUT = -6.0  # logarithm of the probability that a small piece is a dot or a dash
_SPACE = 1.3  # of the line's height: a wider gap is a space

# Logistic regression: how likely it is that a run of pieces is one whole digit. Lengths are shares
# of the line's height. Fitted by `python -m tests.benchmarks.numbers --fit`.
_CLIPPED = np.array([[-3, 0], [-7, 0], [0, 1], [0, 1.5], [-0.5, 0.3], [-0.5, 0.3]]).T
_WEIGHTS = np.array([
    11.02,  # logarithm of the probability of its likeliest digit
    0.79,  # logarithm of the probability that it is a digit at all
    6.23,  # height
    2.10,  # width
    -6.75,  # the widest gap between its pieces; negative where they overlap
    10.56,  # the narrower gap on its sides
])  # fmt: skip
_INTERCEPT = -7.27

_Step = tuple[float, int, bool]
"""A step over some pieces: its logarithmic probability, the place between pieces where it starts,
and whether these pieces are a digit or are left out."""


@dataclass(frozen=True)
class Group:
    """The pieces of one digit.

    Attributes:
        pieces: Their numbers.
        starts_word: Whether it is the first of its line, or stands after a space.
    """

    pieces: tuple[int, ...]
    starts_word: bool


@dataclass(frozen=True)
class Cut:
    """Pieces divided into digits.

    Attributes:
        groups: One a digit, in reading order: line by line, from left to right.
        probability: Of this cut among all that were possible, 0 to 1.
    """

    groups: tuple[Group, ...]
    probability: float


def cut(
    boxes: Sequence[Box], image_of: ImageOf, opinion: Opinion, whole: NDArray[np.uint8] | None
) -> Cut:
    """The likeliest way to divide pieces into digits.

    Args:
        boxes: Of the pieces, at least one.
        image_of: Draws some of them as one digit.
        opinion: What the network thinks of such images.
        whole: The image of all of them, where they may be a single digit; else None.
    """
    groups: list[Group] = []
    log_best = log_all = 0.0
    for line in _lines(boxes):
        found, best, total = _cut_line([boxes[i] for i in line], line, image_of, opinion)
        groups += found
        log_best += best
        log_all += total
    if whole is not None:
        left, top, right, bottom = around(boxes)
        shape = 1.0, (right - left) / max(bottom - top, 1e-6), -np.inf, np.inf
        log_one = float(_log_whole(opinion(whole[np.newaxis]), np.array([shape]))[0])
        if len(groups) != 1:
            log_all = np.logaddexp(log_all, log_one)
        if len(groups) != 1 and log_one > log_best:
            groups, log_best = [Group(tuple(range(len(boxes))), True)], log_one
    return Cut(tuple(groups), float(np.exp(log_best - log_all)))


def around(boxes: Sequence[Box]) -> Box:
    """The box round boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _lines(boxes: Sequence[Box]) -> list[list[int]]:
    """The numbers of the pieces of each line, from left to right; lines from top to bottom."""
    usual = _usual_height(boxes)
    large = [i for i, box in enumerate(boxes) if _height(box) >= _LARGE * usual]
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


def _usual_height(boxes: Sequence[Box]) -> float:
    """The height that half of all height belongs to, so that many dots don't make it small."""
    heights = np.sort([max(_height(box), 1e-6) for box in boxes])
    return float(heights[np.searchsorted(heights.cumsum(), heights.sum() / 2)])


def _cut_line(
    boxes: Sequence[Box], numbers: Sequence[int], image_of: ImageOf, opinion: Opinion
) -> tuple[list[Group], float, float]:
    """The digits of one line, and the logarithms of the likelihood of this cut and of all."""
    count, height = len(boxes), _usual_height(boxes)
    gaps = np.concatenate([[np.inf], _gaps(boxes) / height, [np.inf]])
    runs: list[tuple[int, int]] = []
    images: list[NDArray[np.uint8]] = []
    shapes: list[tuple[float, ...]] = []
    for start in range(count):
        for stop in range(start + 1, min(start + _MAX_RUN, count) + 1):
            left, top, right, bottom = around(boxes[start:stop])
            if stop > start + 1 and right - left > _WIDEST * height:
                break
            image = image_of(tuple(numbers[start:stop]))
            if image is not None:
                runs.append((start, stop))
                images.append(image)
                inside = gaps[start + 1 : stop].max(initial=-np.inf)
                outside = min(gaps[start], gaps[stop])
                lengths = (bottom - top) / height, (right - left) / height
                shapes.append((*lengths, inside, outside))
    steps: list[list[_Step]] = [[] for _ in range(count + 1)]
    if runs:
        whole = _log_whole(opinion(np.array(images)), np.array(shapes))
        for (start, stop), log_probability in zip(runs, whole.tolist(), strict=True):
            steps[stop].append((log_probability, start, True))
    for piece, box in enumerate(boxes):
        small = _height(box) < _LARGE * height
        steps[piece + 1].append((_LEFT_OUT if small else 5 * _LEFT_OUT, piece, False))
    return _likeliest(steps, boxes, numbers, height)


def _log_whole(
    opinions: NDArray[np.floating], shapes: NDArray[np.floating]
) -> NDArray[np.floating]:
    """(n,): logarithms of the probability that runs of pieces are one whole digit each.

    Args:
        opinions: (n, 2), see `Opinion`.
        shapes: (n, 4), the lengths among the features of `_WEIGHTS`.
    """
    features = np.clip(np.hstack([opinions, shapes]), *_CLIPPED)
    return _SHARPNESS * log_expit(features @ _WEIGHTS + _INTERCEPT)


def _likeliest(
    steps: Sequence[Sequence[_Step]],
    boxes: Sequence[Box],
    numbers: Sequence[int],
    height: float,
) -> tuple[list[Group], float, float]:
    """The best way through a line, by dynamic programming; see `_cut_line`.

    Args:
        steps: For each place between pieces, the ways to it.
    """
    best, total, way = [0.0], [0.0], [(0, False)]
    for steps_here in steps[1:]:
        scores = [score + best[start] for score, start, _ in steps_here]
        winner = int(np.argmax(scores))
        best.append(scores[winner])
        way.append(steps_here[winner][1:])
        total.append(float(logsumexp([score + total[start] for score, start, _ in steps_here])))
    runs, stop = [], len(numbers)
    while stop:
        start, is_digit = way[stop]
        if is_digit:
            runs.append((start, stop))
        stop = start
    groups, reach = [], -np.inf
    for start, stop in reversed(runs):
        left, _, right, _ = around(boxes[start:stop])
        groups.append(Group(tuple(numbers[start:stop]), left - reach > _SPACE * height))
        reach = right
    return groups, best[-1], total[-1]


def _gaps(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """(n - 1,): how far all pieces from one on lie right of all before it; negative if they
    overlap."""
    lefts, rights = (np.array([box[side] for box in boxes]) for side in (0, 2))
    return np.minimum.accumulate(lefts[::-1])[::-1][1:] - np.maximum.accumulate(rights)[:-1]


def _height(box: Box) -> float:
    return box[3] - box[1]


def _beside(one: Box, other: Box) -> bool:
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared >= _OVERLAP * min(_height(one), _height(other))


def _distance(one: Box, other: Box) -> float:
    across = max(one[0], other[0]) - min(one[2], other[2])
    down = max(one[1], other[1]) - min(one[3], other[3])
    return float(np.hypot(max(across, 0), max(down, 0)))
