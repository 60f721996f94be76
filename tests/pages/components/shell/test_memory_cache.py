"""What stays in memory is bounded by bytes, not by pieces."""

import numpy as np

from pages.components.shell import networks
from pages.components.shell.memory_cache import MemoryCache


def test_what_was_asked_for_longest_ago_goes_when_there_is_too_much():
    kept, made = MemoryCache(100, len), []

    def get(key: str, size: int) -> bytes:
        return kept.get(key, lambda: made.append(key) or bytes(size))

    for key, size in (("a", 40), ("b", 40), ("a", 40), ("c", 40)):
        assert len(get(key, size)) == size
    assert made == ["a", "b", "c"]
    assert kept.bytes() == 80
    get("a", 40)
    get("b", 40)
    assert made == ["a", "b", "c", "b"]
    get("huge", 1000)  # is used now, and kept alone
    assert kept.bytes() == 1000
    get("a", 40)
    assert (made[-1], kept.bytes()) == ("a", 40)


def test_many_networks_take_no_more_than_some_bytes(network, monkeypatch):
    monkeypatch.setattr(networks._classifiers, "most_bytes", 100_000)  # three of 31,400 bytes
    runs = [network({}) for _ in range(5)]
    for run in runs:
        networks.classifier(run)
    assert networks._classifiers.bytes() == 3 * (784 * 10 + 10) * 4
    assert networks.classifier(runs[4]) is networks.classifier(runs[4])
    assert np.array_equal(networks.classifier(runs[0]).biases[0], np.zeros(10))
