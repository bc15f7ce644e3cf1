"""Histograms, PR curves, tensors and the builders: the same events as torch's, field by field.

These may differ: the last digits of a histogram's sums, bfloat16 (torch converts it to float16),
more than 127 thresholds, and tensors of types that torch writes in fields that no reader looks at.
"""

import inspect
import math
import warnings
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from torch_events import assert_equal, comparable, ours, steps, tags, torch, torchs, wall_times

import events
import tfevents
from peers import peer

torch_summary = peer("torch.utils.tensorboard.summary")
torch_tensorboard = peer("torch.utils.tensorboard")
summary_pb2 = peer("tensorboard.compat.proto.summary_pb2")
tensorflow = peer("tensorflow")
tensor_util = peer("tensorboard.util.tensor_util")
accumulator = peer("tensorboard.backend.event_processing.event_accumulator")


@pytest.mark.parametrize(
    "method",
    ["add_histogram", "add_histogram_raw", "add_pr_curve", "add_pr_curve_raw", "add_tensor"],
)
def test_signatures_of_the_methods(method):
    mine, theirs = (
        [
            (p.name, p.default)
            for p in inspect.signature(getattr(module.SummaryWriter, method)).parameters.values()
        ]
        for module in (tfevents, torch_tensorboard)
    )
    assert mine == theirs


@pytest.mark.parametrize(
    "name", ["histogram", "histogram_raw", "pr_curve", "pr_curve_raw", "scalar", "tensor_proto"]
)
def test_signatures_of_the_builders(name):
    """Only `bins` has a default that torch's does not have."""
    mine, theirs = (
        {
            p.name: p.default
            for p in inspect.signature(getattr(module, name)).parameters.values()
            if p.name != "bins" and p.kind is not p.KEYWORD_ONLY
        }
        for module in (tfevents.summary, torch_summary)
    )
    assert list(mine.items()) == list(theirs.items())


def same_summary(mine: Any, theirs: Any) -> None:
    assert str(summary_pb2.Summary.FromString(mine.SerializeToString())) == str(theirs)


# Histograms.


def assert_histograms_equal(calls: Any) -> None:
    """Sums may differ in their last digits, since they are added in another order, and 0 may differ
    in its sign. Everything else must be equal.
    """
    mine, theirs = ours(calls), torchs(calls)
    sums = [
        [
            (value.histo.sum, value.histo.sum_squares, value.histo.num, value.histo)
            for run in files.values()
            for event in run
            for value in event.summary.value
        ]
        for files in (mine, theirs)
    ]
    for (sum_, squares, num, histo), (their_sum, their_squares, _, their_histo) in zip(
        *sums, strict=True
    ):
        room = 1e-15 * num
        assert squares == pytest.approx(their_squares, rel=1e-15 + room, nan_ok=True)
        absolute = room * math.sqrt(num * squares) if math.isfinite(squares) else math.inf
        assert sum_ == pytest.approx(their_sum, rel=1e-15, abs=absolute, nan_ok=True)
        for histogram in histo, their_histo:
            histogram.sum = histogram.sum_squares = 0
            histogram.min += 0.0
            histogram.max += 0.0
    assert comparable(mine, True) == comparable(theirs, True)


finite = st.floats(-1e19, 1e19) | st.sampled_from(
    [0.0, -0.0, 1e-12, -1e-12, 1.1e-12, 1e-13, 5e-324]
)


@st.composite
def arrays(draw):
    dtype = draw(st.sampled_from([*"?bhilBHILefd", ">f4", ">f8", ">i4"]))
    shape = npst.array_shapes(max_dims=3, max_side=10)
    if np.dtype(dtype).kind != "f":
        return draw(npst.arrays(dtype, shape))
    with np.errstate(over="ignore"):
        array = draw(npst.arrays("f8", shape, elements=finite)).astype(dtype)
    return np.where(np.isfinite(array), array, np.array(1, dtype))


@given(
    st.lists(st.tuples(tags, arrays(), steps, wall_times), min_size=1, max_size=4),
    st.sampled_from(["tensorflow", "tensorflow", "auto", "sturges", 1, 10, [-1e20, 0, 1, 1e20]]),
    st.sampled_from([None, None, 1, 2, 10, 700, 1000, 5000]),
)
def test_add_histogram(calls, bins, max_bins):
    def run(writer):
        for tag, values, step, wall_time in calls:
            writer.add_histogram(tag, values, step, bins, wall_time, max_bins)

    try:
        torchs(run)
    except (ValueError, MemoryError):  # no value in any bin, or too many bins
        with pytest.raises(ValueError, match=r"^(values|bins)"):
            for tag, values, _, _ in calls:
                tfevents.summary.histogram(tag, values, bins, max_bins)
        return
    assert_histograms_equal(run)


def test_values_outside_of_the_only_bin():
    assert_histograms_equal(lambda w: w.add_histogram("t", np.array([1.0, 9.0]), 0, [2, 3], 1.0))


@pytest.mark.parametrize("bins", ["tensorflow", [2.0, 3.0, 4.0]])
def test_torch_refuses_values_outside_of_several_bins(bins):
    values = np.array([1e25, -1e25])
    with pytest.raises(ValueError, match="file a bug report"):
        torchs(lambda w: w.add_histogram("t", values, 0, bins))
    assert len(ours(lambda w: w.add_histogram("t", values, 0, bins))["."]) == 2


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "int8", "int64"])
@pytest.mark.parametrize("size", [1, 100, 100_000])
@pytest.mark.parametrize("bins", ["tensorflow", "auto", 30])
def test_histograms_of_tensors(dtype, size, bins):
    tensor = (torch.randn(2, size, generator=torch.Generator().manual_seed(0)) * 10).to(
        getattr(torch, dtype)
    )
    for view in tensor, tensor.T, tensor[:, ::2], tensor[0, 0]:
        assert_histograms_equal(lambda w, view=view: w.add_histogram("t", view, 1, bins, 2.0))
        if tensor.is_floating_point():
            leaf = view.clone().requires_grad_()
            assert_histograms_equal(lambda w, leaf=leaf: w.add_histogram("t", leaf, 1, bins, 2.0))


def test_histograms_of_bfloat16_are_of_the_values():
    tensor = torch.tensor([1e-10, 3e18, -2.5]).to(torch.bfloat16)
    calls = (
        lambda w, t=t: w.add_histogram("t", t, 1, walltime=2.0) for t in (tensor, tensor.float())
    )
    assert comparable(ours(next(calls)), True) == comparable(ours(next(calls)), True)


def test_histograms_on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    tensor = torch.randn(1000, device="cuda", requires_grad=True)
    assert_histograms_equal(lambda w: w.add_histogram("t", tensor, 1, walltime=2.0))


def test_torch_s_histograms_of_nan_have_moments_that_are_nan():
    """Values that ours leaves out. torch refuses some of them; else all but the moments are
    equal.
    """
    values = np.array([1.0, 2.0, math.nan])

    def moments(files):
        (run,) = files.values()
        histogram = run[1].summary.value[0].histo
        return histogram.num, histogram.sum, list(histogram.bucket)

    assert math.isnan(moments(torchs(lambda w: w.add_histogram("t", values)))[1])
    assert moments(ours(lambda w: w.add_histogram("t", values)))[:2] == (2, 3.0)


@pytest.mark.parametrize("bins", ["tensorflow", "auto"])
def test_tensorboard_takes_a_histogram_of_no_values(tmp_path, bins):
    accumulators = peer("tensorboard.backend.event_processing.event_accumulator")
    with tfevents.SummaryWriter(tmp_path) as writer, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step, values in enumerate([[1.0, 2.0], [math.nan, math.inf], [3.0]]):
            writer.add_histogram("h", np.array(values), step, bins)
    everything = {"histograms": 0, "compressedHistograms": 0}
    accumulator = accumulators.EventAccumulator(str(tmp_path), everything).Reload()
    assert [h.histogram_value.num for h in accumulator.Histograms("h")] == [2, 0, 1]
    (_, empty, _) = accumulator.CompressedHistograms("h")
    assert {value for _, value in empty.compressed_histogram_values} == {0.0}
    # The form that the dashboards of TensorBoard 2 expect.
    compat = peer("tensorboard.data_compat")
    loader = peer("tensorboard.backend.event_processing.event_file_loader")
    tensor_util = peer("tensorboard.util.tensor_util")
    (_, *logged) = loader.LegacyEventFileLoader(str(events.only_file(tmp_path))).Load()
    migrated = compat.migrate_value(logged[1].summary.value[0])
    assert tensor_util.make_ndarray(migrated.tensor).shape == (0, 3)


numbers = st.floats(allow_nan=False, allow_infinity=False)
columns = st.integers(0, 20).flatmap(
    lambda count: st.tuples(*2 * [st.lists(numbers, min_size=count, max_size=count)])
)


@given(tags, st.tuples(*5 * [numbers]), columns, steps, wall_times)
def test_add_histogram_raw(tag, moments, columns, step, wall_time):
    for convert in list, np.array:
        limits, counts = map(convert, columns)
        assert_equal(
            lambda w, limits=limits, counts=counts: w.add_histogram_raw(
                tag, *moments, limits, counts, step, wall_time
            ),
            with_wall_times=True,
        )


# PR curves.


@st.composite
def predicted(draw):
    count = draw(st.integers(0, 60))
    labels = draw(
        npst.arrays(st.sampled_from([bool, int, "u1", "f4"]), count, elements=st.integers(0, 1))
    )
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    unit = st.floats(-0.25, 1.25, width=32) | st.sampled_from([0.0, 0.5, 1.0])
    return labels, draw(npst.arrays(dtype, count, elements=unit))


@given(
    tags,
    predicted(),
    steps,
    st.integers(1, 127),
    wall_times,
    st.none() | st.floats(0, 1e6) | st.just("each"),
)
def test_add_pr_curve(tag, data, step, num_thresholds, wall_time, weights):
    labels, predictions = data
    if weights == "each":
        weights = np.linspace(0, 3, len(labels)) ** 2
    for convert in lambda array: array, torch.tensor:

        def run(writer, convert=convert):
            data = convert(labels), convert(predictions)
            writer.add_pr_curve(tag, *data, step, num_thresholds, weights, wall_time)

        assert_equal(run, with_wall_times=True)


@pytest.mark.parametrize("size", [1000, 65_536, 65_537, 300_000])
@pytest.mark.parametrize("weighted", [False, True])
def test_large_pr_curves_to_the_last_bit(size, weighted):
    rng = np.random.default_rng(size)
    labels, predictions = rng.random(size), rng.random(size)
    weights = rng.random(size) * 1e3 if weighted else None
    for dtype in np.float32, np.float64:
        data = labels.astype(dtype), predictions.astype(dtype)
        same_summary(
            tfevents.summary.pr_curve("t", *data, 127, weights),
            torch_summary.pr_curve("t", *data, 127, weights),
        )


@pytest.mark.parametrize("num_thresholds", [128, 500])
def test_torch_caps_the_thresholds(num_thresholds):
    labels, predictions = np.array([0, 1]), np.array([0.1, 0.7])
    theirs = torch_summary.pr_curve("t", labels, predictions, num_thresholds)
    mine = tfevents.summary.pr_curve("t", labels, predictions, num_thresholds)
    mine = summary_pb2.Summary.FromString(mine.SerializeToString())
    assert [d.size for d in theirs.value[0].tensor.tensor_shape.dim] == [6, 127]
    assert tensor_util.make_ndarray(mine.value[0].tensor).shape == (6, num_thresholds)
    curve = torch_summary.compute_curve(labels, predictions, num_thresholds).astype(np.float32)
    assert np.array_equal(tensor_util.make_ndarray(mine.value[0].tensor), curve)


@given(
    tags,
    st.integers(0, 20).flatmap(
        lambda n: npst.arrays(
            st.sampled_from(["f4", "f8", "i8"]), (6, n), elements=st.integers(0, 2**20)
        )
    ),
    steps,
    st.integers(1, 127),
    wall_times,
)
def test_add_pr_curve_raw(tag, rows, step, num_thresholds, wall_time):
    for columns in rows, torch.tensor(rows):
        assert_equal(
            lambda w, columns=columns: w.add_pr_curve_raw(
                tag, *columns, step, num_thresholds, None, wall_time
            ),
            with_wall_times=True,
        )


# Tensors.

# Types that torch writes so that make_ndarray reads them.
RIGHT_IN_TORCH = ["float32", "float64", "int8", "int16", "int32", "int64", "bool"]
RIGHT_IN_TORCH += ["complex64", "complex128"]
WRONG_IN_TORCH = ["float16", "bfloat16", "uint8", "uint16", "uint32", "uint64"]


def tensors(names):
    def of(name):
        dtype = np.dtype(name)
        shapes = npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
        return npst.arrays(dtype, shapes).map(torch.tensor)

    return st.sampled_from(names).flatmap(of)


@given(tags, tensors(RIGHT_IN_TORCH), steps, wall_times)
def test_add_tensor(tag, tensor, step, wall_time):
    for view in tensor, tensor.mT if tensor.ndim > 1 else tensor:
        assert_equal(
            lambda w, view=view: w.add_tensor(tag, view, step, wall_time), with_wall_times=True
        )


def test_tensors_that_are_views():
    complex_ = torch.tensor([1 + 2j, 3 - 4j])
    for view in complex_.conj(), complex_.conj().imag, torch.ones(3, requires_grad=True):
        assert_equal(
            lambda w, view=view: w.add_tensor("t", view, 1, 2.0),
            # torch refuses lazy conjugates.
            torch_calls=lambda w, view=view: w.add_tensor("t", view.resolve_conj(), 1, 2.0),
            with_wall_times=True,
        )


def make_ndarrays(built: Any) -> list[Any]:
    """Checks that TensorFlow reads it, and TensorBoard if it can."""
    raw = built.SerializeToString()
    proto = tensorflow.compat.v1.Summary.FromString(raw).value[0].tensor
    found = [tensorflow.make_ndarray(proto)]
    # TensorBoard knows no NumPy type for bfloat16. For uint32 and uint64 it only knows
    # tensor_content, which is absent if there are no elements.
    if not (
        found[0].dtype.name == "bfloat16"
        or (found[0].size == 0 and found[0].dtype.name in ("uint32", "uint64"))
    ):
        found.append(tensor_util.make_ndarray(summary_pb2.Summary.FromString(raw).value[0].tensor))
    return found


@given(
    npst.arrays(
        st.sampled_from([*"?bhilBHefdFD", *"ILIL", ">f4", ">i8", ">c16"]),
        npst.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=5),
    )
)
def test_make_ndarray_gives_any_array_back(array):
    native = np.asarray(array, array.dtype.newbyteorder("="))
    arrays = make_ndarrays(tfevents.summary.tensor_proto("t", array))
    assert len(arrays) == 2
    for found in arrays:
        assert (found.dtype, found.shape) == (native.dtype, native.shape)
        # Some pass through Python's complex numbers, which do not keep every NaN.
        assert np.array_equal(found, native, equal_nan=native.dtype.kind in "fc")
        if native.dtype.kind == "f":
            assert np.array_equal(np.signbit(found), np.signbit(native))


@pytest.mark.parametrize("dtype", [*"?bhilBHILefdFD"])
@pytest.mark.parametrize("shape", [(0,), (3, 0, 2)])
def test_make_ndarray_gives_empty_arrays_back(dtype, shape):
    for found in make_ndarrays(tfevents.summary.tensor_proto("t", np.zeros(shape, dtype))):
        assert (found.dtype, found.shape) == (np.dtype(dtype), shape)


@given(npst.arrays(np.int16, npst.array_shapes(min_dims=0, max_side=5)))
def test_make_ndarray_gives_any_bfloat16_back(patterns):
    tensor = torch.tensor(patterns).view(torch.bfloat16)
    array = patterns.view(ml_dtypes.bfloat16)
    for values in tensor, array:
        (found,) = make_ndarrays(tfevents.summary.tensor_proto("t", values))
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert found.tobytes() == array.tobytes()


@pytest.mark.parametrize("name", WRONG_IN_TORCH)
def test_tensors_that_torch_writes_wrongly(name):
    tensor = torch.tensor([1, 2, 200]).to(getattr(torch, name))
    with pytest.raises((ValueError, OverflowError, TypeError)):
        make_ndarrays(torch_summary.tensor_proto("t", tensor))
    for found in make_ndarrays(tfevents.summary.tensor_proto("t", tensor)):
        assert found.dtype.name == name
        assert found.astype(float).tolist() == [1, 2, 200]


@pytest.mark.parametrize("value", ["text", ["a", "ü"], np.array([[b"a", b"bc"]])])
def test_make_ndarray_gives_strings_back(value):
    for found in make_ndarrays(tfevents.summary.tensor_proto("t", value)):
        want = np.array(value, object)
        encoded = [x.encode() if isinstance(x, str) else x for x in want.ravel().tolist()]
        assert found.shape == want.shape
        assert found.ravel().tolist() == encoded


# Scalars and texts.


@given(tags, st.floats(), st.booleans(), st.booleans())
def test_scalar(tag, value, new_style, double_precision):
    same_summary(
        tfevents.summary.scalar(tag, value, None, new_style, double_precision),
        # Without the new style, torch ignores double_precision, and ours switches to the new style.
        torch_summary.scalar(tag, value, None, new_style or double_precision, double_precision),
    )


@given(tags, st.text())
def test_text(tag, text):
    same_summary(tfevents.summary.text(tag, text), torch_summary.text(tag, text))


# TensorBoard.


def test_tensorboard_reads_them(tmp_path):
    values = np.random.default_rng(0).standard_normal(1000)
    labels, predictions = values > 0, 1 / (1 + np.exp(-values))
    with warnings.catch_warnings(), tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_histogram("h", values, 1)
        writer.add_pr_curve("pr", labels, predictions, 2, 300)
        writer.add_tensor("t", values.astype(np.float16), 3)
    found = accumulator.EventAccumulator(str(events.only_file(tmp_path))).Reload()
    (histogram,) = found.Histograms("h")
    assert histogram.step == 1
    assert sum(histogram.histogram_value.bucket) == histogram.histogram_value.num == 1000
    assert histogram.histogram_value.sum == pytest.approx(values.sum())
    curve, tensor = (
        tensor_util.make_ndarray(found.Tensors(t)[0].tensor_proto) for t in ("pr", "t")
    )
    assert curve.shape == (6, 300)
    assert np.array_equal(tensor, values.astype(np.float16))
    assert found.PluginTagToContent("pr_curves").keys() == {"pr"}
