"""One palette: readable in both themes, and the only place that names a colour."""

import re
import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config import palette
from mnist_core.config.palette import Colour
from pages.components.shell import frame
from pages.components.shell.palette_css import properties
from pages.components.widgets.images.pixel_numbers import LIGHT

ROOT = Path(__file__).parents[4]
SHEETS = sorted((ROOT / "pages").rglob("*.css"))
CODE = [ROOT / "app.py"] + [
    path
    for room in ("mnist_core", "pages")
    for suffix in ("py", "css", "js", "html")
    for path in sorted((ROOT / room).rglob(f"*.{suffix}"))
    if path != Path(palette.__file__)
]
COLOURS = {
    name.lower().replace("_", "-"): value
    for name, value in vars(palette).items()
    if isinstance(value, Colour)
} | {name: Colour(getattr(palette, name.upper()), getattr(palette, name.upper()))
     for name in ("ink", "paper")}  # fmt: skip
# What a rule with such a text colour stands on, where the rule itself does not say so.
CELLS = ("correct-weak", "correct-strong", "wrong-weak", "wrong-strong")
# How linear red, green and blue look without the receptors for green (deuteranopia), by Machado,
# Oliveira & Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency".
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # IEC 61966-2-1 (sRGB)
FORCED = ("CanvasText", "HighlightText", "ButtonText")  # that a visitor's system forces
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
TEXT = re.compile(r"(?<![-\w])color:\s*([^;}]+)")
BACKGROUND = re.compile(r"background:\s*var\(--([\w-]+)\)")


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1, as WCAG 2.2 defines it."""
    return float(np.array([0.2126, 0.7152, 0.0722]) @ linear(colour))


def linear(colour: str) -> np.ndarray:
    """(3,) linear red, green and blue, 0 to 1, of a colour in sRGB."""
    shares = np.array(palette.rgb(colour)) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def difference(first: str, second: str, sight: np.ndarray) -> float:
    """The distance of two colours in CIELAB (ΔE*ab), for eyes that turn linear colours so."""
    return float(np.linalg.norm(lab(sight @ linear(first)) - lab(sight @ linear(second))))


def lab(colour: np.ndarray) -> np.ndarray:
    """(3,) CIELAB of linear red, green and blue, under daylight (D65)."""
    shares = TO_XYZ @ colour.clip(0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(shares > 0.008856, np.cbrt(shares), 7.787 * shares + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(first: str, second: str) -> float:
    """Contrast of two colours, 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def texts() -> set[tuple[str, str]]:
    """Each text colour that a style sheet sets, with each background that it stands on."""
    found = set()
    for sheet in SHEETS:
        for _, body in RULE.findall(re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.S)):
            for value in TEXT.findall(body):
                value = value.removesuffix("!important").strip()
                if value.startswith("var(--st-") or value in ("inherit", *FORCED):
                    continue  # Streamlit's own, on its own; another rule's; or the visitor's
                name = re.fullmatch(r"var\(--([\w-]+)\)", value)
                assert name, f"{sheet.name}: “{value}” is not of the palette"
                own = BACKGROUND.findall(body)
                behind = own or (CELLS if "color-mix" in body else ("page",))
                if name[1] == "ink" and not own:
                    behind = ("paper",)  # on the canvas
                if name[1] == "paper":
                    behind = ("ink",)  # on a light pixel; each level has a test of its own
                found |= {(name[1], background) for background in behind}
    return found


def test_contrast_is_as_the_standard_defines_it():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WebAIM's example
    assert contrast("#2563eb", "#2563eb") == 1


def test_the_style_sheets_set_the_texts_that_are_known():
    assert {("wrong", "page"), ("tooltip-text", "tooltip"), ("text", "wrong-strong")} <= texts()
    assert {("unsure", "page"), ("warning-text", "warning"), ("hint-text", "hint")} <= texts()


@pytest.mark.parametrize(("text", "background"), sorted(texts()))
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_is_readable_on_what_it_stands_on(text, background, theme):
    pair = (getattr(COLOURS[text], theme), getattr(COLOURS[background], theme))
    assert contrast(*pair) >= 4.5, pair


def test_a_pixels_number_is_readable_on_its_level():
    for level in range(256):
        text = palette.PAPER if level > LIGHT else palette.INK
        assert contrast(text, f"#{level:02x}{level:02x}{level:02x}") >= 4.5, level


@pytest.mark.parametrize("name", [name for name in vars(palette) if name.endswith("_MARK")])
def test_every_mark_of_a_chart_stands_out_in_both_themes(name):
    assert all(contrast(getattr(palette, name), page) >= 3 for page in palette.PAGE), name


def test_learning_curves_stand_out_from_the_dark_page_as_much_as_texts():
    (sheet,) = (sheet for sheet in SHEETS if sheet.name == "live_curves.css")
    (brightness,) = re.findall(r"brightness\(([\d.]+)\)", sheet.read_text("utf-8"))
    for mark in (palette.TRAINING_MARK, palette.VALIDATION_MARK):
        shown = (min(round(float(brightness) * level), 255) for level in palette.rgb(mark))
        assert contrast("#" + bytes(shown).hex(), palette.PAGE.dark) >= 4.5, mark


def test_for_is_never_the_colour_of_against():
    assert not set(palette.FOR) & set(palette.AGAINST)
    assert palette.FOR_MARK != palette.AGAINST_MARK
    assert palette.CORRECT == palette.FOR
    assert palette.WRONG == palette.AGAINST


def test_the_colour_of_errors_is_given_to_nothing_but_errors():
    rules = [rule for sheet in SHEETS for rule in RULE.findall(sheet.read_text("utf-8"))]
    errors = [selector for selector, body in rules if re.search(r"var\(--wrong\b", body)]
    assert errors
    assert [selector for selector in errors if ".wrong" not in selector] == []


def test_validation_has_a_colour_of_its_own():
    """Orange in another chart means wrong, or against."""
    assert palette.VALIDATION_MARK not in {palette.WRONG_MARK, palette.FOR_MARK}


@pytest.mark.parametrize("sight", [np.eye(3), DEUTERANOPIA], ids=["usual", "deuteranopia"])
def test_colours_that_mean_something_else_are_told_apart(sight):
    marks = (palette.TRAINING_MARK, palette.VALIDATION_MARK, palette.WRONG_MARK)
    for first, second in combinations(marks, 2):
        assert difference(first, second, sight) > 25, (first, second)  # just noticeable: 2.3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_unsure_looks_different_from_wrong(theme):
    unsure, wrong = getattr(palette.UNSURE, theme), getattr(palette.WRONG, theme)
    assert difference(unsure, wrong, np.eye(3)) > 25
    assert difference(palette.UNSURE_MARK, palette.WRONG_MARK, np.eye(3)) > 25
    assert contrast(unsure, getattr(palette.PAGE, theme)) >= 4.5


def test_streamlits_primary_colour_is_the_accent():
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    primary = Colour(theme["light"]["primaryColor"], theme["dark"]["primaryColor"])
    assert primary == palette.ACCENT


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_other_file_names_a_colour(path):
    named = re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\([\d ][^)]*\)", path.read_text("utf-8"))
    assert not named


def test_style_sheets_use_only_properties_that_there_are():
    code = "".join(path.read_text("utf-8") for path in CODE if path.suffix == ".py")
    known = properties().keys() | set(re.findall(r"--([\w-]+):", code))  # in an element's style
    texts = [sheet.read_text("utf-8") for sheet in SHEETS]
    known |= {name for text in texts for name in re.findall(r"--([\w-]+):", text)}
    for sheet, text in zip(SHEETS, texts, strict=True):
        used = {name for name in re.findall(r"var\(--([\w-]+)\)", text) if name[:3] != "st-"}
        assert used <= known, sheet.name


def test_the_pages_style_is_the_palette_and_every_sheet_once_without_comments():
    styles = frame.styles()
    assert styles.startswith("<style>:root {--accent: light-dark(#235ee6, #60a5fa); ")
    assert styles.count("<style>") == 1
    for sheet in SHEETS:
        parts = re.split(r"/\*.*?\*/\s*", sheet.read_text("utf-8"), flags=re.DOTALL)
        assert styles.count("".join(parts)) == 1, sheet.name
    assert "/*" not in styles
    inside = styles.removeprefix("<style>").removesuffix("</style>")
    assert "<" not in inside  # the browser's sanitizer would throw the whole element away
