"""deploy/nginx.conf in a real nginx, before two servers on one runs directory."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Server, canvas_of, draw, serve
from tests.conftest import leave_out

MEGABYTE = 2**20
ENVIRONMENT = {
    "DIGITLAB_MODE": "class",
    "DIGITLAB_STANDBY": "0",
    "STREAMLIT_SERVER_BASE_URL_PATH": "digit-lab",
}


@contextmanager
def nginx(directory: Path, ports: list[int]) -> Iterator[int]:
    """nginx with deploy/nginx.conf before servers at these ports, at the port that is yielded."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        leave_out("nginx is not installed (on Debian: apt-get install nginx)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shipped = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    filled = re.sub(r"server-(\d):8501", lambda at: f"127.0.0.1:{ports[int(at[1]) - 1]}", shipped)
    filled = filled.replace("listen 8080;", f"listen 127.0.0.1:{port};")
    assert filled.count("127.0.0.1:") == 3
    (directory / "digit-lab.conf").write_text(filled, "utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"{kind}_temp_path {directory}/{kind};" for kind in kinds)
    main = directory / "nginx.conf"
    main.write_text(
        f"pid {directory}/nginx.pid; error_log {directory}/nginx.log;\nevents {{}}\n"
        f"http {{ access_log off;\n{temporary}\ninclude {directory}/digit-lab.conf; }}\n",
        "utf-8",
    )
    command = [program, "-e", str(directory / "nginx.log"), "-c", str(main)]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    subprocess.run(command, check=True)  # returns when it listens
    try:
        yield port
    finally:
        subprocess.run([*command, "-s", "stop"], check=True)


def upload(port: int, size: int) -> int:
    """The status with which an upload of this many bytes is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest("PUT", "/digit-lab/_stcore/upload_file/session/file")
    connection.putheader("Content-Length", str(size))
    connection.endheaders(b"" if size > 21 * MEGABYTE else bytes(size))
    return connection.getresponse().status


def holds_a_websocket(server: Server) -> bool:
    """Whether a browser's session is on this server, as Streamlit's own metrics say."""
    connection = http.client.HTTPConnection(server.url.split("/")[2], timeout=30)
    connection.request("GET", "/digit-lab/_stcore/metrics")
    found = re.search(r"^active_sessions (\d+)", connection.getresponse().read().decode(), re.M)
    return bool(found and int(found[1]))


def test_the_containers_health_check_tells_a_server_that_answers_from_none(tmp_path):
    text = (ROOT / "Dockerfile").read_text("utf-8")
    command = json.loads(re.search(r"^HEALTHCHECK .*CMD (\[.*])$", text, re.M)[1])
    assert command[0] == "python"
    with serve(tmp_path, ROOT / "serve.py", **ENVIRONMENT) as server:
        port = server.url.split("/")[2].split(":")[1]
        environment = os.environ | ENVIRONMENT | {"STREAMLIT_SERVER_PORT": port}

        def healthy() -> bool:
            checked = [sys.executable, *command[1:]]
            return not subprocess.run(
                checked, env=environment, stderr=subprocess.DEVNULL
            ).returncode

        assert healthy()
        server.process.kill()
        server.process.wait()
        assert not healthy()


def leave(page) -> None:
    """Close the page's connections: the browser complains of those that a server breaks off."""
    page.wait_for_load_state("networkidle")
    page.goto("about:blank")


def test_the_app_works_through_nginx_and_goes_on_when_a_server_is_killed(tmp_path, page):
    with ExitStack() as stack:
        servers = []
        for name in ("1", "2"):
            (tmp_path / name).mkdir()
            environment = ENVIRONMENT | {"DIGITLAB_RUNS": str(tmp_path / "runs")}
            serving = serve(tmp_path / name, ROOT / "serve.py", **environment)
            servers.append(stack.enter_context(serving))
        ports = [int(server.url.split("/")[2].split(":")[1]) for server in servers]
        port = stack.enter_context(nginx(tmp_path, ports))

        assert upload(port, 22 * MEGABYTE) == 413
        assert upload(port, 20 * MEGABYTE) != 413

        # A name that Streamlit does not know, as a school's is: it must see the host of the page.
        page.goto(f"http://digits.localhost:{port}/digit-lab")
        draw(page, 4)
        expect(page.get_by_role("status")).to_have_text("This is a 4.")
        holding = [server for server in servers if holds_a_websocket(server)]
        assert len(holding) == 1

        leave(page)
        holding[0].process.kill()
        holding[0].process.wait()
        page.goto(f"http://digits.localhost:{port}/digit-lab/")
        canvas_of(page)
        leave(page)
