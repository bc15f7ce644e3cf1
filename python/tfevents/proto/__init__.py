"""Protobuf message classes for all that event files hold.

They need protobuf, the extra `tfevents[protobuf]`. Their descriptors are in a pool of their own, so
that they never clash with TensorBoard's or TensorFlow's classes in the same process, whichever
comes first; and they serialize, parse and print as those do.

`Event`, `Summary`, `SummaryMetadata`, `TensorProto`, `HistogramProto`, `GraphDef`, `RunMetadata`,
`MetaGraphDef`, the `…PluginData` of scalars, images, audio, histograms, texts and PR curves,
`Layout` of custom scalars, and all that these are made of are here; those of TensorBoard's packages
`hparams`, `mesh` and `projector` are in the modules of these names. Enums are as `protoc` makes
them: `DataType.Name(1)`, `DT_FLOAT`.

The files `*.proto` beside this module are the messages' definitions.

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
