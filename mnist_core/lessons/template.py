"""A lesson's text, into which a visitor's own figures are filled: placeholders and conditional
lines.

`{low.val_accuracy}` stands for a figure. A line that begins with `{if low.loss > right.loss}` is
shown only if that holds; the lines after it may begin with `{else if …}` and `{else}`. Conditions
compare figures and numbers, and may be joined by `and`; no code is evaluated.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from mnist_core.errors import DigitLabError

NAME = r"[a-z_]+[0-9]*(?:\.[a-z_]+[0-9]*)?"
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_COMPARISON = re.compile(rf"\s*({NAME}|{_NUMBER})\s*(<=|>=|==|!=|<|>)\s*({NAME}|{_NUMBER})\s*")
_CONDITIONAL = re.compile(r"\{(if|else if|else)\b([^{}]*)\}\s*(.*)")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class TemplateError(DigitLabError, ValueError):
    """A placeholder or a condition is wrong; the message says how."""


class Figure(NamedTuple):
    """A measured figure: its value, and how it is written."""

    value: float
    text: str


def holds(condition: str, figures: Mapping[str, Figure]) -> bool:
    """Whether a condition holds. If a figure is NaN, no comparison with it holds except `!=`.

    Raises:
        TemplateError: It is not a condition, or names a figure that does not exist.
    """

    def value(term: str) -> float:
        return figures[term].value if re.fullmatch(NAME, term) else float(term)

    return all(
        _OPERATORS[sign](value(left), value(right))
        for left, sign, right in _comparisons(condition, figures)
    )


def check_condition(condition: str, known: Collection[str]) -> None:
    """Raise TemplateError unless this is a condition on figures with these names."""
    _comparisons(condition, known)


def fill(markdown: str, figures: Mapping[str, Figure]) -> str:
    """The text with figures in place of placeholders, and without the lines whose condition fails.

    Raises:
        TemplateError: A placeholder or condition is wrong, see `find_problems`.
    """
    lines, shown = [], None  # whether one of the conditional lines just above was shown
    for line in markdown.splitlines():
        if not (match := _CONDITIONAL.match(line)):
            shown = None
            lines.append(line)
            continue
        kind, condition, rest = match.groups()
        before = kind != "if" and bool(shown)
        shown = not before and (kind == "else" or holds(condition, figures))
        if shown:
            lines.append(rest)
        shown = shown or before
    return _PLACEHOLDER.sub(lambda match: _figure(match[1], figures).text, "\n".join(lines))


def find_problems(markdown: str, known: Collection[str]) -> list[tuple[int, str]]:
    """What is wrong with the placeholders and conditions of a text: the line, from 0, and why.

    Args:
        markdown: The text.
        known: The names of the figures that will exist.
    """
    found, conditional = [], False
    for number, line in enumerate(markdown.splitlines()):
        match = _CONDITIONAL.match(line)
        try:
            if match:
                kind, condition, line = match.groups()
                if kind != "if" and not conditional:
                    raise TemplateError(f"{{{kind}}} follows no line with {{if …}}")
                if kind != "else":
                    check_condition(condition, known)
            for name in _PLACEHOLDER.findall(line):
                if name not in known:
                    raise _unknown(name, known)
        except TemplateError as error:
            found.append((number, str(error)))
        conditional = match is not None
    return found


def _comparisons(condition: str, known: Collection[str]) -> list[tuple[str, str, str]]:
    found = []
    for part in re.split(r"\band\b", condition):
        match = _COMPARISON.fullmatch(part)
        if match is None:
            raise TemplateError(
                f"expected a condition such as a.loss < 0.5 and b.loss > 1, got {condition!r:.80}"
            )
        left, sign, right = match.groups()
        for term in (left, right):
            if re.fullmatch(NAME, term) and term not in known:
                raise _unknown(term, known)
        found.append((left, sign, right))
    return found


def _figure(name: str, figures: Mapping[str, Figure]) -> Figure:
    if name not in figures:
        raise _unknown(name, figures)
    return figures[name]


def _unknown(name: str, known: Collection[str]) -> TemplateError:
    return TemplateError(
        f"there is no figure {name!r:.60}; expected one of {', '.join(sorted(known))}"
    )
