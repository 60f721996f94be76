"""Options, expected times and other people's texts as a page shows them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mnist_core.config import settings
from mnist_core.runs import environment

WORD_JOINER = "\u2060"  # neither seen nor a place to break a line


def plain(text: str) -> str:
    """Text that others wrote, such as a run's name or an error, made safe to stand in Markdown.

    Addresses would become links even with their characters escaped: an invisible word joiner splits
    them.
    """
    text = without_directories(text)
    text = re.sub(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", WORD_JOINER, text, flags=re.IGNORECASE)
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def without_directories(text: str) -> str:
    """The text without the directories that the server's files lie in: in a class and in public
    they are nobody's business. One person may need them to find a file."""
    if not settings.is_shared():
        return text
    named = [settings.path(name) for name in ("MNIST_NPZ", "DIGITLAB_CACHE")]
    directories = {environment.runs_directory(), environment.MODELS.parent, Path.home()}
    directories |= {path.parent for path in named if path}
    for directory in sorted(map(str, directories), key=len, reverse=True):
        if directory not in (os.sep, os.curdir):
            text = text.replace(f"{directory}{os.sep}", "").replace(directory, "…")
    return text


def sentence(clauses: list[str]) -> str:
    """Some clauses as one: a, a and b, or a, b and c."""
    *first, last = clauses
    return f"{', '.join(first)} and {last}" if first else last


def roughly(seconds: float) -> str:
    """A time that is only expected: a few seconds, about 40 seconds, about 2.5 hours."""
    if seconds < 8:
        return "a few seconds"
    if seconds < 55:
        return f"about {round(seconds, -1):.0f} seconds"
    if seconds < 90:
        return "about a minute"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} minutes"
    hours = seconds / 3600
    return f"about {hours:.{0 if hours >= 10 else 1}f} hours"
