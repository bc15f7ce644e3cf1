"""TensorBoard's `DataIngester`: reads a log in a thread of its own, again and again."""

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

# A page waits so long for what was written since; at the start for all runs, or else for some.
_PATIENCE = 0.3
_PATIENCE_FOR_ALL = 1.0
_PATIENCE_FOR_SOME = 5.0

# Between two looks that pages ask for passes at least so much time, and what the last one took.
_LEAST = 0.1


class Ingester(DataIngester):
    """Reads what TensorBoard's flags say, and gives the provider of it."""

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
        # How many times it was begun and done, and whether somebody waits for it to be done again.
        self._begun = self._done = 0
        self._is_asked = False
        # Before this time no request makes it look again.
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
        # Whatever it is, the next time may be better; and this thread is not started anew.
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
        """Waits a little for what was written since, or at the start for what there is."""
        with self._changed:
            if not self._done:
                self._changed.wait_for(lambda: self._done, _PATIENCE_FOR_ALL)
                self._changed.wait_for(lambda: self._done or self._log.runs, _PATIENCE_FOR_SOME)
                return
            if not self._interval or time.monotonic() < self._rests_until:
                return
            # One that is under way may have passed the place.
            wanted = self._begun + 1
            self._is_asked = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._done >= wanted, _PATIENCE)
