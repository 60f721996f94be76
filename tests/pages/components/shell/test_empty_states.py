"""What pages say where there is nothing to show stands in one place."""

import ast
import re
from pathlib import Path

from pages.components.shell import empty_states

ROOT = Path(__file__).parents[4]
PLACE = Path(empty_states.__file__)
EMPTY = re.compile(
    r"appears? here|grow here|[Tt]here is no\b|^Th(is|e) \w+ has no\b|^Nothing (is|yet|saved)\b"
    r"|^No \w+ (fits|match)"
)


def sentences(path: Path) -> list[str]:
    """The texts in a file of more than two words, without docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in statements
        and node.value.count(" ") > 1
    ]


def test_no_other_file_has_a_text_for_an_empty_state():
    assert sum(EMPTY.search(text) is not None for text in sentences(PLACE)) > 5
    for path in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]:
        if path != PLACE:
            assert [text for text in sentences(path) if EMPTY.search(text)] == [], path
