"""Every key of the session state that modules share has one name, which no widget has."""

import ast
from collections import defaultdict
from pathlib import Path

from pages.components.shell import state

ROOT = Path(__file__).parents[4]
FILES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
KEYS = {name: value for name, value in vars(state).items() if name.isupper()}
ACCESSES = {"get", "pop", "setdefault"}


def is_state(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "session_state"


def literal_keys(path: Path) -> set[str]:
    """Keys of the session state that a file names by a string of its own."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        key: ast.AST | None = None
        if isinstance(node, ast.Subscript) and is_state(node.value):
            key = node.slice
        elif isinstance(node, ast.Compare) and is_state(node.comparators[0]):
            key = node.left
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ACCESSES
            and is_state(node.func.value)
        ):
            key = node.args[0]
        if isinstance(key, ast.Constant):
            found.add(key.value)
    return found


def widget_keys(path: Path) -> set[str]:
    """What a file passes as `key=`, by a string of its own or a constant of the module."""
    tree = ast.parse(path.read_text("utf-8"))
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "key":
            if isinstance(node.value, ast.Constant):
                found.add(node.value.value)
            elif isinstance(node.value, ast.Name):
                found.add(constants.get(node.value.id) or KEYS.get(node.value.id))
    return found


def test_the_names_differ():
    assert len(set(KEYS.values())) == len(KEYS) > 5


def test_none_is_the_key_of_a_widget():
    for path in FILES:
        assert not widget_keys(path) & set(KEYS.values()), path


def test_a_key_that_several_modules_use_stands_in_the_list():
    users = defaultdict(set)
    for path in FILES:
        for key in literal_keys(path):
            users[key].add(path.name)
    assert users  # or the search finds nothing
    assert not set(users) & set(KEYS.values())
    assert {key: names for key, names in users.items() if len(names) > 1} == {}
