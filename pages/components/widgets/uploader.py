"""A place to upload a file; uploader.js gives it a role that fits its name."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.components.widgets.javascript import invisible


def uploader(label: str, key: str, **options: Any) -> UploadedFile | None:
    """Show the uploader of one file, and return the file; None while there is none.

    Args:
        label: Its name.
        key: Among the page's widgets.
        options: Further ones of `st.file_uploader`.
    """
    file: UploadedFile | None = st.file_uploader(label, key=key, **options)
    invisible(__file__, f"{key}-role")
    return file
