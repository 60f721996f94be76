"""Weights that browsers fetch go with their run, also where another server has deleted it.
`serve.py` puts this between Streamlit and the browser.
"""

from __future__ import annotations

import posixpath

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mnist_core.runs import store

NAME = "weights"  # the folder's name in addresses, see `served_folder.address`


class ServedWeights:
    """ASGI middleware that has no weights of a run that is gone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self.app
        if scope["type"] == "http" and f".{NAME}/" in scope["path"]:
            folder, _ = posixpath.split(posixpath.normpath(scope["path"]))
            if not store.exists(posixpath.basename(folder)):
                answer = PlainTextResponse("This run has been deleted.", 404)
        await answer(scope, receive, send)
