"""What the user asks of a running training, read from its control file."""

from __future__ import annotations

from mnist_core.runs.records import Control
from mnist_core.runs.run import Run


class ControlReader:
    """Reads the control file when it changes: asking costs one `stat`."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: int | None = None
        self._control = Control()
        self._rate_requests = 0  # that were obeyed

    def changed(self) -> bool:
        """Look at the file; True if it is new since the last look."""
        path = self._run.control_path
        modified = path.stat().st_mtime_ns if path.exists() else None
        if modified == self._seen:
            return False
        self._seen, self._control = modified, self._run.control()
        return True

    @property
    def stop(self) -> bool:
        """Whether the training is to end."""
        return self._control.stop

    @property
    def pause(self) -> bool:
        """Whether it is to wait."""
        return self._control.pause

    def new_learning_rate(self) -> float | None:
        """The learning rate to continue at, given once for each time it is asked for; else None."""
        if self._rate_requests == self._control.rate_requests:
            return None
        self._rate_requests = self._control.rate_requests
        return self._control.learning_rate
