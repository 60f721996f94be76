"""Optional libraries, each listed in its own requirements file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from mnist_core.errors import DigitLabError

EXPORT, SEARCH = "requirements-export.txt", "requirements-search.txt"


class LibraryMissingError(DigitLabError, ImportError):
    """An optional library is not installed; the message says which, and how to install it."""


@contextmanager
def optional(requirements: str) -> Iterator[None]:
    """Context manager for a block that imports an optional library.

    Args:
        requirements: The requirements file that lists it.

    Raises:
        LibraryMissingError: The library is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise LibraryMissingError(
            f"This needs the library {error.name}, which is not installed. Install it with: "
            f"pip install -r {requirements}"
        ) from error


@cache
def onnx_missing() -> str:
    """Why networks can't be exported as ONNX here; empty if they can."""
    try:
        with optional(EXPORT):
            import onnx  # noqa: F401
    except LibraryMissingError as error:
        return str(error)
    return ""


@cache
def optuna_missing() -> str:
    """Why there can be no search over hyperparameters here; empty if there can."""
    try:
        with optional(SEARCH):
            import optuna  # noqa: F401
    except LibraryMissingError as error:
        return str(error)
    return ""
