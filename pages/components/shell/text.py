"""Options, durations and other people's texts as a page shows them."""

from __future__ import annotations

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


def duration(seconds: float) -> str:
    """12 s, 3 min 5 s, 2 h 10 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"
