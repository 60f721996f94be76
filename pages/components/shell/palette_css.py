"""The palette as CSS custom properties, for style sheets and for JavaScript.

`--wrong` is `palette.WRONG`, and follows the theme; `--wrong-mark`, `--run-1` to `--run-6` and
`--digit-0` to `--digit-9` are the same in both themes, so that JavaScript can read them off the
root element and hand them to a chart. For a colour that follows the theme, JavaScript reads
Streamlit's properties (such as `--st-text-color`): ours are `light-dark()` pairs.
"""

from __future__ import annotations

from mnist_core.config import palette
from mnist_core.config.palette import Colour


def properties() -> dict[str, str]:
    """The value of each custom property, by its name without the two hyphens."""
    found = {}
    for name, value in vars(palette).items():
        if isinstance(value, Colour):
            found[_css(name)] = f"light-dark({value.light}, {value.dark})"
        elif name.endswith("_MARK"):
            found[_css(name)] = value
    found |= {f"run-{number}": mark for number, mark in enumerate(palette.RUN_MARKS, 1)}
    found |= {f"digit-{digit}": mark for digit, mark in enumerate(palette.DIGIT_MARKS)}
    return found | {"ink": palette.INK, "paper": palette.PAPER}


def css() -> str:
    """A rule that gives the whole page these properties."""
    return f":root {{{'; '.join(f'--{name}: {value}' for name, value in properties().items())}}}"


def _css(name: str) -> str:
    return name.lower().replace("_", "-")
