"""The ink on paper: how far each pixel differs from the paper.

Paper of one shade, such as that of a drawing or a scan, is given a margin, so that a digit may
reach the rim. The paper of a photo is what remains when strokes are filled in, so that shadows
belong to the paper.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnist_core.digits.mnist_format import Ink, Shade
from mnist_core.digits.paper import TOUCHING, Shades, find_sheet, otsu, rim

_LEAST_CONTRAST = 0.06  # of ink and paper, 0 to 1
_FLAT_NOISE = 0.004  # paper with less noise is of one shade, as a drawing program makes it
_EVEN_RIM = 0.03  # an even rim deviates from its median by no more, but for a tenth of it
_TWO_SHADES = 0.8  # share of the variance that a picture's two shades explain
_DOUBT = 0.3  # less between the shades as ink: neither is, as where a shadow divides the picture


@dataclass(frozen=True, eq=False)
class Found:
    """Ink found on paper.

    Attributes:
        ink: (h, w) from 0 to 1, its largest value 1: of the whole picture, with the margin.
        margin: Pixels of paper that were added on each side; 0 if the paper has several shades.
        shade: Whether it is darker or lighter than the paper.
    """

    ink: Ink = field(repr=False)
    margin: int
    shade: Shade


def find_ink(shades: Shades, shade: Shade | None = None) -> Found | None:
    """The ink on a picture; None if it shows nothing but paper.

    Args:
        shade: Whether the ink is darker or lighter than the paper; None to tell by the picture.
    """
    sheet = find_sheet(shades)
    if sheet is None:
        return _ink_on_paper(shades, shade)
    found = find_ink(sheet.shades, shade)  # in a circle, on a sheet, on a table
    if found is None:
        return None
    height, width = (side + 2 * found.margin for side in shades.shape)
    ink = np.zeros((height, width), found.ink.dtype)
    ink[sheet.top :, sheet.left :][: found.ink.shape[0], : found.ink.shape[1]] = found.ink
    return replace(found, ink=ink)


def _ink_on_paper(shades: Shades, shade: Shade | None) -> Found | None:
    """The ink on a picture of nothing but paper and what is written on it."""
    paper = _one_shade(shades)
    likely = _shade_of_ink(shades, paper)
    if paper is not None and shade not in (None, likely):
        paper = _other_shade(shades, paper)
    shade = shade or likely
    if shade == "dark":
        shades, paper = 1 - shades, None if paper is None else 1 - paper
    ink = _ink_on_uneven_paper(shades) if paper is None else _ink_on_shade(shades, paper)
    noise = _noise(ink)
    if ink.max() < (_LEAST_CONTRAST if noise < _FLAT_NOISE else 2 * _LEAST_CONTRAST + 5 * noise):
        return None
    if noise >= _FLAT_NOISE:
        ink = _without_noise(ink, noise)
    return Found(ink / ink.max(), (len(ink) - len(shades)) // 2, shade)


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
    if abs(against[0] - against[1]) < _DOUBT:
        return None
    return float(np.median(shades[~inks[np.argmin(against)]]))


def _other_shade(shades: Shades, paper: float) -> float:
    """The shade of a picture's two that is not the paper's; the paper's if there is one."""
    threshold, _ = otsu(shades)
    others = shades[(shades > threshold) != (paper > threshold)]
    return float(np.median(others)) if others.size else paper


def _against(ink: NDArray[np.bool_]) -> float:
    """How much speaks against these pixels being the ink, 0 to 2: the share of the rim that they
    hold, and their share outside of the largest piece. Round a digit that fills its frame, paper
    is in pieces and holds most of the rim; a shadow or a table holds about half of it."""
    pieces, _ = ndimage.label(ink, TOUCHING)
    areas = np.bincount(pieces.ravel())[1:]
    return float(rim(ink).mean() + 1 - areas.max() / areas.sum())


def _shade_of_ink(shades: Shades, paper: float | None) -> Shade:
    """Whether the ink is darker or lighter than paper of one shade, or (None) of several."""
    # Strokes are few and differ much from what is around them, so their cubes outweigh the rest:
    # the sum's sign says whether ink is lighter or darker. A shadow's edge cancels out.
    around = ndimage.uniform_filter(shades, max(shades.shape) // 8) if paper is None else paper
    return "dark" if ((shades - np.float32(around)) ** 3).sum() < 0 else "light"


def _ink_on_shade(shades: Shades, paper: float) -> Ink:
    """What is lighter than the paper, with a margin."""
    ink = np.clip(shades - np.float32(paper), 0, 1)
    return np.pad(ink, max(2, max(ink.shape) // 16))


def _ink_on_uneven_paper(shades: Shades) -> Ink:
    """What is lighter than the paper, which is seen where a grey-level opening fills strokes in."""
    paper = ndimage.grey_opening(shades, 2 * max(3, max(shades.shape) // 8) + 1)
    return np.clip(shades - paper, 0, 1)


def _noise(ink: Ink) -> float:
    """The paper's own noise, a robust standard deviation: of all pixels, or of the fainter ones
    where ink stands out, as a thick digit is much of its picture."""
    threshold, explained = otsu(ink)
    paper = ink[ink <= threshold] if explained >= _TWO_SHADES else ink
    return float(1.4826 * np.median(abs(paper - np.median(paper))))


def _without_noise(ink: Ink, noise: float) -> Ink:
    """Ink with a soft ramp from 0 to 1 around Otsu's threshold."""
    middle = max(otsu(ink)[0], 3 * noise)
    full = np.median(ink[ink > middle]) if (ink > middle).any() else 1.0
    low = max(middle - (full - middle) / 2, 2 * noise)
    return np.clip((ink - low) / max(full - low, 1e-6), 0, 1)
