"""Words and figures as people write them; every page takes them from here."""

from __future__ import annotations

import math
import re

NAMES = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "none": "no normalisation",
    "before": "before activation",
    "after": "after activation",
    "adam": "Adam",
    "adamw": "AdamW",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "constant": "constant",
    "plateau": "halve on plateau",
    "cosine": "cosine",
    "one_cycle": "one-cycle",
    "early-stopping": "ReLU with early stopping",
    "leaky-relu": "LeakyReLU, 12 epochs",
    "speedrun": "Speedrun, 3 epochs",
    "champion": "Champion, many epochs with data augmentation",
    "compact": "Compact",
}


def name_of(option: str) -> str:
    """An option of the configuration, or a preset, as people write it."""
    return NAMES.get(option, option)


def plain(text: str) -> str:
    """Text that others wrote, such as a run's name or an error, made safe to stand in Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def count(number: int, what: str, plural: str = "") -> str:
    """1 epoch, 2 epochs.

    Args:
        number: How many.
        what: One of them.
        plural: Several of them; without it, `what` and an s.
    """
    return f"{number:,} {what if number == 1 else plural or f'{what}s'}"


def article(what: object) -> str:
    """A digit or a word with its indefinite article: "a 7", "an 8", "an epoch"."""
    return f"{'an' if re.match('8|11|18|[aeioAEIO]', str(what)) else 'a'} {what}"


def duration(seconds: float) -> str:
    """12 s, 3 min 5 s, 2 h 10 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def percent(share: float, places: int = 1, counted: bool = False) -> str:
    """A share in percent that is never rounded up to certainty: "87.5%", "> 99.9%"; "–" for NaN.

    widgets/percent.js is its twin in the browser; tests/javascript/golden.json holds both to the
    same texts.

    Args:
        share: 0 to 1.
        places: Digits after the point, 0 to 2; at least one where 100 would be said without.
        counted: Whether a share of exactly 1 means all of them. A probability of 1 is a float's
            rounding, and does not.
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
