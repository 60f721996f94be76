"""The app as a class or the public is served it, without a browser."""

import os
import re
import runpy
import subprocess
import sys
import urllib.request
from http.client import HTTPConnection, HTTPMessage
from types import SimpleNamespace

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web import cli
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from pages.components.shell import upload_limit
from tests.browser.conftest import ROOT, serve

MOTION = "reduce"

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


def test_with_a_wrong_setting_it_does_not_start_and_says_why(monkeypatch):
    monkeypatch.setenv("DIGITLAB_SLOTS", "many")
    ended = subprocess.run(
        [sys.executable, str(SCRIPT)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert re.fullmatch("DIGITLAB_SLOTS: expected .*, got 'many'.", ended.stderr.strip())


def test_a_page_takes_so_much_of_uploads_and_messages_and_nothing_of_other_sites(tmp_path):
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        + bytes(19 * 2**20)
        + b"\r\n--x--\r\n"
    )
    with serve(tmp_path, SCRIPT, DIGITLAB_MODE="class", DIGITLAB_STANDBY="0") as server:
        host = server.url.split("/")[2]
        connection = HTTPConnection(host, timeout=60)
        connection.request("GET", "/_stcore/health")
        with connection.getresponse() as answer:
            token = re.search("_streamlit_xsrf=([^;]+)", str(answer.headers))[1]
            answer.read()
        headers = {
            "X-Xsrftoken": token,
            "Cookie": f"_streamlit_xsrf={token}",
            "Content-Type": "multipart/form-data; boundary=x",
        }

        def upload(file: int) -> tuple[int, bytes]:
            address = f"/_stcore/upload_file/{session}/{file}"
            connection.request("PUT", address, form, headers)
            with connection.getresponse() as answer:
                return answer.status, answer.read()

        with connect(
            f"ws://{host}/_stcore/stream", subprotocols=["streamlit"], max_size=None
        ) as page:
            asked = BackMsg()
            asked.rerun_script.page_name = "data"
            page.send(asked.SerializeToString())
            session = ForwardMsg.FromString(page.recv(60)).new_session.initialize.session_id
            assert [upload(file)[0] for file in range(3)] == [204] * 3
            status, said = upload(3)
            assert (status, b"hold at most 60 MB" in said) == (413, True)

            # A long stroke is ignored, one without end not even read: the connection is closed.
            stroke = asked.rerun_script.widget_states.widgets.add()
            stroke.id, stroke.json_value = "drawing", "x" * 9_000_000
            assert read_until_finished(page, asked) == []
            stroke.json_value = "x" * 11_000_000
            with pytest.raises(ConnectionClosed):
                read_until_finished(page, asked)

        with pytest.raises(InvalidStatus, match="403"):  # a page of somebody else's site
            connect(
                f"ws://{host}/_stcore/stream",
                subprotocols=["streamlit"],
                origin="https://example.org",
            ).__enter__()
        for path in ("/%2e%2e/%2e%2e/serve.py", "/app/static/..%2f..%2fserve.py", "/..%5cserve.py"):
            connection.request("GET", path)
            with connection.getresponse() as answer:
                assert (answer.status, b"Middleware" in answer.read()) == (400, False), path


def read_until_finished(page, message: BackMsg) -> list[str]:
    """Send a message, and read until the page is complete; the errors that it shows."""
    page.send(message.SerializeToString())
    errors = []
    while True:
        got = ForwardMsg.FromString(page.recv(60))
        if got.delta.new_element.WhichOneof("type") == "exception":
            errors.append(got.delta.new_element.exception.message)
        if got.WhichOneof("type") == "script_finished":
            return errors


def test_all_pages_together_hold_so_much_of_uploads(monkeypatch):
    def hold(pages: int) -> None:
        files = {"a.png": SimpleNamespace(data=range(50 * 2**20))}  # as long, but not in memory
        held = {f"page {number}": files for number in range(pages)}
        manager = SimpleNamespace(file_storage=held)
        app = SimpleNamespace(uploaded_file_mgr=manager)
        monkeypatch.setattr(upload_limit.runtime, "get_instance", lambda: app)

    hold(7)
    assert upload_limit.refused("another", 50 * 2**20) == ""
    assert "A page can hold" in upload_limit.refused("page 1", 11 * 2**20)
    hold(8)
    assert "Too many files" in upload_limit.refused("another", 1)


@pytest.mark.parametrize("asked", [None, "0.0.0.0"])
def test_python_serve_listens_on_this_machine_alone_unless_told_otherwise(monkeypatch, asked):
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
