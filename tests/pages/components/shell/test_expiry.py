"""What has expired is deleted though nobody starts a training."""

import logging
import time
from types import SimpleNamespace

import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.runs import store
from pages.components.shell import expiry


def test_expired_runs_are_deleted_at_the_start_and_again_later(monkeypatch, caplog):
    caplog.set_level(logging.INFO, expiry.__name__)
    monkeypatch.setenv("DIGITLAB_MODE", "public")
    run, young = (store.create(TrainingConfig(), "A secret name") for _ in range(2))
    for one, days in ((run, 8), (young, 6)):
        one.set_status(state="done", finished=time.time() - days * 86400)
    naps = []

    def sleep(seconds):
        naps.append((seconds, [one.id for one in store.list_runs()]))
        if len(naps) == 2:
            raise TimeoutError  # ends the test
        young.set_status(finished=time.time() - 8 * 86400)

    monkeypatch.setattr(expiry, "time", SimpleNamespace(sleep=sleep))
    with pytest.raises(TimeoutError):
        expiry._delete_for_ever()
    assert naps == [(3600, [young.id]), (3600, [])]
    assert caplog.messages == ["Deleted old runs: 1"] * 2


def test_a_failing_disk_is_logged(monkeypatch, caplog):
    def fail():
        raise PermissionError("no")

    monkeypatch.setattr(expiry.store, "clean_up", fail)
    expiry.delete()
    assert caplog.messages == ["What has expired can't be deleted"]
