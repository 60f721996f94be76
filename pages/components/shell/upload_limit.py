"""Limits the memory that uploads take. Streamlit keeps an uploaded file in memory until
its page is closed or the file is removed, and limits only the size of each (`maxUploadSize`).
`serve.py` puts this between Streamlit and the browser.
"""

from __future__ import annotations

import re
from typing import cast

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

MEGABYTE = 2**20
MAX_MEGABYTES, MAX_MEGABYTES_IN_ALL = 60, 400  # uploaded by an open page, and by all together
UPLOAD = re.compile("/_stcore/upload_file/([^/]+)/[^/]+$")


class UploadLimit:
    """ASGI middleware that refuses uploads beyond these limits."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self.app
        upload = UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if upload and scope["method"] == "PUT":
            # A browser always says how much it is.
            size = Headers(scope=scope).get("content-length", "")
            problem = refused(upload[1], int(size)) if size.isdecimal() else "Its size is missing."
            if problem:
                answer = PlainTextResponse(problem, 413)
        await answer(scope, receive, send)


def refused(session: str, size: int) -> str:
    """Why a page may not upload so many bytes; empty where it may."""
    manager = cast(MemoryUploadedFileManager, runtime.get_instance().uploaded_file_mgr)
    held = {  # bytes by session
        owner: sum(len(file.data) for file in [*files.values()])
        for owner, files in manager.file_storage.copy().items()
    }
    if held.get(session, 0) + size > MAX_MEGABYTES * MEGABYTE:
        return f"A page can hold at most {MAX_MEGABYTES} MB of uploads. Remove a file first."
    if sum(held.values()) + size > MAX_MEGABYTES_IN_ALL * MEGABYTE:
        return "Too many files are uploaded at the moment. Try again in a few minutes."
    return ""
