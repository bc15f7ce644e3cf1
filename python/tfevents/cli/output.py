"""Output: tables for people, JSON for programs, and colours in a terminal."""

from __future__ import annotations

import codecs
import functools
import json
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tfevents._text import shown
from tfevents.remote.uri import is_uri

if TYPE_CHECKING:
    from rich.console import Console


class Quit(Exception):
    """Ends a command with an exit code and a message."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code


def is_terminal() -> bool:
    """Whether the output is a terminal. If not, Rich is not imported."""
    return sys.stdout.isatty()


@functools.cache
def console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True, emoji=False)


def print_json(value: Any) -> None:
    """Prints a value as one document. Numbers that JSON does not have become null."""
    print(json.dumps(_plain(value), ensure_ascii=not _is_utf8(), indent=2))


def json_line(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


def print_json_line(value: Any) -> None:
    print(json.dumps(_plain(value), ensure_ascii=not _is_utf8()))


def _is_utf8() -> bool:
    """Whether the output takes all text. It escapes surrogates as JSON does."""
    return codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def print_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], right: str = "", keep: str = ""
) -> None:
    """Prints rows below a header. `right` are the columns that are aligned to the right.

    In a terminal, the widest columns are cut so that a row takes one line. If that is not enough,
    the last columns are left out, except the one to keep. The last two are cut further.
    """
    from rich.cells import cell_len

    cells = [[shown(cell) for cell in row] for row in (header, *rows)]
    # The number of columns that each cell takes in a terminal.
    lengths = [[len(it) if it.isascii() else cell_len(it) for it in row] for row in cells]
    columns = list(range(len(header)))
    widths = [max(column) for column in zip(*lengths, strict=True)]
    room = console().width if is_terminal() else sys.maxsize
    while (over := sum(widths[at] + 2 for at in columns) - 2 - room) > 0:
        widest = max(columns, key=widths.__getitem__)
        if widths[widest] > 16:
            widths[widest] = max(16, widths[widest] - over)
        elif len(columns) > 2:
            columns.remove([at for at in columns if cells[0][at] != keep][-1])
        elif widths[widest] > 4:
            widths[widest] = max(4, widths[widest] - over)
        else:
            break
    is_right = [name in right.split() for name in cells[0]]

    def line(row: Sequence[str], lengths: Sequence[int]) -> str:
        fitted = []
        for at in columns:
            text, width, length = row[at], widths[at], lengths[at]
            if length > width:
                text = cut(text, width)
            elif is_right[at]:
                text = " " * (width - length) + text
            else:
                text += " " * (width - length)
            fitted.append(text)
        return "  ".join(fitted).rstrip()

    first, *others = map(line, cells, lengths)
    heading(first)
    sys.stdout.write("".join(f"{other}\n" for other in others))


def cut(text: str, room: int) -> str:
    """A text in no more than so many columns of a terminal. Some characters take two."""
    if text.isascii() and len(text) <= room:
        return text
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= room else set_cell_size(text, room - 1) + "…"


def heading(text: str, style: str = "bold") -> None:
    text = shown(text)
    if is_terminal():
        console().print(text, style=style, markup=False)
    else:
        print(text)


def warn(text: str) -> None:
    print(f"tfevents: {text}", file=sys.stderr)


def near(path: str) -> str:
    """A path as a person writes it: relative if it is below the working directory."""
    if is_uri(path):
        return path
    try:
        return path.removeprefix(os.path.join(os.getcwd(), ""))
    except FileNotFoundError:
        return path


def number(value: float) -> str:
    """A number in about seven digits."""
    return f"{value:.7g}"


def when(seconds: float) -> str:
    """A time of day in the local time zone."""
    try:
        return datetime.fromtimestamp(seconds).isoformat(" ", "seconds")
    except (OverflowError, OSError, ValueError):
        return "?"


def size(count: int) -> str:
    """A number of bytes, in a few digits."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


@contextmanager
def progress(
    what: str, total: int = 0, done: Callable[[], int] = lambda: 0, *, in_bytes: bool = True
) -> Iterator[None]:
    """Shows a bar in the terminal, on standard error, if the block takes longer than a moment.

    `done` returns how much of the total is done. Without it, the bar only shows the time.
    """
    if not sys.stderr.isatty():
        yield
        return
    over = threading.Event()

    def show() -> None:
        if over.wait(0.5):
            return
        from rich import progress as bars
        from rich.console import Console

        columns: list[bars.ProgressColumn] = [bars.TextColumn(what), bars.BarColumn()]
        if not total:
            columns += [bars.TimeElapsedColumn()]
        else:
            counted = bars.DownloadColumn(binary_units=True)
            columns += [counted if in_bytes else bars.MofNCompleteColumn()]
            columns += [bars.TimeRemainingColumn()]
        with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total or None)
            while not over.wait(0.1):
                bar.update(task, completed=done())

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
