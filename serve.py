"""Start the app for a class or the public: `python serve.py`, or `streamlit run serve.py` with
Streamlit's options. For one person `streamlit run app.py` does.

Here each browser gets a key in a cookie, by which runs have owners (visitor_key.py), and there are
/healthz, /metrics and a log (operation.py).
"""

import sys

import streamlit as st
from starlette.middleware import Middleware

from mnist_core.config import settings
from pages.components.shell import operation
from pages.components.shell.visitor_key import VisitorKey

if problems := settings.problems():
    sys.exit("\n".join(problems))
operation.start_log()
app = st.App(
    "app.py",
    routes=operation.ROUTES,
    middleware=[Middleware(operation.Traffic), Middleware(VisitorKey)],
)

if __name__ == "__main__":
    app.run()
