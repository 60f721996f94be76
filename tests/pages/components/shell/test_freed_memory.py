import os
import subprocess
import sys

import pytest

from pages.components.shell import freed_memory

# Prints the arenas of eight threads that hold memory at a time, as malloc_info of glibc lists them,
# and then the megabytes that ten arrays leave behind between which something small stays.
PROCESS = """
import ctypes, resource, sys, threading
from pathlib import Path
from pages.components.shell import freed_memory
if sys.argv[1] == "told":
    assert freed_memory.give_back()
together = threading.Barrier(9)

def hold():
    kept = [bytearray(1000) for _ in range(100)]
    together.wait()

threads = [threading.Thread(target=hold) for _ in range(8)]
for thread in threads:
    thread.start()
together.wait()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, stream)
libc.fflush(stream)

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

bytearray(30_000_000)  # once freed, glibc keeps what is smaller
before = held()
large, small = [], []
for _ in range(10):
    large.append(bytes(range(250)) * 20_000)
    small.append(bytes(range(250)) * 400)
large.clear()
print("held", held() - before)
"""


def process(how: str) -> tuple[int, float]:
    """The arenas, and the megabytes."""
    result = subprocess.run(
        [sys.executable, "-c", PROCESS, how],
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("MALLOC")},
    )
    return result.stdout.count("<heap nr="), float(result.stdout.rpartition("held ")[2])


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems have no glibc.")
def test_what_is_freed_goes_back():
    arenas, held = process("told")
    assert arenas == freed_memory.ARENAS == 2
    assert held < 10
    arenas, held = process("not told")
    assert arenas > 2
    assert held > 40


def test_where_there_is_no_glibc_nothing_is_done(monkeypatch):
    monkeypatch.setattr(freed_memory.platform, "libc_ver", lambda: ("", ""))
    assert not freed_memory.give_back.__wrapped__()
