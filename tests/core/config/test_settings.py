"""Settings: what applies, what is refused, and the table of all of them."""

import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mnist_core.cli.console import UsageError
from mnist_core.cli.main import app
from mnist_core.config import settings
from mnist_core.config.settings import SettingError

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("DIGITLAB_", "MNIST_")):
            monkeypatch.delenv(name)


def test_without_settings_the_app_is_for_one_person_without_limits():
    assert settings.mode() == "personal"
    assert settings.whole("DIGITLAB_MAX_EPOCHS") == 0
    assert settings.whole("DIGITLAB_RUNS_PER_VISITOR") == 3
    assert settings.problems() == []


@pytest.mark.parametrize("mode", ["class", "public"])
def test_among_others_there_are_limits_that_can_be_set(monkeypatch, mode):
    monkeypatch.setenv("DIGITLAB_MODE", mode)
    assert 0 < settings.whole("DIGITLAB_MAX_EPOCHS") < 160  # an hour of a small network
    assert 0 < settings.whole("DIGITLAB_MAX_UNITS") < 6 * 4096
    monkeypatch.setenv("DIGITLAB_MAX_UNITS", "700")
    assert settings.whole("DIGITLAB_MAX_UNITS") == 700


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("DIGITLAB_MODE", "school", "expected one of personal, class, public, got 'school'"),
        ("DIGITLAB_MODE", "", "expected one of personal, class, public, got ''"),
        ("DIGITLAB_MAX_EPOCHS", "many", "expected a whole number from 0 on, got 'many'"),
        ("DIGITLAB_SLOTS", "0", "expected a whole number from 1 on, got '0'"),
        ("DIGITLAB_OFFLINE", "yes", "expected one of 0, 1, got 'yes'"),
        (
            "DIGITLAB_RAY_ADDRESS",
            "ray://head",
            "expected a host and a port, such as 10.0.0.5:6379, got 'ray://head'",
        ),
        ("DIGITLAB_TEACHER_KEY", "short", "expected at least 12 characters, got 5"),
    ],
)
def test_a_wrong_setting_is_reported(monkeypatch, name, text, told):
    monkeypatch.setenv(name, text)
    with pytest.raises(SettingError, match=re.escape(f"{name}: {told}.")):
        settings.text(name)
    assert settings.problems() == [f"{name}: {told}."]
    shown = CliRunner().invoke(app, ["settings"])
    assert isinstance(shown.exception, UsageError)
    assert f"{name}: {told}." in str(shown.exception)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DIGITLAB_RUNS", "file", "expected a folder, or the path of one that can be made, got"),
        (
            "DIGITLAB_CACHE",
            "file/in",
            "expected a folder, or the path of one that can be made, got",
        ),
        ("MNIST_NPZ", "missing.npz", "expected an existing file, got"),
        ("MNIST_NPZ", ".", "expected an existing file, got"),
        ("DIGITLAB_LESSONS", "missing", "expected an existing folder, got"),
    ],
)
def test_a_path_that_can_not_be_used_is_reported(monkeypatch, tmp_path, name, value, told):
    (tmp_path / "file").touch()
    monkeypatch.setenv(name, str(tmp_path / value))
    assert settings.problems() == [f"{name}: {told} {str(tmp_path / value)!r}."]


def test_paths_that_can_be_used_are_not_reported(monkeypatch, tmp_path):
    (tmp_path / "mnist.npz").touch()
    monkeypatch.setenv("MNIST_NPZ", str(tmp_path / "mnist.npz"))
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path / "not" / "yet"))
    monkeypatch.setenv("DIGITLAB_CACHE", "")
    monkeypatch.setenv("DIGITLAB_LESSONS", str(tmp_path))
    assert settings.problems() == []


def test_a_name_that_is_no_setting_is_reported(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODEE", "class")
    monkeypatch.setenv("DIGITLAB_XYZ", "1")
    told = [
        "DIGITLAB_MODEE: there is no such setting, perhaps DIGITLAB_MODE is meant.",
        "DIGITLAB_XYZ: there is no such setting.",
    ]
    assert settings.unknown() == told
    shown = CliRunner().invoke(app, ["settings"], env={"COLUMNS": "300"})
    assert shown.exit_code == 0
    assert shown.stderr.splitlines() == told


def test_the_table_shows_every_setting_and_no_secret(monkeypatch):
    monkeypatch.setenv("DIGITLAB_TEACHER_KEY", "correct horse battery")
    monkeypatch.setenv("DIGITLAB_RUNS", "some[/]where")
    shown = CliRunner().invoke(app, ["settings"], env={"COLUMNS": "300"})
    assert shown.exit_code == 0, shown.exception
    for name in settings.SETTINGS:
        assert name in shown.output
    assert "some[/]where" in shown.output
    assert "horse" not in shown.output


def test_every_variable_that_the_code_reads_is_in_the_table():
    code = [*(ROOT / "mnist_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    read = {n for path in code for n in re.findall(r"\bDIGITLAB_[A-Z_]+", path.read_text("utf-8"))}
    assert read == {name for name in settings.SETTINGS if name.startswith("DIGITLAB_")}
    reads = re.compile(r"environ(\.get\(|\[)\s*\"(DIGITLAB_|MNIST_)")
    assert [path.name for path in code if reads.search(path.read_text("utf-8"))] == ["settings.py"]


def test_a_path_is_none_unless_it_is_set(monkeypatch):
    monkeypatch.delenv("DIGITLAB_CACHE", raising=False)
    assert settings.path("DIGITLAB_CACHE") is None
    monkeypatch.setenv("DIGITLAB_CACHE", "")
    assert settings.path("DIGITLAB_CACHE") is None
    monkeypatch.setenv("DIGITLAB_CACHE", "~/digits")
    assert settings.path("DIGITLAB_CACHE") == Path.home() / "digits"
