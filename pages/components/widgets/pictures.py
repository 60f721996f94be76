"""Arrays as pictures that HTML can show."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def data_uri(image: NDArray[np.uint8]) -> str:
    """A grey or RGB picture, (h, w) or (h, w, 3), as the address of a PNG."""
    png = io.BytesIO()
    Image.fromarray(image).save(png, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii")
