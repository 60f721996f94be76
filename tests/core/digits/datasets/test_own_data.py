"""Data sets of one's own: kept, limited, owned, deleted."""

import numpy as np
import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.digits.datasets import own_data
from mnist_core.digits.datasets.own_data import OwnDataError, TooMuchDataError
from mnist_core.digits.datasets.packed_files import LabelledFilesError, in_memory
from mnist_core.runs import store
from tests.letters import letters, zipped

FIRST, SECOND = "a" * 64, "b" * 64


@pytest.fixture(scope="module")
def archive() -> bytes:
    return zipped(letters("AX", 6))


def bring(archive, name="Letters", visitor=None, names=()):
    return own_data.import_data([in_memory("letters.zip", archive)], name, names, visitor)[0]


def test_it_is_kept_with_its_names_and_loaded_again(archive, runs_directory):
    own = bring(archive, " My\nletters ", names=["first", "second"])
    found = own_data.load(own.about.data)
    assert (own.name, own.about.kind, own.about.converted) == ("My letters", "images", 12)
    assert found.name == own.id
    assert found.names == ("first", "second")
    assert (
        (len(found.y_train), len(found.y_test)) == (own.about.training, own.about.test) == (10, 2)
    )
    assert not found.x_train.flags.writeable
    assert store.list_runs() == store.list_damaged() == []
    assert own_data.get("My letters").id == own_data.get(own.id).id == own.id
    assert list(runs_directory.glob("own-*")) == []


def test_a_configuration_that_names_it_has_its_classes_and_goes_through_json(archive):
    own = bring(archive)
    config = TrainingConfig(data=own.about.data)
    assert config.class_names == ("A", "X")
    again = TrainingConfig.from_dict(config.to_dict())
    assert again == config
    assert own_data.dataset_of(again).names == ("A", "X")
    assert "data" not in TrainingConfig().to_dict()
    assert TrainingConfig().class_names == tuple("0123456789")


def test_names_never_become_paths(archive, runs_directory):
    (runs_directory / ".data" / "own-000000000000").mkdir(parents=True)
    bring(archive)
    for asked in ("../..", "own-000000000000", "", "/etc"):
        with pytest.raises(OwnDataError, match="There are: Letters"):
            own_data.get(asked)
    with pytest.raises(ValueError, match="own- and 12"):
        TrainingConfig.from_dict({"data": {"id": "../x", "name": "x", "classes": []}})


def test_wrong_names_and_files_leave_nothing(archive):
    bring(archive)
    with pytest.raises(OwnDataError, match="already"):
        bring(archive)
    for name in ("", " ", "x" * 61):
        with pytest.raises(OwnDataError, match="1–60"):
            bring(archive, name)
    with pytest.raises(OwnDataError, match="already"):
        bring(archive, "LETTERS")
    for name in ("MNIST", " mnist "):
        with pytest.raises(OwnDataError, match="MNIST is the name"):
            bring(archive, name)
    with pytest.raises(LabelledFilesError):
        bring(b"no archive", "Other")
    assert [own.name for own in own_data.list_all()] == ["Letters"]


def test_among_others_it_is_its_visitors(archive, monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "class")
    own, everybodys = bring(archive, "Mine", FIRST), bring(archive, "Teacher's")
    assert [one.name for one in own_data.list_all(FIRST)] == ["Mine", "Teacher's"]
    assert [one.name for one in own_data.list_all(SECOND)] == ["Teacher's"]
    with pytest.raises(OwnDataError):
        own_data.get("Mine", SECOND)
    for one, visitor in ((own, SECOND), (everybodys, FIRST)):
        with pytest.raises(OwnDataError, match="Only the person"):
            own_data.delete(one, visitor)
    own_data.delete(own, FIRST)
    own_data.delete(everybodys)
    assert own_data.list_all() == []


def test_a_visitor_and_the_disk_have_limits(archive, monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "public")
    bring(archive, "One", FIRST)
    with pytest.raises(TooMuchDataError, match="already have 1 data set; the limit is 1"):
        bring(archive, "Two", FIRST)
    monkeypatch.setenv("DIGITLAB_DATA_IMAGES", "11")
    with pytest.raises(LabelledFilesError, match="more than 11 images"):
        bring(archive, "Two", SECOND)
    monkeypatch.setenv("DIGITLAB_DATA_IMAGES", "5000")
    monkeypatch.setenv("DIGITLAB_DATA_MB", "1")
    own = own_data.list_all()[0]
    own.images_path.write_bytes(bytes(999_900))
    with pytest.raises(TooMuchDataError, match="take 1 MB; the limit is 1 MB"):
        bring(archive, "Two", SECOND)


def test_in_public_it_expires_unless_a_run_was_trained_on_it(archive, monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "public")
    own = bring(archive, "Old", FIRST)
    run = store.create(TrainingConfig(data=own.about.data), "Letters")
    run.set_status(state="done")
    clock = own.about.created + 8 * 86400
    monkeypatch.setattr(own_data.time, "time", lambda: clock)
    bring(archive, "New", SECOND)
    assert [one.name for one in own_data.list_all()] == ["New", "Old"]
    run.delete()
    own_data.delete(own_data.get("New"))
    bring(archive, "New", SECOND)
    assert [one.name for one in own_data.list_all()] == ["New"]


def test_a_run_that_waits_keeps_it_and_one_that_ended_is_reported(archive):
    own = bring(archive)
    run = store.create(TrainingConfig(data=own.about.data), "Reads letters")
    store.create(TrainingConfig(), "Reads digits")
    assert [one.id for one in own.used_by()] == [run.id]
    with pytest.raises(OwnDataError, match="Reads letters needs it"):
        own_data.delete(own)
    run.set_status(state="done")
    own_data.delete(own)
    with pytest.raises(OwnDataError, match="The data set Letters was deleted"):
        own_data.load(run.config.data)


def test_a_damaged_file_is_reported(archive):
    own = bring(archive)
    x, y = np.zeros((2, 28, 28), np.uint8), np.array([0, 2], np.uint8)
    np.savez(own.images_path, x_train=x, y_train=y, x_test=x, y_test=y)
    with pytest.raises(OwnDataError, match="label 2 of 2 classes"):
        own_data.load(own.about.data)
    own.images_path.write_bytes(b"x")
    with pytest.raises(OwnDataError, match="Letters can't be read"):
        own_data.load(own.about.data)
    (own.directory / "about.json").write_text("{")
    assert own_data.list_all() == []


def test_a_full_disk_leaves_nothing(archive, full_disk, runs_directory):
    (runs_directory / ".data").mkdir(parents=True)
    with full_disk(), pytest.raises(OSError, match="File too large"):
        bring(archive)
    assert own_data.list_all() == []
    assert not [path for path in (runs_directory / ".data").iterdir() if path.is_dir()]
