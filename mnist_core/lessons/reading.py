"""Lessons as files: a header in TOML between lines of +++, then Markdown.

Whatever is wrong with a file is reported with its line, and the other lessons still work.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from mnist_core.config import settings
from mnist_core.config.config import TrainingConfig
from mnist_core.config.fields import ConfigError
from mnist_core.config.presets import PRESETS
from mnist_core.config.sizes import TRAINING_DIGITS
from mnist_core.errors import DigitLabError
from mnist_core.lessons import measuring, template
from mnist_core.lessons.lesson import ID, REQUIRED, SECTIONS, Header, Lesson

SHIPPED = Path(__file__).resolve().parents[2] / "lessons"
MAX_BYTES = 60_000  # the largest lesson file; the longest shipped one has about 8,000
MAX_FILES = 60  # lessons that are read from one folder
_FENCE = "+++"
_CONFIGURING = ("preset", "digits", "changes")  # keys that make up a configuration
_KEPT_CHOICE = 100  # epochs in a row that train on the same digits, see TrainingConfig


class LessonError(DigitLabError, ValueError):
    """A lesson's file is faulty.

    Attributes:
        faults: What is wrong, with its line from 1.
    """

    def __init__(self, name: str, faults: list[tuple[int, str]]) -> None:
        self.name, self.faults = name, sorted(faults)
        super().__init__("\n".join(f"{name}, line {line}: {why}" for line, why in self.faults))


class LessonCollection(NamedTuple):
    """The lessons in their order, and what is wrong with files that could not be read."""

    lessons: list[Lesson]
    faults: list[LessonError]


def all_lessons() -> LessonCollection:
    """The shipped lessons, by name, then those in the folder that `DIGITLAB_LESSONS` names. A file
    there replaces the shipped one of the same name."""
    shipped = read_folder(SHIPPED)
    if own := settings.text("DIGITLAB_LESSONS"):
        theirs = read_folder(Path(own))
        replaced = {lesson.id for lesson in theirs.lessons}
        kept = [lesson for lesson in shipped.lessons if lesson.id not in replaced]
        return LessonCollection(kept + theirs.lessons, shipped.faults + theirs.faults)
    return shipped


def read_folder(folder: Path) -> LessonCollection:
    """The lessons of a folder: its `.md` files, by name."""
    lessons, faults = [], []
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".md")
    except OSError as error:
        why = f"the folder can't be read ({error.strerror})"
        return LessonCollection([], [LessonError(folder.name, [(1, why)])])
    if len(paths) > MAX_FILES:
        why = f"the folder has {len(paths)} lessons; the first {MAX_FILES} are read"
        faults.append(LessonError(folder.name, [(1, why)]))
    for path in paths[:MAX_FILES]:
        try:
            lessons.append(read(path))
        except LessonError as error:
            faults.append(error)
    return LessonCollection(lessons, faults)


def read(path: Path) -> Lesson:
    """The lesson of a file.

    Raises:
        LessonError: It is faulty.
    """
    if not ID.fullmatch(path.stem):
        why = "a lesson's file is named in small letters, digits and hyphens, such as a-lesson.md"
        raise LessonError(path.name, [(1, why)])
    try:
        if path.exists() and not path.is_file():  # reading a pipe would wait for ever
            raise LessonError(path.name, [(1, "it is no file")])
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise LessonError(path.name, [(1, f"it has more than {MAX_BYTES:,} bytes")])
        return parse(path.stem, content.decode("utf-8"), path.name)
    except OSError as error:
        raise LessonError(path.name, [(1, f"it can't be read ({error.strerror})")]) from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise LessonError(path.name, [(line, "it is not in UTF-8")]) from error


def parse(lesson_id: str, content: str, name: str) -> Lesson:
    """The lesson of a file's content.

    Args:
        lesson_id: The lesson's id.
        content: The header and the Markdown.
        name: The file's name, for messages.

    Raises:
        LessonError: It is faulty.
    """
    lines = content.splitlines()
    fences = [number for number, line in enumerate(lines) if line.rstrip() == _FENCE]
    if len(fences) < 2 or fences[0] != 0:
        raise LessonError(name, [(1, f"expected a header in TOML between two lines {_FENCE}")])
    head, start = lines[1 : fences[1]], fences[1] + 1
    header = _header("\n".join(head), name)
    sections, places, faults = _sections(lines[start:], start)
    known, curves = measuring.names(header)
    faults += _faults_of_prediction(header, head, known, curves)
    for heading, markdown in sections.items():
        used = known if heading == "Explanation" else frozenset[str]()
        wrong = template.find_problems(markdown, used)
        faults += [(places[heading] + line + 1, why) for line, why in wrong]
    if faults:
        raise LessonError(name, faults)
    return Lesson(lesson_id, header, {heading: sections.get(heading, "") for heading in SECTIONS})


def _header(toml: str, name: str) -> Header:
    try:
        tables = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else toml.count("\n") + 1
        reason = re.sub(r" \(at .*\)$", "", str(error))  # it counts lines from the header's
        text = [*toml.splitlines(), ""][line - 1].strip()
        why = f"{text!r:.80} is no TOML ({reason}); expected name = value, texts in quotes"
        raise LessonError(name, [(line + 1, why)]) from error
    except RecursionError as error:
        raise LessonError(name, [(2, "the header is nested too deeply")]) from error
    try:
        if isinstance(tables.get("training"), dict):
            tables["training"] = _with_configurations(tables["training"])
        return Header.from_dict(tables)
    except ConfigError as error:
        lines = toml.splitlines()
        faults = [
            (_line_of(field, lines), f"{field}: {why}") for field, why in error.problems.items()
        ]
        raise LessonError(name, faults) from None


def _with_configurations(training: dict[str, Any]) -> dict[str, Any]:
    """The table of trainings with a whole configuration for each run instead of preset, number of
    digits and changes. Those in the table itself apply to all runs, those in a run only to that
    run.

    Raises:
        ConfigError: A preset, a number of digits or a change is wrong.
    """
    common = {key: value for key, value in training.items() if key in _CONFIGURING}
    rest = {key: value for key, value in training.items() if key not in common}
    if not isinstance(rest.get("runs"), list):
        raise ConfigError({"training.runs": "expected a list [[training.runs]]"})
    base = _changed(PRESETS["early-stopping"], common, "training")
    runs = []
    for index, run in enumerate(rest["runs"]):
        path = f"training.runs[{index}]"
        if not isinstance(run, dict):
            raise ConfigError({path: f"expected a table, got {run!r:.80}"})
        own = {key: value for key, value in run.items() if key in _CONFIGURING}
        named = {key: value for key, value in run.items() if key not in own}
        runs.append(named | {"training": _changed(base, own, path)})
    return rest | {"runs": runs}


def _changed(base: TrainingConfig, table: dict[str, Any], path: str) -> TrainingConfig:
    preset, digits, changes = (table.get(key) for key in _CONFIGURING)
    if preset is not None:
        if preset not in PRESETS:
            expected = f"expected one of {', '.join(PRESETS)}, got {preset!r:.80}"
            raise ConfigError({f"{path}.preset": expected})
        base = PRESETS[preset]
    if changes is not None and not isinstance(changes, dict):
        raise ConfigError({f"{path}.changes": "expected a table of settings"})
    changes = dict(changes or {})
    for absent in ("early_stopping", "distillation"):  # TOML has no null
        if changes.get(absent) is False:
            changes[absent] = None
    if digits is not None:
        whole = isinstance(digits, int) and not isinstance(digits, bool)
        if not whole or not 100 <= digits <= TRAINING_DIGITS:
            expected = f"expected a whole number from 100 to {TRAINING_DIGITS}, got {digits!r:.80}"
            raise ConfigError({f"{path}.digits": expected})
        changes |= {"digits_per_epoch": digits, "data_echoing": _KEPT_CHOICE}
    try:
        return base.with_changes(**changes)
    except ConfigError as error:
        raise ConfigError(
            {f"{path}.changes.{field}": why for field, why in error.problems.items()}
        ) from None


def _sections(
    lines: list[str], start: int
) -> tuple[dict[str, str], dict[str, int], list[tuple[int, str]]]:
    """Each section's Markdown and its first line in the file (from 0), by heading; and faults."""
    found: dict[str, list[str]] = {}
    places: dict[str, int] = {}
    faults, heading = [], ""
    for number, line in enumerate(lines, start):
        if line.startswith("## "):
            heading = line[3:].strip()
            if heading not in SECTIONS:
                expected = ", ".join(SECTIONS)
                faults.append(
                    (number + 1, f"expected a heading of {expected}, got {heading!r:.60}")
                )
            elif heading in found:
                faults.append((number + 1, f"{heading} is there twice"))
            found[heading], places[heading] = [], number + 1
        elif heading:
            found[heading].append(line)
        elif line.strip():
            faults.append((number + 1, f"expected ## {SECTIONS[0]} before any text"))
            break
    texts = {heading: "\n".join(part).strip("\n") for heading, part in found.items()}
    for name in found:  # drop empty lines above a section's text
        places[name] += next((i for i, line in enumerate(found[name]) if line), 0)
    for name in REQUIRED:
        if not texts.get(name, "").strip() and not faults:
            faults.append((len(lines) + start, f"the section ## {name} is missing or empty"))
    return texts, places, faults


def _faults_of_prediction(
    header: Header, head: list[str], known: set[str], curves: set[str]
) -> list[tuple[int, str]]:
    """What is wrong with the names of figures and curves in the lesson's prediction."""
    faults = []
    for index, choice in enumerate(header.choose.choices if header.choose else ()):
        path = f"choose.choices[{index}].when"
        try:
            if choice.when:
                template.check_condition(choice.when, known)
        except template.TemplateError as error:
            faults.append((_line_of(path, head), f"{path}: {error}"))
    if header.sketch:
        for path, curve in (("curve", header.sketch.curve), ("given", header.sketch.given)):
            if curve and curve not in curves:
                expected = ", ".join(sorted(curves)) or "none: this set-up measures no curve"
                why = f"sketch.{path}: expected one of {expected}, got {curve!r}"
                faults.append((_line_of(f"sketch.{path}", head), why))
    return faults


def _line_of(field: str, lines: list[str]) -> int:
    """The line of the file, from 1, that has a field of the header; if the field is missing, the
    line of its table, or else the header's first line."""
    tables, best = field.split("."), 2
    start = 0
    for depth, part in enumerate(tables):
        name, _, index = part.partition("[")
        path = ".".join(re.sub(r"\[\d+\]", "", piece) for piece in tables[: depth + 1])
        wanted = int(index.rstrip("]")) if index else 0
        headings = [
            number
            for number, line in enumerate(lines)
            if number >= start and re.fullmatch(rf"\[+{re.escape(path)}\]+\s*", line.split("#")[0])
        ]
        if len(headings) > wanted:
            start = headings[wanted]
            best = start + 2
            continue
        for number, line in enumerate(lines[start:], start):
            if number > start and line.startswith("[") and start:
                break
            if re.match(rf"\s*{re.escape(name)}\s*=", line):
                return number + 2
    return best
