"""What the network in use predicts for the strokes on the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mnist_core.digits.drawings import example_digits, fabric
from mnist_core.digits.drawings.strokes import Stroke, StrokeError
from mnist_core.digits.mnist_format import NothingToClassify
from mnist_core.predict.answer import Answer, Number, Prediction
from mnist_core.predict.predictor import Predictor
from mnist_core.runs.run import Run
from pages.components.draw.answer import several_digits as number
from pages.components.draw.canvas import canvas
from pages.components.draw.my_drawings import labelling
from pages.components.shell import empty_states, visitor_drawings


@dataclass(frozen=True)
class CanvasAnswer:
    """What the network predicts for the canvas, and for the digit of it that is open.

    Attributes:
        strokes: All strokes on the canvas.
        whole: The prediction for all of them: of one digit, of a number, or why there is none.
        digit: The place of the open digit in a number, from 0.
        answer: The prediction for the open digit.
        own: The open digit's strokes.
    """

    strokes: list[Stroke]
    whole: Answer | Number
    digit: int
    answer: Answer
    own: list[Stroke]

    @property
    def number(self) -> Number | None:
        """The number, where several digits are drawn."""
        return self.whole if isinstance(self.whole, Number) else None

    def unlabelled(self, run: Run) -> labelling.Unlabelled | None:
        """The open digit, if the visitor can say what it is: not an example, which is known, nor
        for a network of somebody's own data."""
        if not isinstance(self.answer, Prediction) or run.config.data:
            return None
        if example_digits.digit_of(self.own) is not None:
            return None
        own = {stroke.tobytes() for stroke in self.own}
        beside = tuple(stroke for stroke in self.strokes if stroke.tobytes() not in own)
        return labelling.Unlabelled(
            tuple(self.own), self.answer.verdict.digit, run.name, beside if self.number else ()
        )


def of_canvas(run: Run, predictor: Predictor, drawing: dict[str, Any]) -> CanvasAnswer:
    """The network's answer to a drawing, Fabric.js JSON."""
    strokes, whole = _of_strokes(run, predictor, drawing)
    if not isinstance(whole, Number):
        return CanvasAnswer(strokes, whole, 0, whole, strokes)
    digit = number.opened(whole, "canvas", number.of_last_stroke(whole, strokes))
    located = whole.digits[digit]
    return CanvasAnswer(strokes, whole, digit, located.prediction, list(located.strokes))


def _of_strokes(
    run: Run, predictor: Predictor, drawing: dict[str, Any]
) -> tuple[list[Stroke], Answer | Number]:
    """The strokes on the canvas, and what the network predicts for them."""
    try:
        strokes = fabric.read_fabric(drawing)
    except StrokeError as error:
        return [], NothingToClassify(str(error), "unreadable", "unreadable")
    if not drawing["objects"]:
        return [], NothingToClassify(empty_states.EMPTY_CANVAS, "blank")
    return strokes, visitor_drawings.answer(run, predictor, strokes, canvas.brush())
