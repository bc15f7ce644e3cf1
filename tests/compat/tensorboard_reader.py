"""What TensorBoard's own reader says about a run, in the form in which ours says it."""

from pathlib import Path
from typing import Any

import numpy as np

import tfevents
from peers import peer

plugin_event_accumulator = peer("tensorboard.backend.event_processing.plugin_event_accumulator")
tensor_util = peer("tensorboard.util.tensor_util")
summary_pb2 = peer("tensorboard.compat.proto.summary_pb2")

Rows = list[tuple[int, float, Any]]


def tensorboard_rows(path: Path) -> tuple[dict[str, Rows], dict[str, Rows]]:
    """Scalars and texts by tag: step, wall time and value of each point, none sampled away."""
    everything = {plugin_event_accumulator.TENSORS: 0}
    accumulator = plugin_event_accumulator.EventAccumulator(
        str(path), size_guidance=everything, purge_orphaned_data=False
    ).Reload()
    scalars: dict[str, Rows] = {}
    texts: dict[str, Rows] = {}
    for tag, metadata in accumulator.AllSummaryMetadata().items():
        rows = [
            (event.step, event.wall_time, tensor_util.make_ndarray(event.tensor_proto))
            for event in accumulator.Tensors(tag)
        ]
        if metadata.data_class == summary_pb2.DATA_CLASS_SCALAR:
            scalars[tag] = [(step, wall_time, value.item()) for step, wall_time, value in rows]
        elif metadata.plugin_data.plugin_name == "text":
            texts[tag] = [(step, wall_time, _text(value)) for step, wall_time, value in rows]
    return scalars, texts


def _text(value: Any) -> Any:
    strings = np.vectorize(lambda text: text.decode(), otypes=[object])(value)
    return strings.item() if strings.size == 1 else strings.tolist()


def our_rows(run: tfevents.Run) -> tuple[dict[str, Rows], dict[str, Rows]]:
    """The same of ours."""
    scalars = {
        tag: list(zip(s.step.tolist(), s.wall_time.tolist(), s.value.tolist(), strict=True))
        for tag, s in run.scalars.items()
    }
    texts = {
        tag: [
            (step, wall_time, value if isinstance(value, str) else value.tolist())
            for step, wall_time, value in zip(
                t.step.tolist(), t.wall_time.tolist(), t.value, strict=True
            )
        ]
        for tag, t in run.texts.items()
    }
    return scalars, texts


def assert_read_equal(path: Path, run: tfevents.Run) -> None:
    """Both readers see the same scalars and texts in the run at `path`."""
    theirs, ours = tensorboard_rows(path), our_rows(run)
    for their_kind, our_kind in zip(theirs, ours, strict=True):
        assert set(our_kind) == set(their_kind)
        for tag, rows in their_kind.items():
            # Of NaN values assert_equal asks only that both are NaN.
            np.testing.assert_equal(our_kind[tag], rows, err_msg=tag)
