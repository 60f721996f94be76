"""Work that says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

CHUNK = 1000  # images between two reports: a larger matrix product would hold up other threads

Report = Callable[[float], None]
"""Is called with the share done, 0 to 1."""


def no_report(share: float) -> None:
    """Report to nobody."""


def in_chunks(n: int, report: Report) -> Iterator[slice]:
    """Slices of up to `CHUNK` indices that cover 0 to n − 1 in order. When the work on each is
    done, the share of all is reported."""
    for start in range(0, n, CHUNK):
        stop = min(start + CHUNK, n)
        yield slice(start, stop)
        report(stop / n)
