"""The ink on paper: how far each pixel differs from the paper.

Paper of one shade, as in a drawing or a scan, is given a margin, so that a digit may reach the rim.
The paper of a photo is estimated by filling in the strokes, so that shadows count as paper.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_core.digits.mnist_format import Ink, Shade
from mnist_core.digits.photos.ruled_lines import without_lines
from mnist_core.digits.photos.sheet import TOUCHING, Shades, blocks, find_sheet, otsu, rim

_DOTS = 0.06  # Noise above this means that greys are made of dots; grain makes less.
_MIN_DOTTED = 64  # Pixels. A smaller picture has no such dots: each pixel is part of the drawing.
_DOTS_APART = 2.0  # Pixels: the standard deviation of the blur that turns dots into greys.
_MIN_CONTRAST = 0.06  # Ink and paper differ by at least this much; shades are 0 to 1.
_FLAT_NOISE = 0.004  # Paper with less noise is of one shade, as a drawing program makes it.
_EVEN_RIM = 0.03  # At least 90 % of an even rim are this close to its median.
_MIN_COARSE = 128  # Pixels. In a larger picture only every other pixel is used to find the paper.
_TWO_SHADES = 0.8  # A picture is of two shades if these explain this share of its variance.
_MIN_SHADOW = 48  # Pixels. A smaller picture shows no shadows.
# If both shades are about equally unlikely to be ink (see `_against`), neither is taken for it: a
# shadow may divide the picture.
_DOUBT = 0.3


@dataclass(frozen=True, eq=False)
class InkOnPaper:
    """Ink found on paper.

    Attributes:
        ink: (h, w) of the whole picture with the margin, 0 to 1, the largest value being 1.
        margin: Pixels of paper that were added on each side; 0 if the paper has several shades.
        shade: Whether the ink is darker or lighter than the paper.
        sheet: (top, bottom, left, right) in pixels of the sheet on the picture; None if nothing
            surrounds it.
        lined: The sheet's ink with the lines of the paper; None if it has none.
    """

    ink: Ink = field(repr=False)
    margin: int
    shade: Shade
    sheet: tuple[int, int, int, int] | None = None
    lined: Ink | None = field(default=None, repr=False)


def find_ink(shades: Shades, shade: Shade | None = None) -> InkOnPaper | None:
    """The ink on a picture; None if it shows nothing but paper.

    Args:
        shade: Whether the ink is darker or lighter than the paper; None to tell by the picture.
    """
    shades = _without_dots(shades)
    sheet = find_sheet(shades)
    if sheet is None:
        return _ink_on_paper(shades, shade)
    found = find_ink(sheet.shades, shade)  # sheets may be nested: a circle, on paper, on a table
    if found is None:
        return None
    height, width = found.ink.shape
    ink = np.zeros([side + 2 * found.margin for side in shades.shape], found.ink.dtype)
    ink[sheet.top : sheet.top + height, sheet.left : sheet.left + width] = found.ink
    top, bottom, left, right = found.sheet or (0, len(sheet.shades), 0, sheet.shades.shape[1])
    box = (sheet.top + top, sheet.top + bottom, sheet.left + left, sheet.left + right)
    return replace(found, ink=ink, sheet=box)


def _without_dots(shades: Shades) -> Shades:
    """Blur a picture whose greys are made of dots, like a scan in black and white, into true greys;
    leave any other as it is.

    Noise is estimated after Immerkær (1996), "Fast Noise Variance Estimation".
    """
    if min(shades.shape) < _MIN_DOTTED:
        return shades
    second = np.diff(np.diff(shades, 2, axis=0), 2, axis=1)
    noise = np.sqrt(np.pi / 2) / 6 * abs(second).mean()
    return ndimage.gaussian_filter(shades, _DOTS_APART) if noise > _DOTS else shades


def _ink_on_paper(shades: Shades, shade: Shade | None) -> InkOnPaper | None:
    """The ink on a picture of nothing but paper and what is written on it."""
    paper = _one_shade(shades)
    likely = _shade_of_ink(shades, paper)
    if paper is not None and shade not in (None, likely):
        paper = _other_shade(shades, paper)
    shade = shade or likely
    if shade == "dark":
        shades, paper = 1 - shades, None if paper is None else 1 - paper
    ink = _ink_on_uneven_paper(shades) if paper is None else _ink_on_shade(shades, paper)
    written = without_lines(ink, _noise(ink))
    lined = None if written is ink else ink
    ink = written if paper is None else np.pad(written, max(2, max(ink.shape) // 16))
    noise = _noise(ink)
    if ink.max() < (_MIN_CONTRAST if noise < _FLAT_NOISE else 2 * _MIN_CONTRAST + 5 * noise):
        return None
    if noise >= _FLAT_NOISE:
        ink = _without_noise(ink, noise)
    return InkOnPaper(ink / ink.max(), (len(ink) - len(shades)) // 2, shade, lined=lined)


def _one_shade(shades: Shades) -> float | None:
    """The paper's shade; None if it has several, as on a photo with shadows."""
    at_rim = rim(shades)
    middle = float(np.median(at_rim))
    if np.percentile(abs(at_rim - middle), 90) <= _EVEN_RIM:
        return middle
    threshold, explained = otsu(shades)
    if explained < _TWO_SHADES:
        return None
    inks = (shades <= threshold, shades > threshold)
    against = [_against(ink) for ink in inks]
    if abs(against[0] - against[1]) < _DOUBT and min(shades.shape) >= _MIN_SHADOW:
        return None
    return float(np.median(shades[~inks[np.argmin(against)]]))


def _other_shade(shades: Shades, paper: float) -> float:
    """The shade of a picture that is not the paper's; the paper's if it has only one."""
    threshold, _ = otsu(shades)
    others = shades[(shades > threshold) != (paper > threshold)]
    return float(np.median(others)) if others.size else paper


def _against(ink: NDArray[np.bool_]) -> float:
    """How unlikely these pixels are to be ink, 0 to 2: the share of the rim that they hold, plus
    the share of them outside their largest piece. Around a digit that fills its frame, paper is in
    pieces and holds most of the rim; a shadow or a table holds about half of it."""
    pieces, _ = ndimage.label(ink, TOUCHING)
    areas = np.bincount(pieces.ravel())[1:]
    return float(rim(ink).mean() + 1 - areas.max() / areas.sum())


def _shade_of_ink(shades: Shades, paper: float | None) -> Shade:
    """Whether ink is darker or lighter than the paper, whose shade is None if it has several."""
    # Strokes are few and differ much from their surroundings, so the cubes of these differences
    # outweigh the rest: the sign of their sum tells whether ink is lighter or darker. At a shadow's
    # edge they cancel out.
    around = ndimage.uniform_filter(shades, max(shades.shape) // 8) if paper is None else paper
    deviation = shades - np.float32(around)
    return "dark" if (deviation * deviation * deviation).sum() < 0 else "light"


def _ink_on_shade(shades: Shades, paper: float) -> Ink:
    """What is lighter than the paper."""
    return np.clip(shades - np.float32(paper), 0, 1)


def _ink_on_uneven_paper(shades: Shades) -> Ink:
    """What is lighter than the paper, which is estimated by a grey-level opening that fills in
    strokes."""
    reach = max(3, max(shades.shape) // 8)
    cell = 1 if min(shades.shape) < _MIN_COARSE else 2
    coarse = blocks(shades, cell).min(axis=1).min(axis=2)
    paper = ndimage.grey_opening(coarse, 2 * (reach // cell) + 1)
    paper = paper.repeat(cell, 0).repeat(cell, 1)[: len(shades), : shades.shape[1]]
    return np.clip(shades - paper, 0, 1)


def _noise(ink: Ink) -> float:
    """The paper's own noise, as a robust standard deviation: of all pixels, or, where ink stands
    out, of the fainter ones, since a thick digit covers much of its picture."""
    ink = ink[:: 1 + len(ink) // 256, :: 1 + len(ink[0]) // 256]
    threshold, explained = otsu(ink)
    paper = ink[ink <= threshold] if explained >= _TWO_SHADES else ink
    return float(1.4826 * np.median(abs(paper - np.median(paper))))


def _without_noise(ink: Ink, noise: float) -> Ink:
    """Remove noise from ink by a soft ramp from 0 to 1 around Otsu's threshold."""
    middle = max(otsu(ink)[0], 3 * noise)
    full = np.median(ink[ink > middle]) if (ink > middle).any() else 1.0
    low = max(middle - (full - middle) / 2, 2 * noise)
    return np.clip((ink - low) / max(full - low, 1e-6), 0, 1)
