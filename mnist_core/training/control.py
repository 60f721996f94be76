"""What the user asks of a running training, read from its control file."""

from __future__ import annotations

from mnist_core.runs.records import Control
from mnist_core.runs.run import Run


class ControlReader:
    """Reads the control file only when it has changed: asking costs one `stat`."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: int | None = None
        self._control = Control()
        self._rate_requests = 0  # how many were obeyed

    def changed(self) -> bool:
        """Whether the file has changed since the last call."""
        path = self._run.control_path
        modified = path.stat().st_mtime_ns if path.exists() else None
        if modified == self._seen:
            return False
        self._seen, self._control = modified, self._run.control()
        return True

    @property
    def stop(self) -> bool:
        """Whether the training is to stop."""
        return self._control.stop

    @property
    def pause(self) -> bool:
        """Whether the training is to pause."""
        return self._control.pause

    def new_learning_rate(self) -> float | None:
        """The learning rate to continue at: once for each request, then None."""
        if self._rate_requests == self._control.rate_requests:
            return None
        self._rate_requests = self._control.rate_requests
        return self._control.learning_rate
