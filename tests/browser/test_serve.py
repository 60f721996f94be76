"""The app as a class or the public is served it, without a browser."""

import os
import re
import runpy
import subprocess
import sys
import urllib.request
from http.client import HTTPMessage

import pytest
from streamlit.web import cli

from tests.browser.conftest import ROOT, serve

SCRIPT = ROOT / "serve.py"


def headers(url: str, cookie: str = "") -> HTTPMessage:
    """The headers with which a page comes, as a browser asks for it."""
    request = urllib.request.Request(url, headers={"Accept": "text/html", "Cookie": cookie})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers


def test_each_browser_gets_a_key_with_its_first_page_and_keeps_it(tmp_path):
    with serve(tmp_path, SCRIPT, DIGITLAB_MODE="class", DIGITLAB_STANDBY="0") as server:
        cookies = [headers(f"{server.url}/{page}")["set-cookie"] for page in ("", "train")]
        keys = [re.match("digit-lab-key=([0-9a-f]{32});", cookie)[1] for cookie in cookies]
        assert keys[0] != keys[1]
        assert all("HttpOnly; SameSite=Lax" in cookie for cookie in cookies)
        again = headers(f"{server.url}/runs", f"digit-lab-key={keys[0]}")
        assert keys[0] in again["set-cookie"]
        assert "frame-ancestors 'self'" in again["content-security-policy"]
        for address, said in (("healthz", b"ok"), ("metrics", b"\ndigitlab_visitors 0\n")):
            with urllib.request.urlopen(f"{server.url}/{address}", timeout=30) as answer:
                assert said in answer.read()
        assert headers(f"{server.url}/app/static/logo.svg")["content-type"].startswith("image/svg")


def test_with_a_wrong_setting_it_does_not_start_and_says_why(monkeypatch):
    monkeypatch.setenv("DIGITLAB_SLOTS", "many")
    ended = subprocess.run(
        [sys.executable, str(SCRIPT)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert re.fullmatch("DIGITLAB_SLOTS: expected .*, got 'many'.", ended.stderr.strip())


@pytest.mark.parametrize("asked", [None, "0.0.0.0"])
def test_python_serve_listens_on_this_machine_alone_unless_it_is_told_otherwise(monkeypatch, asked):
    started = {}

    def main(options):
        started.update(os.environ)
        raise SystemExit

    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", asked or "")  # is undone after the test
    if not asked:
        monkeypatch.delenv("STREAMLIT_SERVER_ADDRESS")
    monkeypatch.setattr(cli, "main", main)
    monkeypatch.setattr(sys, "argv", [str(SCRIPT)])
    with pytest.raises(SystemExit):
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert started["STREAMLIT_SERVER_ADDRESS"] == (asked or "127.0.0.1")


def test_it_takes_streamlits_options_and_refuses_others(tmp_path):
    asked = [sys.executable, str(SCRIPT), "--server.addres", "127.0.0.1"]
    ended = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert "--server.addres" in ended.stderr
