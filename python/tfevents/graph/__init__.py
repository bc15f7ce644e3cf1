"""The graph of a PyTorch model, through `torch.jit.trace` or `torch.export`."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tfevents._extras import imported
from tfevents._native import graph_def
from tfevents.graph._calls import (
    Arguments,
    arguments_of,
    is_plain,
    named_for_tracer,
    tensors_alone,
)
from tfevents.graph.exported import exported_nodes
from tfevents.graph.node import Node
from tfevents.graph.traced import scripted_nodes

__all__ = ["model_graph"]


def model_graph(
    model: Any, input_to_model: Any = None, verbose: bool = False, use_strict_trace: bool = True
) -> bytes:
    """The encoded `GraphDef` of a model, as `SummaryWriter.add_graph` documents it."""
    torch = sys.modules.get("torch")
    # If the model is torch's, torch was imported.
    if torch is None or not callable(model):
        raise TypeError(
            "model: expected a torch.nn.Module or something else that torch can trace, "
            f"got {type(model).__name__}"
        )
    nodes, text = _nodes(torch, model, input_to_model, use_strict_trace)
    if verbose:
        print(text)
    return graph_def(nodes)


def _nodes(torch: Any, model: Any, inputs: Any, strict: bool) -> tuple[list[Node], object]:
    """The nodes, and what torch prints for the graph."""
    # It need not be imported: if the model is such a program, `torch.export` was imported.
    program = imported("torch.export", "ExportedProgram")
    if program is not None and isinstance(model, program):
        return exported_nodes(model), model
    if isinstance(model, (torch.jit.ScriptModule, torch.jit.ScriptFunction)):
        # The graph is copied, since inlining would change the caller's module.
        graph = model.graph.copy()
        torch._C._jit_pass_inline(graph)
        return scripted_nodes(torch, graph, model), graph
    # The wrapper of `torch.compile` can't be traced, but the model in it can.
    model = getattr(model, "_orig_mod", model)
    arguments = arguments_of(model, inputs)
    with _in_eval_mode(torch, model):
        try:
            traced = _trace(torch, model, arguments, strict)
        except Exception as error:
            traced = _otherwise(torch, model, arguments, strict, error)
            if hasattr(traced, "graph_signature"):
                return exported_nodes(traced), traced
    graph = traced.graph
    # This does not use `inlined_graph`, which numbers the values anew.
    torch._C._jit_pass_inline(graph)
    return scripted_nodes(torch, graph, traced), graph


def _trace(torch: Any, model: Any, arguments: Arguments, strict: bool) -> Any:
    positional, keywords = arguments
    given = {"example_kwarg_inputs": keywords} if keywords else {"example_inputs": positional}
    with warnings.catch_warnings():
        # The caller did not call `trace`, and the trace never gets other inputs. So these warnings
        # do not help.
        warnings.filterwarnings("ignore", r"`torch\.jit\.trace", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        # A check would run the model twice more. It is not needed, since the trace computes
        # nothing.
        with named_for_tracer(model, keywords) as callee:
            return torch.jit.trace(callee, strict=strict, check_trace=False, **given)


def _otherwise(torch: Any, model: Any, arguments: Arguments, strict: bool, error: Exception) -> Any:
    """An exported program, or a trace with the tensors in what the model returns as its outputs.

    Where `error` is not the tracer's fault, an exception that says why.
    """
    name = getattr(model, "__name__", type(model).__name__)
    why = [f"model: {name} can't be traced with this input_to_model: {_shown(error)}"]
    try:
        with torch.no_grad():
            returned = model(*arguments[0], **arguments[1])
    except Exception:
        raise RuntimeError(why[0]) from error

    def export() -> Any:
        with warnings.catch_warnings():
            # The warnings are for programs that run the exported program.
            warnings.simplefilter("ignore")
            return torch.export.export(model, *arguments)

    def trace() -> Any:
        with tensors_alone(torch, model) as callee:
            return _trace(torch, callee, arguments, strict)

    ways = {"torch.export": export, "a trace of the tensors it returns": trace}
    if not isinstance(model, torch.nn.Module):
        del ways["torch.export"]
    elif not is_plain(torch, returned):
        # `torch.export` does not accept such results either, so it comes last.
        ways = dict(reversed(ways.items()))
    for way, attempt in ways.items():
        try:
            return attempt()
        except Exception as second:
            why.append(f"{way} fails too: {_shown(second).partition(chr(10))[0]}")
    raise RuntimeError("\n".join(why)) from error


def _shown(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip()}"


@contextmanager
def _in_eval_mode(torch: Any, model: Any) -> Iterator[None]:
    """Puts a module into evaluation mode; afterwards each of its modules is in the mode it was."""
    if not isinstance(model, torch.nn.Module):
        yield
        return
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.train(False)
        yield
    finally:
        # `train` may do more than set the modes, and it sets all modules to the same mode.
        model.train(modes[0][1])
        for module, training in modes:
            module.training = training
