"""TensorBoard's `DataIngester`. A thread reads the log repeatedly."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from tensorboard.backend.event_processing.data_ingester import _parse_event_files_spec
from tensorboard.data.ingester import DataIngester

from tfevents.tensorboard.log import Log
from tfevents.tensorboard.provider import Provider

logger = logging.getLogger(__name__)

# How long a page waits for new data: at the start for all runs, later for some.
_PATIENCE = 0.3
_PATIENCE_FOR_ALL = 1.0
_PATIENCE_FOR_SOME = 5.0

# The pause between two readings that pages ask for is at least this, and at least as long as the
# last one took.
_LEAST = 0.1


class Ingester(DataIngester):
    """Reads the log directory of TensorBoard's flags, and has its provider."""

    def __init__(self, flags: Any) -> None:
        if flags.logdir:
            places = {os.path.expanduser(flags.logdir): None}
        else:
            places = _parse_event_files_spec(flags.logdir_spec)
        self._interval: float = flags.reload_interval
        self._task: str = flags.reload_task
        self._log = Log(places, flags.restarts, flags.max_points or None)
        self._provider = Provider(
            lambda: self._log.runs,
            self._refresh,
            flags.logdir or flags.logdir_spec,
            flags.samples_per_plugin,
        )
        self._changed = threading.Condition()
        # How often reading began and ended, and whether a page waits for it.
        self._begun = self._done = 0
        self._is_asked = False
        # Before this time, no request makes it read again.
        self._rests_until = 0.0

    @property
    def data_provider(self) -> Provider:
        return self._provider

    def start(self) -> None:
        if self._task == "blocking":
            if self._interval:
                raise ValueError("blocking reload only allowed with load_interval=0")
            self._load()
            return
        threading.Thread(target=self._run, name="Reloader", daemon=True).start()

    def _run(self) -> None:
        self._load()
        while self._interval:
            with self._changed:
                self._changed.wait_for(lambda: self._is_asked, self._interval)
            self._load()

    def _load(self) -> None:
        with self._changed:
            self._begun += 1
            self._is_asked = False
        start = time.monotonic()
        try:
            for _ in self._log.load():
                self._tell()
        # Whatever the error is, the next time may succeed. The thread would not be started again.
        except Exception as error:
            logger.exception("The log can't be read: %s", error)
        end = time.monotonic()
        with self._changed:
            self._rests_until = end + max(_LEAST, end - start)
            self._done = self._begun
        self._tell()

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _refresh(self) -> None:
        """Waits a short time for new data, or at the start for the first data."""
        with self._changed:
            if not self._done:
                self._changed.wait_for(lambda: self._done, _PATIENCE_FOR_ALL)
                self._changed.wait_for(lambda: self._done or self._log.runs, _PATIENCE_FOR_SOME)
                return
            if not self._interval or time.monotonic() < self._rests_until:
                return
            # A reading that runs already may have passed the place.
            wanted = self._begun + 1
            self._is_asked = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._done >= wanted, _PATIENCE)
