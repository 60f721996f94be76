"""Start the app for a class or the public: `python serve.py` or `streamlit run serve.py`, each with
Streamlit's options. The first listens on this machine only, unless those options,
STREAMLIT_SERVER_ADDRESS or .streamlit/config.toml say otherwise. For one person,
`streamlit run app.py` is enough.

Here each browser gets a key in a cookie, by which runs have owners (visitor_key.py), and there are
/healthz, /metrics and a log (monitoring.py). Expired runs are deleted every hour (expiry.py).
"""

import os
import sys
import tomllib
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.web import cli

from mnist_core.config import settings
from pages.components.shell import expiry, monitoring, sign_in
from pages.components.shell.message_check import MessageCheck
from pages.components.shell.served_weights import ServedWeights
from pages.components.shell.upload_limit import UploadLimit
from pages.components.shell.visitor_key import VisitorKey

if problems := settings.problems() or sign_in.problems():
    sys.exit("\n".join(problems))
if __name__ == "__main__":
    kept = (Path(__file__).parent / ".streamlit" / "config.toml").read_text("utf-8")
    if "address" not in tomllib.loads(kept).get("server", {}):
        os.environ.setdefault("STREAMLIT_SERVER_ADDRESS", "127.0.0.1")
    cli.main(["run", __file__, *sys.argv[1:]])  # imports this file; ends the process
monitoring.start_log()
expiry.start()
app = st.App(
    "app.py",
    routes=monitoring.ROUTES,
    middleware=[
        Middleware(monitoring.Traffic),
        Middleware(VisitorKey),
        Middleware(UploadLimit),
        Middleware(MessageCheck),
        Middleware(ServedWeights),
    ],
)
