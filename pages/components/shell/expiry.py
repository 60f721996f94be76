"""Deletes what has expired on a server where nobody starts trainings, which does the same.
`serve.py` starts it."""

from __future__ import annotations

import logging
import threading
import time

from mnist_core.digits.datasets import own_data
from mnist_core.runs import store

logger = logging.getLogger(__name__)

SECONDS_BETWEEN = 3600.0


def start() -> None:
    """Delete now, and every hour, in a thread of its own."""
    threading.Thread(target=_delete_for_ever, name="expiry", daemon=True).start()


def delete() -> None:
    """Delete old runs, see `store.clean_up`, then the data sets that no run needs any more. If that
    fails, for example as the disk can't be written, it is logged."""
    try:
        if deleted := store.clean_up():
            logger.info("Deleted old runs: %d", len(deleted))
        own_data.expire()
    except OSError:
        logger.exception("What has expired can't be deleted")


def _delete_for_ever() -> None:
    while True:
        delete()
        time.sleep(SECONDS_BETWEEN)
