"""The nodes of TorchScript's graphs, which `torch.jit.trace` makes.

The nodes, their names and their order are those of torch 2.13's `add_graph`: first the inputs, then
the outputs, then the values that operations make. The name of a value is `<scope>/<its name>`. The
scope is the path of the modules that made it, such as `Net/Linear[fc1]`. Parameters are values too,
which `prim::GetAttr` makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tfevents.graph.node import Node

_GET_ATTRIBUTE = "prim::GetAttr"
_MODULE = "ClassType"
# The path of the outermost module.
_ROOT = "__module"


def scripted_nodes(torch: Any, graph: Any, owner: Any) -> list[Node]:
    """The nodes of an inlined `torch._C.Graph`, whose module or function is `owner`."""
    operations = list(_operations(graph, _Scopes(torch, owner)))
    names: dict[str, str] = {}
    # No operation makes the modules that hold the parameters. Their scope is that of their last
    # use.
    for node, scope in operations:
        names |= {value.debugName(): f"{scope}/{value.debugName()}" for value in node.inputs()}
    for node, scope in operations:
        names |= {value.debugName(): f"{scope}/{value.debugName()}" for value in node.outputs()}
    inputs = [value for value in graph.inputs() if value.uses() and value.type().kind() != _MODULE]
    names |= {value.debugName(): f"input/{value.debugName()}" for value in inputs}

    nodes = [Node(names[v.debugName()], "IO Node", [], _shapes_of_io(v), "") for v in inputs]
    for number, value in enumerate(graph.outputs(), start=1):
        source = [names[value.debugName()]]
        nodes.append(Node(f"output/output.{number}", "IO Node", source, _shapes_of_io(value), ""))
    for node, _ in operations:
        sources = [names[value.debugName()] for value in node.inputs()]
        attributes = _attributes(node)
        nodes.extend(
            Node(names[value.debugName()], node.kind(), sources, _shapes(value), attributes)
            for value in node.outputs()
        )
    return nodes


def _operations(graph: Any, scopes: _Scopes) -> Iterator[tuple[Any, str]]:
    """Each node that is no mere access to a module, with its scope."""
    # The paths of the modules that `prim::GetAttr` returned.
    paths: dict[str, str] = {}
    for node in graph.nodes():
        if node.kind() != _GET_ATTRIBUTE:
            yield node, scopes.named(node.scopeName())
            continue
        attribute = node.s("name")
        parent = paths.get(node.input().debugName())
        if parent is None:
            path = f"{_ROOT}.{attribute}"
        else:
            path = f"{parent}/{parent.rpartition('/')[2]}.{attribute}"
        paths[node.output().debugName()] = path
        if node.output().type().kind() != _MODULE:
            yield node, scopes.named(path)


class _Scopes:
    """Makes `Net/Linear[fc1]` of the tracer's `__module.fc1`."""

    def __init__(self, torch: Any, owner: Any) -> None:
        def kind(module: Any) -> str:
            if isinstance(module, torch.jit.TracedModule):
                return str(module._name)
            return getattr(module, "original_name", "Module")

        if isinstance(owner, torch.nn.Module):
            self._root = kind(owner)
            self._parts = {
                path: f"{kind(module)}[{path.rpartition('.')[2]}]"
                for path, module in owner.named_modules(prefix=_ROOT)
            }
        else:
            self._root, self._parts = owner.name, {}
        self._named: dict[str, str] = {}

    def named(self, scope: str) -> str:
        name = self._named.get(scope)
        if name is None:
            parts = [self._parts.get(part, part.rpartition(".")[2]) for part in scope.split("/")]
            name = "/".join([self._root, *parts]) if any(parts) else self._root
            self._named[scope] = name
        return name


def _shapes(value: Any) -> list[list[int]] | None:
    return [value.type().sizes()] if value.isCompleteTensor() else None


def _shapes_of_io(value: Any) -> list[list[int]] | None:
    try:
        sizes = value.type().sizes()
    except RuntimeError:
        # torch gives this shape to tuples and numbers.
        return [[1]]
    return None if sizes is None else [sizes]


def _attributes(node: Any) -> str:
    values = {name: getattr(node, node.kindOf(name))(name) for name in node.attributeNames()}
    # Quotes within TensorBoard's quotes would confuse its page.
    return str(values).replace("'", " ")
