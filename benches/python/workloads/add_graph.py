"""The graph of a ResNet-50. Most of the time is the one run of the model by the tracer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import peers
from harness.bench import Bench, event_file
from harness.check import WrongResult
from harness.measure import Row, skipped
from harness.methods import TORCH, compared, fields, records


def check(directory: Path, steps: int) -> None:
    events = map(fields, records(event_file(directory)))
    graphs = [graph for event in events for graph in event.get(4, [])]
    for graph in graphs:
        operations = [fields(node)[2][0] for node in fields(graph)[1]]
        if operations.count(b"aten::_convolution") != 53 or len(operations) != 710:
            raise WrongResult("the graph is not that of a ResNet-50")
    if len(graphs) != steps:
        raise WrongResult(f"{len(graphs)} graphs instead of {steps}")


def rows(bench: Bench) -> Iterator[Row]:
    method = "`add_graph` of a ResNet-50"
    if not bench.has("torch", "tensorboard"):
        yield skipped(method, "torch", "torch is not here")
        return
    peers.quiet()
    import torch

    from harness.models import ResNet50

    # If the model does little, our share of the time is larger.
    model, image = ResNet50(), torch.zeros(1, 3, 64, 64)

    def log(writer: Any, step: int) -> None:
        writer.add_graph(model, image)

    # tensorboardX counts nodes in another way.
    yield from compared(bench, method, log, check, steps=1, caller=1, others=[TORCH])
