"""The tests of the app's JavaScript, and the one text that a component's modules become."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pages.components.shell.javascript import javascript

ROOT = Path(__file__).parents[2]
COMPONENTS = sorted(
    script.with_suffix(".py")
    for script in (ROOT / "pages").rglob("*.js")
    if "\nexport default " in script.read_text("utf-8")
)


def test_the_javascript_passes_its_tests(node):
    scripts = sorted(Path(__file__).parent.glob("*.test.js"))
    result = subprocess.run(
        [node, "--test", *map(str, scripts)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    passed = re.search(r"^(?:#|ℹ) pass (\d+)", result.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) >= 40


def test_components_are_found():
    assert {"canvas.py", "clickable.py", "digit_map.py", "live_bars.py", "live_curves.py"} <= {
        component.name for component in COMPONENTS
    }


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda path: path.stem)
def test_a_components_modules_make_one_module(node, tmp_path, component):
    script = tmp_path / "component.mjs"
    script.write_text(javascript(component), "utf-8")
    text = script.read_text("utf-8")
    assert text.count("export default") == 1
    result = subprocess.run(
        [node, "--check", str(script)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def write(folder: Path, **scripts: str) -> Path:
    """Scripts by name; the Python file that would lie beside the one named `main`."""
    for name, text in scripts.items():
        (folder / f"{name}.js").write_text(text, "utf-8")
    return folder / "main.py"


def test_imported_modules_come_first_and_once(tmp_path):
    main = write(
        tmp_path,
        main='import { a } from "./one.js";\nimport {\n  b,\n  c,\n} from "./two.js";\nf(a);\n',
        one='import { c } from "./two.js";\nexport const a = c;\n',
        two="export const b = 1;\nexport const c = 2;\n",
    )
    assert javascript(main).split("\n") == [
        "export const b = 1;", "export const c = 2;", "",
        "export const a = c;", "",
        "f(a);", "",
    ]  # fmt: skip


def test_comments_on_lines_of_their_own_are_not_sent(tmp_path):
    code = 'const a = "/* // */"; // one\n/** @type {A} */ (b).c();\nd();\n'
    head = "// Head\n\n/**\n * Says.\n * @param {A} a */\n"
    main = write(tmp_path, main=f"{head}{code}  // more\n/** That. */\nf(a);\n")
    assert javascript(main) == f"\n{code}f(a);\n"


@pytest.mark.parametrize(
    "line",
    [
        'import { a as b } from "./one.js";',
        'import * as one from "./one.js";',
        'import one from "./one.js";',
        'import "./one.js";',
        'import { a } from "one";',
    ],
)
def test_other_imports_are_refused(tmp_path, line):
    main = write(tmp_path, main=f"{line}\n", one="export const a = 1;\n")
    with pytest.raises(ValueError, match=r"main\.js .*import"):
        javascript(main)


def test_a_missing_module_is_named(tmp_path):
    main = write(tmp_path, main='import { a } from "./absent.js";\n')
    with pytest.raises(FileNotFoundError, match=r"absent\.js"):
        javascript(main)
