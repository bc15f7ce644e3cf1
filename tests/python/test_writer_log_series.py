"""`log` and `add_scalar_series`: many values at once."""

import tempfile
import time
from collections import OrderedDict
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import events
from peers import peer
from tfevents import SummaryWriter

# Readers list an empty tag, and TensorBoard does not.
pytestmark = pytest.mark.filterwarnings("ignore:.*tag is empty:RuntimeWarning")

WRONG = (TypeError, ValueError)


def events_of(directory):
    """All events of a file except the first."""
    return events.parse_file(events.only_file(directory))[1:]


# log


def test_log_writes_one_event_with_a_value_a_tag(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.log({"loss": 0.5, "acc": 0.25}, 7, 12.5)
        writer.log({"loss": 0.75}, step=8, walltime=13.5)
    first, second = events_of(tmp_path)
    assert (first.step, first.wall_time) == (7, 12.5)
    assert [(v.tag, v.simple_value) for v in first.values] == [("loss", 0.5), ("acc", 0.25)]
    assert (second.step, second.wall_time) == (8, 13.5)
    assert [(v.tag, v.simple_value) for v in second.values] == [("loss", 0.75)]


def test_log_without_step_and_wall_time(tmp_path):
    before = time.time()
    with SummaryWriter(tmp_path) as writer:
        writer.log({"loss": 0.5})
    (event,) = events_of(tmp_path)
    assert event.step == 0
    assert before - 1 <= event.wall_time <= time.time() + 1


@pytest.mark.parametrize("mapping", [OrderedDict, MappingProxyType], ids=lambda m: m.__name__)
def test_log_takes_any_mapping(tmp_path, mapping):
    with SummaryWriter(tmp_path) as writer:
        writer.log(mapping({"b": 1.0, "a": 2.0}), 1)
    assert [(p.tag, p.value) for p in events.points(tmp_path)] == [("b", 1.0), ("a", 2.0)]


def test_log_takes_the_numbers_that_add_scalar_takes(tmp_path):
    values = {
        "float": 1.0,
        "int": 1,
        "bool": True,
        "numpy": np.float16(1),
        "0-d": np.array(1),
        "array of one": np.array([1], ">i4"),
    }
    with SummaryWriter(tmp_path) as writer:
        writer.log(values, np.int32(3))
    assert [(p.tag, p.step, p.value) for p in events.points(tmp_path)] == [
        (t, 3, 1.0) for t in values
    ]


@given(
    st.lists(
        st.dictionaries(st.text(), st.floats(width=32, allow_nan=False), min_size=1), max_size=30
    )
)
def test_any_values_logged_are_read_back_equal(logged):
    with tempfile.TemporaryDirectory() as directory:
        with SummaryWriter(directory) as writer:
            for step, values in enumerate(logged):
                writer.log(values, step)
        read = events_of(directory)
    assert [{v.tag: v.number for v in e.values} for e in read] == logged
    assert [e.step for e in read] == list(range(len(logged)))


# add_scalar_series


def series(directory, *arguments, **named):
    """The points that add_scalar_series wrote."""
    with SummaryWriter(directory) as writer:
        writer.add_scalar_series("s", *arguments, **named)
    written = events_of(directory)
    assert all(len(event.values) == 1 for event in written)
    points = events.points_of(written)
    assert {p.tag for p in points} <= {"s"}
    return points


def test_a_series_is_the_same_as_one_add_scalar_a_point(tmp_path):
    values, steps, wall_times = [0.1, -2.5, 1e300], [3, 1, -2], [10.5, 11.5, 9.5]
    with np.errstate(over="ignore"), SummaryWriter(tmp_path / "one by one") as writer:
        for value, step, wall_time in zip(values, steps, wall_times, strict=True):
            writer.add_scalar("s", value, step, wall_time)
    series(tmp_path / "at once", values, steps, wall_times)
    one_by_one, at_once = map(events.read_records, events.event_files(tmp_path)[::-1])
    assert at_once[1:] == one_by_one[1:]


def test_steps_count_from_zero_and_wall_times_are_now(tmp_path):
    before = time.time()
    points = series(tmp_path, [1.0, 2.0, 3.0])
    assert [p.step for p in points] == [0, 1, 2]
    assert [p.value for p in points] == [1.0, 2.0, 3.0]
    assert all(before - 1 <= p.wall_time <= time.time() + 1 for p in points)


@pytest.mark.parametrize(
    "dtype", ["f2", "f4", "f8", ">f2", ">f4", ">f8", "i1", "i8", ">i4", "u2", "u8", "?"]
)
def test_arrays_of_every_real_dtype_and_byte_order(tmp_path, dtype):
    values = np.array([0, 1, 100], dtype)
    assert [p.value for p in series(tmp_path, values)] == [float(v) for v in values]


def test_float64_values_are_rounded_to_the_nearest_float32(tmp_path):
    values = np.array([0.1, 1e300, -1e300, 5e-324, np.nan, np.inf, -0.0])
    with np.errstate(over="ignore"):
        expected = values.astype(np.float32)
    read = np.array([p.value for p in series(tmp_path, values)], np.float32)
    np.testing.assert_array_equal(read, expected)
    np.testing.assert_array_equal(np.signbit(read[-1]), True)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8"])
def test_views_are_read_where_they_are(tmp_path, dtype):
    matrix = np.arange(12, dtype=dtype).reshape(3, 4)
    assert [p.value for p in series(tmp_path / "column", matrix[:, 1])] == [1, 5, 9]
    assert [p.value for p in series(tmp_path / "reversed", matrix[0][::-1])] == [3, 2, 1, 0]
    assert [p.value for p in series(tmp_path / "broadcast", np.broadcast_to(matrix[2, 3], 3))] == [
        11
    ] * 3
    read_only = matrix[1].copy()
    read_only.flags.writeable = False
    assert [p.value for p in series(tmp_path / "read-only", read_only)] == [4, 5, 6, 7]


def test_unaligned_arrays(tmp_path):
    values = np.frombuffer(b"\0" + np.array([1.5, 2.5]).tobytes(), np.uint8)[1:].view("f8")
    assert not values.flags.aligned
    assert [p.value for p in series(tmp_path, values, values * 2, values)] == [1.5, 2.5]


def test_lists_tuples_and_ranges(tmp_path):
    points = series(tmp_path, (1.5, 2, True), range(5, 8), [1, 2.5, 3])
    assert points == [("s", 5, 1.0, 1.5), ("s", 6, 2.5, 2.0), ("s", 7, 3.0, 1.0)]


@pytest.mark.parametrize(
    "steps",
    [
        [5, -7, 5],
        np.array([5, -7, 5], np.int8),
        np.array([5, -7, 5], ">i8"),
        np.array([5, 0, -7, 0, 5, 0])[::2],
        np.array([5.0, -7.0, 5.0]),
        np.array([5.0, -7.0, 5.0], np.float32),
        [5.0, -7.0, 5.0],
    ],
    ids=repr,
)
def test_steps_are_integers_or_whole_floats(tmp_path, steps):
    assert [p.step for p in series(tmp_path, [1.0, 2.0, 3.0], steps)] == [5, -7, 5]


def test_the_extreme_steps(tmp_path):
    extremes = np.array([2**63 - 1, -(2**63)])
    assert [p.step for p in series(tmp_path / "int64", [1.0, 2.0], extremes)] == extremes.tolist()
    steps = np.array([2**63 - 1, 0], np.uint64)
    assert [p.step for p in series(tmp_path / "uint64", [1.0, 2.0], steps)] == steps.tolist()


@pytest.mark.parametrize("values", [[], (), np.array([]), np.array([], np.float32)], ids=repr)
def test_an_empty_series_writes_nothing(tmp_path, values):
    assert series(tmp_path / "alone", values) == []
    assert series(tmp_path / "all empty", values, [], []) == []


@pytest.mark.parametrize(
    ("named", "arguments"),
    [
        ("values", [None]),
        ("values", [1.0]),
        ("values", [np.float64(1.0)]),
        ("values", ["123"]),
        ("values", [["1", "2"]]),
        ("values", [[None, 1.0]]),
        ("values", [[1.0, [2.0]]]),
        ("values", [[1j, 2j]]),
        ("values", [np.ones((2, 2))]),
        ("values", [np.ones((2, 1))]),
        ("values", [...]),
        ("values", [np.zeros(2, "f4,f4")]),
        ("values", [np.zeros(2, "M8[s]")]),
        ("steps", [[1.0, 2.0], [1]]),
        ("steps", [[1.0, 2.0], [1, 2, 3]]),
        ("steps", [[1.0, 2.0], []]),
        ("steps", [[], [1]]),
        ("steps", [[1.0, 2.0], [[1, 2]]]),
        ("steps", [[1.0, 2.0], ["1", "2"]]),
        ("steps", [[1.0, 2.0], [1.0, 2.5]]),
        ("steps", [[1.0, 2.0], [1.0, np.nan]]),
        ("steps", [[1.0, 2.0], [1.0, np.inf]]),
        ("steps", [[1.0, 2.0], [1.0, 1e19]]),
        ("steps", [[1.0, 2.0], np.array([1, 2**63], np.uint64)]),
        ("steps", [[1.0, 2.0], [1, 2**63]]),
        ("steps", [[1.0, 2.0], [1, 2**70]]),
        ("wall_times", [[1.0, 2.0], [1, 2], [1.0]]),
        ("wall_times", [[1.0, 2.0], None, [1.0, 2.0, 3.0]]),
        ("wall_times", [[1.0, 2.0], [1, 2], ["a", "b"]]),
        ("wall_times", [[1.0, 2.0], [1, 2], [[1.0, 2.0]]]),
        ("wall_times", [[1.0, 2.0], [1, 2], [1j, 2j]]),
    ],
    ids=lambda v: repr(v)[:50],
)
def test_a_wrong_array_is_named_and_nothing_of_the_series_is_written(tmp_path, named, arguments):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("before", 1.0, 1)
        with pytest.raises(WRONG, match=named):
            writer.add_scalar_series("s", *arguments)
        writer.add_scalar("after", 1.0, 2)
    assert [p.tag for p in events.points(tmp_path)] == ["before", "after"]


def test_a_fraction_among_the_steps_is_a_type_error_about_integers(tmp_path):
    with SummaryWriter(tmp_path) as writer, pytest.raises(TypeError, match="integer"):
        writer.add_scalar_series("s", [1.0, 2.0], [0.0, 0.5])


def test_the_array_may_change_once_the_call_has_returned(tmp_path):
    values = np.ones(200_000)
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("s", values)
        values[:] = 2.0
    read = events.points(tmp_path)
    assert len(read) == 200_000
    assert {p.value for p in read} == {1.0}


def test_series_and_single_points_keep_the_order_of_the_calls(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for start in range(0, 5000, 1000):
            writer.add_scalar("s", 0.0, start)
            writer.add_scalar_series("s", np.zeros(999), range(start + 1, start + 1000))
    assert [p.step for p in events.points(tmp_path)] == list(range(5000))


def test_torch_and_jax_arrays(tmp_path):
    torch = peer("torch")
    tensor = torch.tensor([1.5, 2.5], requires_grad=True)
    points = series(tmp_path / "torch", tensor, torch.tensor([4, 5]))
    assert [(p.step, p.value) for p in points] == [(4, 1.5), (5, 2.5)]
    bf16 = torch.tensor([1.0078125, 3e38], dtype=torch.bfloat16)
    assert [p.value for p in series(tmp_path / "bf16", bf16)] == bf16.float().tolist()
    jnp = peer("jax.numpy")
    assert [p.value for p in series(tmp_path / "jax", jnp.array([1.5, 2.5]))] == [1.5, 2.5]


@given(
    st.lists(
        st.tuples(
            st.floats(width=32, allow_nan=False),
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        min_size=1,
        max_size=300,
    ),
    st.sampled_from([np.float32, np.float64, list]),
    st.sampled_from([np.int64, list]),
)
def test_any_series_is_read_back_equal(rows, value_type, step_type):
    values, steps, wall_times = map(list, zip(*rows, strict=True))
    given_values = values if value_type is list else np.array(values, value_type)
    given_steps = steps if step_type is list else np.array(steps, step_type)
    with tempfile.TemporaryDirectory() as directory:
        points = series(directory, given_values, given_steps, wall_times)
    assert [(p.value, p.step, p.wall_time) for p in points] == rows


def test_steps_in_half_precision(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("a", [1.0, 2.0], np.array([3, 2048], np.float16))
        with pytest.raises(TypeError, match="steps"):
            writer.add_scalar_series("a", [1.0, 2.0], np.array([3, np.inf], np.float16))
    assert events.steps(tmp_path) == [3, 2048]
