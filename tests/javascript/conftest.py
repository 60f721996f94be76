"""What the tests of JavaScript share."""

import shutil

import pytest

from tests.conftest import leave_out


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node.js."""
    path = shutil.which("node")
    if path is None:
        leave_out("Node.js is not installed (on Debian: apt-get install nodejs)")
    return path
