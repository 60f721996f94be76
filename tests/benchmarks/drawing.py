"""How well drawings are read, whatever their size, place and brush.

    python -m tests.benchmarks.drawing FILE [--every N] [NETWORK …]

FILE is a UNIPEN file of pen digits. Each is rendered at several sizes, places and brush widths as
the canvas reports it, as Fabric's JSON, and read as the Draw page reads drawings; then as a picture
of that canvas, as the page reads uploads. Prints the accuracy for every variant, and the spread.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from mnist_core.digits.drawings import from_strokes, unipen
from mnist_core.digits.drawings.fabric import read_fabric
from mnist_core.digits.mnist_format import Digit
from mnist_core.digits.photos import from_photo
from mnist_core.network.inference import Classifier
from mnist_core.runs import store

SIDE = 280
VARIANTS = [
    # name, longer side of the drawing in canvas pixels, place 0–1 across and down, brush
    ("usual", 180, (0.5, 0.5), 20),
    ("large", 250, (0.5, 0.5), 20),
    ("small", 90, (0.5, 0.5), 20),
    ("tiny", 45, (0.5, 0.5), 12),
    ("upper left", 100, (0.0, 0.0), 20),
    ("lower right", 100, (1.0, 1.0), 20),
    ("fine brush", 180, (0.5, 0.5), 8),
    ("broad brush", 180, (0.5, 0.5), 36),
]


def placed(lines: list[np.ndarray], size: float, place: tuple[float, float], brush: int):
    """The strokes at this size and place; the brush stays inside the canvas."""
    points = np.concatenate(lines)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = size / max(extent.max(), 1e-9)
    free = SIDE - brush - extent * scale
    return [(line - low) * scale + brush / 2 + free * np.array(place) for line in lines]


def fabric(lines: list[np.ndarray], brush: int) -> dict[str, Any]:
    """The JSON that the canvas reports."""
    objects = []
    for line in lines:
        low, high = line.min(axis=0), line.max(axis=0)
        path = [["M" if i == 0 else "L", *point] for i, point in enumerate(line.tolist())]
        left, top = ((low + high) / 2).tolist()
        objects.append(
            {"type": "Path", "originX": "center", "originY": "center", "path": path,
             "left": left, "top": top, "strokeWidth": brush}
        )  # fmt: skip
    return {"objects": objects}


def picture(lines: list[np.ndarray], brush: int) -> Image.Image:
    """The canvas as an image, white on black."""
    image = Image.new("L", (2 * SIDE, 2 * SIDE))
    draw = ImageDraw.Draw(image)
    for line in lines:
        points = [tuple(point) for point in (2 * line).tolist()]
        draw.line(points, fill=255, width=2 * brush, joint="curve")
        for x, y in points:
            draw.ellipse((x - brush, y - brush, x + brush, y + brush), fill=255)
    return image.reduce(2)


def read(lines: list[np.ndarray], brush: int, upload: bool) -> np.ndarray:
    """The image that the page would classify; empty if it finds no digit."""
    if upload:
        found = from_photo.digit_from_image(picture(lines, brush))
    else:
        found = from_strokes.digit_from_strokes(read_fabric(fabric(lines, brush)))
    return found.image if isinstance(found, Digit) else np.zeros((28, 28), np.uint8)


def measure(file: Path, every: int, names: list[str]) -> None:
    drawings = unipen.read_unipen(file)[::every]
    labels = np.array([int(label) for label, _ in drawings])
    networks = [store.get(name) for name in names] or store.list_pretrained()
    print(f"{len(labels)} drawings")
    for kind in ("strokes", "pixels"):
        print(f"{kind:14}" + "".join(f"{run.name:>16}" for run in networks))
        rows = []
        for name, size, place, brush in VARIANTS:
            images = np.stack([
                read(placed(lines, size, place, brush), brush, kind == "pixels")
                for _, lines in drawings
            ])  # fmt: skip
            row = [
                np.mean(Classifier.load(run.weights_path).probabilities(images).argmax(1) == labels)
                for run in networks
            ]
            print(f"{name:14}" + "".join(f"{share:16.2%}" for share in row), flush=True)
            rows.append(row)
        spread = np.ptp(rows, axis=0)
        print(f"{'spread':14}" + "".join(f"{100 * points:12.2f} pts" for points in spread))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--every", type=int, default=1, help="use every N-th drawing only")
    parser.add_argument("networks", nargs="*", metavar="NETWORK")
    arguments = parser.parse_intermixed_args()
    measure(arguments.file, arguments.every, arguments.networks)
