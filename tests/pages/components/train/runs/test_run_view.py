"""How often the page looks at a run."""

from mnist_core.config.presets import PRESETS
from mnist_core.runs import store
from pages.components.train.runs.run_view import REFRESH, WAITING_REFRESH, refresh


def test_a_run_behind_others_is_looked_at_rarely_until_it_is_the_next():
    first, second = (store.create(PRESETS["speedrun"], name) for name in ("First", "Second"))
    assert [refresh(run) for run in (first, second)] == [REFRESH, WAITING_REFRESH]
    with first.worker_lock():
        first.set_status(state="training")
        assert [refresh(run) for run in (first, second)] == [REFRESH, REFRESH]
    first.set_status(state="done")
    assert refresh(first) is None
