"""Strokes from the Fabric.js JSON of the drawing canvas.

In the browser pages/components/draw/canvas/canvas_brush.js makes the same lines while the pen is
down; both are tested against tests/javascript/golden.json.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mnist_core.digits.drawings.from_strokes import CANVAS_SIDE
from mnist_core.digits.drawings.strokes import (
    MAX_COORDINATE,
    MAX_POINTS,
    MAX_STROKES,
    Stroke,
    StrokeError,
)

CURVE_STEPS = 4
"""Number of points by which a curve is approximated."""

_ARGUMENTS = {"M": 2, "L": 2, "Q": 4}  # numbers after each command: move, line, quadratic
_ANCHOR = ("left", "top")
# From an object's anchor to its centre, as a share of its size.
_ORIGINS = {"left": 0.5, "top": 0.5, "center": 0.0, "right": -0.5, "bottom": -0.5}
_TRANSFORM = {"scaleX": 1.0, "scaleY": 1.0, "angle": 0.0, "skewX": 0.0, "skewY": 0.0}


def read_fabric(json_data: object) -> list[Stroke]:
    """The strokes of a canvas.

    Each object of the canvas is a freehand `Path` with commands M, L and Q. Objects that were
    moved, scaled, rotated or mirrored are read as they now appear.

    Args:
        json_data: What Fabric's `canvas.toJSON()` returns. Only "objects" is read, and "side": the
            width and height of the surface drawn on, in the objects' pixels; 280 if it is missing.

    Returns:
        Strokes in canvas pixels, in drawing order; [] for an empty canvas.

    Raises:
        StrokeError: A field is missing or makes no sense, or there are too many strokes or points.
    """
    if not isinstance(json_data, Mapping):
        raise StrokeError(f"A drawing should be a JSON object and is {_kind(json_data)}.")
    objects = json_data.get("objects")
    if not isinstance(objects, list):
        raise StrokeError(f"A drawing should have a list 'objects'; it is {_kind(objects)}.")
    if len(objects) > MAX_STROKES:
        raise StrokeError(
            f"The drawing has {len(objects):,} strokes; at most {MAX_STROKES:,} can be read."
        )
    strokes: list[Stroke] = []
    commands = 0
    for index, item in enumerate(objects, start=1):
        where = f"Object {index} of the drawing"
        path_object, path = _path(item, where)
        commands += len(path)
        if commands > MAX_POINTS:
            raise StrokeError(f"The drawing has more than {MAX_POINTS:,} points.")
        strokes.extend(_placed(_flattened(path, where), path_object, where))
        if len(strokes) > MAX_STROKES:
            raise StrokeError(f"The drawing has more than {MAX_STROKES:,} strokes.")
    side = _number(json_data.get("side", CANVAS_SIDE), "The drawing's field 'side'")
    if side < CANVAS_SIDE:
        raise StrokeError(
            f"The drawing's field 'side' should be at least {CANVAS_SIDE} and is {side:g}."
        )
    return [stroke * (CANVAS_SIDE / side) for stroke in strokes]


def _path(item: object, where: str) -> tuple[Mapping[str, Any], list[Any]]:
    """Check an object; return it and the commands of its path."""
    if not isinstance(item, Mapping):
        raise StrokeError(f"{where} should be a JSON object and is {_kind(item)}.")
    if str(item.get("type")).lower() != "path":
        raise StrokeError(f"{where} is of type {item.get('type')!r:.40}; only 'path' can be read.")
    path = item.get("path")
    if not isinstance(path, list) or not path:
        raise StrokeError(f"{where} should have a list of commands 'path'.")
    return item, path


def _flattened(path: list[Any], where: str) -> list[Stroke]:
    """The strokes that a path's commands draw, in the path's own coordinates; each M begins a
    stroke."""
    lines: list[list[list[float]]] = []
    for command in path:
        name = command[0] if isinstance(command, list) and command else None
        if not isinstance(name, str) or name not in _ARGUMENTS:
            raise StrokeError(f"{where} has the command {command!r:.60}; M, L and Q can be read.")
        numbers = _numbers(command[1:], _ARGUMENTS[name], f"{where}, command {name}")
        if name == "M":
            lines.append([numbers])
        elif not lines:
            raise StrokeError(f"{where} should begin with the command M and has {name}.")
        else:
            lines[-1].append(numbers)
    return [_line(line) for line in lines]


def _line(commands: list[list[float]]) -> Stroke:
    """The points of a stroke.

    Args:
        commands: The starting point (two numbers), then for each piece the end of a straight line
            (two numbers), or the control point and the end of a curve (four numbers).
    """
    ends = np.array([numbers[-2:] for numbers in commands])
    controls = np.array([numbers[:2] for numbers in commands[1:]]).reshape(-1, 1, 2)
    starts, stops = ends[:-1, None], ends[1:, None]
    t = np.arange(1, CURVE_STEPS + 1)[:, None] / CURVE_STEPS
    points = (1 - t) ** 2 * starts + 2 * t * (1 - t) * controls + t**2 * stops
    kept = np.ones(points.shape[:2], bool)
    kept[[len(numbers) == 2 for numbers in commands[1:]], :-1] = False
    return np.concatenate([ends[:1], points[kept]])


def _numbers(values: Sequence[object], count: int, where: str) -> list[float]:
    if len(values) != count:
        raise StrokeError(f"{where} should have {count} numbers and has {len(values)}.")
    return [_number(value, where) for value in values]


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StrokeError(f"{where} should be a number and is {_kind(value)}.")
    if not abs(value) <= MAX_COORDINATE:  # also refuses NaN
        raise StrokeError(f"{where} should be from -100,000 to 100,000 and is {value!r:.20}.")
    return float(value)


def _kind(value: object) -> str:
    return "missing" if value is None else f"of type {type(value).__name__}"


def _placed(lines: list[Stroke], item: Mapping[str, Any], where: str) -> list[Stroke]:
    """Strokes from a path's own coordinates to canvas pixels (Fabric's object transform).

    A point p lies at centre + R·S·K·(p - middle), with the rotation R, the scale and flips S, the
    skew K and the middle of the path's own bounding box. `left` and `top` are the centre, or a
    corner or edge of the box with its outline, as `originX` and `originY` say.
    """
    numbers = {
        name: _number(item.get(name, default), f"{where}, field '{name}'")
        for name, default in _TRANSFORM.items()
    }
    angle, skew_x, skew_y = (math.radians(numbers[name]) for name in ("angle", "skewX", "skewY"))
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    scale = np.diag(
        [
            -numbers["scaleX"] if item.get("flipX") else numbers["scaleX"],
            -numbers["scaleY"] if item.get("flipY") else numbers["scaleY"],
        ]
    )
    skew = np.array([[1, math.tan(skew_x)], [0, 1]]) @ np.array([[1, 0], [math.tan(skew_y), 1]])
    shape = scale @ skew

    points = np.concatenate(lines)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    corners = (points - middle) @ shape.T
    outline = _number(item.get("strokeWidth", 1), f"{where}, field 'strokeWidth'")
    size = np.ptp(corners, axis=0) + outline * abs(np.diag(scale))
    anchor = np.array([_number(item.get(name), f"{where}, field '{name}'") for name in _ANCHOR])
    to_centre = np.array([_origin(item, name, where) for name in ("originX", "originY")]) * size
    centre = anchor + rotation @ to_centre
    placed = [(line - middle) @ (rotation @ shape).T + centre for line in lines]
    if not all((abs(line) <= MAX_COORDINATE).all() for line in placed):
        raise StrokeError(f"{where} lies more than 100,000 pixels away.")
    return placed


def _origin(item: Mapping[str, Any], name: str, where: str) -> float:
    origin = item.get(name, "center")
    if not isinstance(origin, str) or origin not in _ORIGINS:
        raise StrokeError(f"{where} has {name} {origin!r:.20}; {', '.join(_ORIGINS)} can be read.")
    return _ORIGINS[origin]
