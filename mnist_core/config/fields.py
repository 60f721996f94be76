"""Frozen dataclasses that check their fields and have a JSON form.

What a field may hold is written beside its type::

    units: Annotated[int, Range(1, 4096)] = 128
    activation: Annotated[str, OneOf(ACTIVATIONS)] = "relu"

Pydantic is not used: its import and models added 0.12 s of processor time (15 %) to the first
opening of the Draw page, which reads runs and so could not defer them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from decimal import Decimal
from types import UnionType
from typing import (
    Annotated,
    Any,
    NamedTuple,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from mnist_core.errors import DigitLabError


class ConfigError(DigitLabError, ValueError):
    """Some fields are wrong. Correct those that the message names.

    Attributes:
        problems: By the field's path, such as `layers[0].units`: what was expected and what was
            found.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{field}: {text}" for field, text in problems.items()))


_Kind = TypeVar("_Kind", bound="Checked")
_known: dict[type, dict[str, _Field]] = {}


class Range(NamedTuple):
    """A number from `lowest` to `highest`; both ends are allowed."""

    lowest: float
    highest: float


@dataclass(frozen=True)
class OneOf:
    """One of these words."""

    options: tuple[str, ...]


@dataclass(frozen=True)
class Matching:
    """Text that a regular expression matches as a whole; `words` describe it in messages."""

    pattern: str
    words: str


@dataclass(frozen=True)
class Length:
    """A list of `lowest` to `highest` things."""

    lowest: int
    highest: int
    things: str


@dataclass(frozen=True)
class Checked:
    """Base of the dataclasses described above.

    Raises:
        ConfigError: On creation, listing every wrong field.
    """

    def __post_init__(self) -> None:
        values = {name: getattr(self, name) for name in _fields(type(self))}
        _raise_if_any(_problems(type(self), values, ""))
        for name, field in _fields(type(self)).items():  # groups and lists may be in JSON form
            object.__setattr__(self, name, _built_field(field, values[name]))

    @classmethod
    def limits(cls, field: str) -> Range:
        """The range of a field that is a number."""
        return next(rule for rule in _fields(cls)[field].rules if isinstance(rule, Range))

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """The inverse of `to_dict`; fields left out take their defaults.

        Raises:
            ConfigError: For unknown, missing and wrong fields, all at once.
        """
        _raise_if_any(_problems(cls, data, ""))
        return _built(cls, data)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, without fields that are None; `from_dict` is its inverse."""
        values = {field: getattr(self, field) for field in _fields(type(self))}
        return {field: _plain(value) for field, value in values.items() if value is not None}

    def with_changes(self, **changes: object) -> Self:
        """A copy with some fields changed, validated again.

        Args:
            changes: A field's new value; for a group of fields, also a dict of the fields that
                change. A dict for an absent group adds the group, with defaults for the rest; None
                removes it.

        Raises:
            ConfigError: As for `from_dict`.
        """
        values = {field: getattr(self, field) for field in _fields(type(self))}
        for field, change in changes.items():
            if isinstance(change, dict) and isinstance(old := values.get(field), Checked):
                change = {name: getattr(old, name) for name in _fields(type(old))} | change
            values[field] = change
        return type(self).from_dict(values)


class _Field(NamedTuple):
    """What a field may hold."""

    kind: type
    rules: tuple[Any, ...]
    optional: bool
    parts: type | None  # of the values in a list; else None
    required: bool


def _fields(kind: type[Checked]) -> dict[str, _Field]:
    """The fields of a dataclass by name."""
    if kind not in _known:
        hints = get_type_hints(kind, include_extras=True)
        _known[kind] = {field.name: _field(field, hints[field.name]) for field in fields(kind)}
    return _known[kind]


def _field(field: Field[Any], hint: Any) -> _Field:
    if optional := get_origin(hint) in (Union, UnionType):
        hint = get_args(hint)[0]
    kind, *rules = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    parts = get_args(kind)[0] if get_origin(kind) is tuple else None
    required = field.default is field.default_factory is MISSING
    return _Field(tuple if parts else kind, tuple(rules), optional, parts, required)


def _raise_if_any(problems: dict[str, str]) -> None:
    if problems:
        raise ConfigError(problems)


def _problems(kind: type[Checked], value: object, path: str) -> dict[str, str]:
    """What is wrong with `value`, an instance of `kind` or its JSON form, by the field's path."""
    if isinstance(value, kind):
        return {}  # checked when it was made
    if not isinstance(value, Mapping):
        return {path or "config": f"expected an object of fields, got {value!r:.80}"}
    prefix, known = f"{path}." if path else "", _fields(kind)
    found = {
        f"{prefix}{name}": "is missing"
        for name, field in known.items()
        if field.required and name not in value
    }
    for name, part in value.items():
        if field := known.get(name):
            found |= _problems_of_field(field, part, f"{prefix}{name}")
        else:
            choice = ", ".join(sorted(known))
            found[f"{prefix}{name}"] = f"unknown field; expected one of {choice}"
    return found


def _problems_of_field(field: _Field, value: object, path: str) -> dict[str, str]:
    if field.optional and value is None:
        return {}
    if field.parts:
        return _problems_of_list(field.parts, field.rules[0], value, path)
    if issubclass(field.kind, Checked):
        return _problems(field.kind, value, path)
    expected = _expected(field.kind, field.rules, value)
    return {path: f"expected {expected}, got {_shown(value)}"} if expected else {}


def _problems_of_list(
    kind: type[Checked], length: Length, value: object, path: str
) -> dict[str, str]:
    ends = f"{length.lowest}–{length.highest} {length.things}"
    if not isinstance(value, list | tuple):
        return {path: f"expected {ends}, got {_shown(value)}"}
    if not length.lowest <= len(value) <= length.highest:
        return {path: f"expected {ends}, got {len(value)}"}
    found: dict[str, str] = {}
    for index, part in enumerate(value):
        found |= _problems(kind, part, f"{path}[{index}]")
    return found


def _expected(kind: type, rules: tuple[Any, ...], value: Any) -> str:
    """What was expected of a single value; empty if it is allowed."""
    for rule in rules:
        if isinstance(rule, Range):
            number = isinstance(value, int) or (kind is float and isinstance(value, float))
            if not number or isinstance(value, bool) or not rule.lowest <= value <= rule.highest:
                noun = "a whole number" if kind is int else "a number"
                return f"{noun} from {_digits(rule.lowest)} to {_digits(rule.highest)}"
        elif isinstance(rule, OneOf) and not (isinstance(value, str) and value in rule.options):
            return f"one of {', '.join(rule.options)}"
        elif isinstance(rule, Matching) and not (
            isinstance(value, str) and re.fullmatch(rule.pattern, value)
        ):
            return rule.words
    if kind is bool and not isinstance(value, bool):
        return "true or false"
    return "text" if kind is str and not isinstance(value, str) else ""


def _digits(number: float) -> str:
    """A number as people write it: 0.000001 instead of 1e-06."""
    return f"{Decimal(f'{number:g}'):f}"


def _shown(value: object) -> str:
    """A value as messages show it: 2 instead of 2.0, and at most 80 characters."""
    if value is None:
        return "nothing"
    whole = isinstance(value, float) and value.is_integer()
    return f"{value:.0f}"[:80] if whole else f"{value!r:.80}"


def _built(kind: type[_Kind], value: Any) -> _Kind:
    """The instance that a value without problems describes, without checking it again."""
    if isinstance(value, kind):
        return value
    made, known = object.__new__(kind), _fields(kind)
    for field in fields(kind):
        part = value.get(field.name, field.default)
        object.__setattr__(made, field.name, _built_field(known[field.name], part))
    return made


def _built_field(field: _Field, value: Any) -> Any:
    if value is None:
        return None
    if field.parts:
        return tuple(_built(field.parts, part) for part in value)
    return _built(field.kind, value) if issubclass(field.kind, Checked) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Checked):
        return value.to_dict()
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
