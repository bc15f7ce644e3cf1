"""`tfevents export`: tables of scalars, and files of all else."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from itertools import repeat
from typing import Annotated, Any

import numpy as np
import typer

from tfevents._extras import module
from tfevents.cli import options
from tfevents.cli.logs import read_log, tell
from tfevents.cli.output import Quit, json_line, print_json
from tfevents.reader import Log
from tfevents.run import count
from tfevents.tables.kinds import distinct

# Formats by what names of files end in.
_FORMATS = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
_MEDIA = ("images", "audio", "texts", "graph")


def command(
    path: options.Path,
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", help="A table .csv, .jsonl, .parquet or .arrow; or a directory."
        ),
    ],
    runs: options.Runs = None,
    tags: options.Tags = None,
    kinds: options.Kinds = None,
    steps: options.Steps = None,
    restarts: options.Restarts = "raw",
    wide: Annotated[bool, typer.Option("--wide", help="A column for each tag.")] = False,
    engine: Annotated[
        str | None, typer.Option(help="dask: a directory of Parquet, written in parallel.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    json: options.Json = False,
) -> int:
    """Write tables, pictures, sounds.

    Scalars go to a table; pictures, sounds, texts and graphs to files in a directory.

    A table is long, with a row for each point: run, tag, step, wall_time, value. With --wide it has
    a column for each tag, and a row for each run and step.

    \b
    tfevents export runs -o scalars.csv
    tfevents export runs -o loss.parquet --tags '*loss' --wide
    tfevents export runs -o pictures --kinds images
    """
    if engine is not None:
        if wide or overwrite or json:
            one = "--wide" if wide else "--overwrite" if overwrite else "--json"
            raise ValueError(f"{one} can't be with --engine")
        return _by_engine(
            engine,
            path,
            output,
            options.kinds(kinds),
            runs=options.patterns(runs),
            tags=options.patterns(tags),
            steps=options.steps(steps),
            restarts=restarts,
        )
    if (
        os.path.lexists(output)
        and not overwrite
        and not (os.path.isdir(output) and not os.listdir(output))
    ):
        raise Quit(1, f"{output}: there is something already; --overwrite replaces it")
    suffix = os.path.splitext(output)[1].lower()
    chosen = options.kinds(kinds)
    if suffix in _FORMATS:
        if chosen is not None and chosen != ["scalars"]:
            raise ValueError("--kinds: a table holds scalars; for others give a directory")
        log = read_log(path, runs, tags, "scalars", steps, restarts)
        number = _table(log, output, _FORMATS[suffix], wide)
        what = "row"
    elif suffix and not os.path.isdir(output):
        known = ", ".join(_FORMATS)
        raise ValueError(
            f"--output: no format ends in {suffix!r}; there are {known}, or a directory"
        )
    else:
        if wide:
            raise ValueError("--wide: only a table has columns")
        wanted = list(_MEDIA) if chosen is None else chosen
        if unknown := [kind for kind in wanted if kind not in _MEDIA]:
            names = ", ".join(_MEDIA)
            raise ValueError(f"--kinds: {unknown[0]} are no files; there are {names}")
        log = read_log(path, runs, tags, wanted, steps, restarts)
        taken: dict[str, tuple[str, str]] = {}
        number = sum(_write(output, taken, *file) for file in _files(log, wanted))
        what = "file"
    if not number:
        raise Quit(1, f"{path}: there is nothing to export")
    if json:
        print_json({"output": output, f"{what}s": number})
    else:
        print(f"{count(number, what)} in {output}")
    return 1 if log.damage else 0


def _table(log: Log, output: str, form: str, wide: bool) -> int:
    """Writes scalars; how many rows."""
    parent = os.path.dirname(output)
    if parent and not os.path.isdir(parent):
        raise Quit(1, f"--output: there is no directory {parent}")
    if os.path.exists(output) and not os.path.isfile(output):
        raise Quit(1, f"--output: {output} is no file that can be replaced")
    # What a link leads to is replaced, and not the link: /dev/stdout is one.
    output = os.path.realpath(output)
    # A reader of the output sees all of it or nothing.
    part = f"{output}.part"
    try:
        if form in ("parquet", "arrow"):
            rows_written = _arrow(log, part, form, wide)
        else:
            header, rows = _wide(log) if wide else _long(log)
            rows_written = _lines(part, form, header, rows)
        if rows_written:
            os.replace(part, output)
        return rows_written
    finally:
        if os.path.exists(part):
            os.remove(part)


def _arrow(log: Log, output: str, form: str, wide: bool) -> int:
    try:
        import pyarrow.feather
        import pyarrow.parquet
    except ImportError as error:
        message = "Parquet and Arrow need pyarrow: pip install 'tfevents[arrow]'"
        raise Quit(2, message) from error
    table = log.scalars.to_arrow(pivot=wide)
    if form == "parquet":
        pyarrow.parquet.write_table(table, output)
    else:
        pyarrow.feather.write_feather(table, output, compression="uncompressed")
    return int(table.num_rows)


def _long(log: Log) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    def rows() -> Iterator[tuple[Any, ...]]:
        for run, scalars in log.scalars.items():
            for tag, series in scalars.items():
                columns = (series.step.tolist(), series.wall_time.tolist(), series.value.tolist())
                yield from zip(repeat(run), repeat(tag), *columns, strict=False)

    return ["run", "tag", "step", "wall_time", "value"], rows()


def _wide(log: Log) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    table = log.scalars.table()
    names, tags = table._names, table._data.tags()
    run, step, values = table._data.pivot_columns()

    def rows() -> Iterator[tuple[Any, ...]]:
        columns = np.asarray(values)
        for at, (number, one) in enumerate(zip(run.tolist(), step.tolist(), strict=True)):
            cells = (None if cell != cell else cell for cell in columns[:, at].tolist())
            yield names[number], one, *cells

    # Tags that are called so themselves get an underscore, as in the other formats.
    return distinct(["run", "step", *tags]), rows()


def _lines(output: str, form: str, header: list[str], rows: Iterator[tuple[Any, ...]]) -> int:
    written = 0
    with open(output, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if form == "csv":
            writer.writerow(header)
        for row in rows:
            written += 1
            if form == "csv":
                writer.writerow(row)
            else:
                file.write(json_line(dict(zip(header, row, strict=True))) + "\n")
    return written


def _files(log: Log, kinds: list[str]) -> Iterator[tuple[str, str, str, bytes]]:
    """Run, tag, name and content of each file."""
    for name, run in log.items():
        for kind in kinds:
            if kind == "graph":
                if run.graph is not None:
                    yield name, "", "graph.pb", run.graph.raw
                continue
            for tag, series in getattr(run, kind).items():
                seen: dict[int, int] = {}
                for item in series:
                    again = seen[item.step] = seen.get(item.step, -1) + 1
                    stem = f"{item.step}" + (f"-{again}" if again else "")
                    if kind == "texts":
                        text = item.value if isinstance(item.value, str) else repr(item.value)
                        yield name, tag, f"{stem}.md", text.encode()
                    else:
                        yield name, tag, f"{stem}{_suffix(kind, item.data)}", item.data


def _suffix(kind: str, data: bytes) -> str:
    beginnings = {b"\x89PNG": ".png", b"GIF8": ".gif", b"\xff\xd8": ".jpg", b"RIFF": ".wav"}
    found = (suffix for beginning, suffix in beginnings.items() if data.startswith(beginning))
    return next(found, ".bin")


def _write(
    output: str, taken: dict[str, tuple[str, str]], run: str, tag: str, name: str, content: bytes
) -> int:
    # A tag may be any text; what could lead elsewhere becomes harmless.
    parts = [re.sub(r"[^\w .=+-]", "_", part) for part in f"{run}/{tag}".split("/")]
    plain = directory = os.path.join(output, *(part for part in parts if part.strip(". ")))
    # Names that differ may become the same, whose files must not replace each other.
    again = 1
    while taken.setdefault(os.path.normcase(directory).casefold(), (run, tag)) != (run, tag):
        again += 1
        directory = f"{plain}-{again}"
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name), "wb") as file:
        file.write(content)
    return 1


def _by_engine(
    engine: str,
    path: str,
    output: str,
    kinds: list[str] | None,
    **selected: Any,
) -> int:
    """Has the processes of an engine write a data set. What is there already stays."""
    if engine != "dask":
        raise ValueError(f"--engine: expected dask, got {engine!r}")
    try:
        from distributed import Client

        from tfevents import parquet
    except ImportError as error:
        raise Quit(2, f"--engine dask needs pip install 'tfevents[arrow,dask]': {error}") from error
    (kind, *more) = kinds or ["scalars"]
    if more:
        raise ValueError("--kinds: a data set holds one kind")
    module("pyarrow", "--engine dask", "arrow")
    with Client(dashboard_address=None) as client:
        try:
            made = parquet.write(
                path,
                output,
                kind=kind,  # type: ignore[arg-type]
                executor=client.get_executor(),
                on_corrupt="skip",
                **selected,
            )
        except ExceptionGroup as failed:
            raise Quit(1, "\n".join([failed.message, *map(str, failed.exceptions)])) from failed
    tell(made.damage, made.skipped)
    print(f"{count(made.written, 'piece')} in {output}, and {made.kept} that were there")
    return 1 if made.damage else 0
