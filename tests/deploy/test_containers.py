"""Dockerfile, compose.yaml and the systemd unit, as far as that goes without running them."""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from compose_spec import PyCompose

from tests.browser.conftest import ROOT
from tests.conftest import leave_out

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")
UNIT = (ROOT / "deploy" / "digit-lab.service").read_text("utf-8")


def hadolint(text: str) -> str:
    """What hadolint says of a Dockerfile."""
    program = shutil.which("hadolint", path=sysconfig.get_path("scripts"))
    if program is None:
        leave_out("hadolint is not installed (tests/requirements.txt)")
    done = subprocess.run([program, "--no-color", "-"], input=text, capture_output=True, text=True)
    assert not done.stderr
    return done.stdout


def test_hadolint_finds_nothing_in_the_dockerfile():
    assert hadolint(DOCKERFILE) == ""
    assert "DL3006" in hadolint(DOCKERFILE.replace("python:3.11-slim", "python"))


def test_what_the_image_copies_is_here_and_it_does_not_run_as_root():
    copies = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.M)
    copied = {name for names in copies for name in names.split()}
    assert {"serve.py", "pages", "mnist_core", "models", "lessons", "static"} <= copied
    assert all((ROOT / name).exists() for name in copied)
    assert re.findall(r"^USER (\d+)", DOCKERFILE, re.M) == ["10001"]


def test_compose_yaml_is_what_the_compose_specification_says():
    PyCompose.from_yaml(COMPOSE).validate()
    for right, wrong in (("restart:", "restat:"), ("[ALL]", "ALL"), ("20s", "20 parsecs")):
        with pytest.raises(ValueError, match=r"services\.server-1"):
            PyCompose.from_yaml(COMPOSE.replace(right, wrong, 1))


def test_the_containers_write_to_the_volume_alone_and_only_the_proxy_is_published():
    services = PyCompose.from_yaml(COMPOSE).to_dict()["services"]
    server = services["server-1"]
    assert {name: each.get("ports") for name, each in services.items()} == {
        "server-1": None, "server-2": None, "proxy": ["8080:8080"],
    }  # fmt: skip
    assert server == services["server-2"]
    assert services["proxy"]["depends_on"] == ["server-1", "server-2"]
    assert all(each["read_only"] for each in services.values())
    writable = [volume for volume in server["volumes"] if not volume.endswith(":ro")]
    assert writable == ["data:/data"]
    stored = re.findall(r"DIGITLAB_(?:RUNS|CACHE)=(\S+)", DOCKERFILE)
    assert len(stored) == 2
    assert all(path.startswith("/data/") for path in stored)
    assert (server["cap_drop"], server["init"]) == (["ALL"], True)
    assert server["security_opt"] == ["no-new-privileges:true"]
    [mounted] = services["proxy"]["volumes"]
    assert (ROOT / mounted.split(":")[0]).is_file()
    assert mounted.endswith(":ro")


def verified(directory: Path, text: str) -> str:
    """What systemd says of a unit, with a program in it that is here."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    unit = directory / "digit-lab.service"
    unit.write_text(text.replace("/opt/digit-lab/.venv/bin/streamlit", sys.executable), "utf-8")
    done = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True)
    return done.stdout + done.stderr


def test_systemd_finds_nothing_in_the_unit(tmp_path):
    assert verified(tmp_path, UNIT) == ""
    assert "ProtectHom" in verified(tmp_path, UNIT.replace("ProtectHome", "ProtectHom"))


def test_the_unit_is_not_root_listens_to_the_proxy_alone_and_writes_to_its_directories():
    """Also where there is no systemd."""
    settings = re.findall(r"^(\w+)=(.*)$", UNIT, re.M)
    environment = dict(value.split("=", 1) for key, value in settings if key == "Environment")
    service = dict(settings)
    assert service["User"] == "digit-lab"
    assert service["ExecStart"].endswith(" run serve.py")
    assert (ROOT / "serve.py").is_file()
    assert service["KillMode"] == "process"  # trainings outlive the server
    assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "true")
    assert environment["STREAMLIT_SERVER_ADDRESS"] == "127.0.0.1"
    assert environment["DIGITLAB_RUNS"].startswith(f"/var/lib/{service['StateDirectory']}/")
    assert environment["DIGITLAB_CACHE"] == f"/var/cache/{service['CacheDirectory']}"
