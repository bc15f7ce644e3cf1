"""`tfevents.follow`: events as they are written."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, TypeVar

from tfevents import _native, remote
from tfevents._arguments import warn
from tfevents._closing import Closing
from tfevents.reader import selection
from tfevents.reader import state as states
from tfevents.reader.finding import Find, Finder, Found, Skipped, exists
from tfevents.reader.log import Damage, choice, finder_of
from tfevents.reader.runs import KindName
from tfevents.reader.wanted import Kinds, Wanted
from tfevents.series.of_tensor import of_tensor

if TYPE_CHECKING:
    import asyncio

# Longer waits are made of these.
_LONG = 3600.0


T = TypeVar("T")


class Following(Closing, Iterator[T]):
    """What is iterated over as it is written, by `for` and by `async for`."""

    # What a thread found although the `await` for it was cancelled. It comes next.
    _late: T | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        # A program that awaits has imported it; for others it would be a tenth of our import.
        import asyncio

        thread = asyncio.get_running_loop().run_in_executor(None, next, self, None)
        try:
            following = await asyncio.shield(thread)
        except asyncio.CancelledError:
            # The loop would wait for the thread at its end.
            self._interrupt()
            thread.add_done_callback(self._interrupted)
            await asyncio.wait([thread])
            raise
        if following is None:
            raise StopAsyncIteration
        return following

    def _interrupt(self) -> None:
        """Ends the call of `__next__` that waits."""
        raise NotImplementedError

    def _go_on(self) -> None:
        """Lets the next call of `__next__` wait again."""
        raise NotImplementedError

    def _interrupted(self, thread: asyncio.Future[T | None]) -> None:
        self._go_on()
        # An error comes again with the next call.
        if not thread.cancelled() and thread.exception() is None:
            self._late = thread.result()

    def _take_late(self) -> T | None:
        late, self._late = self._late, None
        return late


class Follower(Following[tuple[str, _native.Event]]):
    """Iterates over events as they are written; made by `follow`.

    While it waits it holds no file open, while it reads one. `close()` ends it, from another thread
    too; a `with` block closes it as well. `async for` waits in a thread of its own, so that the
    loop goes on meanwhile.
    """

    def __init__(
        self,
        find: Find,
        files: _native.EventFollower,
        timeout: float,
        interval: float,
        kind_of: Kinds,
        wanted: Wanted | None = None,
    ) -> None:
        self._find = find
        self._files = files
        self._timeout = timeout
        self._interval = interval
        self._kind_of = kind_of
        self._wanted = wanted
        # When it was last looked for what is new.
        self._looked = -math.inf
        # What could not be looked into the last time.
        self._unknown: list[Skipped] = []
        # Whether a call that waits is to end, and whether all further ones are to.
        self._stop = threading.Event()
        self._is_closed = False
        self._warned: set[tuple[str, int]] = set()

    @property
    def damage(self) -> list[Damage]:
        """What was stepped over so far; always empty with `on_corrupt="raise"`.

        The last of a file may reach to its end, and be taken back when the file grows.
        """
        return [Damage(*one) for one in self._files.damage() + self._files.open_damage()]

    @property
    def skipped(self) -> list[Skipped]:
        """What is left out, as in `Log.skipped`, as of the last look at the files."""
        return self._unknown + [Skipped(*one) for one in self._files.skipped()]

    def __next__(self) -> tuple[str, _native.Event]:
        """The name of a run, and its next event.

        Raises:
            StopIteration: none came within the timeout, or it is closed.
            OSError, CorruptFileError: as for `follow`. The next call tries again.
        """
        if (late := self._take_late()) is not None:
            return late
        deadline = time.monotonic() + self._timeout
        while not self._stop.is_set():
            event = self._files.next()
            if event is not None:
                if self._wanted is not None:
                    chosen = self._wanted(*event)
                    if chosen is None:
                        continue
                    event = event[0], chosen
                return event
            self._warn(self._files.damage())
            if self._looked >= deadline:
                if self._files.settle():
                    continue
                self._warn(self.damage)
                break
            due = min(self._looked + self._interval, deadline)
            now = time.monotonic()
            if due > now:
                self._stop.wait(min(due - now, _LONG))
                continue
            found = self._find()
            self._files.look(found.runs)
            self._unknown = found.skipped
            self._looked = now
        raise StopIteration

    def values(self) -> FollowedValues:
        """Iterates over the values of the events, one by one, instead of over the events.

        Each has the attributes `run`, `tag`, `step`, `wall_time` and `value`, as a run has it: of
        scalars a float, of texts a `str` or an array of them, of histograms, pictures, sounds and
        PR curves a `Histogram`, an `Image`, an `AudioClip` and a `PrCurve`, and of all else an
        array. Graphs and hyperparameters are no values.

        Example:
            >>> for it in tfevents.follow("runs", tags="*loss").values():  # doctest: +SKIP
            ...     if math.isnan(it.value):
            ...         alert(it.run, it.tag, it.step)
        """
        return FollowedValues(self)

    def _warn(self, damage: Iterable[tuple[str, int, int, str]]) -> None:
        for path, offset, length, kind in damage:
            if (path, offset) not in self._warned:
                self._warned.add((path, offset))
                warn(f"{path}: stepped over {length} damaged bytes at offset {offset} ({kind})")

    def _interrupt(self) -> None:
        self._stop.set()

    def _go_on(self) -> None:
        self._stop.clear()
        # Another thread may have closed it.
        if self._is_closed:
            self._stop.set()

    def close(self) -> None:
        """Ends the iteration, and closes the file that it reads."""
        self._is_closed = True
        self._stop.set()
        self._files.close()


class Followed(NamedTuple):
    """A value as it is written."""

    run: str
    """The name of its run."""
    tag: str
    """The tag."""
    step: int
    """The step."""
    wall_time: float
    """When it was logged, in seconds since the epoch."""
    value: Any
    """A float, a `str`, a `Histogram` or another value; `Follower.values` lists them."""


class FollowedValues(Following[Followed]):
    """Iterates over values as they are written; made by `Follower.values`.

    It waits, ends and goes on as the `Follower` does, which it closes.
    """

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        # Those of the last event that did not come yet.
        self._rest: Iterator[Followed] = iter(())

    def __next__(self) -> Followed:
        """The next value.

        Raises:
            StopIteration: none came within the timeout, or it is closed.
            OSError, CorruptFileError: as for `follow`. The next call tries again.
            ValueError: a tensor can't be had. The next call gives what comes after it.
        """
        if (late := self._take_late()) is not None:
            return late
        while True:
            for value in self._rest:
                return value
            run, event = next(self._follower)
            values = filter(partial(self._is_value, run), event.values)
            self._rest = map(partial(self._followed, run, event), values)

    def _is_value(self, run: str, value: _native.Value) -> bool:
        if value.what != "tensor":
            return value.what is not None
        # TensorFlow writes an empty tensor beside hyperparameters.
        return self._follower._kind_of(run, value) != "hparams"

    def _followed(self, run: str, event: _native.Event, value: _native.Value) -> Followed:
        try:
            found = value.value
        except ValueError as error:
            where = f"run {run!r}, tag {value.tag!r}, step {event.step}"
            raise ValueError(f"{where}: {error}") from error
        if value.what == "tensor":
            kind = self._follower._kind_of(run, value)
            found = of_tensor(kind, event.step, event.wall_time, found)
        return Followed(run, value.tag, event.step, event.wall_time, found)

    def _interrupt(self) -> None:
        self._follower._interrupt()

    def _go_on(self) -> None:
        self._follower._go_on()

    def close(self) -> None:
        """Closes the follower."""
        self._follower.close()


class _Awaited:
    """Finds what is there of some paths, as long as the others never were."""

    def __init__(self, find: Finder) -> None:
        self._find = find
        self._awaited = set(find.paths)

    def __call__(self) -> Found:
        paths = self._find.paths
        try:
            found = self._find()
        except FileNotFoundError:
            # What a glob begins with may be there.
            placed = self._find.placed
            missing = {it for it in paths if len(paths) == 1 or not exists(placed(it))}
            if not missing or not missing <= self._awaited:
                raise
            rest = self._find.without(missing)
            found = rest() if rest.paths else Found([], [])
            self._awaited = missing
        else:
            self._awaited = set()
        return found


def follow(
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    runs: selection.Patterns | None = None,
    tags: selection.Patterns | None = None,
    kinds: KindName | Iterable[KindName] | None = None,
    wait_for_path: bool = False,
    start: Literal["beginning", "end"] = "beginning",
    state: Mapping[str, Any] | None = None,
    timeout: float | None = None,
    interval: float = 1.0,
    verify: Literal["crc", "none"] = "crc",
    on_corrupt: Literal["raise", "skip"] = "raise",
) -> Follower:
    """Iterates over events as they are written, in all files of all runs.

    It gives pairs of the name of a run and an event, as `iter_events` gives events; `.values()` of
    it gives the values instead. It reads what
    is there, waits, looks again and finds new runs, new files, and what was appended to any file.
    A record that the end of a file cuts short is not written yet, and is waited for. What comes
    after bytes at the end that seem damaged, and may prove to be a part of them, is given once the
    file rests from one look to the next, or the timeout is over. The events of
    a file come in their order; of several files, those of one come after those of another, as
    `read` orders the files, each time it looks. A file that was replaced or cut is read from its
    beginning, so that its events come again. A file in a directory that is no event file, and one
    that went, are left out and listed in `skipped`.

    While it waits there is no thread of its own, and one file at a time is open. Ctrl-C ends it at
    once, while it waits too.

    Args:
        path: an event file, the directory of a run, or one with runs anywhere below it, or an
            iterable of these, as for `read`. It must be there; a URI is listed at each look.
        runs: which runs, by names, globs or compiled regular expressions, as for `read`.
        tags: which values, by names, globs or compiled regular expressions of their tags. An event
            comes with those of its values that are wanted, and not at all where none is.
        kinds: which values, by the names of a run's attributes, `"scalars"` say, or several; of a
            tensor its metadata say it. Graphs, run metadata and session logs are events that come
            whole, where their kind is named and no `tags` are.
        wait_for_path: whether to wait for `path`, too, where nothing is there yet. Those of several
            paths that are there are read meanwhile.
        start: `"beginning"`, with the first event of each file, or `"end"`, with what is written
            from now on. Files that come later are always read from their beginning.
        state: what `Log.state` returned: starts with what was written since.
        timeout: how many seconds to wait for an event before the iteration ends; `None` waits for
            ever, 0 gives what is there. The same object may be iterated over again later, and goes
            on.
        interval: how many seconds are between one look at the files and the next.
        verify: `"crc"` checks both checksums of each record, `"none"` only those of the lengths.
        on_corrupt: what a corrupt record leads to: `"raise"`, an error; `"skip"`, it is stepped
            over with a `RuntimeWarning`, and listed in `damage`, and what can't be read below
            `path` is listed in `skipped`. At the end of a file that waits for what comes, since it
            may be mended, as on a network's file system.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        OSError: a file or directory can't be read. The iteration may go on after it.
        CorruptFileError: a file is damaged, or `path` is a file and no event file; raised by the
            iteration.
        TypeError, ValueError: an argument can't be used.

    Example:
        >>> for run, event in tfevents.follow("runs", timeout=600):  # doctest: +SKIP
        ...     print(run, event.step, [value.tag for value in event.values])
        >>> for it in tfevents.follow("runs", kinds="scalars").values():  # doctest: +SKIP
        ...     print(it.run, it.tag, it.step, it.value)
    """
    check = choice("verify", verify, "crc", "none") == "crc"
    skip = choice("on_corrupt", on_corrupt, "raise", "skip") == "skip"
    at_end = choice("start", start, "beginning", "end") == "end"
    if at_end and state is not None:
        raise ValueError("start: 'end' is not where the state ends; give one of them")
    waits = math.inf if timeout is None else _seconds("timeout", timeout)
    pause = _seconds("interval", interval)
    resumed = [] if state is None else states.load(state)
    finder = finder_of(path, runs, skip=skip)
    find: Find = _Awaited(finder) if wait_for_path else finder
    found = find().runs
    choices = selection.matcher("tags", tags), selection.kind_names(kinds)
    files = _native.EventFollower(check, skip)
    if at_end:
        # Steps over everything, reading as little as can be.
        log = _native.LogData(
            False, True, remote.threads_for(finder.paths), None, [], (1, 0), "raw"
        )
        log.update(found)
        resumed = log.state()
    files.resume(resumed, found)
    kind_of = Kinds(
        (run, tag, claimed)
        for run, files_of_run, _ in resumed
        for *_, claims in files_of_run
        for tag, claimed, _ in claims
        if claimed is not None
    )
    wanted = None if choices == (None, None) else Wanted(*choices, kind_of)
    return Follower(find, files, waits, pause, kind_of, wanted)


def _seconds(argument: str, value: float) -> float:
    seconds = _native.as_number(value, argument)
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{argument}: expected a number of seconds from 0 on, got {seconds}")
    return seconds
