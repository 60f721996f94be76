"""“Show me one”: draw_example.js draws a digit on the canvas, stroke by stroke, as a visitor would.

No pointer is needed, so the page can be tried with the keyboard alone.
"""

from __future__ import annotations

import json
from functools import cache

from mnist_core.config.sizes import CLASSES
from mnist_core.digits.drawings import example_digits
from mnist_core.digits.drawings.from_strokes import CANVAS_SIDE
from pages.components.shell.javascript import component

HTML = (
    # Until the script is there a click would do nothing.
    '<div class="show-one"><button type="button" class="show-one-now" disabled>Show me one</button>'
    '<select aria-label="Digit to show"><option value="">any</option>'
    + "".join(f"<option>{digit}</option>" for digit in range(CLASSES))
    + "</select></div>"
)


def offer_example() -> None:
    """A button, and a choice of the digit."""
    component(__file__, HTML)(key="show-one", data={"digits": _digits()})


@cache
def _digits() -> str:
    """The digits 0 to 9 as JSON: each digit's strokes as x0, y0, x1, y1, … in shares of the
    canvas's side."""
    digits = [
        [(stroke / CANVAS_SIDE).round(4).ravel().tolist() for stroke in strokes]
        for strokes in example_digits.all_digits()
    ]
    return json.dumps(digits)
