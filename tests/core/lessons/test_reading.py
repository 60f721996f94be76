"""Reading lessons: what is wrong with a file is told with its line, and the others work."""

import os

import pytest
from typer.testing import CliRunner

from mnist_core.cli.main import app
from mnist_core.config.presets import PRESETS
from mnist_core.lessons import reading
from mnist_core.lessons.reading import LessonError

GOOD = """+++
title = "A lesson"
question = "What happens?"
minutes = 5

[training]
preset = "speedrun"
digits = 500
changes = { epochs = 2 }

[[training.runs]]
key = "small"
label = "small"

[[training.runs]]
key = "large"
label = "large"
changes = { layers = [{ units = 64 }], early_stopping = { patience = 2 } }

[choose]
ask = "Which is better?"

[[choose.choices]]
text = "The small one"
when = "small.val_accuracy > large.val_accuracy"

[[choose.choices]]
text = "The large one"

[check]
question = "Why?"
right = 1
because = "So it is."

[[check.answers]]
text = "So"

[[check.answers]]
text = "Not so"
+++

## Question

What?

## Set-up

Two networks.

## Explanation

{if small.loss > large.loss}The small one has {small.loss}.
{else}The large one has {large.loss}.
"""


def line_of(part: str) -> int:
    return GOOD[: GOOD.index(part)].count("\n") + 1


def faults(content: str) -> list[tuple[int, str]]:
    with pytest.raises(LessonError) as caught:
        reading.parse("a", content, "a.md")
    assert str(caught.value).startswith(f"a.md, line {caught.value.faults[0][0]}: ")
    return caught.value.faults


def test_a_lesson_has_its_trainings_in_full():
    lesson = reading.parse("a", GOOD, "a.md")
    small, large = (run.training for run in lesson.header.training.runs)
    assert small == PRESETS["speedrun"].with_changes(
        epochs=2, digits_per_epoch=500, data_echoing=100
    )
    assert [layer.units for layer in large.layers] == [64]
    assert large.early_stopping.patience == 2
    assert large.epochs == 2
    assert lesson.sections["Set-up"] == "Two networks."
    assert lesson.sections["Worksheet"] == ""


@pytest.mark.parametrize(
    ("old", "new", "at", "told"),
    [
        ("minutes = 5", "minutes = 500", "minutes", "minutes: expected a whole number from 1"),
        ("minutes = 5\n", "", 2, "minutes: is missing"),
        ("minutes = 5", "minutes = 5 6", "minutes", "'minutes = 5 6' is no TOML"),
        ("minutes = 5", "hours = 5", "minutes", "hours: unknown field"),
        ('"speedrun"', '"quick"', "preset", "training.preset: expected one of early-stopping,"),
        ("digits = 500", "digits = 5", "digits", "training.digits: expected a whole number"),
        ("units = 64", "units = 0", "changes = { lay", "training.runs[1].changes.layers[0].units:"),
        ('key = "large"', 'key = "small"', "[[training.runs]]", "expected another key for each"),
        ('key = "large"', 'key = "../x"', 'key = "large"', "expected a word of small letters"),
        ("[choose]\n", "[guess]\n", "[choose]", "guess: unknown field"),
        ("right = 1", "right = 3", "right", "check.right: expected 1 to 2"),
        ("small.val_accuracy >", "tiny.val_accuracy >", "when", "no figure 'tiny.val_accuracy'"),
        ("{large.loss}", "{large.lossy}", "{else}", "there is no figure 'large.lossy'"),
        ("{if small.loss", "{if small.los", "{if", "there is no figure 'small.los'"),
        ("What?", "{small.loss}?", "What?\n\n## Set", "there is no figure 'small.loss'"),
        ("## Set-up", "## Setup", "## Set-up", "expected a heading of Question, Set-up,"),
        ("Two networks.", "", None, "the section ## Set-up is missing or empty"),
        ("+++\n\n## Q", "+++\ntext\n\n## Q", "\n\n## Q", "expected ## Question before any text"),
    ],
)  # fmt: skip
def test_a_fault_is_reported_with_its_line(old, new, at, told):
    assert old in GOOD
    found = faults(GOOD.replace(old, new, 1))
    (line,) = {line for line, why in found if told in why}
    if isinstance(at, str):
        at = line_of(at) + (at == "\n\n## Q")
    assert at is None or line == at
    assert "(at line" not in str(found)  # which would be the header's, not the file's


def test_exactly_one_set_up_and_one_prediction_are_wanted():
    both = GOOD.replace("[check]", "[labels]\n[check]")
    assert "expected exactly one of the tables training, shift," in faults(both)[0][1]
    none = GOOD.replace("[choose]", "[sketch]").replace("[[choose.choices]]", "[[sketch.x]]")
    assert any("sketch" in why for _, why in faults(none))


def test_a_sketch_names_a_curve_that_is_measured():
    head, _, rest = GOOD.partition("[choose]")
    sketch = '[sketch]\nask = "?"\ncurve = "small.time"\nlowest = 0\nhighest = 0\n\n'
    content = head + sketch + rest[rest.index("[check]") :]
    assert "sketch.highest: expected more than lowest" in faults(content)[0][1]
    ((line, told),) = faults(content.replace("highest = 0", "highest = 1"))
    assert told.startswith("sketch.curve: expected one of large.accuracy, large.loss")
    assert content.splitlines()[line - 1].startswith("curve")
    right = content.replace("highest = 0", "highest = 1").replace("small.time", "small.val_loss")
    assert reading.parse("a", right, "a.md").header.sketch.curve == "small.val_loss"


@pytest.mark.parametrize("content", ["", "text", "+++\n", "\n+++\n+++\n", "+++\n" + "[" * 9999])
def test_a_file_without_a_header_is_reported(content):
    assert faults(content)


def test_of_a_folder_the_good_files_work_and_the_others_are_reported(tmp_path, monkeypatch):
    (tmp_path / "good.md").write_text(GOOD, "utf-8")
    (tmp_path / "bad.md").write_text(GOOD.replace("minutes = 5", "minutes = 0"), "utf-8")
    (tmp_path / "Bad name.md").write_text(GOOD, "utf-8")
    (tmp_path / "bytes.md").write_bytes(b"+++\n\xff")
    (tmp_path / "long.md").write_text(GOOD + "x" * reading.MAX_BYTES, "utf-8")
    (tmp_path / "folder.md").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "notes.txt").write_text("not a lesson", "utf-8")
    (tmp_path / "1-centring.md").write_text(GOOD, "utf-8")
    lessons, wrong = reading.read_folder(tmp_path)
    assert [lesson.id for lesson in lessons] == ["1-centring", "good"]
    told = "\n".join(map(str, wrong))
    assert "bad.md, line 4: minutes: expected" in told
    assert "Bad name.md, line 1: a lesson's file is named in small letters" in told
    assert "bytes.md, line 2: it is not in UTF-8" in told
    assert "long.md, line 1: it has more than 60,000 bytes" in told
    assert "folder.md, line 1: it is no file" in told
    assert not hasattr(os, "mkfifo") or "pipe.md, line 1: it is no file" in told

    monkeypatch.setenv("DIGITLAB_LESSONS", str(tmp_path))
    everything = reading.all_lessons()
    ids = [lesson.id for lesson in everything.lessons]
    assert len(ids) == len(set(ids)) == 9
    assert ids[-2:] == ["1-centring", "good"]  # the first replaces the one that ships
    assert [str(one) for one in everything.faults] == [str(one) for one in wrong]

    monkeypatch.setenv("DIGITLAB_LESSONS", str(tmp_path / "nowhere"))
    missing = reading.all_lessons()
    assert len(missing.lessons) == 8
    assert "nowhere, line 1: the folder can't be read" in str(missing.faults[0])


def test_the_command_line_checks_files_and_folders(tmp_path):
    def check(path) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["lessons", "check", str(path)])
        return result.exit_code, result.output

    file = tmp_path / "a.md"
    file.write_text(GOOD, "utf-8")
    assert check(file) == (0, "a: A lesson\n")
    assert check(tmp_path)[0] == 0
    file.write_text(GOOD.replace("minutes = 5", ""), "utf-8")
    code, output = check(tmp_path)
    assert code == 1
    assert "a.md, line 2: minutes: is missing" in output
    assert check(tmp_path / "b.md")[0] == 1
    (tmp_path / "empty").mkdir()
    assert check(tmp_path / "empty")[0] == 1


def test_the_lessons_that_ship_are_complete():
    lessons, wrong = reading.read_folder(reading.SHIPPED)
    assert not wrong
    assert len(lessons) == 8
    for lesson in lessons:
        assert all(lesson.sections.values()), lesson.id
        assert 5 <= lesson.header.minutes <= 10, lesson.id
        assert lesson.header.next, lesson.id
        notes = lesson.sections["Teacher's notes"]
        for part in ("Aim", "Time", "Expected answers", "Misconceptions"):
            assert f"**{part}.**" in notes, lesson.id
