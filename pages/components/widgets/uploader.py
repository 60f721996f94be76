"""A place to upload files; uploader.js gives it a role that fits its name."""

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


def uploads(label: str, key: str, **options: Any) -> list[UploadedFile]:
    """Show the uploader of several files, or of a folder, and return the files; of a folder their
    names are their paths. The arguments are those of `uploader`."""
    files: list[UploadedFile] = st.file_uploader(label, key=key, **options)
    invisible(__file__, f"{key}-role")
    return files
