"""Texts in which terms of art are explained in place: a dotted underline, and the glossary's text
for whoever points, taps or presses Enter there."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from functools import cache
from html import escape

import streamlit as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mnist_core.lessons import glossary
from mnist_core.lessons.glossary import Term


def explained(markdown: str, *, caption: bool = False) -> None:
    """Show a text; the first occurrence of each term in it is explained in place.

    Args:
        markdown: CommonMark and tables. HTML in it is shown as it is written, and pictures are
            left out.
        caption: Whether it is small and grey.
    """
    look = "explained in-caption" if caption else "explained"
    st.html(f'<div class="{look}">{html(markdown)}</div>')


@dataclass
class _Seen:
    """The terms that were explained in a text, and a name for it, which makes ids unique."""

    text: str
    terms: set[str] = field(default_factory=set)


@st.cache_data(show_spinner=False, max_entries=256)
def html(markdown: str) -> str:
    """The text as HTML, see `explained`."""
    tokens, seen = _parser().parse(markdown), _Seen(f"{zlib.crc32(markdown.encode()):x}")
    for token in tokens:
        if token.type == "inline":
            token.children = _with_terms(token.children or [], seen)
    return _parser().renderer.render(tokens, _parser().options, {})


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _with_terms(tokens: list[Token], seen: _Seen) -> list[Token]:
    """The tokens with explanations of the terms that were not seen yet; none within links."""
    marked, within = [], 0
    for token in tokens:
        within += token.nesting if token.type.startswith("link_") else 0
        if token.type != "text" or within:
            marked.append(token)
            continue
        raw = Token("html_inline", "", 0)
        raw.content = _marked(token.content, seen)
        marked.append(raw)
    return marked


def _marked(text: str, seen: _Seen) -> str:
    parts, end = [], 0
    for match in glossary.pattern().finditer(text):
        term = glossary.by_form()[match[0].lower()]
        if term.name not in seen.terms:
            seen.terms.add(term.name)
            parts += [escape(text[end : match.start()]), _button(match[0], term, seen.text)]
            end = match.end()
    return "".join([*parts, escape(text[end:])])


def _button(written: str, term: Term, text: str) -> str:
    name = "term-" + re.sub(r"\W+", "-", term.name.lower()) + f"-{text}"
    return (
        f'<button type="button" class="term" popovertarget="{name}">{escape(written)}</button>'
        f'<span popover id="{name}" class="meaning"><b>{escape(term.name)}</b> '
        f"{escape(term.meaning)}</span>"
    )
