"""Protobuf message classes for everything in event files.

They need protobuf, which the extra `tfevents[protobuf]` installs. Their descriptors are in a pool
of their own, so they never clash with TensorBoard's or TensorFlow's classes in the same process.
They serialize, parse and print as those classes do.

This module has `Event`, `Summary`, `SummaryMetadata`, `TensorProto`, `HistogramProto`, `GraphDef`,
`RunMetadata`, `MetaGraphDef`, `Layout` of custom scalars, and the messages in all of these. It also
has the `…PluginData` of scalars, images, audio, histograms, texts and PR curves. The messages of
TensorBoard's packages `hparams`, `mesh` and `projector` are in the modules of these names. Enums
are used as those of `protoc`: `DataType.Name(1)`, `DT_FLOAT`.

The files `*.proto` beside this module define the messages.

Example:
    >>> from tfevents import proto
    >>> message = proto.Event.FromString(event.raw)
    >>> message.step, message.summary.value[0].tag
    (3, 'loss')
"""

from typing import Any

from tfevents.proto import _pool, hparams, mesh, projector

__all__ = [*_pool.export(globals(), "tensorboard"), "hparams", "mesh", "projector"]


def __getattr__(name: str) -> Any:
    """No such name; here for type checkers, who do not see what the pool makes."""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
