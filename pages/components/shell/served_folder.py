"""Folders whose files a browser can fetch.

Streamlit serves only `static/`, which may be read-only. It also serves a component's folder,
wherever that is, so each folder is registered as that of a component that is never shown.
"""

from __future__ import annotations

from pathlib import Path

from streamlit.components.v1 import declare_component


def address(name: str, folder: Path) -> str:
    """Have Streamlit serve all files of a folder until the server ends.

    Args:
        name: The folder's name in addresses, different for each folder.
        folder: An existing folder.

    Returns:
        Its address below the app's own, without a slash at the end. With a file's name appended, it
        is what `appAddress` of app_address.js takes.
    """
    return f"component/{declare_component(name, path=folder).name}"
