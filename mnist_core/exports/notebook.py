"""A Keras script as a Jupyter notebook: a cell for each function, and one for each step between
them."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

_FILE = "\nFILE = None  # the path of an mnist.npz; without one, Keras downloads MNIST\n"


def notebook(script: str) -> str:
    """A notebook (nbformat 4.5, JSON) that does the same as a script from `keras_script`. Instead
    of the script's argument it has a variable, in its first code cell."""
    script = script.replace("import sys\n", "").replace("len(sys.argv) < 2", "FILE is None")
    script = script.replace("sys.argv[1]", "FILE")
    tree = ast.parse(script)
    title, *statements = tree.body
    heading = (ast.get_docstring(tree) or "").split("\n    pip install")[0].strip()
    named, *rest = heading.split("\n")  # a run's name is not Markdown
    heading = "\n".join([re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", named), *rest])
    cells = [_cell("markdown", f"# {heading}\n\nIt needs TensorFlow: `pip install tensorflow`.")]
    lines, start, before = script.split("\n"), (title.end_lineno or 0) + 1, ""
    for statement in [*statements, None]:
        here = _first_line(statement) if statement else len(lines) + 1
        kind = type(statement).__name__ if statement else ""
        alone = kind in ("FunctionDef", "ClassDef") or before in ("FunctionDef", "ClassDef")
        step = isinstance(statement, ast.Expr) or before == "Expr"  # a step, not a definition
        if before and (statement is None or alone or step):
            text = "\n".join(lines[start - 1 : here - 1]).strip()
            cells.append(_cell("code", text + (_FILE if len(cells) == 1 else "")))
            start = here
        before = kind
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    book = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1) + "\n"


def _first_line(statement: ast.stmt) -> int:
    """Where a statement begins, its decorators included."""
    return min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])


def _cell(kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": text}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
