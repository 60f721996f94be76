"""Components with JavaScript, which Streamlit takes as one text."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_IMPORT = re.compile(r'^import \{\s*\w+(?:,\s*\w+)*,?\s*\} from "(\.[\w./]+)";\n', re.MULTILINE)

# Comments on lines of their own: Streamlit sends a component's script each time that it is shown.
_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*\*(?s:(?!\*/).)*\*/[ \t]*)\n", re.MULTILINE)


@cache
def component(file: str, html: str) -> ComponentRenderer:
    """The component of the script of the same name beside a Python file, with the page's styles.

    Args:
        file: The Python file, as `__file__`.
        html: What the script finds in its element; made by this app.
    """
    name = f"digit_lab_{Path(file).stem}"
    return st.components.v2.component(name, html=html, js=javascript(file), isolate_styles=False)


@cache
def waiting_component(file: str, html: str) -> ComponentRenderer:
    """A component whose script is not sent with it: `invisible` sends that once, outside of the
    fragment that shows the component, and it offers itself by sent_once.js under the name of the
    Python file.

    Streamlit sends a component's script each time the component is shown, and all of it again if
    only the data have changed.

    Args:
        file, html: As for `component`.
    """
    name = Path(file).stem
    script = javascript(Path(__file__).with_name("sent_once.py"))
    script += f'\nexport default (component) => whenOffered("{name}", component);\n'
    return st.components.v2.component(
        f"digit_lab_waiting_{name}", html=html, js=script, isolate_styles=False
    )


def invisible(file: str, key: str, data: object = None, **callbacks: Any) -> None:
    """Run the script of the same name beside a Python file; the page shows nothing of it.

    Args:
        file: The Python file, as `__file__`.
        key: The component's key, different from all others on the page.
        data: What the script gets.
        callbacks: `on_name_change`, called when the script sets the value or trigger "name".
    """
    _invisible(file)(key=key, data=data, height=1, **callbacks)


@cache
def _invisible(file: str) -> ComponentRenderer:
    return st.components.v2.component(f"digit_lab_{Path(file).stem}", js=javascript(file))


def javascript(component: Path | str) -> str:
    """The script of the same name beside a Python file, after the modules that it imports, without
    comments.

    Streamlit gives the browser the text under an address of its own (`blob:`), from which relative
    imports lead nowhere. So each imported module stands in the text once, before the first that
    needs it, and the imports are left out; its `export`s do no harm. The text comes with the page,
    so nothing more is fetched, and the browser compiles it once in the life of a page.

    Args:
        component: The Python file, as `__file__`.

    Raises:
        FileNotFoundError: where a script is missing.
        ValueError: where an import is not of the form `import { a, b } from "./file.js";`.
    """
    texts: dict[Path, str] = {}
    _collect(Path(component).resolve().with_suffix(".js"), texts)
    return _COMMENT.sub("", "\n".join(texts.values()))


def _collect(script: Path, texts: dict[Path, str]) -> None:
    if script in texts:
        return
    text = script.read_text("utf-8")
    for imported in _IMPORT.findall(text):
        _collect((script.parent / imported).resolve(), texts)
    text = _IMPORT.sub("", text)
    if other := re.search(r"^import\b.*", text, re.MULTILINE):
        raise ValueError(f"{script.name} should import by names alone and has: {other[0]}")
    texts[script] = text
