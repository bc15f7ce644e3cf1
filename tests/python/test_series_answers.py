"""Methods of a series of scalars, compared with NumPy and plain loops."""

import operator
import pickle
import sys
import typing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import tfevents
from tfevents import Scalars

points = st.lists(
    st.tuples(
        st.integers(-20, 20),
        st.one_of(st.integers(-9, 9).map(float), st.sampled_from([np.nan, np.inf, -np.inf])),
    )
)


def series(pairs: list[tuple[int, float]]) -> Scalars:
    steps = np.array([step for step, _ in pairs], np.int64)
    values = np.array([value for _, value in pairs], np.float64)
    return Scalars(steps, np.arange(len(pairs), dtype=np.float64), values)


def same(a: Scalars, b: Scalars) -> None:
    for name in ("step", "wall_time", "value"):
        found, expected = getattr(a, name), getattr(b, name)
        assert found.dtype == expected.dtype
        assert np.array_equal(found, expected, equal_nan=True)
        assert not found.flags.writeable


@given(points, st.slices(10))
def test_slices_and_masks(pairs: list[tuple[int, float]], chosen: slice) -> None:
    one = series(pairs)
    part = one[chosen]
    assert isinstance(part, Scalars)
    for column in (part.step, part.wall_time, part.value):
        assert column.flags.c_contiguous
        assert not column.flags.writeable
    assert part.wall_time.tolist() == list(range(len(pairs)))[chosen]
    same(one[one.step > 0], one[np.flatnonzero(one.step > 0)])
    same(one[one.step > 0], one.between(1, None))
    same(one.between(-3, 4), one[(one.step >= -3) & (one.step < 4)])
    same(one[[]], one[:0])
    assert np.array_equal(np.asarray(one), one.value, equal_nan=True)
    assert np.asarray(one, np.float32).dtype == np.float32


class Tensor:
    """What torch's tensors have: every one can be asked for an integer, and few are one."""

    def __init__(self, values: Any) -> None:
        self._values = np.asarray(values)
        self.ndim = self._values.ndim

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._values

    def __index__(self) -> int:
        return operator.index(self._values)


def test_tensors_as_indices() -> None:
    one = series([(0, 1.0), (1, 2.0), (2, 3.0)])
    mask, order = Tensor([True, False, True]), Tensor([2, 0])
    assert one[mask].step.tolist() == [0, 2]  # type: ignore[call-overload]
    assert one[order].step.tolist() == [2, 0]  # type: ignore[call-overload]
    assert one[Tensor([1])].step.tolist() == [1]  # type: ignore[call-overload]
    assert one[Tensor(1)] == one[np.array(1)] == one[1]  # type: ignore[call-overload]


@pytest.mark.parametrize("wrong", [1.5, "x", [[0]], [0.5], None])
def test_other_indices_are_errors(wrong: object) -> None:
    with pytest.raises((TypeError, IndexError)):
        series([(0, 1.0)])[wrong]  # type: ignore[call-overload]


@given(points, st.integers(-25, 25))
def test_at(pairs: list[tuple[int, float]], step: int) -> None:
    one = series(pairs)
    candidates = {
        "exact": [s for s, _ in pairs if s == step],
        "ffill": sorted((s for s, _ in pairs if s <= step), reverse=True),
        "nearest": sorted((s for s, _ in pairs), key=lambda s: (abs(s - step), s)),
    }
    for method, steps in candidates.items():
        if not steps:
            with pytest.raises(KeyError, match="no point for step"):
                one.at(step, method)  # type: ignore[arg-type]
            continue
        last = max(i for i, (s, _) in enumerate(pairs) if s == steps[0])
        assert one.at(step, method).wall_time == last  # type: ignore[arg-type]


def test_at_the_ends_of_integers() -> None:
    far = series([(-(2**63), 1.0), (2**63 - 1, 2.0)])
    assert far.at(2**63 - 2, "nearest").value == 2
    assert far.at(0, "ffill").value == 1
    assert far.at(-1, "nearest").value == 1
    assert far.at(0, "nearest").value == 2
    assert far.at(2**70, "nearest").value == far.at(2**70, "ffill").value == 2
    assert far.at(-(2**70), "nearest").value == 1
    with pytest.raises(KeyError, match="no point for step"):
        far.at(2**70)
    near = series([(2**62, 1.0), (2**62 + 3, 2.0)])
    assert [near.at(2**62 + i, "nearest").value for i in range(4)] == [1, 1, 2, 2]
    with pytest.raises(ValueError, match="method must be"):
        far.at(0, "linear")  # type: ignore[arg-type]


@given(points)
@example([(0, np.nan), (1, np.inf), (2, np.inf)])
@example([(0, np.nan), (1, -np.inf)])
def test_extremes(pairs: list[tuple[int, float]]) -> None:
    one = series(pairs)
    finite = [value for _, value in pairs if not np.isnan(value)]
    if not pairs:
        for method in (one.max, one.min, one.argmax, one.argmin):
            with pytest.raises(ValueError, match="there is no point"):
                method()
        with pytest.raises(IndexError):
            _ = one.last
    elif finite:
        assert one.max() == np.max(one) == max(finite)
        assert one.min() == np.min(one) == min(finite)
        values = one.value.tolist()
        assert one.argmax() == values.index(max(finite))
        assert one[one.argmin()].value == min(finite)
        assert one.last.wall_time == len(pairs) - 1
    else:
        assert np.isnan(one.max())


@given(points, st.integers(1, 7))
@example([(0, np.inf), (1, -np.inf)], 2)
def test_resample(pairs: list[tuple[int, float]], every: int) -> None:
    bins: dict[int, list[int]] = {}
    for i, (step, _) in enumerate(pairs):
        bins.setdefault(step // every * every, []).append(i)
    for how in ("mean", "last", "min", "max"):
        found = series(pairs).resample(every=every, how=how)  # type: ignore[arg-type]
        assert found.step.tolist() == sorted(bins)
        for point in found:
            rows = bins[point.step]
            assert point.wall_time == rows[-1]
            values = [pairs[i][1] for i in rows]
            finite = [v for v in values if not np.isnan(v)] or [np.nan]
            expected = {
                # Of both infinities there is no mean.
                "mean": np.nan if {np.inf, -np.inf} <= {*finite} else np.mean(finite),
                "last": values[-1],
                "min": min(finite),
                "max": max(finite),
            }[how]
            assert point.value == pytest.approx(expected, nan_ok=True)
    with pytest.raises(ValueError, match="every must be"):
        series(pairs).resample(every=0)


def test_resample_into_one_point() -> None:
    one = series([(-3, 1.0), (4, 2.0), (5, 4.0)]).resample(every=2**70)
    assert one.value.tolist() == [1.0, 3.0]


@pytest.mark.parametrize("every", [3, 2**62, 2**63 - 1])
def test_resample_at_the_ends_of_integers(every: int) -> None:
    least = -(2**63)
    found = series([(least, 1.0), (least + 4, 2.0), (2**63 - 1, 3.0)]).resample(every=every)
    steps = (max(step // every * every, least) for step in (least, least + 4, 2**63 - 1))
    assert found.step.tolist() == sorted(set(steps))


def test_integers_of_numpy() -> None:
    one = series([(0, 5.0), (1, 3.0)])
    assert one[np.argmin(one.value)] == one[np.uint8(1)] == one.at(np.int64(1)) == one[-1]
    assert one.between(np.int32(1), None).step.tolist() == [1]
    assert len(one.resample(every=np.int16(2))) == 1
    # Type checkers take them too.
    for method, name in (("__getitem__", "index"), ("at", "step"), ("resample", "every")):
        function = (typing.get_overloads(getattr(Scalars, method)) or [getattr(Scalars, method)])[0]
        kinds = vars(sys.modules[Scalars.__module__])
        hint = typing.get_type_hints(function, {**kinds, "Axes": Any, "pandas": Any})[name]
        taken = {typing.get_origin(one) or one for one in typing.get_args(hint) or [hint]}
        assert taken in ({int, np.integer}, {typing.SupportsIndex})


def test_what_is_no_integer() -> None:
    one = series([(0, 5.0), (1, 3.0)])
    with pytest.raises(TypeError, match=r"step: expected an integer, got 1\.5"):
        one.at(1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="every: expected an integer, got '2'"):
        one.resample(every="2")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="stop: expected an integer"):
        one.between(None, 0.5)  # type: ignore[arg-type]


def test_points_have_no_order() -> None:
    one = series([(0, 5.0), (1, 3.0)])
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        with pytest.raises(TypeError, match="points have no order"):
            compare(one[0], one[1])
    with pytest.raises(TypeError):
        max(one)
    assert one[0] == (0, 0.0, 5.0)


def test_weights_that_are_none() -> None:
    for weight in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="weight must be from 0 to 1"):
            series([(0, 1.0)]).smooth(weight)


@given(points)
def test_pickled(pairs: list[tuple[int, float]]) -> None:
    one = series(pairs)
    same(pickle.loads(pickle.dumps(one)), one[:])


def test_it_shows_itself(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        for step in range(5000):
            writer.add_scalar("<loss>", step == 1234, step)
        writer.add_histogram("w", np.arange(10), 0)
        writer.add_image("i", np.zeros((3, 2, 2)), 0)
        writer.add_audio("a", np.zeros((1, 10)), 0)
    log = tfevents.read(tmp_path)
    run = log["."]
    # The only peak is drawn.
    assert ",0.0 " in run.scalars["<loss>"]._repr_html_()
    assert "&lt;loss&gt;" in run._repr_html_()
    assert "<loss>" not in run._repr_html_()
    assert run.histograms["w"][0]._repr_html_().count("<rect") == 40
    assert "data:image/png;base64," in run.images["i"][0]._repr_html_()
    assert "<audio controls" in run.audio["a"][0]._repr_html_()
    for view in (run, log):
        assert "data:image/png;base64," in view.images._repr_html_()
        assert "<audio controls" in view.audio._repr_html_()
        assert "<rect" in view.histograms._repr_html_()
        assert "&lt;loss&gt;" in view.scalars._repr_html_()
        assert "<loss>" not in view.scalars._repr_html_()
    assert "data:image/png;base64," in run.images["i"]._repr_html_()
    assert "<audio controls" in run.audio["a"]._repr_html_()
    assert "5000" in log._repr_html_()
    assert "<table>" in log.scalars.table()._repr_html_()
    assert log._ipython_key_completions_() == ["."]
    assert run.scalars._ipython_key_completions_() == ["<loss>"]
    assert run.hparams._ipython_key_completions_() == list(run.hparams)
    assert log.summary()._ipython_key_completions_()[:2] == ["run", "tag"]


def test_other_buckets(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=1000)
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_histogram("w", values, 0)
        writer.add_histogram("one", np.full(7, 2.0), 0)
        writer.add_histogram_raw("none", 0, 0, 0, 0, 0, [1.0], [0])
    run = tfevents.read_run(tmp_path)
    edges = np.linspace(-4, 4, 9)
    found = run.histograms["w"][0].rebin(edges)
    assert found.sum() == pytest.approx(1000)
    # The result is as exact as the buckets of the file: a tenth of their value.
    assert np.allclose(found, np.histogram(values, edges)[0], atol=25)
    own = run.histograms["w"][0]
    assert np.allclose(own.rebin(own.edges), own.counts)
    assert run.histograms["one"][0].rebin(np.array([0.0, 1.5, 3.0])).tolist() == [0, 7]
    ends = np.array([-np.inf, 2.0, np.inf])
    assert run.histograms["one"][0].rebin(ends).tolist() == [0, 7]
    for one in (run.histograms["w"][0], run.histograms["one"][0], run.histograms["none"][0]):
        for wrong in ([2.0, 1.0], [0.0, np.nan, 1.0], [], [[0.0, 1.0]], 3.0):
            with pytest.raises(ValueError, match="edges: expected increasing numbers, got"):
                one.rebin(wrong)  # type: ignore[arg-type]


def test_what_cannot_be_shown_hides_nothing_else(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_image("small", np.zeros((3, 2, 2)), 0)
        noise = np.random.default_rng(0).random((3, 200, 200))
        writer.add_image("large", noise, 0)
    log = tfevents.read(tmp_path)
    run = log["."]
    (file,) = run.files
    Path(file).unlink()
    for view in (log.images, run.images):
        assert "data:image/png;base64," in view._repr_html_()
        assert "FileNotFoundError: " in view._repr_html_()
    assert "FileNotFoundError: " in run.images["large"]._repr_html_()


def test_values_that_span_all_numbers_are_shown(tmp_path: Path) -> None:
    most = sys.float_info.max
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_histogram("w", np.array([most, -most, 0.0]), 0)
    loss = series([(0, most), (1, -most), (2, 0.0)])._repr_html_()
    histogram = tfevents.read_run(tmp_path).histograms["w"]._repr_html_()
    assert "<polyline" in loss
    assert "3 values" in histogram
    assert "nan" not in loss + histogram


def test_names_break_no_lines_and_control_no_terminal(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a\n\x1b[31m\u202e", 1.0, 0)
        writer.add_text("b", "two\nlines", 0)
    log = tfevents.read(tmp_path)
    run = log["."]
    shown = [(log.scalars.table(), 2), (log.texts.table(), 2), (log.summary(), 3), (run, 3)]
    for what, lines in shown:
        assert repr(what).count("\n") == lines - 1
        assert repr(what).replace("\n", "").isprintable()
    assert "a\\n\\x1b[31m\\u202e" in repr(run)
    assert "\x1b" not in f"{run._repr_html_()}{log.scalars.table()._repr_html_()}"
