"""Graphs of operations (`tensorflow/core/framework/graph.proto`, `node_def.proto`)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from tfevents import _native


class Node:
    """One operation.

    Attributes:
        name: its name; parts of it are separated by `/`.
        op: what it does.
        inputs: the names of the nodes that it takes its inputs from, `name:k` for the k-th output,
            `^name` where it only waits for that node.
        device: where it runs; mostly empty.
    """

    __slots__ = ("__dict__", "_raw", "device", "inputs", "name", "op")

    def __init__(self, name: str, op: str, inputs: list[str], device: str, raw: bytes) -> None:
        self.name = name
        self.op = op
        self.inputs = inputs
        self.device = device
        self._raw = raw

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """The attributes by name.

        Numbers, bools and `bytes` are what they are. A type is its name, as `"float32"`. A shape
        is a tuple with -1 for a size that is not known, or `None` if nothing is. A tensor is an
        array. A function is its name. A list is a list of these.
        """
        return _native.node_attributes(self._raw)

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
        return [Node(*node) for node in _native.graph_nodes(self.raw)]

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"Graph({len(self.raw)} bytes)"


def graph_of(meta_graph: bytes) -> bytes | None:
    """The serialized graph in a `MetaGraphDef`, if it has one."""
    return _native.graph_of_meta_graph(meta_graph)
