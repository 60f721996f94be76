"""How many numbers of two to five digits are read correctly, on the canvas and on pictures.

    MNIST_NPZ=mnist.npz python -m tests.benchmarks.numbers pendigits-train.unipen.gz
        [--external-pictures pictures.zip] [--tuning | --fit] [--count 200] [--length 5]
        [--kinds canvas]

Numbers are composed of pen drawings by the writers that the champion was not trained on, of MNIST's
test digits and, where the archive is given, of other people's. A number is right if all its digits
are right; an unsure answer counts by its most likely digits, and a rejected digit is wrong. A
single digit must not be cut. With --tuning the numbers are composed of other writers' drawings and
of MNIST's training digits; --fit prints the weights of `mnist_core.digits.segmentation`, fitted in
some minutes to at most 300 of these.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from mnist_core.digits import segmentation
from mnist_core.digits.datasets.mnist import load_mnist
from mnist_core.digits.drawings import pen_dataset, unipen
from mnist_core.digits.mnist_format import NothingToClassify, crop
from mnist_core.digits.numbers import number_from_photo, number_from_strokes
from mnist_core.digits.numbers.number_pieces import Pieces
from mnist_core.digits.segmentation import Box, Line, Model
from mnist_core.predict.answer import Number
from mnist_core.predict.predictor import Predictor
from mnist_core.runs import store
from tests.benchmarks import composed_numbers
from tests.benchmarks.composed_numbers import LAYOUTS, PAPERS, Layout

NETWORK = "champion"
MAX_FITTED = 300
"""How many numbers the weights are fitted to, over all kinds."""


@dataclass(frozen=True)
class Task:
    """A number to read: what it shows, where its digits are, and what reads it."""

    text: str
    boxes: list[Box]
    read: Callable[[Predictor], Number | NothingToClassify]
    pieces: Callable[[Predictor], Pieces | None]


@dataclass(frozen=True)
class Outcome:
    """How reading a number went.

    Attributes:
        cut: Whether its digits were separated correctly.
        right: Whether all digits were read correctly.
        sure: Whether the answer was sure.
        seconds: Processor time.
    """

    cut: bool
    right: bool
    sure: bool
    seconds: float


def measure(predictor: Predictor, tasks: Iterator[Task]) -> list[Outcome]:
    """Read each number, and compare with what it shows."""
    outcomes = []
    for task in tasks:
        start = time.process_time()
        found = task.read(predictor)
        seconds = time.process_time() - start
        if isinstance(found, NothingToClassify):
            outcomes.append(Outcome(False, False, False, seconds))
            continue
        likeliest = "".join(str(digit.prediction.two_likeliest()[0]) for digit in found.digits)
        read = found.text.replace(" ", "")
        same = [_overlap(d.box, box) for d, box in zip(found.digits, task.boxes, strict=False)]
        cut = len(likeliest) == len(task.text) and min(same) > 0.7
        outcomes.append(Outcome(cut, read == task.text, found.sure, seconds))
    return outcomes


def summary(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Shares of the numbers (0 to 1), and processor time in ms."""
    times = [1000 * outcome.seconds for outcome in outcomes]
    return {
        "numbers": len(outcomes),
        "right": float(np.mean([outcome.right for outcome in outcomes])),
        "cut": float(np.mean([outcome.cut for outcome in outcomes])),
        "surely_wrong": float(np.mean([o.sure and not o.right for o in outcomes])),
        "unsure_right": float(np.mean([o.right and not o.sure for o in outcomes])),
        "ms": float(np.median(times)),
        "longest_ms": max(times),
    }


def tasks(
    digits: Sequence[tuple[Any, Any]],
    compose: Callable[..., tuple[list[Box], Any, Any]],
    layout: Layout,
    lengths: Sequence[int],
    seed: int,
    count: int,
) -> Iterator[Task]:
    """Random numbers of these digits.

    Args:
        digits: Labels, and drawings or images.
        compose: `on_canvas`, or `on_paper` with its paper.
        layout, lengths, seed, count: Of the numbers.
    """
    rng = np.random.default_rng(seed)
    for _ in range(count):
        chosen = [digits[i] for i in rng.integers(len(digits), size=rng.choice(lengths))]
        text = "".join(str(label) for label, _ in chosen)
        yield Task(text, *compose([digit for _, digit in chosen], layout, rng))


def on_canvas(drawings, layout, rng):
    """A number drawn on the canvas; for `tasks`."""
    strokes, boxes = composed_numbers.on_canvas(drawings, layout, rng)
    return boxes, partial(_read_strokes, strokes), partial(_stroke_pieces, strokes)


def on_paper(paper, images, layout, rng):
    """A number on a picture of paper; for `tasks`."""
    ink, boxes = composed_numbers.on_paper([crop(ink, 0.1) for ink in images], layout, rng)
    image = PAPERS[paper](ink, rng)
    return boxes, partial(_read_picture, image), partial(_picture_pieces, image)


def _read_strokes(strokes, predictor):
    return predictor.predict_number_strokes(strokes)


def _read_picture(image, predictor):
    return predictor.predict_number(image)


def _stroke_pieces(strokes, predictor):
    found = number_from_strokes.pieces_of_drawing(strokes, predictor.score)
    return None if isinstance(found, NothingToClassify) else found


def _picture_pieces(image, predictor):
    found = number_from_photo.pieces_of_picture(image, predictor.score)
    return None if isinstance(found, NothingToClassify) else found


def fit(predictor: Predictor, tasks: Sequence[Task]) -> None:
    """Print the model under which the right cuts are likeliest: a semi-Markov conditional random
    field (Sarawagi and Cohen 2004), fitted by maximum likelihood."""
    from scipy.optimize import minimize

    examples = [lines for lines in (_right_cut(predictor, task) for task in tasks) if lines]

    def loss(values: Any) -> float:
        model = _model(values)
        losses = []
        for lines in examples:
            lost = 0.0
            for line, right in lines:
                steps = line.steps(model)
                lost += segmentation.log_likelihood_of_all_ways(steps) - sum(
                    score
                    for stop, here in enumerate(steps)
                    for score, start, digit in here
                    if (start, stop, digit) in right
                )
            losses.append(min(lost, 8.0))  # as some numbers can't be told apart
        return float(np.mean(losses)) + 1e-4 * float(np.square(values[:6]).sum())

    now = segmentation.FITTED
    start = [*now.weights, now.intercept, np.log(now.sharpness), now.left_out]
    found = minimize(loss, start, method="L-BFGS-B", options={"maxiter": 25})
    print(
        f"{len(examples)} numbers, mean negative log-likelihood {found.fun:.3f} instead of "
        f"{loss(np.array(start)):.3f}\n{_model(found.x)}"
    )


def _model(values: Sequence[float]) -> Model:
    numbers = [float(value) for value in values]
    return Model(tuple(numbers[:6]), numbers[6], float(np.exp(numbers[7])), numbers[8])


def _right_cut(
    predictor: Predictor, task: Task
) -> list[tuple[Line, set[tuple[int, int, bool]]]] | None:
    """A number's lines, and the (start, stop, digit or left out) of the right steps through each;
    None if there is no right way."""
    pieces = task.pieces(predictor)
    if pieces is None:
        return None
    lines = segmentation.find_lines(pieces.boxes, pieces.image_of, predictor.score)
    right: list[set[tuple[int, int, bool]]] = [set() for _ in lines]
    for box in task.boxes:
        overlap, place, which = max(
            (_overlap(segmentation.around(line.boxes[one.start : one.stop]), box), place, number)
            for place, line in enumerate(lines)
            for number, one in enumerate(line.candidates)
        )
        if overlap < 0.7:
            return None
        chosen = lines[place].candidates[which]
        right[place].add((chosen.start, chosen.stop, True))
    for line, steps in zip(lines, right, strict=True):
        covered = [piece for start, stop, _ in steps for piece in range(start, stop)]
        if len(covered) != len(set(covered)):
            return None
        steps |= {(i, i + 1, False) for i in set(range(len(line.boxes))) - set(covered)}
    return list(zip(lines, right, strict=True))


def _overlap(one: Box, other: Box) -> float:
    """Intersection of two boxes divided by their union."""
    across = min(one[2], other[2]) - max(one[0], other[0]) + 1
    down = min(one[3], other[3]) - max(one[1], other[1]) + 1
    shared = max(across, 0) * max(down, 0)
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (one, other)]
    return shared / (sum(areas) - shared)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("strokes", type=Path, help="UNIPEN file of pen drawings")
    parser.add_argument("--external-pictures", type=Path, help="archive of other people's digits")
    parser.add_argument("--tuning", action="store_true", help="with digits to tune with")
    parser.add_argument(
        "--fit", action="store_true", help="fit the weights, with digits to tune with"
    )
    parser.add_argument("--count", type=int, default=200, help="numbers of each kind")
    parser.add_argument("--length", type=int, help="of the numbers; 2 to 5 without it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default="", help="only those with this in their names")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    tuning = arguments.tuning or arguments.fit
    run = store.get(NETWORK)
    predictor = Predictor.load(run)
    drawn = unipen.read_unipen(arguments.strokes)
    held_out = pen_dataset.held_out_of_training(run, pen_dataset.from_unipen(arguments.strokes))
    drawings = [drawing for drawing, out in zip(drawn, held_out, strict=True) if out != tuning]
    data = load_mnist()
    images, labels = (data.x_train, data.y_train) if tuning else (data.x_test, data.y_test)
    sources = {
        "MNIST": [(int(y), x / np.float32(255)) for x, y in zip(images, labels, strict=True)]
    }
    if arguments.external_pictures:
        sources["external_pictures"] = composed_numbers.external_pictures(
            arguments.external_pictures
        )
    lengths = [arguments.length] if arguments.length else [2, 3, 4, 5]
    seed, count = arguments.seed, arguments.count
    makers: dict[str, Callable[..., Iterator[Task]]] = {
        "pen, canvas": partial(tasks, drawings, on_canvas)
    }
    for source, digits in sources.items():
        for paper in PAPERS:
            makers[f"{source}, {paper}"] = partial(tasks, digits, partial(on_paper, paper))
    kinds = {}
    for what, make in makers.items():
        kinds[f"{what}, single"] = make(LAYOUTS["apart"], [1], seed, 2 * count)
        for name, layout in LAYOUTS.items():
            kinds[f"{what}, {name}"] = make(layout, lengths, seed, count)
    kinds = {name: each for name, each in kinds.items() if arguments.kinds in name}
    if arguments.fit:
        each_kind = max(1, MAX_FITTED // len(kinds))
        fit(predictor, [task for each in kinds.values() for task in islice(each, each_kind)])
        return
    rows = {}
    for name, each in kinds.items():
        rows[name] = summary(measure(predictor, each))
        if not arguments.json:
            print_row(name, rows[name])
    if arguments.json:
        print(json.dumps(rows, indent=2))


def print_row(name: str, row: dict[str, float]) -> None:
    shares = "".join(
        f"  {key} {row[key]:6.1%}" for key in ("right", "cut", "surely_wrong", "unsure_right")
    )
    print(f"{name:32}{shares}  {row['ms']:.0f} ms, at most {row['longest_ms']:.0f}", flush=True)


if __name__ == "__main__":
    main()
