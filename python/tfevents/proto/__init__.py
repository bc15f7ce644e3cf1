"""Protobuf message classes for everything in event files.

They need protobuf, with the extra `tfevents[protobuf]`. Their descriptors are in a pool of their
own, so they never clash with TensorBoard's or TensorFlow's classes in the same process. They
serialize, parse and print as those do.

This module has `Event`, `Summary`, `SummaryMetadata`, `TensorProto`, `HistogramProto`, `GraphDef`,
`RunMetadata`, `MetaGraphDef`, the `…PluginData` of scalars, images, audio, histograms, texts and PR
curves, `Layout` of custom scalars, and the messages in all of these. The messages of TensorBoard's
packages `hparams`, `mesh` and `projector` are in the modules of these names. Enums are the same as
those of `protoc`: `DataType.Name(1)`, `DT_FLOAT`.

The files `*.proto` beside this module define the messages.

Example:
    >>> from tfevents import proto  # doctest: +SKIP
    >>> event = proto.Event.FromString(payload)  # doctest: +SKIP
"""

from typing import Any

from tfevents.proto import _pool, hparams, mesh, projector

__all__ = [*_pool.export(globals(), "tensorboard"), "hparams", "mesh", "projector"]


def __getattr__(name: str) -> Any:
    """No such name; here for type checkers, who do not see what the pool makes."""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
