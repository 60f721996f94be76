"""Placeholders and conditional lines of a lesson's text."""

import math

import pytest

from mnist_core.lessons import template
from mnist_core.lessons.template import Figure, TemplateError

FIGURES = {"a.loss": Figure(0.25, "0.250"), "b": Figure(2, "2"), "no": Figure(math.nan, "–")}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a.loss < 0.5", True),
        ("a.loss<b and b >= 2", True),
        ("a.loss < b and b > 2", False),
        ("b == 2", True),
        ("b != 2", False),
        ("-1 <= a.loss", True),
        ("no < 1", False),
        ("no >= 1", False),
    ],
)
def test_a_condition_compares_figures_and_numbers(condition, expected):
    assert template.holds(condition, FIGURES) is expected


@pytest.mark.parametrize(
    "condition", ["", "b", "b = 2", "b < 2 or b > 3", "__import__('os')", "b < (2)", "b < 2 and"]
)
def test_what_is_no_condition_is_refused(condition):
    with pytest.raises(TemplateError, match="expected a condition"):
        template.holds(condition, FIGURES)


def test_of_conditional_lines_the_first_that_holds_is_shown():
    lines = "{if b > 2}more\n{else if b == 2}two: {b}\n{else if b < 9}3\n{else}none\nloss {a.loss}"
    assert template.fill(lines, FIGURES) == "two: 2\nloss 0.250"
    assert template.fill("{if b > 2}more\n{else}less", FIGURES) == "less"
    assert template.fill("{if b == 2}two\n{else}other\n{if b > 9}nine", FIGURES) == "two"


def test_problems_are_reported_with_their_lines():
    lines = "fine {b}\n{else} alone\n{c}\n{if d > 1}x\n{else if b > 1}y\n{if b}z"
    found = template.find_problems(lines, FIGURES)
    assert [number for number, _ in found] == [1, 2, 3, 5]
    assert found[0][1] == "{else} follows no line with {if …}"
    assert found[1][1] == "there is no figure 'c'; expected one of a.loss, b, no"
    assert template.find_problems("{else if b > 1}y", FIGURES)
    assert not template.find_problems("{if b > 1}x {b}\n{else}y", FIGURES)
