"""Frozen dataclasses that check their fields and have a JSON form.

What a field may hold is written beside its type::

    units: Annotated[int, Range(1, 4096)] = 128
    activation: Annotated[str, OneOf(ACTIVATIONS)] = "relu"

Not pydantic: its import and models added 0.12 s of processor time (15 %) to the first opening of
the Draw page, which reads runs and so could not put them off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Self, Union, get_args, get_origin, get_type_hints

from mnist_core.errors import DigitLabError


class ConfigError(DigitLabError, ValueError):
    """Some fields are wrong. Correct those that are named.

    Attributes:
        problems: path of the field, such as ``layers[0].units`` → what was expected and what came.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{field}: {text}" for field, text in problems.items()))


_known: dict[type, dict[str, Any]] = {}


class Range(NamedTuple):
    """A number from ``lowest`` to ``highest``; both ends are allowed."""

    lowest: float
    highest: float


@dataclass(frozen=True)
class OneOf:
    """One of these words."""

    options: tuple[str, ...]


@dataclass(frozen=True)
class Matching:
    """Text that is all matched by a regular expression; ``words`` say it for people."""

    pattern: str
    words: str


@dataclass(frozen=True)
class Length:
    """A list of so many things."""

    lowest: int
    highest: int
    things: str


@dataclass(frozen=True)
class Checked:
    """Base of the dataclasses described above. On creation, every wrong field is found at once.

    Raises:
        ConfigError: on creation, listing every wrong field.
    """

    def __post_init__(self) -> None:
        values = {field: getattr(self, field) for field in _hints(type(self))}
        _raise_if_any(_problems(type(self), values, ""))

    @classmethod
    def limits(cls, field: str) -> Range:
        """The range of a field that is a number."""
        return next(rule for rule in get_args(_hints(cls)[field]) if isinstance(rule, Range))

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """The inverse of ``to_dict``; fields left out take their defaults.

        Raises:
            ConfigError: for unknown, missing and wrong fields, all at once.
        """
        _raise_if_any(_problems(cls, data, ""))
        return _built(cls, data)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, without fields that are None; ``from_dict`` is its inverse."""
        values = {field: getattr(self, field) for field in _hints(type(self))}
        return {field: _plain(value) for field, value in values.items() if value is not None}

    def with_changes(self, **changes: object) -> Self:
        """A copy with some fields changed, validated again.

        Args:
            changes: a field's new value; for a group of fields also a dict of those in it that
                change. A group that is absent comes to be with its defaults; None removes it.

        Raises:
            ConfigError: as ``from_dict``.
        """
        values = {field: getattr(self, field) for field in _hints(type(self))}
        for field, change in changes.items():
            if isinstance(change, dict) and isinstance(old := values.get(field), Checked):
                change = {name: getattr(old, name) for name in _hints(type(old))} | change
            values[field] = change
        return type(self).from_dict(values)


def _hints(kind: type) -> dict[str, Any]:
    """The fields of a dataclass and their types."""
    if kind not in _known:
        hints = get_type_hints(kind, include_extras=True)
        _known[kind] = {field.name: hints[field.name] for field in fields(kind)}
    return _known[kind]


def _raise_if_any(problems: dict[str, str]) -> None:
    if problems:
        raise ConfigError(problems)


def _problems(hint: Any, value: object, path: str) -> dict[str, str]:
    """What keeps ``value``, as it is or in its JSON form, from being a ``hint``, by path."""
    if get_origin(hint) in (Union, UnionType):
        if value is None and NoneType in get_args(hint):
            return {}
        return _problems(get_args(hint)[0], value, path)
    if get_origin(hint) is Annotated:
        kind, *rules = get_args(hint)
    else:
        kind, rules = hint, []
    if get_origin(kind) is tuple:
        return _problems_of_list(kind, rules, value, path)
    if isinstance(kind, type) and issubclass(kind, Checked):
        return _problems_of_group(kind, value, path)
    expected = _expected(kind, rules, value)
    return {path: f"expected {expected}, got {value!r:.80}"} if expected else {}


def _problems_of_group(kind: type[Checked], value: object, path: str) -> dict[str, str]:
    if isinstance(value, kind):
        return {}  # checked when it was made
    if not isinstance(value, Mapping):
        return {path or "config": f"expected an object of fields, got {value!r:.80}"}
    prefix, known = f"{path}." if path else "", _hints(kind)
    needed = (f.name for f in fields(kind) if f.default is f.default_factory is MISSING)
    found = {f"{prefix}{field}": "is missing" for field in needed if field not in value}
    for field, part in value.items():
        if field in known:
            found |= _problems(known[field], part, f"{prefix}{field}")
        else:
            choice = ", ".join(sorted(known))
            found[f"{prefix}{field}"] = f"unknown field; expected one of {choice}"
    return found


def _problems_of_list(kind: Any, rules: list[Any], value: object, path: str) -> dict[str, str]:
    length = next(rule for rule in rules if isinstance(rule, Length))
    ends = f"{length.lowest}–{length.highest} {length.things}"
    if not isinstance(value, list | tuple):
        return {path: f"expected {ends}, got {value!r:.80}"}
    if not length.lowest <= len(value) <= length.highest:
        return {path: f"expected {ends}, got {len(value)}"}
    found: dict[str, str] = {}
    for index, part in enumerate(value):
        found |= _problems(get_args(kind)[0], part, f"{path}[{index}]")
    return found


def _expected(kind: type, rules: list[Any], value: Any) -> str:
    """What a single value should have been; empty where it is."""
    for rule in rules:
        if isinstance(rule, Range):
            number = isinstance(value, int) or (kind is float and isinstance(value, float))
            if not number or isinstance(value, bool) or not rule.lowest <= value <= rule.highest:
                noun = "a whole number" if kind is int else "a number"
                return f"{noun} from {rule.lowest:g} to {rule.highest:g}"
        elif isinstance(rule, OneOf) and not (isinstance(value, str) and value in rule.options):
            return f"one of {', '.join(rule.options)}"
        elif isinstance(rule, Matching) and not (
            isinstance(value, str) and re.fullmatch(rule.pattern, value)
        ):
            return rule.words
    if kind is bool and not isinstance(value, bool):
        return "true or false"
    return "text" if kind is str and not isinstance(value, str) else ""


def _built(hint: Any, value: Any) -> Any:
    """The instance that a value without problems describes."""
    if get_origin(hint) in (Union, UnionType):
        return None if value is None else _built(get_args(hint)[0], value)
    kind = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if get_origin(kind) is tuple:
        return tuple(_built(get_args(kind)[0], part) for part in value)
    if isinstance(kind, type) and issubclass(kind, Checked) and not isinstance(value, kind):
        return kind(**{field: _built(_hints(kind)[field], part) for field, part in value.items()})
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Checked):
        return value.to_dict()
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
