"""Numbers, shares and durations in words, the same on every page and in the command line."""

from __future__ import annotations

import math
import re


def count(number: int, what: str, plural: str = "") -> str:
    """1 epoch, 2 epochs.

    Args:
        number: How many.
        what: One of them.
        plural: Several of them; without it, `what` and an s.
    """
    return f"{number:,} {what if number == 1 else plural or f'{what}s'}"


def article(what: object) -> str:
    """A digit or a word with its indefinite article: "a 7", "an 8", "an epoch", "an F"."""
    return f"{'an' if re.match('8|11|18|[aeioAEIO]|[FHLMNRSX]$', str(what)) else 'a'} {what}"


def percent(share: float, places: int = 1, counted: bool = False) -> str:
    """A share in percent that is never rounded up to 100%: "87.5%", "> 99.9%"; "–" for NaN.

    In the browser pages/components/widgets/browser/percent.js does the same; both are tested
    against tests/javascript/golden.json.

    Args:
        share: 0 to 1.
        places: Digits after the point, 0 to 2; at least one if the share would otherwise read 100%.
        counted: Whether a share of exactly 1 means all of them. A probability of 1 does not: it is
            due to rounding.
    """
    if math.isnan(share):
        return "–"
    if counted and share == 1:
        return f"{share:.{places}%}"
    for digits in (places, max(places, 1)):
        text = f"{share:.{digits}%}"
        if not text.startswith("100"):
            return text
    return f"> {100 - 0.1**digits:.{digits}f}%"


def ratio(value: float) -> str:
    """A ratio such as a precision, 0 to 1: "0.9876"; "–" for NaN, as when there are no such
    digits."""
    return "–" if math.isnan(value) else f"{value:.4f}"


def bin_text(low: float, high: float) -> str:
    """A range of shares, 0 to 1: "90% to 95%"."""
    return " to ".join(percent(edge, 0, counted=True) for edge in (low, high))


def accuracy_text(accuracy: float) -> str:
    """An accuracy, 0 to 1, in percent: "98.50%"; "100.00%" only without a single error."""
    return percent(accuracy, 2, counted=True)


def duration(seconds: float) -> str:
    """12 s, 3 min 5 s, 2 h 10 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def magnitude(value: float) -> str:
    """A number of any size to two or three places: "0.0314", "1.4 × 10⁻¹⁰", "0", "too large"."""
    if not math.isfinite(value):
        return "too large"
    if value == 0 or 1e-3 <= abs(value) < 999.5:
        return f"{value:.3g}"
    figure, power = f"{value:.1e}".split("e")
    return f"{figure} × 10{str(int(power)).translate(_RAISED)}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
