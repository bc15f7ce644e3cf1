"""The nodes of a graph."""

from typing import NamedTuple


class Node(NamedTuple):
    """A node as `GraphDef` has it."""

    name: str
    """Unique; TensorBoard groups by what stands before each `/`."""
    op: str
    inputs: list[str]
    """The names of other nodes."""
    shapes: list[list[int]] | None
    """A shape for each output; -1 is a size that is not known."""
    attributes: str | None
    """A text that TensorBoard shows with the node."""
