"""Sign-in with a small but real provider of OpenID Connect on this machine, without a browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from mnist_core.config.config import TrainingConfig
from mnist_core.runs import ownership, store
from pages.components.shell import sign_in
from tests.browser.conftest import ROOT, serve

pytest.importorskip("authlib", reason="pip install -r requirements-sign-in.txt")
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "digit-lab", "the client's secret"
PATIENCE = 60  # seconds


class Provider:
    """A provider that signs in whoever `person` says, without asking.

    https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.person: dict[str, str] = {}
        self.asked: dict[str, dict[str, str]] = {}  # what was asked for, by the code given for it
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})

    def configuration(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes with its code."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert "openid" in query["scope"].split()
        code = f"code-{len(self.asked)}"
        self.asked[code] = query | self.person
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, object]:
        """An identity for a code, which is good once."""
        assert b64decode(authorization.removeprefix("Basic ")).decode() in (
            f"{CLIENT}:{SECRET}",
            urlencode({CLIENT: SECRET}).replace("=", ":"),
        )
        asked = self.asked.pop(form["code"])
        assert form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60,
            "nonce": asked["nonce"], "sub": asked["sub"], "name": asked["name"],
        }  # fmt: skip
        identity = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)
        return {"access_token": "none", "token_type": "Bearer", "id_token": identity}


@contextmanager
def a_provider() -> Iterator[Provider]:
    """The provider on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            if place.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(place.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
            elif place.path == "/keys":
                self.answer({"keys": [provider.key.as_dict(private=False)]})
            else:
                self.answer(provider.configuration())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.answer(provider.token(form, self.headers["Authorization"]))

        def answer(self, content: dict[str, object]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = Provider(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever).start()
        try:
            yield provider
        finally:
            server.shutdown()


def secrets(directory: Path, provider: str, port: int) -> dict[str, str]:
    """The environment of a server that knows the provider."""
    home = directory / "home"
    (home / ".streamlit").mkdir(parents=True)
    (home / ".streamlit" / "secrets.toml").write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "a secret of thirty-two characters"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{provider}/.well-known/openid-configuration"
""",
        "utf-8",
    )
    return {"HOME": str(home), "DIGITLAB_SIGN_IN": "1", "DIGITLAB_MODE": "class"}


class Browser:
    """What a browser does of it: cookies, redirections, and the WebSocket of a page."""

    def __init__(self, url: str) -> None:
        self.url, self.jar = url, CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def page(self, name: str = "", click: str = "") -> list[ForwardMsg]:
        """What the server sends for a page, or after a click on the button with this key."""
        self.opener.open(f"{self.url}/_stcore/health", timeout=PATIENCE).close()  # for its token
        cookies = {cookie.name: cookie.value for cookie in self.jar}
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
        socket = connect(
            f"{self.url.replace('http', 'ws')}/_stcore/stream",
            subprotocols=["streamlit", cookies["_streamlit_xsrf"]],
            additional_headers={"Cookie": sent, "Origin": self.url},
            max_size=None,
        )
        with socket:
            asked = BackMsg()
            asked.rerun_script.page_name = name
            found = self._answer(socket, asked)
            if not click:
                return found
            ids = re.findall(rb"\$\$ID-[0-9a-f]+-" + click.encode(), b"".join(map(bytes_of, found)))
            button = asked.rerun_script.widget_states.widgets.add()
            button.id, button.trigger_value = ids[0].decode(), True
            return self._answer(socket, asked)

    @staticmethod
    def _answer(socket, asked: BackMsg) -> list[ForwardMsg]:
        socket.send(asked.SerializeToString())
        found: list[ForwardMsg] = []
        while not found or found[-1].WhichOneof("type") != "script_finished":
            found.append(ForwardMsg.FromString(socket.recv(timeout=PATIENCE)))
        return found

    def follow(self, button: str) -> None:
        """Click on a button that leads away, and go there."""
        sent = self.page("learn", click=button)  # the front page comes in two parts
        (leads,) = (message for message in sent if message.WhichOneof("type") == "auth_redirect")
        with self.opener.open(urljoin(self.url, leads.auth_redirect.url), timeout=PATIENCE) as end:
            assert end.url.rstrip("/") == self.url


def bytes_of(message: ForwardMsg) -> bytes:
    return message.SerializeToString()


def said(messages: list[ForwardMsg]) -> str:
    """The texts of all that was sent, those in JSON included."""
    text = b"".join(map(bytes_of, messages)).decode("utf-8", "replace")
    return text.replace('\\"', '"')


def test_runs_belong_to_who_signs_in_and_without_that_nothing_is_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITLAB_RUNS", str(tmp_path / "runs"))
    with a_provider() as provider:
        environment = secrets(tmp_path, provider.url, 0)
        with serve(tmp_path, ROOT / "serve.py", **environment, DIGITLAB_STANDBY="0") as app:
            kept = tmp_path / "home" / ".streamlit" / "secrets.toml"
            port = urlsplit(app.url).port
            kept.write_text(kept.read_text("utf-8").replace(":0/", f":{port}/"), "utf-8")
            ada, bob, nobody = Browser(app.url), Browser(app.url), Browser(app.url)

            provider.person = {"sub": "17", "name": "Ada *Lovelace*"}
            ada.follow("sign-in")
            assert "Signed in as Ada" in said(ada.page("learn"))
            hers = ownership.visitor_of(f"{provider.url} 17")
            assert ownership.nickname(hers) == "Ada *Lovelace*"
            store.create(TrainingConfig(), "Hers", visitor=hers).set_status(state="done")
            again = Browser(app.url)  # another browser
            again.follow("sign-in")
            row = r'<td class="name">Hers</td><td class="who">(.*?)</td>'
            assert re.search(row, said(again.page("runs")))[1] == "You"

            provider.person = {"sub": "18", "name": "Bob"}
            bob.follow("sign-in")
            shown = re.search(row, said(bob.page("runs")))[1]
            assert shown == f"Ada *Lovelace* ({hers[:4]})"

            for cookie in bob.jar:  # with the cookie of another changed a little
                if cookie.name == "_streamlit_user":
                    forged = cookie.value[:-2] + ("AA" if cookie.value[-2:] != "AA" else "BB")
                    cookie.value = forged
            ada.follow("sign-out")
            for browser in (nobody, bob, ada):
                first = said(browser.page("runs"))
                assert "Sign in, so that" in first
                assert "Hers" not in first


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "lacks redirect_uri, cookie_secret, client_id"),
        ('[auth]\nredirect_uri = "x"\nclient_id = "x"\n', "lacks cookie_secret, client_secret,"),
    ],
)
def test_without_a_provider_it_does_not_start_and_says_what_is_missing(tmp_path, content, told):
    environment = secrets(tmp_path, "http://127.0.0.1:9", 1)
    kept = tmp_path / "home" / ".streamlit" / "secrets.toml"
    kept.unlink() if content is None else kept.write_text(content, "utf-8")
    ended = subprocess.run(
        [sys.executable, str(ROOT / "serve.py")],
        cwd=ROOT, env=os.environ | environment,
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert ended.returncode == 1
    assert told in ended.stderr


def test_without_the_optional_library_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setenv("DIGITLAB_MODE", "public")
    monkeypatch.setenv("DIGITLAB_SIGN_IN", "1")
    monkeypatch.setitem(sys.modules, "authlib", None)  # as where it is not installed
    assert "pip install -r requirements-sign-in.txt" in sign_in.problems()[0]
    monkeypatch.setenv("DIGITLAB_MODE", "personal")
    assert sign_in.problems() == []
