"""Pictures of letters for tests, drawn with a font that comes with Pillow."""

import io
import zipfile

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 64


def letter(sign: str, rng: np.random.Generator) -> Image.Image:
    """A letter, dark on light, of a size, place and slant of its own."""
    font = ImageFont.load_default(size=int(rng.integers(36, 50)))
    image = Image.new("L", (SIDE, SIDE), 255)
    place = tuple(SIDE / 2 + rng.uniform(-4, 4, 2))
    ImageDraw.Draw(image).text(place, sign, font=font, fill=0, anchor="mm")
    return image.rotate(rng.uniform(-10, 10), fillcolor=255)


def png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def letters(signs: str, each: int, seed: int = 0) -> dict[str, bytes]:
    """PNG files by their path: a folder for each letter."""
    rng = np.random.default_rng(seed)
    return {
        f"letters/{sign}/{number:03}.png": png(letter(sign, rng))
        for sign in signs
        for number in range(each)
    }


def zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()
