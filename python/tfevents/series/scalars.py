"""Series of scalars."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents._arguments import as_int
from tfevents._extras import module
from tfevents.series.columns import Columns

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

Method = Literal["exact", "ffill", "nearest"]
How = Literal["mean", "last", "min", "max"]

_NO_ORDER = "points have no order: compare their values or their steps"


def as_weight(value: Any, argument: str) -> float:
    """How much values are smoothed, from 0 to 1."""
    weight = _native.as_number(value, argument)
    if not 0 <= weight <= 1:
        raise ValueError(f"{argument} must be from 0 to 1, not {value!r}")
    return weight


class Scalar(NamedTuple):
    """One number.

    Points can't be compared with `<`: compare their values or their steps.
    """

    step: int
    """The step."""
    wall_time: float
    """When it was logged, in seconds since the epoch."""
    value: float
    """The number."""

    def __lt__(self, other: object) -> NoReturn:
        raise TypeError(_NO_ORDER)

    def __le__(self, other: object) -> NoReturn:
        raise TypeError(_NO_ORDER)

    def __gt__(self, other: object) -> NoReturn:
        raise TypeError(_NO_ORDER)

    def __ge__(self, other: object) -> NoReturn:
        raise TypeError(_NO_ORDER)


class Scalars(Columns[Scalar]):
    """All numbers under one tag, in the order of the files.

    The three arrays are contiguous, and read-only: tables and reloaded logs share their memory.
    `loss.value.copy()` can be written to. The columns of a large file lie in one piece of memory,
    which stays as long as any of them is in use; a copy is kept alone.

    `loss[i]` is a point; `loss[10:20]`, `loss[loss.value > 1]` and `loss[[0, 5]]` are `Scalars`
    again. `np.asarray(loss)` is its values.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
        value: float64[n], the numbers. What was stored as float32 is widened, not rounded again;
            64-bit integers beyond 2**53 are rounded.

    Example:
        >>> loss = run.scalars["loss"]
        >>> loss.value
        array([4. , 2. , 1. , 0.5])
        >>> loss.between(0, 2).last
        Scalar(step=1, wall_time=..., value=2.0)
        >>> loss[loss.argmin()].step
        3
    """

    __slots__ = ("value",)

    def __init__(
        self, step: NDArray[np.int64], wall_time: NDArray[np.float64], value: NDArray[np.float64]
    ) -> None:
        # This does not call the base class, since a thousand runs have ten thousand series.
        self.step = step
        self.wall_time = wall_time
        self.value = value

    def _item(self, index: int) -> Scalar:
        return Scalar(*self._time(index), float(self.value[index]))

    @overload  # type: ignore[override]
    def __getitem__(self, index: int | np.integer[Any]) -> Scalar: ...
    @overload
    def __getitem__(
        self, index: slice | NDArray[np.bool_ | np.integer] | list[int] | list[bool]
    ) -> Scalars: ...
    def __getitem__(self, index: Any) -> Scalar | Scalars:
        # Arrays and tensors have the method, too.
        if hasattr(index, "__index__") and not getattr(index, "ndim", 0):
            point: Scalar = super().__getitem__(index)
            return point
        if not isinstance(index, slice):
            index = np.asarray(index)
            if not index.size:
                index = index.astype(np.int64)
            if index.ndim != 1 or index.dtype.kind not in "iub":
                raise TypeError(
                    "expected an integer, a slice, or an array of booleans or integers, "
                    f"got {index.dtype}{list(index.shape)}"
                )
        return self._with(self.step[index], self.wall_time[index], self.value[index])

    @staticmethod
    def _with(*columns: NDArray[Any]) -> Scalars:
        # Some of the points, such as every second one, are copied.
        contiguous = [np.ascontiguousarray(column) for column in columns]
        for column in contiguous:
            column.flags.writeable = False
        return Scalars(*contiguous)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        # NumPy 1 does not accept `copy=None`, which means to copy if necessary.
        return np.array(self.value, dtype) if copy else np.asarray(self.value, dtype)

    @property
    def last(self) -> Scalar:
        """The last point, in file order; an IndexError if there is none."""
        return self[-1]

    def between(self, first: SupportsIndex | None, stop: SupportsIndex | None) -> Scalars:
        """The points with `first <= step < stop`, like `range(first, stop)` and `read(steps=…)`;
        `None` at either end leaves it open.

        Args:
            first: the first step; None for all up to `stop`.
            stop: the step before which it ends; None for all from `first` on.

        Raises:
            TypeError: a step that is no integer.

        Example:
            >>> loss.between(1, 3).step
            array([1, 2])
        """
        chosen = np.ones(len(self), bool)
        if first is not None:
            chosen &= self.step >= as_int(first, "first")
        if stop is not None:
            chosen &= self.step < as_int(stop, "stop")
        return self[chosen]

    def at(self, step: SupportsIndex, method: Method = "exact") -> Scalar:
        """The point at a step; of several the last.

        Args:
            step: the step.
            method: `"exact"`, the point at this step; `"ffill"`, at the greatest step that is not
                beyond it; `"nearest"`, at the nearest one, of two the lower.

        Raises:
            KeyError: there is none.

        Example:
            >>> loss.at(10, "ffill").value
            0.5
        """
        wanted = as_int(step, "step")
        if method not in ("exact", "ffill", "nearest"):
            raise ValueError(f"method must be 'exact', 'ffill' or 'nearest', not {method!r}")
        near = [wanted]
        if method != "exact":
            below, above = self.step[self.step <= wanted], self.step[self.step > wanted]
            near = [int(below.max())] if len(below) else []
            near += [int(above.min())] if method == "nearest" and len(above) else []
        if near:
            # These are no int64, since the distance of two may be none.
            nearest = min(near, key=lambda step: abs(step - wanted))
            (found,) = np.nonzero(self.step == nearest)
            if len(found):
                return self[int(found[-1])]
        raise KeyError(f"no point for step {wanted} (method={method!r}): {self!r}")

    def max(self, axis: None = None, out: None = None) -> float:
        """The greatest value. NaN counts only where nothing else is there.

        Args:
            axis, out: taken for the sake of NumPy's functions, and not used.

        Raises:
            ValueError: there is no point.

        Example:
            >>> loss.max()
            4.0
        """
        return float(self.value[self.argmax()])

    def min(self, axis: None = None, out: None = None) -> float:
        """The least value, likewise.

        Args:
            axis, out: taken for the sake of NumPy's functions, and not used.

        Raises:
            ValueError: there is no point.

        Example:
            >>> loss.min()
            0.5
        """
        return float(self.value[self.argmin()])

    def argmax(self, axis: None = None, out: None = None) -> int:
        """Where the greatest value first is: `loss[loss.argmax()]` is its point.

        Args:
            axis, out: taken for the sake of NumPy's functions, and not used.

        Raises:
            ValueError: there is no point.

        Example:
            >>> loss[loss.argmax()].step
            0
        """
        return self._best(np.argmax)

    def argmin(self, axis: None = None, out: None = None) -> int:
        """Where the least value first is.

        Args:
            axis, out: taken for the sake of NumPy's functions, and not used.

        Raises:
            ValueError: there is no point.

        Example:
            >>> loss[loss.argmin()].step
            3
        """
        return self._best(np.argmin)

    def _best(self, choose: Callable[[NDArray[np.float64]], Any]) -> int:
        if not len(self):
            raise ValueError("there is no point")
        (there,) = np.nonzero(~np.isnan(self.value))
        # `np.nanargmin` takes a NaN for infinite, and so for a value that is infinite.
        return int(there[choose(self.value[there])]) if len(there) else 0

    def smooth(self, weight: float = 0.6) -> Scalars:
        """The values smoothed as TensorBoard's charts show them: by an exponential moving average,
        debiased.

        Args:
            weight: from 0, which leaves them as they are, to 1; TensorBoard begins with 0.6.

        Raises:
            TypeError, ValueError: a weight that is no number from 0 to 1.

        Example:
            >>> loss.smooth(0.5).value.round(2)
            array([4.  , 2.67, 1.71, 1.07])
        """
        number = as_weight(weight, "weight")
        smoothed = _native.smooth(np.ascontiguousarray(self.value), number)
        return self._with(self.step, self.wall_time, smoothed)

    def resample(self, *, every: SupportsIndex, how: How = "mean") -> Scalars:
        """One point for each `every` steps: at step 0 for those from 0 to `every - 1`, and so on.
        Where no point is, there is none.

        Args:
            every: how many steps become one.
            how: which value stands for them: their mean, the least, the greatest (without NaNs,
                where there is something else), or the last in file order. The wall time is the
                last's.

        Raises:
            TypeError, ValueError: an argument that can't be used.

        Example:
            >>> loss.resample(every=2, how="min").value
            array([2. , 0.5])
        """
        width = as_int(every, "every")
        if width < 1:
            raise ValueError(f"every must be at least 1, not {width}")
        if how not in ("mean", "last", "min", "max"):
            raise ValueError(f"how must be 'mean', 'last', 'min' or 'max', not {how!r}")
        # No two steps are further apart than this.
        width = min(width, 2**63 - 1)
        bins = self.step // width
        order = np.argsort(bins, kind="stable")
        found, starts = np.unique(bins[order], return_index=True)
        if not len(found):
            return self[:0]
        values, ends = self.value[order], np.append(starts[1:], len(order)) - 1
        if how == "mean":
            there = ~np.isnan(values)
            counts = np.add.reduceat(there, starts, dtype=np.int64)
            # The sum of both infinities is NaN.
            with np.errstate(invalid="ignore"):
                sums = np.add.reduceat(np.where(there, values, 0), starts)
            chosen = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
        elif how == "last":
            chosen = values[ends]
        else:
            chosen = (np.fmin if how == "min" else np.fmax).reduceat(values, starts)
        # The lowest may begin below all steps that there are.
        lowest = np.iinfo(np.int64).min
        firsts = np.where(found < -(-lowest // width), lowest, found * width)
        return self._with(firsts, self.wall_time[order][ends], chosen)

    def to_pandas(self) -> pandas.Series[float]:
        """A `pandas.Series` of the values, with the steps as its index."""
        pd = module("pandas", "to_pandas", "pandas")

        index = pd.Index(self.step, name="step", copy=False)
        # The caller may write to it.
        return pd.Series(self.value.copy(), index, name="value", copy=False)

    def plot(
        self, *, smooth: float = 0.0, ax: Axes | None = None, label: str | None = None
    ) -> Axes:
        """Draws the values over the steps; smoothed ones with what they are behind them.

        Args:
            smooth: how much the values are smoothed, as by `smooth`.
            ax: where to draw; by default in a new figure.
            label: what the line is called.

        Raises:
            ImportError: matplotlib is not installed; `tfevents[plot]` installs it.

        Example:
            >>> loss.plot(smooth=0.6)  # doctest: +SKIP
        """
        from tfevents.analysis import plots

        return plots.line(self, smooth=smooth, ax=ax, label=label)

    def _repr_html_(self) -> str:
        from tfevents.analysis import notebook

        return notebook.scalars(self)

    def __repr__(self) -> str:
        last = f", last value {self.value[-1]:.6g}" if len(self) else ""
        return self._repr("point", "points", last)
