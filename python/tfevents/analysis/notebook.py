"""The HTML that notebooks show for logs, runs and series. It needs no other packages."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tfevents._text import shown
from tfevents.errors import Error

if TYPE_CHECKING:
    from tfevents.reader.run import Run
    from tfevents.series import Audio, AudioClip, Histogram, Histograms, Image, Images, Scalars

_MOST = 20
_WIDTH, _HEIGHT = 320, 90
_BARS = 40


def log(runs: Mapping[str, Run], title: str) -> str:
    """Runs, a row each; nothing of what they hold is drawn."""
    rows = [
        [name, str(len(run.tags)), str(sum(map(len, run.scalars.values())))]
        for name, run in _first(runs.items())
    ]
    return _table(title, ["run", "tags", "points"], rows, len(runs))


def run(one: Run) -> str:
    """The tags of a run, and the curves of its scalars."""
    rows = []
    for tag, kind, number in _first(one._data.summary()):
        small = sparkline(one.scalars[tag]) if kind == "scalar" else ""
        rows.append([tag, kind, str(number), small])
    title = f"Run {one.name!r}, {len(one.tags)} tags"
    total = len(one._data.summary())
    return _table(title, ["tag", "kind", "values", ""], rows, total, raw={3})


def series(many: Histograms | Images | Audio) -> str:
    """A series, and its last value."""
    last = _or_error(lambda: many[-1]._repr_html_()) if len(many) else ""
    return f"<div>{html.escape(repr(many))}</div>{last}"


def tags(named: Iterable[tuple[str, Any]], title: str, total: int, what: str = "tag") -> str:
    """Tags and what they hold, each with its last value where that shows itself."""
    rows = [[name, _or_error(partial(_shown, held))] for name, held in _first(named)]
    return _table(title, [what, ""], rows, total, raw={1})


def _shown(held: Any) -> str:
    found: str = getattr(held, "_repr_html_", lambda: html.escape(repr(held)))()
    return found


def _or_error(show: Callable[[], str]) -> str:
    """What shows a value, or why there is nothing: its file was removed, say."""
    try:
        return show()
    except (OSError, ValueError, Error) as error:
        return html.escape(f"{type(error).__name__}: {error}")


def scalars(series: Scalars) -> str:
    """A series and its curve."""
    return f"<div>{html.escape(repr(series))}</div>{sparkline(series)}"


def sparkline(series: Scalars) -> str:
    """A small curve over the steps, as SVG."""
    finite = np.isfinite(series.value)
    step, value = series.step[finite].astype(float), series.value[finite]
    if len(step) < 2:
        return ""
    if len(step) > 2 * _WIDTH:
        # The least and the greatest value of each stretch are drawn, so that no peak is lost.
        edges = np.linspace(0, len(step), _WIDTH + 1).astype(int)
        kept = [
            sorted((a + int(value[a:b].argmin()), a + int(value[a:b].argmax())))
            for a, b in pairwise(edges)
        ]
        index = [i for pair in kept for i in dict.fromkeys(pair)]
        step, value = step[index], value[index]
    x = _scaled(step, _WIDTH)
    y = _HEIGHT - _scaled(value, _HEIGHT)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return _svg(f'<polyline points="{points}" fill="none" stroke="#1f77b4" stroke-width="1.2"/>')


def histogram(one: Histogram) -> str:
    """A histogram as bars, in buckets of one width."""
    title = f"<div>{html.escape(repr(one))}</div>"
    if not len(one.edges) or not np.isfinite(one.edges).all():
        return title
    low, high = float(one.edges[0]), float(one.edges[-1])
    if not 0 < high - low < math.inf:
        return title
    edges = np.linspace(low, high, _BARS + 1)
    height = one.rebin(edges)
    x = _scaled(edges, _WIDTH)
    tall = height / (height.max() or 1) * _HEIGHT
    bars = "".join(
        f'<rect x="{a:.1f}" y="{_HEIGHT - h:.1f}" width="{max(b - a, 0.3):.1f}" height="{h:.1f}"/>'
        for a, b, h in zip(x[:-1], x[1:], tall, strict=True)
    )
    return title + _svg(f'<g fill="#1f77b4">{bars}</g>')


def image(one: Image) -> str:
    """The pictures as they are encoded."""
    shown = "".join(
        f'<img alt="step {one.step}" src="data:{_media_type(data)};base64,{_base64(data)}"/> '
        for data in one.batch[:_MOST]
    )
    return f"<div>{html.escape(repr(one))}</div>{shown}"


def audio(one: AudioClip) -> str:
    """Something to play the sounds with."""
    kind = html.escape(one.content_type or "audio/wav", quote=True)
    players = "".join(
        f'<audio controls src="data:{kind};base64,{_base64(data)}"></audio>'
        for data in one.batch[:_MOST]
    )
    return f"<div>{html.escape(repr(one))}</div>{players}"


def _first(items: Iterable[Any]) -> list[Any]:
    return [item for item, _ in zip(items, range(_MOST), strict=False)]


def _scaled(values: Any, size: float) -> Any:
    # The difference of NumPy's numbers would warn where it is infinite.
    low, high = float(values.min()), float(values.max())
    if not math.isfinite(high - low) or high == low:
        return np.full(len(values), size / 2)
    return (values - low) / (high - low) * size


def _svg(content: str) -> str:
    box = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="-2 -2 {_WIDTH + 4} {_HEIGHT + 4}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{content}</svg>'


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _media_type(data: bytes) -> str:
    kinds = {b"\x89PNG": "image/png", b"\xff\xd8": "image/jpeg", b"GIF8": "image/gif"}
    return next((kind for start, kind in kinds.items() if data.startswith(start)), "image/*")


def _table(
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    total: int,
    raw: set[int] = frozenset(),  # type: ignore[assignment]
) -> str:
    """A table; the columns `raw` are HTML already."""

    def cell(column: int, text: str) -> str:
        return f"<td>{text if column in raw else html.escape(shown(text))}</td>"

    body = "".join(f"<tr>{''.join(cell(*it) for it in enumerate(row))}</tr>" for row in rows)
    if total > len(rows):
        body += f'<tr><td colspan="{len(head)}">… and {total - len(rows)} more</td></tr>'
    names = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    return (
        f"<div>{html.escape(title)}</div>"
        f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
    )
