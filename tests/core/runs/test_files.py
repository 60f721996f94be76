"""Files are replaced atomically."""

import json
import os

import pytest

from mnist_core.runs import files


def test_a_file_is_replaced_as_a_whole_even_by_several_at_once(tmp_path):
    path = tmp_path / "file"

    def fail():
        with files.replacing(path) as temporary:
            temporary.write_text("half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert list(tmp_path.iterdir()) == []
    with files.replacing(path) as one, files.replacing(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_replacing_waits_while_a_file_is_being_read(tmp_path, monkeypatch):
    replace, refused = os.replace, [PermissionError()] * 3

    def busy(*paths):
        if refused:
            raise refused.pop()
        replace(*paths)

    monkeypatch.setattr(os, "replace", busy)
    files.write_json(tmp_path / "file", {"a": 1})
    assert json.loads((tmp_path / "file").read_text()) == {"a": 1}
    refused[:] = [PermissionError("for ever")] * 100
    with pytest.raises(PermissionError, match="for ever"):
        files.write_json(tmp_path / "file", {"a": 2})
    assert json.loads((tmp_path / "file").read_text()) == {"a": 1}
