"""PR curves equal their definition for any number of thresholds."""

import math
import struct
import warnings

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import events
from tfevents import SummaryWriter, summary

ROWS = ["tp", "fp", "tn", "fn", "precision", "recall"]


def decoded(built):
    """(tag, the number of thresholds in the plugin's data, the six rows)."""
    ((_, message),) = events.fields(built.SerializeToString())
    value = events.Value.parse(message)
    assert value.plugin == "pr_curves"
    ((_, tensor),) = ((n, raw) for n, raw in events.fields(message) if n == 8)
    dimensions = [
        dict(events.fields(dimension)).get(1, 0)
        for number, shape in events.fields(tensor)
        if number == 2
        for _, dimension in events.fields(shape)
    ]
    content = dict(events.fields(value.content))
    return value.tag, content[2], np.array(value.tensor, np.float32).reshape(dimensions)


def expected(labels, predictions, thresholds, weights):
    """Each prediction is positive at the thresholds that it reaches."""
    reached = np.floor(predictions * np.asarray(thresholds - 1, predictions.dtype))
    tp, fp = np.zeros(thresholds), np.zeros(thresholds)
    for at in range(thresholds):
        positive = (reached >= at) & (reached < thresholds)
        tp[at] = (labels * weights)[positive].sum()
        fp[at] = ((1 - labels) * weights)[positive].sum()
    tn, fn = fp[0] - fp, tp[0] - tp
    least = 1e-7
    shares = tp / np.maximum(tp + fp, least), tp / np.maximum(tp + fn, least)
    return np.array([tp, fp, tn, fn, *shares]).astype(np.float32)


unit = st.floats(0, 1, width=32)


@given(
    st.lists(st.tuples(unit, unit | st.booleans(), st.floats(0, 10)), max_size=50),
    st.integers(1, 300),
    st.sampled_from([np.float32, np.float64]),
)
def test_any_curve(points, thresholds, dtype):
    columns = np.array(points, np.float64).reshape(-1, 3).T
    predictions, labels, weights = columns[0].astype(dtype), columns[1], columns[2]
    tag, number, rows = decoded(summary.pr_curve("pr", labels, predictions, thresholds, weights))
    assert (tag, number) == ("pr", thresholds)
    want = expected(labels, predictions, thresholds, weights)
    assert np.allclose(rows, want, rtol=1e-6, atol=1e-6 * max(1, weights.sum()))
    tag, number, rows = decoded(summary.pr_curve("pr", labels > 0.5, predictions, thresholds))
    assert np.array_equal(rows, expected(labels > 0.5, predictions, thresholds, 1.0))


@pytest.mark.parametrize("thresholds", [1, 2, 127, 128, 200, 1000, 100_000])
def test_as_many_thresholds_as_asked_for(thresholds):
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 2, 1000), rng.random(1000)
    _, number, rows = decoded(summary.pr_curve("pr", labels, predictions, thresholds))
    assert (number, rows.shape) == (thresholds, (6, thresholds))
    assert rows[0, 0] == labels.sum()
    assert rows[1, 0] == 1000 - labels.sum()


@pytest.mark.parametrize("shape", [(), (12,), (3, 4), (0,)])
@pytest.mark.parametrize("label", [bool, np.uint8, int, float, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("prediction", ["f2", "f4", "f8", ">f4", ml_dtypes.bfloat16])
def test_shapes_and_dtypes(shape, label, prediction):
    rng = np.random.default_rng(0)
    labels = (rng.random(shape) < 0.5).astype(label)
    predictions = rng.random(shape).astype(prediction)
    # Half precision is exact in single precision, in which it is multiplied.
    wide = predictions.astype(np.float64 if predictions.dtype.itemsize == 8 else np.float32)
    want = expected(labels.astype(float).ravel(), wide.ravel(), 127, 1.0)
    assert np.array_equal(decoded(summary.pr_curve("pr", labels, predictions))[2], want)
    assert np.array_equal(decoded(summary.pr_curve("pr", labels.T, predictions.T))[2], want)


def test_weights_broadcast():
    labels, predictions = np.array([[1, 0], [0, 1]]), np.array([[0.1, 0.2], [0.7, 0.9]])
    for weights in 2, [2, 2], np.full((2, 1), 2, np.int8):
        rows = decoded(summary.pr_curve("pr", labels, predictions, 3, weights))[2]
        assert rows[:2].tolist() == [[4, 2, 0], [4, 2, 0]]


def test_predictions_that_are_not_from_0_to_1_are_left_out():
    predictions = [0.0, 1.0, 0.5, -0.1, 1.5, math.nan, math.inf, -math.inf]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = decoded(summary.pr_curve("pr", [1] * 8, predictions, 3))[2]
    assert rows[0].tolist() == [3, 2, 1]
    assert [(w.category, w.filename) for w in caught] == [(RuntimeWarning, __file__)]


def test_raw(tmp_path):
    rows = np.arange(30, dtype=np.float64).reshape(6, 5)
    built = summary.pr_curve_raw("pr", *rows, 5)
    tag, number, found = decoded(built)
    assert (tag, number, found.tolist()) == ("pr", 5, rows.tolist())
    with SummaryWriter(tmp_path) as writer:
        writer.add_pr_curve_raw("pr", *rows.astype(int).tolist(), 7, 5, None, 8.0)
    (_, event) = events.read_records(events.only_file(tmp_path))
    message = dict(events.fields(event))
    assert (struct.unpack("<d", message[1]), message[2]) == ((8.0,), 7)
    assert message[5] == built.SerializeToString()


RAW = [[1.0, 2.0]] * 6


@pytest.mark.parametrize(
    ("kind", "method", "arguments", "named"),
    [
        (TypeError, "add_pr_curve", (3, [1], [0.5]), "tag"),
        (TypeError, "add_pr_curve", ("t", "a", [0.5]), "labels"),
        (TypeError, "add_pr_curve", ("t", [1], "a"), "predictions"),
        (TypeError, "add_pr_curve", ("t", [1], [None]), "predictions"),
        (ValueError, "add_pr_curve", ("t", [1, 0], [0.5]), "predictions"),
        (ValueError, "add_pr_curve", ("t", [[1, 0]], [0.5, 0.6]), "predictions"),
        (ValueError, "add_pr_curve", ("t", [2], [0.5]), "labels"),
        (ValueError, "add_pr_curve", ("t", [-1], [0.5]), "labels"),
        (ValueError, "add_pr_curve", ("t", [math.nan], [0.5]), "labels"),
        (ValueError, "add_pr_curve", ("t", [1], [0.5], 0, 0), "num_thresholds"),
        (ValueError, "add_pr_curve", ("t", [1], [0.5], 0, -3), "num_thresholds"),
        (ValueError, "add_pr_curve", ("t", [1], [0.5], 0, 2**40), "num_thresholds"),
        (TypeError, "add_pr_curve", ("t", [1], [0.5], 0, 2.5), "num_thresholds"),
        (ValueError, "add_pr_curve", ("t", [1], [0.5], 0, 3, [1, 2]), "weights"),
        (ValueError, "add_pr_curve", ("t", [1], [0.5], 0, 3, [math.nan]), "weights"),
        (TypeError, "add_pr_curve", ("t", [1], [0.5], 0, 3, "a"), "weights"),
        (TypeError, "add_pr_curve", ("t", [1], [0.5], 0, 3, None, "now"), "walltime"),
        (TypeError, "add_pr_curve", ("t", [1], [0.5], 0.5), "global_step"),
        (TypeError, "add_pr_curve_raw", (3, *RAW), "tag"),
        (ValueError, "add_pr_curve_raw", ("t", [1.0], *RAW[1:]), "false_positive_counts"),
        (ValueError, "add_pr_curve_raw", ("t", *RAW[:5], [1.0]), "recall"),
        (ValueError, "add_pr_curve_raw", ("t", *RAW[:4], [[1.0, 2.0]], RAW[5]), "precision"),
        (TypeError, "add_pr_curve_raw", ("t", *RAW[:2], ["a", "b"], *RAW[3:]), "true_negative_co"),
        (ValueError, "add_pr_curve_raw", ("t", *RAW, 0, 0), "num_thresholds"),
    ],
)
def test_bad_arguments_are_named_and_lose_nothing(tmp_path, kind, method, arguments, named):
    with SummaryWriter(tmp_path) as writer:
        writer.add_pr_curve("before", [1], [0.5], 1)
        with pytest.raises(kind, match=f"^{named}"):
            getattr(writer, method)(*arguments)
        writer.add_pr_curve("after", [1], [0.5], 2)
    found = events.parse_file(events.only_file(tmp_path))[1:]
    assert [(e.step, e.values[0].tag) for e in found] == [(1, "before"), (2, "after")]
