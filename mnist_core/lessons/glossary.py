"""Technical terms and what they mean: one file, `lessons/glossary.toml`, for all pages."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from mnist_core.config.fields import Checked, Length, Matching

FILE = Path(__file__).resolve().parents[2] / "lessons" / "glossary.toml"


@dataclass(frozen=True)
class Term(Checked):
    """A term.

    Attributes:
        forms: The ways to write it, separated by commas; the first is its name.
        meaning: What it means, one or two sentences.
    """

    forms: Annotated[str, Matching("[^\n]{1,100}", "a line of 1–100 characters")]
    meaning: Annotated[str, Matching("[^\n]{1,300}", "a line of 1–300 characters")]

    @property
    def name(self) -> str:
        return self.forms.split(",")[0].strip()


@dataclass(frozen=True)
class Glossary(Checked):
    """All terms."""

    terms: Annotated[tuple[Term, ...], Length(1, 200, "terms")]


@cache
def terms() -> list[Term]:
    """All terms in alphabetical order.

    Raises:
        ConfigError, TOMLDecodeError: The glossary that ships is damaged.
    """
    glossary = Glossary.from_dict(tomllib.loads(FILE.read_text("utf-8")))
    return sorted(glossary.terms, key=lambda term: term.name.lower())


@cache
def by_form() -> dict[str, Term]:
    """The terms by each of their forms, in lower case."""
    return {form.strip().lower(): term for term in terms() for form in term.forms.split(",")}


@cache
def pattern() -> re.Pattern[str]:
    """A pattern that finds terms in a text; of several that begin at the same place, the
    longest."""
    forms = sorted(by_form(), key=len, reverse=True)
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, forms))})(?!\w)", re.IGNORECASE)
