"""Methods that log graphs of models."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tfevents._native import onnx_graph_def, run_metadata
from tfevents.graph import model_graph
from tfevents.writer.base import BaseWriter
from tfevents.writer.file_writer import Encoded


class GraphMethods(BaseWriter):
    """What TensorBoard's graph dashboard shows, one graph a run."""

    def add_graph(
        self,
        model: Any,
        input_to_model: Any = None,
        verbose: bool = False,
        use_strict_trace: bool = True,
    ) -> None:
        """Logs the graph of a PyTorch model.

        The model is run once, by `torch.jit.trace`, in evaluation mode; each of its modules is in
        the mode it was in afterwards. Control flow is shown as these inputs take it. Where the
        tracer can't take the model because it returns more than tensors, `torch.export` is tried,
        or where that is an object, a dataclass or a distribution say, a trace in which the tensors
        in it are the outputs. To choose `torch.export`, for sizes that depend on the input say,
        export the model and hand over the program.

        Args:
            model: a `torch.nn.Module`, a function of tensors, what `torch.jit.trace` or
                `torch.jit.script` returned, or a `torch.export.ExportedProgram`. The latter are
                logged as they are.
            input_to_model: the arguments of the model, a tensor or a tuple or list of what its
                `forward` takes; None for none. A mapping whose keys are names of its parameters
                has keyword arguments, also at the end of a tuple or list.
            verbose: print the graph as torch writes it.
            use_strict_trace: handed to `torch.jit.trace` as `strict`. False lets the tracer take
                containers that may change, a dict that is returned say.

        Raises:
            TypeError: `model` is nothing that torch can trace.
            RuntimeError: the model can't be traced with this input. The message has the reason,
                `__cause__` the tracer's exception. Nothing is logged then.

        Example:
            >>> writer.add_graph(model, torch.zeros(1, 3))  # doctest: +SKIP
        """
        graph = model_graph(model, input_to_model, verbose, use_strict_trace)
        if self._look():
            profile = run_metadata(_DEVICE)
            self._get_file_writer().add_graph((Encoded(graph), Encoded(profile)))
        else:
            self._add_graph(graph, _DEVICE)

    def add_onnx_graph(self, prototxt: str | os.PathLike[str] | Any) -> None:
        """Logs the graph of an ONNX model.

        Args:
            prototxt: the path of an `.onnx` file, or an `onnx.ModelProto`.

        Raises:
            TypeError, ValueError: it is neither.
            OSError: the file can't be read.

        Example:
            >>> writer.add_onnx_graph("model.onnx")  # doctest: +SKIP
        """
        source = "prototxt"
        if isinstance(prototxt, (str, os.PathLike)):
            model, source = Path(prototxt).read_bytes(), f"prototxt: {os.fspath(prototxt)}"
        elif hasattr(prototxt, "SerializeToString"):
            model = prototxt.SerializeToString()
        else:
            model = None
        if not isinstance(model, bytes):
            kind = type(prototxt).__name__
            raise TypeError(f"prototxt: expected a path or an onnx.ModelProto, got {kind}")
        graph = onnx_graph_def(model, source)
        if self._look():
            self._get_file_writer().add_onnx_graph(Encoded(graph))
        else:
            self._add_graph(graph)


# torch writes this device too, wherever the model ran.
_DEVICE = "/device:CPU:0"
