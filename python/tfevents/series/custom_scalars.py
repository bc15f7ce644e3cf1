"""Layouts of the custom scalars dashboard."""

from __future__ import annotations

from dataclasses import dataclass

from tfevents import _messages as messages
from tfevents.series.columns import Stored
from tfevents.series.tensors import as_array


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Attributes:
        title: what stands above it.
        tags: the tags that a chart of many lines shows, as regular expressions.
        margins: the (value, lower, upper) tags that a chart with margins shows.
    """

    title: str
    tags: tuple[str, ...]
    margins: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Category:
    """Charts under one heading; `closed` if they are hidden at first."""

    title: str
    charts: tuple[Chart, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """Which charts to show (`tensorboard/plugins/custom_scalar/layout.proto`)."""

    step: int
    wall_time: float
    categories: tuple[Category, ...]


class Layouts(Stored[Layout]):
    """All layouts logged under one tag, in file order, none left out.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
    """

    __slots__ = ()

    def _item(self, index: int) -> Layout:
        array = as_array(*self._data.tensor(self._index, index))
        if array.size != 1 or not isinstance(array.item(), bytes):
            raise ValueError("a layout is one string, which is a message")
        layout = messages.decode(array.item())
        categories = map(messages.decode, messages.parts(layout, 2))
        return Layout(*self._time(index), tuple(map(_category, categories)))

    def __repr__(self) -> str:
        return self._repr("layout", "layouts")


def _category(fields: messages.Fields) -> Category:
    charts = map(messages.decode, messages.parts(fields, 2))
    closed = bool(messages.integer(fields, 3))
    return Category(messages.text(fields, 1), tuple(map(_chart, charts)), closed)


def _chart(fields: messages.Fields) -> Chart:
    multiline = messages.decode(messages.message(fields, 2) or b"")
    margin = messages.decode(messages.message(fields, 3) or b"")
    margins = (messages.decode(series) for series in messages.parts(margin, 1))
    return Chart(
        messages.text(fields, 1),
        tuple(messages.texts(multiline, 1)),
        tuple((messages.text(m, 1), messages.text(m, 2), messages.text(m, 3)) for m in margins),
    )
