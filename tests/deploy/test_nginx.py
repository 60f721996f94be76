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

from mnist_core.jobs import launcher
from mnist_core.runs import store
from pages.components.shell.visitor_key import COOKIE
from tests.browser.conftest import CURVES, ROOT, draw, serve
from tests.conftest import leave_out

MEGABYTE = 2**20
ENVIRONMENT = {
    "DIGITLAB_MODE": "class",
    "DIGITLAB_STANDBY": "0",
    "STREAMLIT_SERVER_BASE_URL_PATH": "digit-lab",
}
LONG = "train?epochs=900&early_stopping_patience=0&layers=2048"  # a training that outlasts a test
OFFLINE = {"MNIST_NPZ": "", "DIGITLAB_OFFLINE": "1", "DIGITLAB_MAX_EPOCHS": "1000"}


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
    # Started by root, it would have another user keep long answers here, who may not.
    user = "user root;" if os.geteuid() == 0 else ""
    main.write_text(
        f"{user} pid {directory}/nginx.pid; error_log {directory}/nginx.log;\nevents {{}}\n"
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


def sessions(host: str, key: str = "") -> int:
    """How many browsers' sessions are on the server that answers there, for the visitor with this
    key, as Streamlit's own metrics say."""
    connection = http.client.HTTPConnection(host, timeout=30)
    headers = {"Cookie": f"{COOKIE}={key}"} if key else {}
    connection.request("GET", "/digit-lab/_stcore/metrics", headers=headers)
    found = re.search(r"^active_sessions (\d+)", connection.getresponse().read().decode(), re.M)
    return int(found[1]) if found else 0


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


def test_two_servers_are_one_app_through_nginx_also_when_one_is_killed(
    tmp_path, page, open_page, monkeypatch
):
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path / "runs"))
    with ExitStack() as stack:
        servers = {}
        for name in ("1", "2"):
            (tmp_path / name).mkdir()
            environment = ENVIRONMENT | OFFLINE | {"DIGITLAB_RUNS": str(tmp_path / "runs")}
            serving = serve(tmp_path / name, ROOT / "serve.py", **environment)
            server = stack.enter_context(serving)
            servers[server.url.split("/")[2]] = server
        ports = [int(host.split(":")[1]) for host in servers]
        port = stack.enter_context(nginx(tmp_path, ports))
        stack.callback(lambda: [launcher.kill(run) for run in store.list_runs()])

        assert upload(port, 22 * MEGABYTE) == 413
        assert upload(port, 20 * MEGABYTE) != 413

        # A name that Streamlit does not know, as a school's is: it must see the host of the page.
        url = f"http://digits.localhost:{port}/digit-lab"
        page.goto(url)
        draw(page, 4)
        expect(page.get_by_role("status")).to_have_text("This is a 4.")
        (hers,) = (host for host in servers if sessions(host))

        page.goto(f"{url}/{LONG}")
        page.locator(".st-key-start-training button").click()
        status = page.locator(".st-key-training-status")
        expect(status).to_contain_text("Training")
        run_id = re.search(r"run=([a-z0-9-]+)", page.url)[1]

        # Another pupil, whom nginx sends to the other server, watches it there.
        keys = (f"{number:032x}" for number in range(100))
        key = next(key for key in keys if not sessions(f"127.0.0.1:{port}", key))
        watching = open_page()
        watching.context.add_cookies([{"name": COOKIE, "value": key, "url": url}])
        watching.goto(f"{url}/train?run={run_id}")
        watched = watching.locator(".st-key-training-status")
        expect(watched).to_contain_text("Training")
        expect(watching.locator(CURVES)).not_to_have_attribute("data-points", "0")
        expect(watching.locator(".st-key-stop-training")).to_have_count(0)  # it is not theirs
        assert all(map(sessions, servers))

        # Her server is killed. After a reload she goes on at the other, and the run is still hers.
        leave(page)
        servers[hers].process.kill()
        servers[hers].process.wait()
        page.goto(f"{url}/train?run={run_id}")
        expect(status).to_contain_text("Training")
        page.locator(".st-key-stop-training button").click()
        expect(status).to_contain_text("Stopped")
        expect(watched).to_contain_text("Stopped")
        page.locator(".st-key-resume-run button").click()
        expect(status).to_contain_text("Training")
        expect(watched).to_contain_text("Training")
        page.locator(".st-key-stop-training button").click()
        expect(status).to_contain_text("Stopped")
        assert store.get(run_id).epoch_rows()
        leave(page)
        leave(watching)
