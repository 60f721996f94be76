"""Replace files atomically: a reader sees the old file or the new one, never half of one."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

REPLACE_TRIES = 20  # 10 ms apart: Windows can't replace a file while someone reads it


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary path to write to, which then replaces ``path`` atomically, even if others
    do the same at that moment. If writing fails, the old file stays."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        yield temporary
        for _ in range(REPLACE_TRIES):
            with suppress(PermissionError):
                os.replace(temporary, path)
                return
            time.sleep(0.01)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, data: Mapping[str, object]) -> None:
    """Replace ``path`` by a JSON file; see ``replacing``."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(data, indent=2) + "\n", "utf-8")


def save_arrays(path: Path, arrays: dict[str, NDArray]) -> None:
    """Replace ``path`` by an uncompressed .npz; see ``replacing``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # no array is named allow_pickle
