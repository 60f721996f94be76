"""requirements.lock is what requirements.txt asks for."""

import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.browser.conftest import ROOT


def test_the_lock_has_each_requirement_in_a_version_that_is_allowed_with_its_hashes():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if not line.startswith("#")]
    entries = re.split(r"\n(?=[a-zA-Z])", (ROOT / "requirements.lock").read_text("utf-8"))[1:]
    versions: dict[str, list[str]] = {}
    for entry in entries:
        name, version = re.match(r"([\w.-]+)(?:\[[^]]*])?==([\w.+]+)", entry).groups()
        versions.setdefault(canonicalize_name(name), []).append(version)
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), name
    for requirement in wanted:
        locked = versions[canonicalize_name(requirement.name)]
        assert all(map(requirement.specifier.contains, locked)), f"{requirement}: {locked}"
