"""Where nothing can be written, every page opens, and one can draw."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.config import TrainingConfig
from mnist_core.runs import store
from pages.components.shell import menu
from tests.pages.conftest import APP
from tests.pages.draw_page import SEVEN, fabric, html_of, opened

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")

SCRIPTS = [Path(path).stem for entries in menu.MENU.values() for path, _, _ in entries]
CAPABILITIES = 0x20080522  # version 3, see capget(2)
WRITES_EVERYWHERE = 1 << 1  # CAP_DAC_OVERRIDE, by which root writes where nobody may


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Nothing below the directory can be written, not even by root, which gives up that capability
    in this thread and its children."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, before = (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    libc.capget(header, before)
    less = (ctypes.c_uint32 * 6)(*before)
    less[0] &= ~WRITES_EVERYWHERE  # of those in force; the permitted ones stay
    below = [directory, *directory.rglob("*")]
    modes = {path: path.stat().st_mode for path in below}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    assert libc.capset(header, less) == 0
    try:
        with pytest.raises(PermissionError):
            (directory / "new").touch()
        yield
    finally:
        libc.capset(header, before)
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.mark.parametrize("page", SCRIPTS)
def test_every_page_opens_and_one_can_draw_where_nothing_can_be_written(
    network, no_networks, tmp_path, monkeypatch, page
):
    network({3: (int(no_networks.y_test[3]) + 1) % 10})
    store.create(TrainingConfig(), "Left").set_status(state="training")  # its worker is gone
    monkeypatch.setenv("DIGITLAB_CACHE", str(tmp_path))
    (tmp_path / "weights").mkdir()
    with read_only(tmp_path):
        if page == "app":
            at = opened(monkeypatch, fabric(SEVEN))
            assert re.search(r'class="digit">\d<', html_of(at))
        else:
            at = AppTest.from_file(str(APP), default_timeout=60)
            at.switch_page(f"pages/{page}.py").run()
        assert not at.exception, at.exception
        assert at.title
    assert not [*(tmp_path / "weights").iterdir()]
