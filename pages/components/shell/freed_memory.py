"""Memory that is freed goes back to the system or to other threads, and does not stay reserved."""

from __future__ import annotations

import ctypes
import platform
from functools import cache

ARENAS = 2
"""How many malloc arenas all threads share; glibc's default is up to eight per core."""
SEPARATE_BYTES = 1_000_000
"""Arrays of at least this many bytes get a mapping of their own (mmap), which goes back to the
system when they are freed. By default glibc raises this threshold with each array freed, up to 32
MB."""

# From glibc's malloc.h.
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


@cache
def give_back() -> bool:
    """Apply both limits to glibc, once per process.

    Returns:
        Whether they are applied; False if the C library is not glibc.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt  # returns 1 on success
    return bool(mallopt(_M_ARENA_MAX, ARENAS) and mallopt(_M_MMAP_THRESHOLD, SEPARATE_BYTES))
