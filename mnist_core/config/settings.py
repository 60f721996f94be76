"""The settings of an installation: environment variables, what each may be, and what applies where
it is not set. ``python -m mnist_core settings`` prints them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from mnist_core.errors import DigitLabError

Mode = Literal["personal", "class", "public"]
MODES: tuple[Mode, ...] = ("personal", "class", "public")
SECRET_LENGTH = 12  # characters of a secret, at least
SWITCH = ("0", "1")


class SettingError(DigitLabError, ValueError):
    """An environment variable has a value that is not allowed; the message says which are."""


@dataclass(frozen=True)
class Setting:
    """One environment variable.

    Attributes:
        name: of the variable.
        meaning: what it sets, for people.
        default: what applies where it is not set: the same always, for each mode, or computed.
        lowest: of a whole number; None: it is none.
        choices: what it may be; empty: any text.
        secret: it must be long enough, and is not shown.
    """

    name: str
    meaning: str
    default: str | dict[Mode, str] | Callable[[], str] = ""
    lowest: int | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False

    def default_now(self) -> str:
        """What applies where it is not set."""
        if isinstance(self.default, dict):
            return self.default[mode()]
        return self.default if isinstance(self.default, str) else self.default()

    def value(self) -> str:
        """What applies.

        Raises:
            SettingError: it has a value that is not allowed.
        """
        text = os.environ.get(self.name)
        if text is None:
            return self.default_now()
        if self.lowest is not None and (not text.isdecimal() or int(text) < self.lowest):
            wrong = f"a whole number from {self.lowest} on, got {text!r}"
        elif self.choices and text not in self.choices:
            wrong = f"one of {', '.join(self.choices)}, got {text!r}"
        elif self.secret and text and len(text) < SECRET_LENGTH:
            wrong = f"at least {SECRET_LENGTH} characters, got {len(text)}"
        else:
            return text
        raise SettingError(f"{self.name}: expected {wrong}.")

    def shown(self) -> str:
        """What it is set to, for people; empty where it is not set."""
        text = os.environ.get(self.name, "")
        return "•" * 8 if self.secret and text else text


def _slots() -> str:
    """One for each four cores. In a class two at least, where there are two cores: while one of
    its short trainings loads TensorFlow, which takes one core, the other goes on."""
    cores = os.cpu_count() or 1
    return str(max(min(cores, 2) if mode() == "class" else 1, cores // 4))


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting(
            "DIGITLAB_MODE",
            "personal: one person on one's own machine. class, public: each run belongs to the "
            "visitor who started it, and there are limits; a class has a teacher's page",
            "personal",
            choices=MODES,
        ),
        Setting("MNIST_NPZ", "a file mnist.npz to read instead of downloading one"),
        Setting("DIGITLAB_RUNS", "where runs are kept", "models/runs"),
        Setting(
            "DIGITLAB_CACHE", "where the downloaded MNIST is kept", "the user's cache directory"
        ),
        Setting(
            "DIGITLAB_LESSONS",
            "a folder with lessons of one's own; one of the same file name replaces one that ships",
        ),
        Setting("DIGITLAB_OFFLINE", "1: never download", "0", choices=SWITCH),
        Setting(
            "DIGITLAB_SLOTS",
            "how many trainings run at a time; by default one for each four cores, in a class two "
            "at least",
            _slots,
            lowest=1,
        ),
        Setting(
            "DIGITLAB_RUNS_PER_VISITOR",
            "how many runs one visitor may have waiting or going on; 0: any number",
            {"personal": "3", "class": "2", "public": "1"},
            lowest=0,
        ),
        Setting(
            "DIGITLAB_RUNS_IN_ALL",
            "how many runs of all visitors may be waiting or going on; 0: any number",
            {"personal": "0", "class": "60", "public": "20"},
            lowest=0,
        ),
        Setting(
            "DIGITLAB_RUNS_PER_SWEEP",
            "how many runs a visitor's sweep may have, at most 24; it counts as one of their runs",
            {"personal": "24", "class": "8", "public": "4"},
            lowest=1,
        ),
        Setting(
            "DIGITLAB_KEPT_PER_VISITOR",
            "how many runs one visitor may keep from being deleted; 0: any number",
            {"personal": "0", "class": "5", "public": "1"},
            lowest=0,
        ),
        Setting(
            "DIGITLAB_MAX_EPOCHS",
            "how many epochs a visitor may train; 0: any number",
            {"personal": "0", "class": "30", "public": "10"},
            lowest=0,
        ),
        Setting(
            "DIGITLAB_MAX_UNITS",
            "how many hidden units a visitor's network may have, all layers together; 0: any "
            "number",
            {"personal": "0", "class": "4096", "public": "4096"},
            lowest=0,
        ),
        Setting(
            "DIGITLAB_STANDBY",
            "0: keep no process ready that has TensorFlow, the digits and the network; saves the "
            "850 MB that it takes while pages are visited, trainings start some seconds later",
            "1",
            choices=SWITCH,
        ),
        Setting(
            "DIGITLAB_KEEP_RUNS",
            "how many ended runs stay before the oldest, unless kept, are deleted; 0: all",
            "50",
            lowest=0,
        ),
        Setting(
            "DIGITLAB_EXPIRE_DAYS",
            "after how many days an ended run is deleted, unless kept; 0: never",
            {"personal": "0", "class": "0", "public": "7"},
            lowest=0,
        ),
        Setting(
            "DIGITLAB_LOG",
            "from which level on serve.py writes events to its log, one a line: debug, info, "
            "warning or error",
            "info",
            choices=("debug", "info", "warning", "error"),
        ),
        Setting(
            "DIGITLAB_TEACHER_KEY",
            f"opens the teacher's page of a class, at least {SECRET_LENGTH} characters; without "
            "one there is no such page",
            secret=True,
        ),
    )
}


def text(name: str) -> str:
    """The value of a setting. Raises SettingError where it is not allowed."""
    return SETTINGS[name].value()


def whole(name: str) -> int:
    """The value of a setting that is a whole number. Raises SettingError as ``text`` does."""
    return int(text(name))


def mode() -> Mode:
    """For whom the app is run. Raises SettingError as ``text`` does."""
    return cast(Mode, text("DIGITLAB_MODE"))


def among_others() -> bool:
    """Whether more than one person uses the app. A wrong mode counts as yes."""
    return os.environ.get("DIGITLAB_MODE", "personal") != "personal"


def problems() -> list[str]:
    """What is wrong with the settings, a sentence each."""
    found = []
    for setting in SETTINGS.values():
        try:
            setting.value()
        except SettingError as error:
            found.append(str(error))
    return list(dict.fromkeys(found))  # a wrong mode is told once
