"""Pictures and files as addresses that hold their content, for HTML that loads nothing."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def data_uri(content: bytes, kind: str) -> str:
    """The address of a file's content, of a media type such as "image/svg+xml"."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def png_uri(image: NDArray[np.uint8], compression: int = 1) -> str:
    """A picture as the address of a PNG.

    Args:
        image: Grey, RGB or RGBA: (h, w), (h, w, 3) or (h, w, 4) uint8.
        compression: 0 to 9. High levels make small files, and take long.
    """
    png = io.BytesIO()
    Image.fromarray(image).save(png, "PNG", compress_level=compression)
    return data_uri(png.getvalue(), "image/png")
