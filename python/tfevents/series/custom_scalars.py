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
        title: the title.
        tags: of a `"Multiline"` chart, regular expressions for the tags that it shows.
        margins: of a `"Margin"` chart, the tags of each line, of its lower bound and of its upper
            bound.
    """

    title: str
    tags: tuple[str, ...]
    margins: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Category:
    """Charts under one heading.

    Attributes:
        title: the heading.
        charts: the charts, in their order.
        closed: whether they are hidden at first.
    """

    title: str
    charts: tuple[Chart, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The charts of the custom scalars dashboard (`custom_scalar/layout.proto`).

    Attributes:
        step: the step.
        wall_time: when it was logged, in seconds since the epoch.
        categories: groups of charts, in their order.
    """

    step: int
    wall_time: float
    categories: tuple[Category, ...]


class Layouts(Stored[Layout]):
    """All layouts under one tag, in the order of the files.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.

    Example:
        >>> (layouts,) = run.custom_scalars.values()
        >>> layouts[0].categories[0].charts[0].tags
        ('loss/train', 'loss/val')
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
