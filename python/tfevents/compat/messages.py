"""The classes of messages that are returned: TensorBoard's, or else ours."""

from __future__ import annotations

import functools
from importlib import import_module
from typing import Any

_MODULES = {
    "GraphDef": "graph_pb2",
    "MetaGraphDef": "meta_graph_pb2",
    "RunMetadata": "config_pb2",
    "Summary": "summary_pb2",
}


@functools.cache
def message(name: str) -> Any:
    """The class of this name. Raises an ImportError without protobuf."""
    try:
        return getattr(import_module(f"tensorboard.compat.proto.{_MODULES[name]}"), name)
    except ImportError:
        return getattr(import_module("tfevents.proto"), name)
