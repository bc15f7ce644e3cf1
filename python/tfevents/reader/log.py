"""`tfevents.read`: loads event files into arrays."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Any, Literal, NamedTuple, SupportsIndex

from tfevents import _native, remote
from tfevents._arguments import is_iterable
from tfevents.reader import selection
from tfevents.reader import state as states
from tfevents.reader.finding import (
    Find,
    Finder,
    Found,
    NamedFinder,
    Skipped,
    finder,
)
from tfevents.reader.run import KINDS, Run, count
from tfevents.reader.runs import KindName, Runs

Path = (
    str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | Mapping[str, str | os.PathLike[str]]
)
"""Where runs are."""


class Damage(NamedTuple):
    """Bytes of an event file that could not be read."""

    path: str
    """The file: its absolute path, as in `Run.files`, or its URI."""
    offset: int
    """Where they begin, in bytes from the file's beginning."""
    length: int
    """How many bytes were stepped over."""
    kind: str
    """What is wrong there, as `CorruptFileError.kind` says it."""


class _Before(NamedTuple):
    """What a pickled log was."""

    state: list[states.RunState]
    damage: list[Damage]


class Log(Runs):
    """What `read` found: a read-only mapping from the names of runs to the runs."""

    def __init__(
        self, find: Find, how: tuple[Any, ...], state: list[states.RunState] | None = None
    ) -> None:
        super().__init__({})
        self._begin(find, how, state)
        self._update(self._resume())

    def _begin(self, find: Find, how: tuple[Any, ...], state: list[states.RunState] | None) -> None:
        self._find = find
        self._how = how
        self._state = state
        self._log = _native.LogData(*how)
        self._reloading = _native.Turn("reloading the log")
        # What a pickle says, until the log is reloaded.
        self._before: _Before | None = None
        self._skipped: list[Skipped] = []

    def _resume(self) -> Found:
        found = self._find()
        if self._state is not None:
            self._contents = dict(self._log.resume(self._state, found.runs, [])), {}
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        before = self._before or _Before(self._log.state(), self.damage)
        return _unpickled, (
            *(self._find, self._how, self._state),
            *(self._contents[0], before, self._skipped),
        )

    @property
    def damage(self) -> list[Damage]:
        """What could not be read; empty unless `on_corrupt="skip"` stepped over something."""
        if self._before is not None:
            return list(self._before.damage)
        return [Damage(*one) for one in self._log.damage()]

    @property
    def skipped(self) -> list[Skipped]:
        """What was left out: files that are no event files; files and directories that went
        meanwhile; with `on_corrupt="skip"`, and where `runs` may choose what is in them, those
        that can't be read. A run all of whose files were left out is none.

        `reload` looks at them again.
        """
        return list(self._skipped)

    def reload(self) -> list[str]:
        """Reads what was written since, in any file of any run, and new files and runs.

        Files are read on from where reading ended. A file that was replaced, cut or removed has its
        run read again, and a run that went is left out. Afterwards the log is as `read` would give
        it now, with the same options.
        Only tags whose first value now is in an earlier file stay of the kind that they were, and
        new ones of these come last.

        Runs and series that were taken from the log before stay what they were. After an error the
        log is what it was, and the next call tries again. A log that was pickled goes on where it
        was; if it was read with `restarts`, or has damage, it reads everything again at first.

        Returns:
            The names of the runs that are new or changed.

        Raises:
            OSError, CorruptFileError: as for `read`.

        Example:
            >>> log.reload()
            []
        """
        with self._reloading:
            if self._before is None:
                return self._update(self._find())
            contents = self._contents
            try:
                updated = self._update(self._go_on(self._before))
            except BaseException:
                self._contents = contents
                raise
            self._before = None
            return updated

    def _go_on(self, before: _Before) -> Found:
        """Has a log that was pickled read on from where it was, or else anew."""
        if before.damage or self._how[-1] != "raw":
            # The pickle has neither what restarts dropped, nor where the damage may go on.
            self._contents = {}, {}
            return self._resume()
        found = self._find()
        self._log.resume(before.state, found.runs, list(self._contents[0].values()))
        return found

    def _update(self, found: Found) -> list[str]:
        updated = self._log.update(found.runs)
        before, loaded = self._contents
        runs = {name: before[name] if data is None else data for name, data in updated}
        # The items are copied, since another thread may add a run at its first use.
        held = loaded.copy().items()
        kept = {name: run for name, run in held if runs.get(name) is before[name]}
        self._contents = runs, kept
        self._skipped = found.skipped + [Skipped(*one) for one in self._log.skipped()]
        return [name for name, data in updated if data is not None]

    def state(self) -> dict[str, Any]:
        """How far each file is read, for `read` or `follow` to go on there, in another process too.

        A dict of strings, integers, lists and dicts, as `json.dumps` takes it. It holds the
        position in each file and what tells whether the file is still the same, and the tags that
        are known, but no values. Files are named relative to the path that was read, so that the
        log may have been moved or copied in between.

        Example:
            >>> text = json.dumps(log.state())
            >>> later = tfevents.read("runs", state=json.loads(text))
        """
        return states.dump(self._log.state() if self._before is None else self._before.state)

    def _title(self) -> str:
        if not len(self) and not self._skipped:
            return "Log of no runs: no event files were found"
        title = f"Log of {count(len(self), 'run')}"
        if damage := self.damage:
            lost = sum(one.length for one in damage)
            title += f", {lost} damaged bytes in {count(len(damage), 'place')}"
        if self._skipped:
            title += f", {len(self._skipped)} skipped"
        return title


def _unpickled(
    find: Find,
    how: tuple[Any, ...],
    state: list[states.RunState] | None,
    data: dict[str, _native.RunData],
    before: _Before,
    skipped: list[Skipped],
) -> Log:
    """The log that was pickled."""
    log = Log.__new__(Log)
    Runs.__init__(log, data)
    log._begin(find, how, state)
    log._before, log._skipped = before, skipped
    return log


def read(
    path: Path,
    *,
    runs: selection.Patterns | None = None,
    tags: selection.Patterns | None = None,
    kinds: KindName | Iterable[KindName] | None = None,
    steps: tuple[SupportsIndex | None, SupportsIndex | None] | None = None,
    verify: Literal["crc", "none"] = "crc",
    on_corrupt: Literal["raise", "skip"] = "raise",
    restarts: Literal["raw", "tensorboard", "last_wins"] = "raw",
    threads: int | None = None,
    state: Mapping[str, Any] | None = None,
) -> Log:
    """Reads event files, everything or what is selected, every point, into NumPy arrays.

    Runs are found and named as TensorBoard does: each directory that directly contains files with
    `tfevents` in their names is a run, its name is its path relative to `path`, or `.` for `path`
    itself. Its files are read in the order of their names. Symbolic links are followed; a directory
    that is reached by several ways is a run once, under its shortest name: of the fewest parts, and
    of as many, without links, or else the first in order.

    A file in a tree that has such a name and is no event file, and a file or run that goes while
    the tree is read, are left out and listed in `Log.skipped`.

    `runs` and `tags` select by name. A string chooses the name that it equals; with `*`, `?` or
    `[...]` in it, it also is a glob, as `fnmatch` has it, so that `*` stands for any characters,
    `/` too. A name with such characters can be given as it is; `glob.escape` makes it mean nothing
    else. A compiled regular expression chooses the names in which it finds a match (`search`).
    Of several, each adds to what is chosen. What is not selected is checked and stepped over, not
    kept, and does not show: a run with nothing selected in it is there, and empty.

    Args:
        path: an event file (of any name), the directory of a run, or one with runs anywhere below
            it. Of an iterable of such paths each is read; the names of its runs are then the path
            as given, joined with the run's path below it, and a file belongs to the run of its
            directory. What is reached twice is read once. Of a mapping from names to paths, the
            names of runs begin with these names. A path that is given alone, with `*`, `?` or
            `[...]` in it, and of which there is nothing, is a glob: `"runs/exp*"`, whose runs are
            called as those of `read("runs")` are; `**` stands for any directories. A path may be a
            URI, such as `"s3://bucket/runs"`, with the extra `tfevents[remote]` and the package
            that fsspec asks for to get at that service.
        runs: the runs to read, by the names that they would have: a string, a compiled regular
            expression, or several of these. Files of other runs are not opened, and that a
            directory can't be read is an error only where these name it or what is below it. Where
            they choose none of the runs that there are, a `RuntimeWarning` says which those
            are.
        tags: the tags to read, likewise. Hyperparameters, graphs, run metadata and session
            logs have no tags of this kind, and are not asked for. Where they choose none of the
            tags that there are, a `RuntimeWarning` says which those are.
        kinds: the kinds to read, one or several, by the names of the attributes of a `Run`:
            `"scalars"`, `"images"` and so on. Where there is nothing of these kinds, a
            `RuntimeWarning` says of which there is.
        steps: `(lo, hi)`, the values with `lo <= step < hi`, like `range(lo, hi)`; `None` at either
            end leaves it open. Graphs, run metadata and session logs are read whatever their
            step is.
        verify: `"crc"` checks both checksums of each record, `"none"` only those of the lengths,
            and steps over large records without reading them.
        on_corrupt: what a corrupt record leads to: `"raise"`, an error; `"skip"`, it is stepped
            over and listed in `Log.damage`, and what can't be read below `path` is listed in
            `Log.skipped`. A record that the end of a file cuts short is not written yet, and is
            neither; `verify` tells whether good records come after its beginning, so that it never
            will be.
        restarts: what becomes of steps that came again, because training crashed and went on from
            a checkpoint: `"raw"`, all values stay, as written; `"tensorboard"`, those go that
            TensorBoard drops: where a session starts (`purge_step` of a writer), what came before
            with its step or a later one, and in files of before 2014, whose version is less than
            2, likewise where steps go backwards; `"last_wins"`, the last value of each step stays,
            in the order of the steps. Graphs and session logs stay.
        threads: how many threads there are, each of which reads one file after the other; by
            default as many as processors, and at least eight if a path is a URI. Where there are
            fewer files than threads, each thread reads a part of a large one that is local. As many
            make the table of many histograms.
        state: what `Log.state` returned when the same path was read before: only what was written
            since is read, in new files and runs too. Runs where nothing came are there, and empty.
            What was selected may be another selection.

            A run whose `continued` is true holds what came after the state, and is to be added to
            what was read before. Where a file was replaced, cut or removed, the run is read from
            its beginning, as `reload` does, and `continued` is false, as for a new run: it takes
            the place of what was read before.

            `restarts` holds for what came. What a restart takes back of the values before the state
            is for the caller to drop: with `"last_wins"` the steps that came again; with
            `"tensorboard"` the steps from `step` on of each `"start"` among `session_logs`.

    Returns:
        The runs by name. A directory without event files gives an empty log, an empty file a run
        without tags.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        OSError: a file or directory can't be read; `filename` says which.
        CorruptFileError: a file is damaged, or `path` is a file and no event file.
        TypeError, ValueError: an argument can't be used.
        ImportError: a path is a URI, and a package that it needs is missing.

    Example:
        >>> log = tfevents.read("runs", tags="loss")
        >>> log["exp1"].scalars["loss"].value
        array([4. , 2. , 1. , 0.5])
    """
    skip = choice("on_corrupt", on_corrupt, "raise", "skip") == "skip"
    find = finder_of(path, runs, skip=skip)
    resumed = None if state is None else states.load(state)
    tags, kinds = selection.kept(tags), selection.kept(kinds)
    chosen = how(
        remote.threads_for(find.paths),
        tags=tags,
        kinds=kinds,
        steps=steps,
        verify=verify,
        on_corrupt=on_corrupt,
        restarts=restarts,
        threads=threads,
    )
    log = Log(find, chosen, resumed)
    for argument, patterns, names in unmatched(log, find, runs, tags, kinds):
        selection.tell_unmatched(argument, patterns, names)
    return log


Unmatched = tuple[str, object, list[str]]


def unmatched(
    log: Log,
    find: Finder,
    runs: selection.Patterns | None,
    tags: selection.Patterns | None,
    kinds: KindName | Iterable[KindName] | None,
) -> Iterator[Unmatched]:
    """The arguments that choose nothing of what there is, and what there is."""
    chooses = runs is not None and not (isinstance(runs, Sized) and not len(runs))
    if chooses and not log and not log.skipped and (names := find.names()):
        yield "runs", runs, names
    # A caller that selects nothing means it.
    if tags or kinds:
        yield from _unmatched_values(log, tags, kinds)


# The kinds whose values are not selected by tags.
_TAGLESS = frozenset(
    native
    for kind in ("hparams", "graph", "run_metadata", "session_logs")
    for native in KINDS[kind]
)


def _unmatched_values(
    log: Log,
    tags: selection.Patterns | None,
    kinds: KindName | Iterable[KindName] | None,
) -> Iterator[Unmatched]:
    """The same of tags and kinds, from what the files hold."""
    natives = selection.kind_names(kinds)
    tagged = None if natives is None else set(natives) - _TAGLESS
    runs = log._contents[0].values()
    for run in runs:
        if any(k not in _TAGLESS and (tagged is None or k in tagged) for _, k, _ in run.summary()):
            return
        if tags is None and any(run.indices(kind) for kind in natives or ()):
            return
    # The state also has the tags that were not selected.
    seen = [(tag, kind) for _, _, there in log._log.state() for tag, kind, _ in there]
    names = {tag for tag, kind in seen if kind not in _TAGLESS and (not tagged or kind in tagged)}
    wants = selection.matcher("tags", tags)
    if wants is not None and names:
        if tagged != set() and not any(map(wants, names)):
            yield "tags", tags, sorted(names)
    elif natives is not None and seen and not any(kind in natives for _, kind in seen):
        there = {kind for _, kind in seen}
        known = [name for name, of in KINDS.items() if there.intersection(of)]
        yield "kinds", kinds, known


def how(
    default_threads: int | None,
    *,
    tags: selection.Patterns | None = None,
    kinds: KindName | Iterable[KindName] | None = None,
    steps: tuple[SupportsIndex | None, SupportsIndex | None] | None = None,
    verify: str = "crc",
    on_corrupt: str = "raise",
    restarts: str = "raw",
    threads: int | None = None,
) -> tuple[Any, ...]:
    """The options of `read`, checked, as the native reader takes them."""
    return (
        choice("verify", verify, "crc", "none") == "crc",
        choice("on_corrupt", on_corrupt, "raise", "skip") == "skip",
        _threads(threads) or default_threads,
        selection.matcher("tags", tags),
        selection.kind_names(kinds),
        selection.step_bounds(steps),
        choice("restarts", restarts, "raw", "tensorboard", "last_wins"),
    )


def read_run(path: str | os.PathLike[str], **options: Any) -> Run:
    """Reads the one run that a directory, or an event file, is; directories below are left alone.

    Args:
        path: the directory of the run, or an event file.
        options: those of `read`, but `runs`.

    Raises:
        ValueError: there are no event files in the directory; the message names runs below it.
        OSError, CorruptFileError, TypeError: as for `read`.

    Example:
        >>> tfevents.read_run("runs/exp1").scalars["loss"].last.value
        0.5
    """
    place = path_of(path)
    find = Finder([place], False, None, skip=False)
    names = find.names()
    if "." not in names:
        below = f", but in {', '.join(names[:5])} below it" if names else ""
        raise ValueError(f"path: there are no event files in {place!r}{below}")
    log = read(place, runs=".", **options)
    if "." not in log:
        out = ", ".join(f"{file!r} ({reason})" for file, reason in log.skipped[:5])
        raise ValueError(f"path: there are no event files in {place!r}; left out: {out}")
    return log["."]


def finder_of(path: object, runs: selection.Patterns | None, *, skip: bool) -> Finder:
    """What finds the runs of a path, of several, of names and paths, or of a glob."""
    if isinstance(path, Mapping):
        places = {name: path_of(one) for name, one in path.items()}
        for name in places:
            if not isinstance(name, str) or not name:
                raise TypeError(f"path: expected names of runs as keys, got {name!r}")
        return NamedFinder(places, runs, skip=skip)
    return finder(*roots(path), runs, skip=skip)


def roots(path: object) -> tuple[list[str], bool]:
    """The paths that are given, and whether they are given as several."""
    if isinstance(path, (str, bytes, os.PathLike)):
        return [path_of(path)], False
    # A mapping is refused, since its names would be lost.
    if not is_iterable(path) or isinstance(path, Mapping):
        raise TypeError(f"path must be a path or an iterable of paths, not {_type(path)}")
    return [path_of(one) for one in path], True


def path_of(path: object, argument: str = "path") -> str:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{argument} must be a str or os.PathLike, not {_type(path)}")
    path = os.fsdecode(remote.location(path, argument))
    if "\0" in path:
        raise ValueError(f"{argument} must not contain null characters")
    if not path:
        raise ValueError(f"{argument} must not be empty")
    return path


def choice(argument: str, value: object, *choices: str) -> str:
    if not isinstance(value, str) or value not in choices:
        expected = f"{', '.join(map(repr, choices[:-1]))} or {choices[-1]!r}"
        raise ValueError(f"{argument} must be {expected}, not {value!r}")
    return value


def _threads(threads: SupportsIndex | None) -> int | None:
    if threads is None:
        return None
    try:
        count = operator.index(threads)
    except TypeError:
        raise TypeError(f"threads must be an integer or None, not {_type(threads)}") from None
    if count < 1:
        raise ValueError(f"threads must be at least 1, not {count}")
    # More threads are never needed.
    return min(count, 1024)


def _type(value: object) -> str:
    return type(value).__name__
