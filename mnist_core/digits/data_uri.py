"""Pictures and files as data URIs, for HTML that needs no other files."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def data_uri(content: bytes, kind: str) -> str:
    """The data URI of a file's content; `kind` is its media type, such as "image/svg+xml"."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def png_uri(image: NDArray[np.uint8], compression: int = 1) -> str:
    """A picture as the data URI of a PNG.

    Args:
        image: (h, w) grey, (h, w, 3) RGB or (h, w, 4) RGBA, uint8.
        compression: Level of compression, 0 to 9. High levels make small files, but take longer.
    """
    png = io.BytesIO()
    Image.fromarray(image).save(png, "PNG", compress_level=compression)
    return data_uri(png.getvalue(), "image/png")
