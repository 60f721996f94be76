"""Runs coroutines from tests that are ordinary functions."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


def done(coroutine):
    """What a coroutine returns."""
    with ThreadPoolExecutor(1) as elsewhere:  # this thread may have Playwright's loop
        return elsewhere.submit(asyncio.run, coroutine).result()
