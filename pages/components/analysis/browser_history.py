"""However many digits are opened one from another, the browser's Back leaves them in one step."""

from __future__ import annotations

from pages.components.widgets.javascript import invisible


def keep_short() -> None:
    """Have browser_history.js keep the history short from now on; invisible."""
    invisible(__file__, "digit-history")
