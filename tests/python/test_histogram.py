"""Histograms are counted as numpy.histogram counts, whatever the values are."""

import math
import struct
import warnings
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import events
import tfevents
from tfevents import SummaryWriter, summary


class Histogram(NamedTuple):
    tag: str
    min: float
    max: float
    num: float
    sum: float
    sum_squares: float
    limits: list[float]
    counts: list[float]


def decoded(value: Any) -> Histogram:
    """The only value of a summary, or the bytes of a Summary.Value."""
    if not isinstance(value, bytes):
        ((_, value),) = events.fields(value.SerializeToString())
    message = dict(events.fields(value))
    raw = dict(events.fields(message[5]))
    numbers = [struct.unpack("<d", raw.get(number, bytes(8)))[0] for number in range(1, 6)]
    columns = [np.frombuffer(raw.get(number, b""), "<f8").tolist() for number in (6, 7)]
    return Histogram(message.get(1, b"").decode(), *numbers, *columns)


def tensorflow_edges() -> list[float]:
    edge, edges = 1e-12, []
    while edge < 1e20:
        edges.append(edge)
        edge *= 1.1
    return [-e for e in reversed(edges)] + [0.0] + edges


EDGES = tensorflow_edges()


def expected(values: Any, bins: Any = EDGES) -> tuple[list[float], list[float]]:
    """The limits and counts of the bins from the first to the last with values, after an empty
    one.
    """
    finite = np.asarray(values).astype(np.float64).ravel()
    counts, edges = np.histogram(finite[np.isfinite(finite)], bins)
    (used,) = np.nonzero(counts)
    first, last = used[0], used[-1]
    return list(edges[first : last + 2]), [0.0, *counts[first : last + 1]]


def check(values: Any, found: Histogram) -> None:
    """Checks that the moments are those of the finite values."""
    numbers = np.asarray(values).astype(np.float64).ravel()
    numbers = numbers[np.isfinite(numbers)]
    assert (found.num, found.min, found.max) == (len(numbers), numbers.min(), numbers.max())
    for moment, terms in (found.sum, numbers), (found.sum_squares, numbers * numbers):
        if not np.isfinite(np.abs(terms).sum()):
            continue
        tolerance = len(terms) ** 0.5 * 1e-15 * np.abs(terms).sum()
        assert moment == pytest.approx(math.fsum(terms), rel=1e-15, abs=tolerance)


def quietly(values: Any, *args: Any) -> Histogram:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with np.errstate(all="ignore"):
            return decoded(summary.histogram("tag", values, *args))


@given(
    npst.arrays(
        st.sampled_from([*"?bhilBHILefd", ">f4", ">f8", ">i2"]),
        npst.array_shapes(max_dims=3, max_side=30),
    )
)
def test_any_array(values):
    with np.errstate(all="ignore"):
        numbers = values.astype(np.float64)
        finite = numbers[np.isfinite(numbers)]
        if values.size and not finite.size:
            return
        if not np.histogram(finite, EDGES)[0].any():
            found = quietly(values)
            assert (found.num, sum(found.counts)) == (finite.size, 0)
            return
        found = quietly(values)
        assert (found.limits, found.counts) == expected(values)
        check(values, found)


# This is several of the blocks in which values are summed.
@pytest.mark.parametrize("size", [1, 7, 8, 9, 511, 512, 513, 1024, 5000, 65_537, 200_003])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("wrong", [[], [math.nan], [math.nan, -math.inf, math.inf]])
def test_sizes_and_dtypes(size, dtype, wrong):
    rng = np.random.default_rng(size)
    values = (rng.standard_normal(size) * 10.0 ** rng.integers(-15, 15, size)).astype(dtype)
    values = np.append(values, np.array(wrong, dtype))
    rng.shuffle(values)
    found = quietly(values)
    assert (found.limits, found.counts) == expected(values)
    check(values, found)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_values_at_and_beside_every_edge(dtype):
    edges = np.array(EDGES, dtype)
    values = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)])
    found = quietly(values)
    assert (found.limits, found.counts) == expected(values)


@pytest.mark.parametrize("outside", [1e21, -1e21, 3e38])
def test_values_beyond_the_last_edge_are_in_no_bin(outside):
    found = quietly([1.0, outside])
    assert sum(found.counts) == 1
    assert found.num == 2
    assert outside in (found.min, found.max)


@pytest.mark.parametrize(("bins", "last"), [("tensorflow", EDGES[-1]), ([3.0, 4.0, 5.0], 5.0)])
def test_where_no_value_is_in_a_bin_the_moments_are_logged(bins, last):
    values = [1e21, -1e30]
    found = quietly(values, bins)
    assert (found.num, found.min, found.max, found.sum) == (2, -1e30, 1e21, sum(values))
    assert (found.limits, found.counts) == ([last], [0.0])


def test_zeros():
    for zero in 0.0, -0.0, np.float32(-0.0), False, 0:
        assert quietly([zero]).limits == [0.0, 1e-12]
        assert quietly([zero]).counts == [0.0, 1.0]


def test_sums_of_large_numbers_may_be_infinite():
    found = quietly(np.array([1e300, 1e300, 1.0]))
    assert (found.num, found.sum, found.sum_squares) == (3, 2e300, math.inf)


@pytest.mark.parametrize("offset", [0, 1e8])
def test_a_million_values_are_summed_to_the_last_digits(offset):
    values = np.random.default_rng(0).standard_normal(1_000_000) + offset
    check(values, quietly(values))
    check(values.astype(np.float32), quietly(values.astype(np.float32)))


def test_memory_orders_and_views():
    values = np.random.default_rng(0).standard_normal((60, 70)).astype(np.float32)
    for view in [values[::2], values[:, ::-3], values.T, np.asfortranarray(values)]:
        found = quietly(view)
        assert (found.limits, found.counts) == expected(view)
        check(view, found)
    values.flags.writeable = False
    assert quietly(values).num == values.size


def test_bfloat16():
    values = np.array([1.0, 1e-10, -3e18, 0.1], ml_dtypes.bfloat16)
    found = quietly(values)
    assert (found.limits, found.counts) == expected(values)
    check(values, found)


@pytest.mark.parametrize("bins", ["auto", "fd", "sturges", "sqrt", "doane", "rice", "scott", 1, 7])
def test_rules_and_numbers_of_bins(bins):
    values = np.random.default_rng(0).standard_normal(500)
    found = quietly(values, bins)
    assert (found.limits, found.counts) == expected(values, bins)
    check(values, found)
    with_nan = quietly(np.append(values, math.nan), bins)
    assert with_nan == found


@pytest.mark.parametrize(
    "bins",
    [
        [-1.0, 0.0, 0.5, 2.0],
        (0, 1),
        np.linspace(-3, 3, 20, dtype=np.float32),
        range(-5, 5),
        [-math.inf, 0, math.inf],
        np.int8(4),
    ],
)
def test_explicit_bins(bins):
    values = np.random.default_rng(0).standard_normal(500)
    found = quietly(values, bins)
    assert (found.limits, found.counts) == expected(
        values, bins if isinstance(bins, np.int8) else list(bins)
    )
    check(values, found)


@given(
    npst.arrays(np.float64, st.integers(1, 100), elements=st.floats(-5, 5)),
    st.integers(1, 30),
    st.integers(1, 40),
)
def test_bins_are_merged_in_groups(values, bins, max_bins):
    counts, edges = np.histogram(values, np.linspace(-5, 5, bins + 1))
    group = max(bins // max_bins, 1)
    starts = range(0, bins, group)
    found = quietly(values, edges, max_bins)
    merged = np.array([counts[start : start + group].sum() for start in starts])
    limits = [*edges[:-1:group], edges[-1]]
    (used,) = np.nonzero(merged)
    first, last = used[0], used[-1]
    assert found.counts == [0.0, *merged[first : last + 1]]
    assert found.limits == list(limits[first : last + 2])


def test_tensorflow_s_bins_are_merged_too():
    values = np.random.default_rng(0).standard_normal(500)
    found, explicit = quietly(values, "tensorflow", 10), quietly(values, EDGES, 10)
    assert (found.limits, found.counts) == (explicit.limits, explicit.counts)
    assert len(quietly(values, "tensorflow", 10).limits) <= 11


def test_what_is_not_finite_is_left_out_and_warned_of_once_a_tag(tmp_path):
    def log():
        for step in range(3):
            for tag in "a", "b":
                writer.add_histogram(tag, [1.0, math.nan, math.inf, -math.inf], step)

    with warnings.catch_warnings(record=True) as caught, SummaryWriter(tmp_path) as writer:
        warnings.simplefilter("default")
        log()
    assert [str(w.message)[0] for w in caught] == ["a", "b"]
    assert all(w.category is RuntimeWarning and w.filename == __file__ for w in caught)
    (_, *logged) = events.read_records(events.only_file(tmp_path))
    assert len(logged) == 6
    for event in logged:
        ((_, value),) = events.fields(dict(events.fields(event))[5])
        found = decoded(value)
        assert found[1:6] == (1.0, 1.0, 1.0, 1.0, 1.0)
        assert sum(found.counts) == 1


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("bins", ["tensorflow", "auto", 3, [0.0, 1.0]])
def test_where_nothing_is_finite_a_histogram_of_no_values_is_logged(bins, dtype):
    values = np.array([math.nan, math.inf, -math.inf], dtype)
    with pytest.warns(RuntimeWarning, match="tag: NaN and infinite values are left out"):
        message = summary.histogram("tag", values, bins).SerializeToString()
    ((_, value),) = events.fields(message)
    assert decoded(value) == ("tag", 0.0, 0.0, 0.0, 0.0, 0.0, [0.0], [0.0])


def test_raw(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram_raw("tag", -1, 2.5, 3, 4, np.float32(5), (0, 1.5), [1, 2], 7, 8.0)
    (_, event) = events.read_records(events.only_file(tmp_path))
    message = dict(events.fields(event))
    assert (struct.unpack("<d", message[1]), message[2]) == ((8.0,), 7)
    ((_, value),) = events.fields(message[5])
    assert decoded(value) == ("tag", -1.0, 2.5, 3.0, 4.0, 5.0, [0.0, 1.5], [1.0, 2.0])


def test_a_builder_s_result_can_be_logged(tmp_path):
    built = summary.histogram("tag", np.arange(10))
    with SummaryWriter(tmp_path) as writer:
        writer.file_writer.add_summary(built, 3)
        writer.add_histogram("tag", np.arange(10), 3)
    (_, *logged) = events.read_records(events.only_file(tmp_path))
    one, other = (dict(events.fields(event))[5] for event in logged)
    assert one == other == built.SerializeToString()


RAW = (0, 1, 2, 3, 4, [1, 2], [3, 4])


@pytest.mark.parametrize(
    ("kind", "method", "arguments", "named"),
    [
        (TypeError, "add_histogram", (3, [1.0]), "tag"),
        (ValueError, "add_histogram", ("\ud800", [1.0]), "tag"),
        (ValueError, "add_histogram", ("t", []), "values"),
        (ValueError, "add_histogram", ("t", np.zeros((3, 0))), "values"),
        (TypeError, "add_histogram", ("t", "abc"), "values"),
        (TypeError, "add_histogram", ("t", None), "values"),
        (TypeError, "add_histogram", ("t", [1j]), "values"),
        (ValueError, "add_histogram", ("t", [[1.0], [2.0, 3.0]]), "values"),
        (TypeError, "add_histogram", ("t", np.array(["2026-01-01"], "M8[D]")), "values"),
        (TypeError, "add_histogram", ("t", [1.0], 2.5), "global_step"),
        (ValueError, "add_histogram", ("t", [1.0], 0, "no such rule"), "bins"),
        (ValueError, "add_histogram", ("t", [1.0], 0, [2.0, 1.0]), "bins"),
        (ValueError, "add_histogram", ("t", [1.0], 0, [0.0, math.nan]), "bins"),
        (ValueError, "add_histogram", ("t", [1.0], 0, []), "bins"),
        (ValueError, "add_histogram", ("t", [1.0], 0, [2.0]), "bins"),
        (ValueError, "add_histogram", ("t", [1.0], 0, [[0.0, 2.0]]), "bins"),
        (ValueError, "add_histogram", ("t", [1.0], 0, 0), "bins"),
        (TypeError, "add_histogram", ("t", [1.0], 0, 2.5), "bins"),
        (TypeError, "add_histogram", ("t", [1.0], 0, None), "bins"),
        (ValueError, "add_histogram", ("t", [*range(1000), 1e30], 0, "fd"), "bins"),
        (ValueError, "add_histogram", ("t", [], 0, "auto"), "values"),
        (ValueError, "add_histogram", ("t", [math.nan], 0, "no such rule"), "bins"),
        (TypeError, "add_histogram", ("t", [1.0], 0, "auto", "now"), "walltime"),
        (ValueError, "add_histogram", ("t", [1.0], 0, "tensorflow", None, 0), "max_bins"),
        (TypeError, "add_histogram", ("t", [1.0], 0, "tensorflow", None, 2.5), "max_bins"),
        (ValueError, "add_histogram", ("t", [1.0], 0, "auto", None, 2**70), "max_bins"),
        (TypeError, "add_histogram_raw", (None, *RAW), "tag"),
        (TypeError, "add_histogram_raw", ("t", "0", *RAW[1:]), "min"),
        (TypeError, "add_histogram_raw", ("t", 0, None, *RAW[2:]), "max"),
        (ValueError, "add_histogram_raw", ("t", 0, 1, np.arange(2), *RAW[3:]), "num"),
        (TypeError, "add_histogram_raw", ("t", 0, 1, 2, "x", *RAW[4:]), "sum"),
        (TypeError, "add_histogram_raw", ("t", 0, 1, 2, 3, "x", [], []), "sum_squares"),
        (ValueError, "add_histogram_raw", ("t", *RAW[:5], [1, 2], [3]), "bucket_counts"),
        (ValueError, "add_histogram_raw", ("t", *RAW[:5], [[1, 2]], [3, 4]), "bucket_limits"),
        (TypeError, "add_histogram_raw", ("t", *RAW[:5], ["a"], [3]), "bucket_limits"),
        (TypeError, "add_histogram_raw", ("t", *RAW[:5], [1], [None]), "bucket_counts"),
    ],
)
def test_bad_arguments_are_named_and_lose_nothing(tmp_path, kind, method, arguments, named):
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram("before", [1.0], 1)
        with pytest.raises(kind, match=rf"^({named})\b"):
            getattr(writer, method)(*arguments)
        writer.add_histogram("after", [2.0], 2)
    found = events.parse_file(events.only_file(tmp_path))[1:]
    assert [(e.step, e.values[0].tag) for e in found] == [(1, "before"), (2, "after")]


def test_the_reader_gives_it_back(tmp_path):
    values = np.random.default_rng(0).standard_normal(100)
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram("h", values, 5)
    assert "h" in tfevents.read(tmp_path)["."].tags
