"""add_scalar keeps the value of every kind of number."""

import decimal
import fractions
import math
import struct
import tempfile
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import events
import tfevents
from peers import peer
from tfevents import SummaryWriter

# Readers list an empty tag, and TensorBoard does not.
pytestmark = pytest.mark.filterwarnings("ignore:.*tag is empty:RuntimeWarning")

DT_FLOAT, DT_DOUBLE = 1, 2


def written(directory, value, **options) -> events.Value:
    """The one value that add_scalar wrote."""
    with SummaryWriter(directory) as writer:
        writer.add_scalar("loss", value, 1, **options)
    (_, event) = events.parse_file(events.only_file(directory))
    (value,) = event.values
    return value


def float32(value: float) -> float:
    """The float32 that is nearest to `value`; infinite if `value` is beyond all of them."""
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def same(a: float, b: float) -> bool:
    """Equal to the last bit, except that all NaNs are equal."""
    return struct.pack("<d", a) == struct.pack("<d", b) or (math.isnan(a) and math.isnan(b))


class HasArray:
    def __init__(self, array):
        self.array = np.asarray(array)

    def __array__(self, dtype=None, copy=None):
        return self.array if dtype is None else self.array.astype(dtype)


class HasFloat:
    def __float__(self):
        return 1.5


def test_a_file_begins_with_its_version_and_who_wrote_it(tmp_path):
    before = time.time()
    with SummaryWriter(tmp_path):
        pass
    (first,) = events.parse_file(events.only_file(tmp_path))
    assert first.file_version == "brain.Event:2"
    assert "tfevents" in first.writer
    assert before - 1 <= first.wall_time <= time.time() + 1


def test_events_keep_their_order_tags_steps_and_wall_times(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("train/loss", 0.5, 10, 1000.25)
        writer.add_scalar("acc", 0.25, 3, walltime=999.125)
        writer.add_scalar(tag="train/loss", scalar_value=0.75, global_step=-4, walltime=1001)
    assert events.points(tmp_path) == [
        ("train/loss", 10, 1000.25, 0.5),
        ("acc", 3, 999.125, 0.25),
        ("train/loss", -4, 1001.0, 0.75),
    ]


def test_the_wall_time_is_now_unless_given(tmp_path):
    before = time.time()
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 0)
    (point,) = events.points(tmp_path)
    # The two clocks may be different ones, so they may differ a little.
    assert before - 1 <= point.wall_time <= time.time() + 1


def test_without_a_step_it_is_zero(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0)
    assert events.steps(tmp_path) == [0]


@pytest.mark.parametrize(
    "value",
    [
        0.0,
        -0.0,
        1.0,
        0.1,
        math.inf,
        -math.inf,
        math.nan,
        1e-45,
        5e-324,
        3.4028235e38,
        3.5e38,
        1e300,
    ],
)
def test_floats_become_the_nearest_float32(tmp_path, value):
    simple = written(tmp_path, value)
    assert simple.dtype is None
    assert same(simple.simple_value, float32(value))


@pytest.mark.parametrize("value", [0.1, 1e300, 5e-324, -0.0, math.nan, math.inf])
@pytest.mark.parametrize("new_style", [False, True])
def test_double_precision_keeps_all_bits_in_both_styles(tmp_path, value, new_style):
    double = written(tmp_path, value, double_precision=True, new_style=new_style)
    assert (double.simple_value, double.dtype, double.plugin) == (None, DT_DOUBLE, "scalars")
    assert same(double.number, value)


@pytest.mark.parametrize("option", ["new_style", "double_precision"])
def test_options_are_whatever_python_takes_for_true_or_false(tmp_path, option):
    for number, value in enumerate([None, 0, 1, "yes", np.bool_(True), [], True]):
        written_as = written(tmp_path / str(number), 0.5, **{option: value})
        assert (written_as.plugin == "scalars") is bool(value)


def test_the_new_style_is_a_float_tensor_of_the_scalars_plugin(tmp_path):
    tensor = written(tmp_path, 0.1, new_style=True)
    assert (tensor.simple_value, tensor.dtype, tensor.plugin) == (None, DT_FLOAT, "scalars")
    assert tensor.tensor == [float32(0.1)]


@pytest.mark.parametrize("value", [0, 1, -1, 2**24 + 1, 2**63, -(2**63), 2**70, True, False])
def test_python_integers(tmp_path, value):
    assert written(tmp_path, value).simple_value == float32(float(value))


@pytest.mark.parametrize("value", [fractions.Fraction(1, 4), decimal.Decimal("0.25")])
def test_python_s_other_numbers(tmp_path, value):
    assert written(tmp_path, value).simple_value == 0.25


@pytest.mark.parametrize("dtype", "?bhilqBHILQefdg")
@pytest.mark.parametrize("shape", [None, (), (1,), (1, 1, 1)])
def test_every_real_numpy_dtype_as_scalar_and_as_array_of_one(tmp_path, dtype, shape):
    value = np.dtype(dtype).type(1)
    assert written(tmp_path, value if shape is None else np.full(shape, value)).simple_value == 1.0


@pytest.mark.parametrize("dtype", [">f2", ">f4", ">f8", ">i2", ">i8", ">u4", "<f4"])
def test_arrays_of_either_byte_order(tmp_path, dtype):
    assert written(tmp_path, np.array([77], dtype)).simple_value == 77.0


def test_a_view_into_an_array_is_read_where_it_is(tmp_path):
    assert written(tmp_path, np.arange(10.0)[::-3][1:2]).simple_value == 6.0


def test_integers_beyond_float_s_53_bits_are_rounded_once_to_double(tmp_path):
    value = np.uint64(2**64 - 1)
    assert written(tmp_path, value, double_precision=True).number == float(2**64 - 1)


def test_objects_that_have_only_array_or_only_float(tmp_path):
    assert written(tmp_path / "array", HasArray(2.5)).simple_value == 2.5
    assert written(tmp_path / "array of one", HasArray([2.5])).simple_value == 2.5
    assert written(tmp_path / "float", HasFloat()).simple_value == 1.5


def test_bfloat16_and_float8_of_ml_dtypes(tmp_path):
    ml_dtypes = peer("ml_dtypes")
    assert written(tmp_path / "scalar", ml_dtypes.bfloat16(1.5)).simple_value == 1.5
    # A value beyond float16's range, and a precision that only bfloat16's own conversion keeps.
    for value in (3e38, 1.0078125, -1e-40):
        array = np.array([value], ml_dtypes.bfloat16)
        assert written(tmp_path / str(value), array).simple_value == float(array[0])
    assert written(tmp_path / "float8", np.array(1.75, ml_dtypes.float8_e4m3fn)).number == 1.75


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "int32", "bool"])
def test_jax_arrays(tmp_path, dtype):
    jnp = peer("jax.numpy")
    assert written(tmp_path / "0-d", jnp.array(1, dtype)).simple_value == 1.0
    assert written(tmp_path / "1-d", jnp.array([1], dtype)).simple_value == 1.0


@pytest.mark.parametrize(
    "step",
    [
        *(0, 7, -3, 2**63 - 1, -(2**63), 3.0, -2.0, True),
        *(np.int8(7), np.uint64(7), np.int64(-7), np.array(7), np.float64(3.0), np.float32(3.0)),
    ],
    ids=repr,
)
def test_steps_are_anything_integer_like(tmp_path, step):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, step)
    assert events.steps(tmp_path) == [int(step)]


def test_a_step_with_only_index(tmp_path):
    class Step:
        def __index__(self):
            return 42

    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, Step())
    assert events.steps(tmp_path) == [42]


@pytest.mark.parametrize(
    "walltime", [0, 5, -1.5, 1e12, np.float64(2.5), np.float32(2.5), np.int64(3)]
)
def test_wall_times_are_any_number(tmp_path, walltime):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 1, walltime)
    assert [p.wall_time for p in events.points(tmp_path)] == [float(walltime)]


@pytest.mark.parametrize(
    "tag", ["", "a", "a/b/c", "/", "ä/ö", "损失", "\N{ROCKET}", "a b\tc\n", "\0", "x" * 5000]
)
def test_tags_are_any_text(tmp_path, tag):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar(tag, 1.0)
        writer.add_scalar(np.str_(tag), 1.0)
    assert [p.tag for p in events.points(tmp_path)] == [tag, tag]


points = st.tuples(
    # There are few tags, so that they repeat as in a run.
    st.sampled_from(["loss", "acc", "损失/训练", ""]) | st.text(max_size=200),
    st.floats(width=32),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(st.lists(points, max_size=200))
def test_any_list_of_points_is_read_back_equal(written_points):
    with tempfile.TemporaryDirectory() as directory:
        with SummaryWriter(directory) as writer:
            for tag, value, step, wall_time in written_points:
                writer.add_scalar(tag, value, step, wall_time)
        read = events.points(directory)
    assert [p[:3] for p in read] == [(t, s, w) for t, _, s, w in written_points]
    assert all(same(p.value, v) for p, (_, v, _, _) in zip(read, written_points, strict=True))


@given(st.lists(points, max_size=100))
def test_any_list_of_points_is_read_back_equal_by_our_own_reader(written_points):
    with tempfile.TemporaryDirectory() as directory:
        with SummaryWriter(directory) as writer:
            for tag, value, step, wall_time in written_points:
                writer.add_scalar(tag, value, step, wall_time, double_precision=True)
        log = tfevents.read(directory)
        scalars = log["."].scalars if written_points else {}
        assert set(scalars) == {tag for tag, *_ in written_points}
        for tag, series in scalars.items():
            expected = [(s, w, v) for t, v, s, w in written_points if t == tag]
            assert series.step.tolist() == [s for s, _, _ in expected]
            assert series.wall_time.tolist() == [w for _, w, _ in expected]
            np.testing.assert_array_equal(series.value, [v for _, _, v in expected])
