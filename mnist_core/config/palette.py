"""Every colour of the app, by its meaning; nothing else names a colour.

Blue stands for right and *for*, orange for wrong and *against*, yellow-brown for unsure:
colour-blind people can tell blue and orange apart. Runs and digits are categories, whose colours
have no other meaning. `pages.components.shell.palette_css` turns all of them into CSS custom
properties, which JavaScript reads, too.
"""

from __future__ import annotations

from typing import NamedTuple


class Colour(NamedTuple):
    """A colour in Streamlit's light and in its dark theme, both as #rrggbb.

    Texts have a contrast of at least 4.5:1 with their background (WCAG 2.2, level AA).
    """

    light: str
    dark: str


# Colours of texts, bars and outlines.
ACCENT = Colour("#235ee6", "#60a5fa")  # Streamlit's primary colour (.streamlit/config.toml)
CORRECT = FOR = ACCENT
WRONG = AGAINST = Colour("#c2410c", "#ff9466")
MUTED = Colour("#666874", "#b3b4b6")  # less important text
DANGER = Colour("#b91c1c", "#f87171")  # a button that deletes permanently
UNSURE = Colour("#806000", "#fbbf24")

# Text colours and their backgrounds.
PAGE = Colour("#ffffff", "#171614")  # Streamlit's
TEXT = Colour("#111827", "#ffffff")
TOOLTIP_TEXT, TOOLTIP = Colour("#ffffff", "#111827"), Colour("#1f2937", "#e5e7eb")
WARNING_TEXT, WARNING = Colour("#926c05", "#ffffc2"), Colour("#fffce7", "#3d3b1b")
HINT_TEXT, HINT = Colour("#004280", "#c7ebff"), Colour("#e8f2fc", "#172d43")

# Cells of the confusion matrix, from the weakest to the strongest, under `TEXT`.
CORRECT_WEAK, CORRECT_STRONG = Colour("#dbeafe", "#1e2f52"), Colour("#60a5fa", "#235ee6")
WRONG_WEAK, WRONG_STRONG = Colour("#ffedd5", "#40200f"), Colour("#fb8a3c", "#c2410c")

# Charts and pictures can't follow the theme: these have a contrast of at least 3:1 in both.
ACCENT_MARK = CORRECT_MARK = FOR_MARK = TRAINING_MARK = "#235ee6"
WRONG_MARK = AGAINST_MARK = "#d9480f"
UNSURE_MARK = "#a88400"
VALIDATION_MARK = "#16863f"
NEUTRAL_MARK = "#8c95a3"  # intervals, diagonals, the second of two series
# For six runs or the ten digits in one chart: they are distinct, at the cost of contrast with the
# page. After Okabe & Ito (2008) and after Tableau.
RUN_MARKS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
DIGIT_MARKS = (
    "#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f",
    "#d6b41f", "#b07aa1", "#ff7fa7", "#9c755f", "#8f8f8f",
)  # fmt: skip

LOSS_SCALE = "Cividis"  # Plotly's, from dark to bright; looks the same to colour-blind people
PATH, PATH_RIM = "#ffffff", "#111827"  # visible on that scale

FAINT_INK = "#808080"  # in a saliency map: ink that speaks neither for nor against

# A digit itself: white ink on black, as in MNIST.
INK, PAPER = "#ffffff", "#000000"
CLEAR = "rgba(0,0,0,0)"


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, each 0 to 255, of a colour written as #rrggbb."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
