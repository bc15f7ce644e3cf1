"""The nodes of a `torch.export.ExportedProgram`."""

from __future__ import annotations

from typing import Any

from tfevents.graph.node import Node


def exported_nodes(program: Any) -> list[Node]:
    """The nodes of a program, named and ordered like those of a traced graph.

    A value is `<scope>/<its name>`, where the scope is the path of modules that made it. Sizes
    that depend on the input are -1.
    """
    kinds = _kinds(program.graph)
    specs = {spec.arg.name: spec for spec in program.graph_signature.input_specs}
    names: dict[Any, str] = {}
    inputs: list[Node] = []
    outputs: list[Node] = []
    operations: list[Node] = []
    for node in program.graph.nodes:
        if node.op == "output":
            outputs = [
                Node(f"output/output.{number}", "IO Node", [names[value]], _shapes(value), "")
                for number, value in enumerate(node.all_input_nodes, start=1)
            ]
        elif node.op == "placeholder" and (target := specs[node.name].target) is None:
            names[node] = f"input/{node.name}"
            if node.users:
                inputs.append(Node(names[node], "IO Node", [], _shapes(node), ""))
        elif node.op == "placeholder":
            # The target is a parameter, a buffer or a constant of a module.
            path, _, name = target.rpartition(".")
            names[node] = f"{_scope(_parents(path), kinds)}/{name}"
            kind = specs[node.name].kind.name.capitalize()
            operations.append(Node(names[node], kind, [], _shapes(node), ""))
        else:
            stack = (node.meta.get("nn_module_stack") or {}).values()
            names[node] = f"{_scope([path for path, _ in stack], kinds)}/{node.name}"
            sources = [names[value] for value in node.all_input_nodes]
            text = str(_arguments(node)).replace("'", " ")
            operations.append(Node(names[node], _operation(node), sources, _shapes(node), text))
    return [*inputs, *outputs, *operations]


def _kinds(graph: Any) -> dict[str, str]:
    """The classes of the modules by their paths, as far as the graph tells them."""
    return {
        path: str(kind).rpartition(".")[2]
        for node in graph.nodes
        for path, kind in (node.meta.get("nn_module_stack") or {}).values()
    }


def _parents(path: str) -> list[str]:
    """The paths from the outermost module to this one."""
    parts = path.split(".") if path else []
    return [".".join(parts[:end]) for end in range(len(parts) + 1)]


def _scope(paths: list[str], kinds: dict[str, str]) -> str:
    inner = [path for path in paths if path]
    names = [path.rpartition(".")[2] for path in inner]
    parts = [
        f"{kinds[path]}[{name}]" if path in kinds else name
        for path, name in zip(inner, names, strict=True)
    ]
    return "/".join([kinds.get("", "Module"), *parts])


def _operation(node: Any) -> str:
    schema = getattr(node.target, "_schema", None)
    if schema is not None:
        return str(schema.name)
    return getattr(node.target, "__name__", None) or str(node.op)


def _arguments(node: Any) -> dict[str, Any]:
    """The arguments that are no values of other nodes, by name where their names are known."""
    schema = getattr(node.target, "_schema", None)
    names = [argument.name for argument in schema.arguments] if schema is not None else []
    names += [str(number) for number in range(len(names), len(node.args))]
    arguments = dict(zip(names, node.args, strict=False)) | node.kwargs
    values = {id(value) for value in node.all_input_nodes}

    def plain(argument: Any) -> bool:
        if isinstance(argument, (list, tuple)):
            return all(map(plain, argument))
        return id(argument) not in values

    return {name: argument for name, argument in arguments.items() if plain(argument)}


def _shapes(node: Any) -> list[list[int]] | None:
    value = node.meta.get("val")
    values = value if isinstance(value, (list, tuple)) else [value]
    if not all(hasattr(value, "shape") for value in values):
        return None
    return [[size if isinstance(size, int) else -1 for size in value.shape] for value in values]
