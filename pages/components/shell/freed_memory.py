"""Memory that is freed goes back to the system or to other threads, and does not stay reserved."""

from __future__ import annotations

import ctypes
import platform
from functools import cache

ARENAS = 2
"""Threads share so many parts of the memory; glibc would make one for each, up to eight a core."""
SEPARATE = 1_000_000
"""Bytes from which an array is asked of the system by itself, and goes back when it is freed. With
each such array that is freed, glibc would raise this, up to 32 MB, and keep what lies below."""

# Of glibc's malloc.h.
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


@cache
def give_back() -> bool:
    """Tell glibc so, once for the process.

    Returns:
        Whether it does; False where the C library is another one.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt  # returns 1 where it does as it is told
    return bool(mallopt(_M_ARENA_MAX, ARENAS) and mallopt(_M_MMAP_THRESHOLD, SEPARATE))
