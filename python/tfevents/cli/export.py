"""`tfevents export`: tables of scalars, and files of all other values."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from itertools import repeat
from typing import Annotated, Any, TextIO

import numpy as np
import typer

from tfevents._extras import module
from tfevents.cli import files, options
from tfevents.cli.logs import Lost, native, read_log, tell
from tfevents.cli.output import Quit, json_line, print_json, progress
from tfevents.outputs import new_directory
from tfevents.reader.log import Log, path_of
from tfevents.reader.run import count
from tfevents.remote.uri import is_uri
from tfevents.tables.kinds import distinct

# Formats by the suffix of the file's name.
_FORMATS = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}

# The number of rows that are written at once to Parquet.
_PIECE = 1 << 18


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
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files of these names.")
    ] = False,
    json: options.Json = False,
) -> int:
    """Write tables, or a file a value.

    Scalars go to a table. Other values go to files in a directory: pictures and sounds as they are,
    texts to .md, histograms and PR curves to .csv, tensors to .npy (.json if they are strings),
    meshes to .ply, graphs to .pb.

    A table is long, with a row for each point: run, tag, step, wall_time, value. With --wide it has
    a column for each tag, and a row for each run and step.

    \b
    tfevents export runs -o scalars.csv
    tfevents export runs -o loss.parquet --tags '*loss' --wide
    tfevents export runs -o pictures --kinds images
    """
    output = path_of(output, "output")
    if engine is not None:
        if wide or overwrite:
            raise ValueError(f"{'--wide' if wide else '--overwrite'} can't be with --engine")
        return _by_engine(
            engine,
            path,
            output,
            options.kinds(kinds),
            json,
            runs=options.patterns(runs),
            tags=options.patterns(tags),
            steps=options.steps(steps),
            restarts=restarts,
        )
    if is_uri(output):
        raise ValueError("--output: only --engine dask writes to a URI")
    if (
        os.path.lexists(output)
        and not overwrite
        and not (os.path.isdir(output) and not os.listdir(output))
    ):
        raise Quit(1, f"{output}: there is something already; --overwrite replaces it")
    suffix = os.path.splitext(output)[1].lower()
    chosen = options.kinds(kinds)
    lost = Lost()
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
        wanted = list(files.KINDS) if chosen is None else chosen
        if unknown := [kind for kind in wanted if kind not in files.KINDS]:
            names = ", ".join(files.KINDS)
            raise ValueError(f"--kinds: {unknown[0]} are no files; there are {names}")
        log = read_log(path, runs, tags, wanted, steps, restarts)
        number = _files(log, output, wanted, lost)
        what = "file"
    if not number:
        raise Quit(1, f"{path}: there is nothing to export")
    if json:
        print_json({"output": output, f"{what}s": number})
    else:
        print(f"{count(number, what)} in {output}")
    return int(bool(log.damage or lost.number))


def _files(log: Log, output: str, kinds: list[str], lost: Lost) -> int:
    """Writes files. Returns their number."""
    directory = files.Directory(output)
    values = written = 0
    with progress("exporting", files.number(log, kinds), lambda: values, in_bytes=False):
        for run, tag, stem, contents in files.files(log, kinds, lost):
            for end, content in contents:
                directory.write(run, tag, stem, end, content)
                written += 1
            values += 1
    return written


def _table(log: Log, output: str, form: str, wide: bool) -> int:
    """Writes scalars. Returns the number of rows."""
    parent = os.path.dirname(output)
    if parent and not os.path.isdir(parent):
        raise Quit(1, f"--output: there is no directory {parent}")
    if os.path.exists(output) and not os.path.isfile(output):
        raise Quit(1, f"--output: {output} is no file that can be replaced")
    # The target of a link is replaced, and not the link. /dev/stdout is a link.
    output = os.path.realpath(output)
    # A reader of the output sees all of it or nothing.
    stage = new_directory(".export-", os.path.dirname(output), output)
    part = os.path.join(stage, os.path.basename(output))
    try:
        if form in ("parquet", "arrow"):
            rows_written = _arrow(log, part, form, wide)
        else:
            header, rows = _wide(log) if wide else _long(log)
            # The number of rows of several tags is not known before.
            points = [len(it) for run in log.scalars.values() for it in run.values()]
            rows_written = _lines(part, form, header, rows, 0 if wide else sum(points))
        if rows_written:
            os.replace(part, output)
        return rows_written
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _arrow(log: Log, output: str, form: str, wide: bool) -> int:
    try:
        import pyarrow.feather
        import pyarrow.parquet
    except ImportError as error:
        message = "Parquet and Arrow need pyarrow: pip install 'tfevents[arrow]'"
        raise Quit(2, message) from error
    with progress("exporting"):
        table = log.scalars.to_arrow(pivot=wide)
        if form == "parquet":
            with pyarrow.parquet.ParquetWriter(output, table.schema) as file:
                # Ctrl-C comes between two pieces.
                for start in range(0, table.num_rows, _PIECE):
                    file.write_table(table.slice(start, _PIECE))
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
    # A table's own names of runs have replaced what is not UTF-8.
    names, tags = [name for name, _ in native(log)], table._data.tags()
    run, step, values = table._data.pivot_columns()

    def rows() -> Iterator[tuple[Any, ...]]:
        columns = np.asarray(values)
        for at, (number, one) in enumerate(zip(run.tolist(), step.tolist(), strict=True)):
            cells = (None if cell != cell else cell for cell in columns[:, at].tolist())
            yield names[number], one, *cells

    # Tags with these names get an underscore, as in the other formats.
    return distinct(["run", "step", *tags]), rows()


def _lines(
    output: str, form: str, header: list[str], rows: Iterator[tuple[Any, ...]], total: int
) -> int:
    written = 0
    with (
        progress("exporting", total, lambda: written, in_bytes=False),
        # Names that are not UTF-8 have surrogates, which are escaped as in JSON.
        open(output, "w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        # Only what is in the end of a line is quoted, and a tag may have a carriage return.
        writer = csv.writer(_Lines(file), lineterminator="\r\n")
        if form == "csv":
            writer.writerow(header)
        for row in rows:
            written += 1
            if form == "csv":
                writer.writerow(row)
            else:
                file.write(json_line(dict(zip(header, row, strict=True))) + "\n")
    return written


class _Lines:
    """Writes lines that end in `\\r\\n` to a file where they end in `\\n`."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> None:
        self._file.write(f"{line[:-2]}\n")


def _by_engine(
    engine: str,
    path: str,
    output: str,
    kinds: list[str] | None,
    json: bool,
    **selected: Any,
) -> int:
    """Makes the processes of an engine write a data set. Pieces that exist already stay."""
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
    with progress("exporting"), Client(dashboard_address=None) as client:
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
    if json:
        print_json({"output": output, "pieces": made.written, "kept": made.kept})
        return 1 if made.damage else 0
    print(f"{count(made.written, 'piece')} in {output}, and {made.kept} that were there")
    return 1 if made.damage else 0
