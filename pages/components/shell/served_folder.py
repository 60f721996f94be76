"""Folders whose files a browser can fetch.

Of itself Streamlit serves the folder static/ beside the app alone, where often nothing can be
written. The folder of a component may lie anywhere, so each of these is declared as that of one,
which is never shown.
"""

from __future__ import annotations

from pathlib import Path

from streamlit.components.v1 import declare_component


def address(name: str, folder: Path) -> str:
    """Have Streamlit serve all files of a folder until the server ends.

    Args:
        name: Of the folder in addresses; another for each folder.
        folder: It exists.

    Returns:
        Its address below the app's own, without a slash at the end; what `appAddress` of
        app_address.js takes once a file's name is appended.
    """
    return f"component/{declare_component(name, path=folder).name}"
