"""`tfevents.rewrite`: event files anew, with other tags, fewer values or values of another type."""

from __future__ import annotations

import contextlib
import errno
import math
import operator
import os
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, SupportsIndex, TypeAlias

from tfevents import _native, outputs
from tfevents.errors import CorruptFileError
from tfevents.reader import selection
from tfevents.reader.finding import Skipped, exists, finder
from tfevents.reader.log import Damage, choice, path_of, read, roots, unmatched
from tfevents.reader.run import count, table
from tfevents.remote.uri import below, is_uri

Pair: TypeAlias = tuple[str | re.Pattern[str], str]
Renaming: TypeAlias = Mapping[str, str] | Callable[[str], str | None] | Pair | list[Pair]
"""New names by old ones; or a function that gives them; or regular expressions and replacements."""

Cast: TypeAlias = Literal["simple_value", "tensor", "float32"]
_CASTS = ("simple_value", "tensor", "float32")

# Why a value is left out, in the order in which it is asked.
_REASONS = ("kinds", "tags", "steps", "restarts", "every")


class RewriteReport(NamedTuple):
    """What `rewrite` wrote, and what it did not."""

    output: str
    """What was made."""
    files: list[str]
    """The event files there."""
    records: int
    """How many records these have."""
    copied: int
    """How many of these are, byte for byte, as they were."""
    left_out: dict[str, int]
    """How many values are not there, by the first of these arguments that left them out: `"kinds"`,
    `"tags"` (and `drop`), `"steps"`, `"restarts"`, `"every"`. Graphs, sessions and run metadata
    count as values.
    """
    damage: list[Damage]
    """What could not be read, with `on_corrupt="skip"`."""
    truncated: int
    """How many bytes were left out that are the beginning of a file's last record."""
    skipped: list[Skipped]
    """The files and directories that were left out, as in `Log.skipped`."""

    def __repr__(self) -> str:
        title = f"{count(self.records, 'record')} in {count(len(self.files), 'file')}"
        rows = [(f"left out by {why}", str(number)) for why, number in self.left_out.items()]
        if self.damage:
            rows.append(("damaged bytes", str(sum(one.length for one in self.damage))))
        if self.truncated:
            rows.append(("truncated bytes", str(self.truncated)))
        return table(title, rows + [(one.path, one.reason) for one in self.skipped])


def rewrite(
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    runs: selection.Patterns | None = None,
    tags: selection.Patterns | None = None,
    kinds: str | Iterable[str] | None = None,
    steps: tuple[SupportsIndex | None, SupportsIndex | None] | None = None,
    drop: selection.Patterns | None = None,
    rename: Renaming | None = None,
    every: SupportsIndex = 1,
    restarts: Literal["raw", "tensorboard", "last_wins"] = "raw",
    merge: bool | Renaming = False,
    split: Renaming | None = None,
    cast: Cast | Iterable[Cast] | None = None,
    on_corrupt: Literal["raise", "skip"] = "raise",
    overwrite: bool = False,
) -> RewriteReport:
    """Writes event files anew: other tags, fewer values, files or runs that become one.

    The files at `path` stay as they are. Records that do not change are copied byte for byte; of
    others only what changes is encoded anew, and fields that nobody knows stay. Of a file of any
    size only a piece is in memory. Metadata that only a tag's first value has go to the first value
    that stays.

    The result has its name once it is complete and on the disk: a process that is killed leaves
    none, but maybe a directory beside it whose name begins with `.rewrite-`. Files under a URI are
    uploaded one by one, once all are complete. Then those that they replace are removed.

    Args:
        path: an event file (of any name), the directory of a run, or one with runs anywhere below
            it, or an iterable of these, or a glob, as for `read`.
        output: the new file, if `path` is one and `split` is not given; otherwise the new
            directory. May be a URI.
        runs, tags, kinds, steps: what stays, as for `read`. Hyperparameters are not asked for a tag
            or a step. A run of which nothing stays is there, and empty. If one of these matches
            nothing at all, nothing is written, and a warning says what there is.
        drop: the tags that go, as `tags` says which stay.
        rename: the new tags: a mapping from old ones; a function from a tag to the new one, or
            None; or a regular expression and its replacement, as for `re.sub`, or a list of such
            pairs, which are applied one after the other. What is not named stays. Tags that get
            the same name become one. Hyperparameters and layouts keep their tags, by which
            TensorBoard finds them; the metrics and charts in them name the new tags. A chart may
            choose tags by a regular expression: one that is more than a tag stays as it is.
        every: of so many successive values of a tag only the first stays. Hyperparameters, graphs,
            sessions and run metadata all stay.
        restarts: what becomes of steps that came again, as for `read`: `"raw"`, `"tensorboard"` or
            `"last_wins"`, which leaves the values in the order in which they were written. Files
            are read twice then, and the steps of the tags held in memory, few bytes where they come
            at even distances.
        merge: True makes one file of those of each run, in the order of their names. A renaming, as
            for tags, says which runs become one: those that get the same name, `"."` for
            `output` itself. Their files become one, in the order of their first events. Those of
            one run keep their order.
        split: which tags go to a run of their own, below the one where they are: as `rename`, but
            with the name of that run. `split=("^(train|val)/", r"\\1")` has the tags of the run
            `exp1` that begin with `train/` go to `exp1/train`. Sessions are in each. If there is a
            file of that name already, the new one gets a number.
        cast: what scalars become: `"simple_value"`, as PyTorch and TensorFlow 1 write them;
            `"tensor"`, as TensorFlow 2 does; `"float32"`, of double. Or several.
        on_corrupt: what a corrupt record leads to: `"raise"`, an error and nothing is written;
            `"skip"`, it is left out and listed in the report's `damage`.
        overwrite: whether `output` may be there already. A directory is replaced as a whole, and
            must hold event files alone.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        FileExistsError: `output` is there already, or holds what is no event file.
        OSError: a file can't be read, or writing fails.
        CorruptFileError: a file is damaged, or `path` is a file and no event file.
        TypeError, ValueError: an argument can't be used; `output` lies in `path`, or `path` in it.

    Example:
        >>> tfevents.rewrite(  # doctest: +SKIP
        ...     "runs", "runs-thin", rename={"loss": "train/loss"}, drop="debug/*", every=100
        ... )
    """
    return Rewriting(
        path,
        output,
        runs=runs,
        tags=tags,
        kinds=kinds,
        steps=steps,
        drop=drop,
        rename=rename,
        every=every,
        restarts=restarts,
        merge=merge,
        split=split,
        cast=cast,
        on_corrupt=on_corrupt,
        overwrite=overwrite,
    ).run()


class Rewriting:
    """What `rewrite` does, and how far it is."""

    def __init__(self, path: Any, output: Any, **options: Any) -> None:
        paths, several = roots(path)
        self._target = path_of(output, "output")
        skip = choice("on_corrupt", options["on_corrupt"], "raise", "skip") == "skip"
        runs, tags, kinds = (selection.kept(options[it]) for it in ("runs", "tags", "kinds"))
        self._paths, self._several = paths, several
        self._runs, self._tags, self._kinds = runs, tags, kinds
        self._wants = selection.matcher("tags", tags)
        # Whether any tag was selected.
        self._is_wanted = False
        self._drops = selection.matcher("drop", options["drop"])
        self._rename = _renaming("rename", options["rename"])
        self._splits = options["split"] is not None
        self._split = _renaming("split", options["split"], whole=True)
        self._overwrite = options["overwrite"]
        self._native = _native.Rewriter(
            self._route,
            selection.kind_names(kinds),
            selection.step_bounds(options["steps"]),
            _every(options["every"]),
            choice("restarts", options["restarts"], "raw", "tensorboard", "last_wins"),
            _casts(options["cast"]),
            skip,
        )
        self._find = finder(paths, several, runs, skip=skip)
        self._found = self._find()
        self._is_file = bool(self._found.given) and not several and not self._splits
        # What is replaced.
        self._old: list[str] = []
        self._check_output(self._find.inputs(self._found))
        self._groups = self._plan(options["merge"])
        # What is read twice counts twice.
        self._passes = 1 if options["restarts"] == "raw" else 2

    def total(self) -> int:
        """How many bytes there are to read; 0 where that is not known."""
        files = self._found.files
        if any(map(is_uri, files)):
            return 0
        with contextlib.suppress(OSError):
            return self._passes * sum(map(os.path.getsize, files))
        return 0

    def done(self) -> int:
        """How many bytes were read so far."""
        return self._native.progress()

    def run(self) -> RewriteReport:
        if not self._found.files:
            self._tell_unmatched()
            return self._nothing()
        # What a link leads to is replaced, and not the link.
        place = None if is_uri(self._target) else os.path.realpath(self._target)
        parent = None if place is None else Path(place).parent
        with outputs.made(parent):
            return self._staged(place, parent)

    def _staged(self, place: str | None, parent: Path | None) -> RewriteReport:
        """Writes everything, and gives it its name."""
        stage = outputs.new_directory(".rewrite-", parent, self._target)
        try:
            tree = os.path.join(stage, "tree")
            os.mkdir(tree)
            files, report = self._write(tree)
            asks = self._wants is not None or self._kinds is not None
            if not files or (asks and not self._is_wanted and self._tell_unmatched()):
                return report._replace(records=0, copied=0)
            if place is None:
                self._upload(tree, files)
            elif self._is_file:
                file = os.path.join(tree, files[0])
                outputs.put_file(file, place, overwrite=self._overwrite)
            else:
                outputs.put_tree(stage, tree, place, overwrite=self._overwrite)
        except OSError as error:
            # Where the output was to be made means nothing to the caller.
            if str(error.filename).startswith(stage):
                raise OSError(error.errno, error.strerror, self._target) from error
            raise
        finally:
            outputs.remove(stage)
        paths = [self._target] if self._is_file else [self._join(file) for file in files]
        return report._replace(files=paths)

    def _nothing(self) -> RewriteReport:
        return RewriteReport(self._target, [], 0, 0, {}, [], 0, list(self._found.skipped))

    def _tell_unmatched(self) -> bool:
        """Warns if runs, tags or kinds match nothing. Returns whether they do."""
        path = self._paths if self._several else self._paths[0]
        with warnings.catch_warnings(action="ignore"):
            log = read(path, runs=self._runs, tags=self._tags, kinds=self._kinds, on_corrupt="skip")
        told = list(unmatched(log, self._find, self._runs, self._tags, self._kinds))
        for argument, patterns, names in told:
            selection.tell_unmatched(argument, patterns, names)
        return bool(told)

    def _route(self, run: int, tag: str) -> tuple[str | None, str | None] | None:
        if self._wants is not None and not self._wants(tag):
            return None
        self._is_wanted = True
        if self._drops is not None and self._drops(tag):
            return None
        # Layouts are found by their tag alone.
        new = tag if tag == "custom_scalars__config__" else self._rename(tag)
        directory = _directory("split", self._split(tag)) if self._splits else None
        for argument, name in ("rename", new), ("split", directory or ""):
            if not name.isascii() and re.search("[\ud800-\udfff]", name):
                raise ValueError(f"{argument}: {name!r} is no Unicode text")
        return directory, None if new == tag else new

    def _check_output(self, paths: list[str]) -> None:
        target = self._target
        for path in paths:
            if outputs.lies_in(target, path):
                raise ValueError(f"output must not lie in path, but {target} lies in {path}")
            if outputs.lies_in(path, target):
                raise ValueError(f"path must not lie in output, but {path} lies in {target}")
        if self._is_file and target.endswith(("/", os.sep)):
            raise NotADirectoryError(
                errno.ENOTDIR, "the name of a file has no slash at its end", target
            )
        if not exists(target):
            return
        found = outputs.files_in(target)
        is_directory = found is not None
        is_empty = not found if is_uri(target) else is_directory and not os.listdir(target)
        may_be_there = is_directory and is_empty and not self._is_file
        if not may_be_there and (not self._overwrite or is_directory == self._is_file):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
        if is_directory and not is_uri(target) and outputs.is_in_use(target):
            why = "as a mount point or the working directory it can't be replaced"
            raise OSError(errno.EBUSY, f"{why}; name a directory in it", target)
        if may_be_there:
            return
        if not is_directory and not is_uri(target) and not os.path.isfile(target):
            # A device would become a file.
            raise FileExistsError(errno.EEXIST, "not overwritten, since it is no file", target)
        self._old = found or []
        for file in self._old:
            if "tfevents" not in re.split(r"[/\\]", file)[-1]:
                raise FileExistsError(
                    errno.EEXIST, "not overwritten, since it holds no event file", file
                )

    def _plan(self, merge: Any) -> list[list[tuple[str, int, str, str]]]:
        """Files that are read in order, with the number of their run, their new run and name."""
        renaming = None if isinstance(merge, bool) else _renaming("merge", merge)
        groups: dict[str, list[tuple[str, int, str, str]]] = {}
        runs: dict[str, list[int]] = {}
        for number, (run, files, _) in enumerate(self._found.runs):
            name = _local(run) if renaming is None else (_directory("merge", renaming(run)) or ".")
            runs.setdefault(name, []).append(number)
            group = groups.setdefault(name, [])
            group += [(file, number, name, re.split(r"[/\\]", file)[-1]) for file in files]
        for name, group in groups.items():
            if len(runs[name]) > 1:
                if renaming is None:
                    raise ValueError(f"output: two runs would be {name!r}; name one by merge")
                group[:] = _by_time(group)
            if (merge is True or renaming is not None) and group:
                first = group[0][3]
                group[:] = [(file, number, name, first) for file, number, _, _ in group]
        return list(groups.values())

    def _write(self, tree: str) -> tuple[list[str], RewriteReport]:
        """Writes the files below `tree`; their paths there."""
        report = self._nothing()
        # Nothing but a whole tree is to be taken for one of runs.
        names_of: dict[str, str] = {}
        groups = []
        for number, group in enumerate(self._groups):
            by_file: dict[str, str] = {}
            sources = []
            for at, (file, run, directory, name) in enumerate(group):
                part = by_file.setdefault(name, f"{number}-{at}.part")
                sources.append((file, run, os.path.normpath(os.path.join(tree, directory)), part))
            names_of.update((part, name) for name, part in by_file.items())
            groups.append(sources)
        written, (_, records, copied), reasons, damage, foreign, truncated = self._native.rewrite(
            groups
        )
        report.damage.extend(Damage(*one) for one in damage)
        for file in foreign:
            if file in self._found.given:
                raise CorruptFileError(file, 0, "not_an_event_file", 0)
            report.skipped.append(Skipped(file, "not_an_event_file"))
        paths = []
        for part in written:
            path = outputs.free(
                os.path.join(os.path.dirname(part), names_of[os.path.basename(part)])
            )
            os.rename(part, path)
            paths.append(path)
        directories = [] if self._is_file else [directory for directory, _, _ in os.walk(tree)]
        _native.sync(paths + directories)
        return [os.path.relpath(path, tree) for path in paths], report._replace(
            records=records,
            copied=copied,
            truncated=truncated,
            left_out={why: left for why, left in zip(_REASONS, reasons, strict=True) if left},
        )

    def _join(self, file: str) -> str:
        if is_uri(self._target):
            return below(self._target, file)
        return os.path.join(self._target, file)

    def _upload(self, tree: str, written: list[str]) -> None:
        from tfevents.remote import files

        uris = {self._target if self._is_file else self._join(file): file for file in written}
        for uri, file in uris.items():
            files.upload(os.path.join(tree, file), uri)
        for uri in self._old:
            if uri not in uris:
                files.remove(uri)


def _renaming(argument: str, given: Any, *, whole: bool = False) -> Callable[[str], str]:
    """New names by old ones. `whole`: of names that are not meant nothing stays, and of others only
    the replacement.
    """
    if given is None:
        return lambda name: "" if whole else name
    if isinstance(given, Mapping):
        names = {_text(argument, old): _text(argument, new) for old, new in given.items()}
        return lambda name: names.get(name, "" if whole else name)
    if callable(given):

        def call(name: str) -> str:
            new = given(name)
            return ("" if whole else name) if new is None else _text(argument, new)

        return call
    pairs = given if isinstance(given, list) else [given]
    compiled: list[tuple[re.Pattern[str], str]] = []
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(
                f"{argument}: expected a mapping, a function, or regular expressions with their "
                f"replacements, got {pair!r}"
            )
        try:
            pattern = re.compile(pair[0])
            if not isinstance(pattern.pattern, str):
                raise TypeError("it is of bytes")
        except (re.error, TypeError) as error:
            raise ValueError(f"{argument}: {pair[0]!r} is no regular expression: {error}") from None
        new = _text(argument, pair[1])
        try:
            # It is looked at as a whole, whatever matches.
            pattern.sub(new, "")
        except (re.error, IndexError) as error:
            raise ValueError(f"{argument}: {new!r} is no replacement: {error}") from None
        compiled.append((pattern, new))

    def substitute(name: str) -> str:
        if whole:
            found = ((pattern.search(name), new) for pattern, new in compiled)
            return next((match.expand(new) for match, new in found if match), "")
        for pattern, new in compiled:
            name = pattern.sub(new, name)
        return name

    return substitute


def _text(argument: str, name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{argument}: expected names of str, got {name!r}")
    return name


def _directory(argument: str, name: str) -> str:
    """The name of a run as a path below another one."""
    path = os.path.normpath(name) if name else ""
    if os.path.isabs(path) or path.split(os.sep)[0] == ".." or "\0" in path:
        raise ValueError(f"{argument}: a run can't be {name!r}: it must be a path below the output")
    return "" if path == "." else path


def _local(run: str) -> str:
    """A run's name as a path below another one: of several paths each is what was given."""
    parts = re.split(r"[/\\]" if is_uri(run) else re.escape(os.sep), run)
    return "/".join(part for part in parts if part not in ("", "..", ".")).replace(":", "") or "."


def _by_time(group: list[tuple[str, int, str, str]]) -> list[tuple[str, int, str, str]]:
    """The files of several runs by the times of their first events. Those of one run keep their
    order, by which it is known what their tags are.
    """
    times: list[float] = []
    for at, (file, run, _, _) in enumerate(group):
        is_next = at > 0 and group[at - 1][1] == run
        times.append(max(_first_time(file), times[-1] if is_next else -math.inf))
    return [source for _, source in sorted(zip(times, group, strict=True), key=lambda it: it[0])]


def _first_time(file: str) -> float:
    """The time of a file's first event."""
    from tfevents.reader.events import iter_events

    with iter_events(file, on_corrupt="skip") as events:
        first = next(events, None)
    return -math.inf if first is None else first.wall_time


def _every(every: SupportsIndex) -> int:
    try:
        number = operator.index(every)
    except TypeError:
        raise TypeError(f"every: expected an integer, got {every!r}") from None
    if number < 1:
        raise ValueError(f"every: expected at least 1, got {number}")
    # No tag has more values.
    return min(number, 2**63 - 1)


def _casts(cast: Any) -> list[str]:
    if cast is None:
        return []
    try:
        casts = [cast] if isinstance(cast, str) else list(cast)
    except TypeError:
        raise TypeError(f"cast: expected a name or several, got {cast!r}") from None
    for one in casts:
        choice("cast", one, *_CASTS)
    if "simple_value" in casts and "tensor" in casts:
        raise ValueError("cast: a scalar can't be both 'simple_value' and 'tensor'")
    return casts
