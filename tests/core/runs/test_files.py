"""Files are replaced atomically, and whatever is wrong with arrays is one error."""

import json
import os

import numpy as np
import pytest

from mnist_core.runs import files
from mnist_core.runs.files import ArraysDamagedError
from tests import damage


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


@pytest.fixture
def arrays(tmp_path):
    """A file of two small arrays."""
    path = tmp_path / "arrays.npz"
    files.save_arrays(path, {"text": np.array("mnist"), "digits": np.arange(3)})
    return path


def read(path):
    with files.reading_arrays(path) as stored:
        return str(stored["text"]), stored["digits"].tolist()


def test_whichever_byte_is_flipped_arrays_are_read_or_one_error_is_raised(arrays):
    whole, found = read(arrays), 0
    for _ in damage.with_flipped_bytes(arrays):
        try:
            assert read(arrays) == whole
        except ArraysDamagedError:
            found += 1
    assert found > 300


@pytest.mark.parametrize("kind", damage.KINDS)
def test_damage_of_any_kind_is_one_error_with_the_reason(arrays, kind):
    damage.damage(arrays, kind)
    with pytest.raises(ArraysDamagedError) as caught:
        read(arrays)
    assert str(caught.value)
    assert not isinstance(caught.value.__cause__, ValueError | OSError | EOFError)


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_arrays_that_are_cut_off_are_damaged(arrays, length):
    arrays.write_bytes(arrays.read_bytes()[:length])
    with pytest.raises(ArraysDamagedError):
        read(arrays)


def test_what_is_missing_is_said(arrays, tmp_path):
    with pytest.raises(ArraysDamagedError, match="weights"), files.reading_arrays(arrays) as stored:
        stored["weights"]
    with pytest.raises(FileNotFoundError), files.reading_arrays(tmp_path / "none.npz"):
        pass


@pytest.mark.parametrize("objects", [False, True])
def test_nobody_is_advised_to_unpickle_a_file(tmp_path, objects):
    path = tmp_path / "arrays.npz"
    if objects:
        np.savez(path, found=np.array([{}], dtype=object))
    else:
        path.write_bytes(b"no archive")
    with (
        pytest.raises(files.ArraysDamagedError, match="something other than arrays"),
        files.reading_arrays(path) as arrays,
    ):
        _ = arrays["found"]
