"""Layouts of the custom scalars dashboard."""

from __future__ import annotations

from dataclasses import dataclass

from tfevents import _native
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
        categories = (
            Category(title, tuple(_chart(*chart) for chart in charts), closed)
            for title, charts, closed in _native.layout(array.item())
        )
        return Layout(*self._time(index), tuple(categories))

    def __repr__(self) -> str:
        return self._repr("layout", "layouts")


def _chart(title: str, tags: list[str], margins: list[tuple[str, str, str]]) -> Chart:
    return Chart(title, tuple(tags), tuple(margins))
