"""The settings of an installation: environment variables, their allowed values and their defaults.
`python -m mnist_core settings` prints them.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from mnist_core.errors import DigitLabError

Mode = Literal["personal", "class", "public"]
MODES: tuple[Mode, ...] = ("personal", "class", "public")
SECRET_LENGTH = 12  # least number of characters of a secret
SWITCH = ("0", "1")


class SettingError(DigitLabError, ValueError):
    """An environment variable has a value that is not allowed; the message says which are."""


@dataclass(frozen=True)
class Setting:
    """One environment variable.

    Attributes:
        name: The variable's name.
        meaning: What it sets, in words.
        default: What applies if it is not set: one value, one for each mode, or a function that
            computes it.
        lowest: The lowest value if the setting is a whole number; else None.
        choices: All values that it may have; empty if it may be any text.
        secret: Whether it is a secret, which needs `SECRET_LENGTH` characters and is never shown.
        form: A pattern that the value must match unless it is empty, and a description of it.
        path: What it names, if it is a path: an existing file or folder, or a folder that may still
            have to be made; None: no path.
    """

    name: str
    meaning: str
    default: str | dict[Mode, str] | Callable[[], str] = ""
    lowest: int | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    form: tuple[str, str] | None = None
    path: Literal["file", "folder", "folder to make"] | None = None

    def default_now(self) -> str:
        """What applies if the variable is not set."""
        if isinstance(self.default, dict):
            return self.default[mode()]
        return self.default if isinstance(self.default, str) else self.default()

    def value(self) -> str:
        """The value that applies: the variable's, or else the default.

        Raises:
            SettingError: If the variable has a value that is not allowed.
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
        elif self.form and text and not re.fullmatch(self.form[0], text):
            wrong = f"{self.form[1]}, got {text!r}"
        else:
            return text
        raise SettingError(f"{self.name}: expected {wrong}.")

    def path_problem(self) -> str | None:
        """What is wrong with the path that the variable has, a sentence; None if nothing is."""
        named = path(self.name) if self.path else None
        if named is None:
            return None
        if self.path == "file":
            fits, expected = named.is_file(), "an existing file"
        elif self.path == "folder":
            fits, expected = named.is_dir(), "an existing folder"
        else:
            there = next((one for one in (named, *named.parents) if one.exists()), named)
            fits, expected = there.is_dir(), "a folder, or the path of one that can be made"
        return None if fits else f"{self.name}: expected {expected}, got {str(named)!r}."

    def shown(self) -> str:
        """The variable's value as it may be printed, with secrets hidden; empty if it is not
        set."""
        text = os.environ.get(self.name, "")
        return "•" * 8 if self.secret and text else text


def _slots() -> str:
    """One training for every four cores, but in a class at least two if there are two cores: while
    one of its short trainings loads TensorFlow on one core, another uses the second."""
    cores = os.cpu_count() or 1
    return str(max(min(cores, 2) if mode() == "class" else 1, cores // 4))


def _limit(name: str, meaning: str, defaults: tuple[int, int, int]) -> Setting:
    """A limit with a default for each of `MODES`, in their order; 0 lifts it."""
    by_mode = dict(zip(MODES, map(str, defaults), strict=True))
    return Setting(name, f"{meaning}; 0: any number", by_mode, lowest=0)


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting(
            "DIGITLAB_MODE",
            "personal: one person on their own computer; class, public: each run belongs to the "
            "visitor who started it, and there are limits; class: with a page for the teacher",
            "personal",
            choices=MODES,
        ),
        Setting("MNIST_NPZ", "a file mnist.npz to read instead of downloading one", path="file"),
        Setting("DIGITLAB_RUNS", "where runs are kept", "models/runs", path="folder to make"),
        Setting(
            "DIGITLAB_CACHE",
            "where the downloaded MNIST is kept, and the networks that browsers fetch",
            "the user's cache directory",
            path="folder to make",
        ),
        Setting(
            "DIGITLAB_LESSONS",
            "a folder with your own lessons; a file replaces the shipped lesson of the same name",
            path="folder",
        ),
        Setting("DIGITLAB_OFFLINE", "1: never download", "0", choices=SWITCH),
        Setting(
            "DIGITLAB_SLOTS",
            "how many trainings run at a time; by default one for every four cores, in a class at "
            "least two. With a cluster: how many it has room for, by which a wait is estimated",
            _slots,
            lowest=1,
        ),
        Setting(
            "DIGITLAB_RAY_ADDRESS",
            "the head of a Ray cluster that trains, such as 10.0.0.5:6379; not set: this machine "
            "trains",
            form=(r"[\w.-]+:\d{1,5}", "a host and a port, such as 10.0.0.5:6379"),
        ),
        Setting(
            "DIGITLAB_RAY_CPUS",
            "how many cores of the cluster each training has to itself",
            "2",
            lowest=1,
        ),
        Setting(
            "DIGITLAB_RAY_GPUS",
            "how many GPUs of the cluster each training has to itself",
            "0",
            lowest=0,
        ),
        _limit(
            "DIGITLAB_RUNS_PER_VISITOR",
            "how many runs one visitor may have waiting or in training",
            (3, 2, 1),
        ),
        _limit(
            "DIGITLAB_RUNS_IN_ALL",
            "how many runs of all visitors may be waiting or in training",
            (0, 60, 20),
        ),
        Setting(
            "DIGITLAB_RUNS_PER_SWEEP",
            "how many runs a visitor's sweep may have, at most 24; it counts as one of their runs",
            {"personal": "24", "class": "8", "public": "4"},
            lowest=1,
        ),
        _limit(
            "DIGITLAB_KEPT_PER_VISITOR",
            "how many runs one visitor may keep from being deleted",
            (0, 5, 1),
        ),
        _limit("DIGITLAB_MAX_EPOCHS", "how many epochs a visitor may train", (0, 30, 10)),
        _limit(
            "DIGITLAB_MAX_UNITS",
            "how many hidden units a visitor's network may have, all layers together",
            (0, 4096, 4096),
        ),
        Setting(
            "DIGITLAB_DATA_PER_VISITOR",
            "how many data sets of their own one visitor may have; 0: any number",
            {"personal": "0", "class": "2", "public": "1"},
            lowest=0,
        ),
        Setting(
            "DIGITLAB_DATA_IMAGES",
            "how many images a data set of one's own may have",
            {"personal": "200000", "class": "20000", "public": "5000"},
            lowest=1,
        ),
        Setting(
            "DIGITLAB_DATA_MB",
            "how many megabytes all such data sets may take on the disk together",
            {"personal": "2000", "class": "1000", "public": "500"},
            lowest=1,
        ),
        Setting(
            "DIGITLAB_STANDBY",
            "1: while pages are visited, keep a process ready that has loaded TensorFlow and the "
            "digits, which takes 850 MB; 0: save them, and wait some seconds longer for a training",
            "1",
            choices=SWITCH,
        ),
        Setting(
            "DIGITLAB_KEEP_RUNS",
            "how many ended runs stay; older ones are deleted unless kept; 0: all stay",
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
            "the lowest level of the events that serve.py logs, one a line: debug, info, warning "
            "or error",
            "info",
            choices=("debug", "info", "warning", "error"),
        ),
        Setting(
            "DIGITLAB_SIGN_IN",
            "1: in a class and in public visitors sign in first, with the OpenID Connect provider "
            "that .streamlit/secrets.toml names",
            "0",
            choices=SWITCH,
        ),
        Setting(
            "DIGITLAB_TEACHER_KEY",
            f"the key to the teacher's page of a class, at least {SECRET_LENGTH} characters; "
            "without one the page stays closed",
            secret=True,
        ),
    )
}


def text(name: str) -> str:
    """The value of a setting. Raises SettingError if it is not allowed."""
    return SETTINGS[name].value()


def path(name: str) -> Path | None:
    """The file or directory that a setting names, with `~` expanded; None if it is not set."""
    named = os.environ.get(SETTINGS[name].name)
    return Path(named).expanduser() if named else None


def cache_directory() -> Path:
    """Where the app keeps what it can fetch or make again: DIGITLAB_CACHE, or a folder in the
    user's cache directory."""
    if chosen := path("DIGITLAB_CACHE"):
        return chosen
    import platformdirs

    return platformdirs.user_cache_path("digit-lab")


def whole(name: str) -> int:
    """The value of a setting that is a whole number. Raises SettingError as `text` does."""
    return int(text(name))


def mode() -> Mode:
    """Whom the app is run for. Raises SettingError as `text` does."""
    return cast(Mode, text("DIGITLAB_MODE"))


def is_shared() -> bool:
    """Whether more than one person uses the app. A wrong mode counts as yes."""
    return os.environ.get("DIGITLAB_MODE", "personal") != "personal"


def problems() -> list[str]:
    """What is wrong with the settings, a sentence each. Paths are looked up."""
    messages = []
    for setting in SETTINGS.values():
        try:
            setting.value()
        except SettingError as error:
            messages.append(str(error))
        if problem := setting.path_problem():
            messages.append(problem)
    return list(dict.fromkeys(messages))  # several settings report a wrong mode


def unknown() -> list[str]:
    """A sentence for each environment variable that is named like a setting and is none: of one
    that is misspelt the default applies."""
    messages = []
    for name in sorted(os.environ):
        if name.startswith("DIGITLAB_") and name not in SETTINGS:
            similar = difflib.get_close_matches(name, SETTINGS, n=1, cutoff=0.8)
            meant = f", perhaps {similar[0]} is meant" if similar else ""
            messages.append(f"{name}: there is no such setting{meant}.")
    return messages
