"""What is left of a run that ships."""

import numpy as np
import pytest

from mnist_core.config.config import TrainingConfig
from mnist_core.runs import files, store, thinning
from mnist_core.runs.history import BatchRow, EpochRow, to_line
from mnist_core.runs.run import RunActiveError


def make(name="My run", **changes):
    return store.create(TrainingConfig(epochs=2, **changes), name)


def test_a_run_is_thinned_before_it_ships():
    run = make()
    for epoch in range(4, 101, 4):
        files.save_arrays(run.epoch_path(epoch), {"epoch": np.array(epoch)})
    with run.history_path.open("w") as file:
        for step in range(1, 1001):
            file.write(to_line(BatchRow(step, step / 100, 1.0, 0.5, 1e-3, step)))
            if step % 100 == 0:
                file.write(to_line(EpochRow(step // 100, step, 1.0, 0.5, 1.0, 0.5, 1e-3, step)))
    with run.worker_lock(), pytest.raises(RunActiveError):
        thinning.thin(run, 300, epochs=4, epoch_bytes=10_000)
    run.set_status(state="done")
    thinning.thin(run, 300, epochs=4, epoch_bytes=10_000)
    assert run.epochs() == [4, 12, 36, 100]
    rows = run.history()
    assert [row.step for row in rows if isinstance(row, BatchRow)] == list(range(4, 1001, 4))
    assert [row.epoch for row in run.epoch_rows()] == list(range(1, 11))
    size = run.epoch_path(100).stat().st_size
    thinning.thin(run, 300, epochs=4, epoch_bytes=3 * size)
    assert run.epochs() == [4, 12, 100]  # the nearest to 20
    thinning.thin(run, 300, epochs=4, epoch_bytes=0)
    assert run.epochs() == [4, 100]
