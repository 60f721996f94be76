"""Who owns a run. In the modes "class" and "public" a run belongs to the visitor who started it:
others may watch it, compare it and draw with it, but not change it.

The visitor's browser holds a random key, a run only the key's hash, so that reading the runs does
not enable anybody to act as a visitor.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from mnist_core.config import settings
from mnist_core.config.fields import Checked, Matching
from mnist_core.errors import DigitLabError
from mnist_core.runs import environment, files, records
from mnist_core.runs.records import RunDamagedError
from mnist_core.runs.run import Run, one_line

KEY = re.compile("[0-9a-f]{32}")  # 128 random bits
NICKNAME_LENGTH = 24
_VISITOR = re.compile("[0-9a-f]{64}")
NOT_YOURS = "Only the person who started this run can change it."


@dataclass(frozen=True)
class _Visitor(Checked):
    """visitor.json."""

    nickname: Annotated[str, Matching("[^\n]{1,24}", "a line of 1–24 characters")] | None = None


class NotYoursError(DigitLabError, RuntimeError):
    """A visitor asks to change a run that somebody else started; only their own can be changed."""


class NicknameError(DigitLabError, ValueError):
    """A nickname is too long. It has 24 characters at most."""


def visitor_of(key: str) -> str:
    """The name by which runs know the visitor whose browser holds this key: its SHA-256, in
    hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


def may_change(run: Run, visitor: str | None) -> bool:
    """Whether a visitor may change a run, beyond watching it and drawing with it.

    Args:
        run: One of the users' runs.
        visitor: Who asks, a name that `visitor_of` gives; None: somebody who may change all runs,
            such as a teacher, or whoever uses the command line.
    """
    if visitor is None or not settings.is_shared():
        return True
    try:
        return run.visitor == visitor
    except RunDamagedError:
        return _stored_visitor(run) == visitor


def _stored_visitor(run: Run) -> object:
    """Whose run it is according to a config.json of which other fields may be wrong, so that the
    owner can repair them; None if that can't be read either."""
    try:
        stored = records.read_json(run.config_path)
    except RunDamagedError:
        return None
    return stored.get("visitor") if isinstance(stored, dict) else None


def directory_of(visitor: str) -> Path:
    """The directory, beside the runs, for what is stored for a visitor; it is created when first
    needed.

    Raises:
        ValueError: This is not a name that `visitor_of` gives.
    """
    if not _VISITOR.fullmatch(visitor):
        raise ValueError(f"A visitor is named by 64 hexadecimal digits, got {visitor!r:.80}.")
    return environment.runs_directory() / ".visitors" / visitor


def nickname(visitor: str) -> str | None:
    """The name that a visitor has chosen; None if there is none, or it can't be read."""
    try:
        return records.read(_Visitor, directory_of(visitor) / "visitor.json").nickname
    except (RunDamagedError, ValueError):
        return None


def set_nickname(visitor: str, name: str) -> None:
    """Keep a visitor's nickname, on one line; an empty one removes it. Raises NicknameError if it
    has more than 24 characters."""
    name = one_line(name)
    if len(name) > NICKNAME_LENGTH:
        raise NicknameError(
            f"A nickname: expected at most {NICKNAME_LENGTH} characters, got {len(name)}."
        )
    directory = directory_of(visitor)
    directory.mkdir(parents=True, exist_ok=True)
    files.write_json(directory / "visitor.json", _Visitor(name or None).to_dict())


def display_name(visitor: str) -> str:
    """The name by which others see a visitor. A nickname is followed by some digits, as two
    visitors may choose the same one."""
    name = nickname(visitor)
    return f"{name} ({visitor[:4]})" if name else f"Visitor {visitor[:4]}"


def check(run: Run, visitor: str | None) -> None:
    """Raise NotYoursError if a visitor may not change a run."""
    if not may_change(run, visitor):
        raise NotYoursError(
            f"{NOT_YOURS} You can watch it, compare it, draw with it, and start one of your own."
        )
