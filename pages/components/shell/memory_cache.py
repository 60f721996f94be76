"""A least-recently-used cache bounded by bytes, for what stays in memory for all visitors: a
network or a data set may take a few megabytes, or hundreds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")


class MemoryCache(Generic[T]):
    """Results by key; the least recently used go first."""

    def __init__(self, most_bytes: int, size: Callable[[T], int]) -> None:
        """Make an empty cache.

        Args:
            most_bytes: How much all results together may take; the last one stays in any case.
            size: How many bytes a result takes.
        """
        self.most_bytes, self._size = most_bytes, size
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept under this key; if nothing is, what `make` returns."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and self.bytes() > self.most_bytes:
                self._kept.popitem(last=False)
        return made

    def forget(self, key: Hashable) -> None:
        """Keep nothing under this key."""
        with self._lock:
            self._kept.pop(key, None)

    def bytes(self) -> int:
        """How much they take."""
        return sum(map(self._size, self._kept.values()))


def array_bytes(thing: object) -> int:
    """How many bytes the arrays take that a result consists of, in dataclasses, sequences and
    mappings, too."""
    if isinstance(thing, np.ndarray):
        return thing.nbytes
    if is_dataclass(thing):
        return sum(array_bytes(getattr(thing, field.name)) for field in fields(thing))
    if isinstance(thing, Mapping):
        return sum(map(array_bytes, thing.values()))
    return sum(map(array_bytes, thing)) if isinstance(thing, list | tuple) else 0
