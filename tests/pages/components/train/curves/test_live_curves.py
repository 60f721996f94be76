"""The colours of runs whose curves are shown in one chart."""

from mnist_core.config.palette import RUN_MARKS
from pages.components.train.curves.live_curves import give_colours


def test_runs_shown_together_have_different_colours_and_keep_them():
    given = {}
    give_colours(given, ["a", "b", "c", "d"])
    assert given == {"a": 0, "b": 1, "c": 2, "d": 3}
    give_colours(given, ["e", "c"])
    assert given == {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}
    give_colours(given, ["f", "g"])  # there are more runs than colours: some share one
    assert (given["f"], given["g"]) == (5, 0)
    give_colours(given, ["g", "b", "a"])  # but none that are shown together
    assert [given[run] for run in "gba"] == [0, 1, 2]
    give_colours(given, [*"hijklm"])
    assert {given[run] for run in "hijklm"} == set(range(len(RUN_MARKS)))
    give_colours(given, [])
