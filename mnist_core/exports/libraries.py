"""Libraries that only some exports need; requirements-export.txt lists them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from mnist_core.errors import DigitLabError


class LibraryMissingError(DigitLabError, ImportError):
    """An optional library is not installed; the message says which, and how to install it."""


@contextmanager
def optional() -> Iterator[None]:
    """A block that imports an optional library.

    Raises:
        LibraryMissingError: the library is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise LibraryMissingError(
            f"This needs the library {error.name}, which is not installed. Install it with: "
            "pip install -r requirements-export.txt"
        ) from error


@cache
def onnx_missing() -> str:
    """Why networks can't be exported as ONNX here; empty if they can."""
    try:
        with optional():
            import onnx  # noqa: F401
    except LibraryMissingError as error:
        return str(error)
    return ""
