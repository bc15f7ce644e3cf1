"""Graphs of operations (`tensorflow/core/framework/graph.proto`, `node_def.proto`)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from tfevents import _messages as messages
from tfevents import _native
from tfevents.series.tensors import as_array

# `DataType`, by its numbers, as TensorFlow's Python names it.
_DTYPES = dict(
    enumerate(
        [
            "float32",
            "float64",
            "int32",
            "uint8",
            "int16",
            "int8",
            "string",
            "complex64",
            "int64",
            "bool",
            "qint8",
            "quint8",
            "qint32",
            "bfloat16",
            "qint16",
            "quint16",
            "uint16",
            "complex128",
            "float16",
            "resource",
            "variant",
            "uint32",
            "uint64",
            "float8_e5m2",
            "float8_e4m3fn",
            "float8_e4m3fnuz",
            "float8_e4m3b11fnuz",
            "float8_e5m2fnuz",
            "int4",
            "uint4",
            "int2",
            "uint2",
        ],
        start=1,
    )
)
# `AttrValue`.
_LIST, _S, _I, _F, _B, _TYPE, _SHAPE, _TENSOR, _PLACEHOLDER, _FUNC = range(1, 11)


class Node:
    """One operation.

    Attributes:
        name: its name; parts of it are separated by `/`.
        op: what it does.
        inputs: the names of the nodes that it takes its inputs from, `name:k` for the k-th output,
            `^name` where it only waits for that node.
        device: where it runs; mostly empty.
    """

    __slots__ = ("__dict__", "_attributes", "device", "inputs", "name", "op")

    def __init__(self, message: bytes) -> None:
        fields = messages.decode(message)
        self.name = messages.text(fields, 1)
        self.op = messages.text(fields, 2)
        self.inputs = messages.texts(fields, 3)
        self.device = messages.text(fields, 4)
        self._attributes = messages.parts(fields, 5)

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """The attributes by name.

        Numbers, bools and `bytes` are what they are. A type is its name, as `"float32"`. A shape
        is a tuple with -1 for a size that is not known, or `None` if nothing is. A tensor is an
        array. A function is its name. A list is a list of these.
        """
        entries = map(messages.decode, self._attributes)
        return {
            messages.text(entry, 1): _attribute(messages.message(entry, 2) or b"")
            for entry in entries
        }

    def __repr__(self) -> str:
        return f"Node({self.name!r}, op={self.op!r}, inputs={self.inputs})"


class Graph:
    """A graph of operations.

    Attributes:
        raw: the serialized `GraphDef`.
        step: the step at which it was logged; mostly 0.
        wall_time: when, in seconds since the epoch.
    """

    def __init__(self, raw: bytes, step: int, wall_time: float) -> None:
        self.raw = raw
        self.step = step
        self.wall_time = wall_time

    @cached_property
    def nodes(self) -> list[Node]:
        """The nodes, in the order of the file; a ValueError if the graph is malformed."""
        return [Node(message) for message in messages.parts(messages.decode(self.raw), 1)]

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"Graph({len(self.raw)} bytes)"


def graph_of(meta_graph: bytes) -> bytes | None:
    """The serialized graph in a `MetaGraphDef`, if it has one."""
    return messages.message(messages.decode(meta_graph), 2)


def _attribute(message: bytes) -> Any:
    fields = messages.decode(message)
    if (found := messages.message(fields, _LIST)) is not None:
        values = [
            value
            for kind in (_S, _I, _F, _B, _TYPE, _SHAPE, _TENSOR)
            for value in _values(messages.decode(found), kind)
        ]
        functions = messages.parts(messages.decode(found), 9)
        return values + [_function(function) for function in functions]
    for kind in (_S, _I, _F, _B, _TYPE, _SHAPE, _TENSOR):
        if kind in fields:
            return next(reversed(_values(fields, kind)), None)
    if (function := messages.message(fields, _FUNC)) is not None:
        return _function(function)
    return messages.text(fields, _PLACEHOLDER) if _PLACEHOLDER in fields else None


def _values(fields: messages.Fields, kind: int) -> list[Any]:
    if kind == _S:
        return messages.parts(fields, kind)
    if kind == _I:
        return messages.integers(fields, kind)
    if kind == _F:
        return messages.floats(fields, kind, "<f")
    if kind == _B:
        return [bool(value) for value in messages.integers(fields, kind)]
    if kind == _TYPE:
        return [_dtype(value) for value in messages.integers(fields, kind)]
    if kind == _SHAPE:
        return [_shape(part) for part in messages.parts(fields, kind)]
    return [as_array(*_native.decode_tensor(part)) for part in messages.parts(fields, kind)]


def _dtype(number: int) -> str:
    # From 101 on they are references to those from 1 on.
    name = _DTYPES.get(number % 100, str(number))
    return f"{name}_ref" if number > 100 and number % 100 in _DTYPES else name


def _shape(message: bytes) -> tuple[int, ...] | None:
    fields = messages.decode(message)
    if messages.integer(fields, 3):
        return None
    return tuple(messages.integer(messages.decode(dim), 1) for dim in messages.parts(fields, 2))


def _function(message: bytes) -> str:
    return messages.text(messages.decode(message), 1)
