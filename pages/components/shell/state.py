"""The keys under which visitors' state is kept across pages."""

from __future__ import annotations

DRAWINGS = "my-drawings"  # list of Drawing
