import pytest

from mnist_core.jobs import queue


@pytest.fixture
def one_slot(monkeypatch) -> None:
    """One training at a time; those that wait look at the queue often."""
    monkeypatch.setenv("DIGITLAB_SLOTS", "1")
    monkeypatch.setattr(queue, "POLL", 0.01)
