"""The workloads of processes whose system calls fail."""

import ctypes
import functools
import mmap
import os
import resource
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tfevents import SummaryWriter

STEPS = 1024
# The number of times that a refused call is repeated.
ATTEMPTS = 400
# Steps from here on belong to a forked child.
CHILD = 512


class Log(ctypes.Structure):
    """The record of the processes of a workload, in shared memory."""

    _fields_ = [
        # The monotonic time, in seconds, at which the call that logged a step returned; 0 if it did
        # not.
        ("accepted", ctypes.c_double * STEPS),
        ("dropped", ctypes.c_int64),
        # The number of errors and warnings from calls.
        ("told", ctypes.c_int64),
        # The number of calls that raised under "warn".
        ("raised", ctypes.c_int64),
    ]

    @classmethod
    def shared(cls) -> "Log":
        return cls.from_buffer(mmap.mmap(-1, ctypes.sizeof(cls)))


class Logger:
    """Calls a writer until it accepts, and notes the time."""

    def __init__(self, log: Log, on_error: str) -> None:
        self.log = log
        self.on_error = on_error
        # If warnings are errors, this is a failure that only warns.
        self.refusals: tuple[type[BaseException], ...] = (OSError,)
        if on_error == "warn as error":
            warnings.simplefilter("error", RuntimeWarning)
            self.refusals = (RuntimeWarning,)
        else:
            warnings.simplefilter("always")
            warnings.showwarning = self._warned

    def _warned(self, *_: object, **__: object) -> None:
        self.log.told += 1

    def attempt(self, call: Callable[[], Any]) -> Any:
        """The result of `call`, when it no longer raises."""
        for _ in range(ATTEMPTS):
            try:
                return call()
            except self.refusals:
                self.log.told += 1
                self.log.raised += self.on_error == "warn"
                time.sleep(0.005)
        raise TimeoutError("refused for ever")

    def accept(self, step: int, call: Callable[[], Any]) -> None:
        self.attempt(call)
        self.log.accepted[step] = time.monotonic()

    def tell(self, call: Callable[[], Any]) -> None:
        """A call that may fail. The next call then does the rest."""
        try:
            call()
        except self.refusals:
            self.log.told += 1
            self.log.raised += self.on_error == "warn"

    def writer(self, directory: str) -> SummaryWriter:
        on_error = "raise" if self.on_error == "raise" else "warn"
        return self.attempt(lambda: SummaryWriter(directory, on_error=on_error))


def by_kind(writer: SummaryWriter) -> list[Callable[[int], None]]:
    """A function for each kind, which logs one event of a step."""
    pixels = np.zeros((2, 2, 3), np.uint8)
    sound = np.zeros((1, 8), np.float32)
    frames = np.zeros((1, 2, 3, 2, 2), np.uint8)
    corners = np.zeros((1, 3, 3), np.float32)
    bins = ([1], [2])
    counts = [1, 2]
    return [
        lambda step: writer.add_scalar("scalar", 1.0, step),
        lambda step: writer.add_histogram("histogram", [1.0, 2.0], step),
        lambda step: writer.add_image("image", pixels, step, dataformats="HWC"),
        lambda step: writer.add_text("text", "text", step),
        lambda step: writer.add_audio("audio", sound, step, 8000),
        lambda step: writer.add_tensor("tensor", corners, step),
        lambda step: writer.add_pr_curve("curve", [0, 1], [0.0, 1.0], step),
        lambda step: writer.add_mesh("mesh", corners, global_step=step),
        lambda step: writer.add_video("video", frames, step),
        lambda step: writer.log({"a": 1.0, "b": 2.0}, step),
        lambda step: writer.add_scalar_series("series", [1.0], [step]),
        lambda step: writer.add_histogram_raw("raw", 0, 1, 2, 1, 1, *bins, step),
        lambda step: writer.add_pr_curve_raw(
            "raw curve", counts, counts, counts, counts, counts, counts, step, num_thresholds=2
        ),
    ]


def kinds(logger: Logger, directory: str, pace: float) -> None:
    """Summaries of each kind, one after the other."""
    writer = logger.writer(directory)
    add = by_kind(writer)
    for step in range(1, 80):
        logger.accept(step, lambda: add[step % len(add)](step))  # noqa: B023
        rest(logger, writer, pace)
    end(logger, writer)


def without_steps(logger: Logger, directory: str, pace: float) -> None:
    """Values in runs or files of their own, among points that have steps."""
    writer = logger.writer(directory)
    for step in range(1, 20):
        logger.accept(step, lambda: writer.add_scalar("scalar", 1.0, step))  # noqa: B023
        vectors = np.eye(3, dtype=np.float32)
        logger.tell(lambda: writer.add_embedding(vectors, ["a", "b", "c"], global_step=step))  # noqa: B023
        logger.tell(lambda: writer.add_hparams({"a": 1}, {"b": 2}, run_name=f"session {step}"))  # noqa: B023
        logger.tell(lambda: writer.add_custom_scalars({"a": {"b": ["Multiline", ["scalar"]]}}))
        rest(logger, writer, pace)
    end(logger, writer)


def pictures(logger: Logger, directory: str, pace: float) -> None:
    """Pictures that take long to encode, among points. Most of them are left for the end."""
    writer = logger.writer(directory)
    pixels = np.zeros((300, 300, 3), np.uint8)
    for step in range(1, 60, 2):
        logger.accept(step, lambda: writer.add_scalar("scalar", 1.0, step))  # noqa: B023
        picture = functools.partial(writer.add_image, "image", pixels, step + 1, dataformats="HWC")
        logger.accept(step + 1, picture)
        time.sleep(pace)
    end(logger, writer)


def runs(logger: Logger, directory: str, pace: float) -> None:
    """More runs than descriptors, so that files are closed and opened again."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    writer = logger.writer(directory)
    names = [f"curve {number}" for number in range(12)]
    for step in range(1, 30):
        values = dict.fromkeys(names, 1.0)
        logger.accept(step, lambda: writer.add_scalars("main", values, step))  # noqa: B023
        rest(logger, writer, pace)
    end(logger, writer)


def threads(logger: Logger, directory: str, pace: float) -> None:
    """Four threads with one writer."""
    writer = logger.writer(directory)

    def log(thread: int) -> None:
        for step in range(thread * 100, thread * 100 + 20):
            logger.accept(step, lambda: writer.add_scalar("scalar", 1.0, step))  # noqa: B023
            rest(logger, writer, pace)

    pool = [threading.Thread(target=log, args=(thread,)) for thread in range(1, 5)]
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    end(logger, writer)


def forks(logger: Logger, directory: str, pace: float) -> None:
    """A child that inherits the writer and continues."""
    writer = logger.writer(directory)

    def log(start: int) -> None:
        for step in range(start, start + 30):
            logger.accept(step, lambda: writer.add_scalar("scalar", 1.0, step))  # noqa: B023
            rest(logger, writer, pace)

    log(1)
    child = os.fork()
    try:
        log(100 if child else CHILD)
        end(logger, writer)
    finally:
        if child == 0:
            os._exit(0)
    os.waitpid(child, 0)


def rest(logger: Logger, writer: SummaryWriter, pace: float) -> None:
    """Between two steps: a pause for the threads, or a flush."""
    if pace:
        time.sleep(pace)
    else:
        logger.tell(writer.flush)


def end(logger: Logger, writer: SummaryWriter) -> None:
    logger.tell(writer.close)
    logger.log.dropped += writer.dropped_events


ALL = {work.__name__: work for work in (kinds, without_steps, pictures, runs, threads, forks)}
# The number of sub-runs that log each step.
COPIES = {"runs": 12}
