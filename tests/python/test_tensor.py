"""Tensors: every element is kept, in the field where readers look for it."""

import struct

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import events
from tfevents import SummaryWriter, summary

# For each dtype: its DataType in TensorFlow's types.proto, its field in tensor.proto, and how the
# field is packed: as the numbers' bytes, or as varints.
STORED = {
    "float32": (1, 5, None),
    "float64": (2, 6, None),
    "int32": (3, 7, "varints"),
    "uint8": (4, 7, "varints"),
    "int16": (5, 7, "varints"),
    "int8": (6, 7, "varints"),
    "complex64": (8, 9, None),
    "int64": (9, 10, "varints"),
    "bool": (10, 11, "varints"),
    "bfloat16": (14, 13, "patterns"),
    "uint16": (17, 7, "varints"),
    "complex128": (18, 12, None),
    "float16": (19, 13, "patterns"),
    "uint32": (22, 4, None),
    "uint64": (23, 4, None),
}


def decoded(built):
    """The dtype, the shape, and the bytes of each field, of the tensor in a summary of one
    value.
    """
    ((_, value),) = events.fields(built.SerializeToString())
    assert events.Value.parse(value).plugin == "tensor"
    fields = list(events.fields(dict(events.fields(value))[8]))
    (shape,) = (raw for number, raw in fields if number == 2)
    dimensions = [dict(events.fields(raw)).get(1, 0) for _, raw in events.fields(shape)]
    return dict(fields)[1], dimensions, [field for field in fields if field[0] > 2]


def varints(raw):
    """Packed varints as signed integers of 64 bits."""
    # One field each, of number 1.
    at, numbers = 0, []
    while at < len(raw):
        end = at + 1
        while raw[end - 1] & 0x80:
            end += 1
        ((_, number),) = events.fields(b"\x08" + raw[at:end])
        numbers.append(number - (1 << 64) if number >> 63 else number)
        at = end
    return numbers


def elements(array, packing, raw):
    if packing is None:
        return np.frombuffer(raw, array.dtype.newbyteorder("<"))
    if packing == "patterns":
        return np.array(varints(raw), np.uint16).view(array.dtype)
    return np.array(varints(raw)).astype(array.dtype)


def check(built, array):
    number, field, packing = STORED[array.dtype.name]
    dtype, shape, fields = decoded(built)
    assert (dtype, shape) == (number, list(array.shape))
    if array.size == 0:
        assert fields == []
        return
    ((found, raw),) = fields
    assert found == field
    native = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    assert elements(array, packing, raw).astype(array.dtype).tobytes() == native.tobytes()


@given(
    npst.arrays(
        st.sampled_from([*"?bhilBHILefdFD", ">f2", ">f4", ">f8", ">i2", ">i8", ">u4", ">c8"]),
        npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    )
)
def test_any_array(array):
    native = array.astype(array.dtype.newbyteorder("="))
    check(summary.tensor_proto("t", array), native)
    check(summary.tensor_proto("t", array.T), native.T)
    check(summary.tensor_proto("t", np.asfortranarray(array)), np.asfortranarray(native))


@given(npst.arrays(np.uint16, npst.array_shapes(min_dims=0, max_side=5)))
def test_any_bfloat16(patterns):
    array = patterns.view(ml_dtypes.bfloat16)
    check(summary.tensor_proto("t", array), array)


@pytest.mark.parametrize("name", STORED)
def test_limits(name):
    dtype = np.dtype(getattr(ml_dtypes, name, name))
    if dtype.kind in "iu":
        values = [np.iinfo(dtype).min, np.iinfo(dtype).max, 0, 1]
    elif dtype.kind == "b":
        values = [False, True]
    else:
        values = [0.0, -0.0, 1.0, float("inf"), -float("inf"), float("nan"), 0.1]
    check(summary.tensor_proto("t", np.array(values, dtype)), np.array(values, dtype))


@pytest.mark.parametrize(
    ("value", "array"),
    [
        (3, np.array(3)),
        (2.5, np.array(2.5)),
        (True, np.array(True)),
        (1 + 2j, np.array(1 + 2j)),
        (np.float16(2.5), np.array(2.5, np.float16)),
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
        ([], np.array([])),
        (range(3), np.arange(3)),
    ],
)
def test_numbers_and_lists(value, array):
    check(summary.tensor_proto("t", value), array)


@pytest.mark.parametrize(
    ("value", "shape", "strings"),
    [
        ("text", [], [b"text"]),
        (b"a\0\0", [], [b"a\0\0"]),
        ("", [], [b""]),
        (["a\0", "ü"], [2], [b"a\0", "ü".encode()]),
        ([[b"a", "b"]], [1, 2], [b"a", b"b"]),
        (np.array([["a", "損失"]]), [1, 2], [b"a", "損失".encode()]),
        (np.array([b"a", b""]), [2], [b"a", b""]),
        (np.array(["x", b"\xff\0"], object), [2], [b"x", b"\xff\0"]),
        (np.array([], "U3"), [0], []),
    ],
)
def test_strings(value, shape, strings):
    found = decoded(summary.tensor_proto("t", value))
    assert found == (7, shape, [(8, string) for string in strings])


def test_add_tensor(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_tensor("t", np.arange(3), 7, 8.0)
    (_, event) = events.read_records(events.only_file(tmp_path))
    message = dict(events.fields(event))
    assert (struct.unpack("<d", message[1]), message[2]) == ((8.0,), 7)
    assert message[5] == summary.tensor_proto("t", np.arange(3)).SerializeToString()


class Refuses:
    def __array__(self, dtype=None, copy=None):
        raise TypeError("no values")


@pytest.mark.parametrize(
    ("kind", "arguments", "named"),
    [
        (TypeError, (3, [1.0]), "tag"),
        (TypeError, ("t", None), "tensor"),
        (TypeError, ("t", object()), "tensor"),
        (TypeError, ("t", Refuses()), "tensor"),
        (TypeError, ("t", [1, "a"]), "tensor"),
        (ValueError, ("t", [[1], [2, 3]]), "tensor"),
        (ValueError, ("t", "\ud800"), "tensor"),
        (TypeError, ("t", np.array(["2026-01-01"], "M8[D]")), "tensor"),
        (TypeError, ("t", np.zeros(2, [("a", "f4")])), "tensor"),
        (TypeError, ("t", np.zeros(2, np.longdouble)), "tensor"),
        (ValueError, ("t", np.ma.array([1, 2], mask=[0, 1])), "tensor"),
        (ValueError, ("t", np.broadcast_to(np.uint32(1), 2**29)), "tensor"),
        (TypeError, ("t", [1.0], 0.5), "global_step"),
        (TypeError, ("t", [1.0], 1, "now"), "walltime"),
    ],
)
def test_bad_arguments_are_named_and_lose_nothing(tmp_path, kind, arguments, named):
    with SummaryWriter(tmp_path) as writer:
        writer.add_tensor("before", [1.0], 1)
        with pytest.raises(kind, match=f"^{named}"):
            writer.add_tensor(*arguments)
        writer.add_tensor("after", [1.0], 2)
    found = events.parse_file(events.only_file(tmp_path))[1:]
    assert [(e.step, e.values[0].tag) for e in found] == [(1, "before"), (2, "after")]
