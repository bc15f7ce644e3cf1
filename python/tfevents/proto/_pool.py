"""The descriptor pool of the messages, and a function that exports its classes from a module."""

from __future__ import annotations

import copyreg
from pathlib import Path
from typing import Any

try:
    from google.protobuf import any_pb2, message_factory, struct_pb2, wrappers_pb2
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
except ImportError as error:
    raise ImportError(
        "tfevents.proto needs protobuf: python -m pip install 'tfevents[protobuf]'"
    ) from error

from tfevents.proto._schema import parse

# A file comes after those that it imports.
FILES = [
    "tensor",
    "summary",
    "event",
    "graph_debug_info",
    "graph",
    "run_metadata",
    "meta_graph",
    "plugins",
    "hparams",
    "mesh",
    "projector",
]


def _load() -> tuple[Any, list[Any]]:
    pool = DescriptorPool()
    for module in (any_pb2, struct_pb2, wrappers_pb2):
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    for name in FILES:
        file = parse(Path(__file__).with_name(f"{name}.proto"))
        pool.AddSerializedFile(file.SerializeToString())
    return pool, [pool.FindFileByName(f"{name}.proto") for name in FILES]


POOL, _FILES = _load()


def export(module: dict[str, Any], package: str) -> list[str]:
    """Puts a package's classes and enums among a module's globals; their names."""
    names = []
    for file in _FILES:
        if file.package != package:
            continue
        for name, descriptor in file.message_types_by_name.items():
            names.append(name)
            module[name] = _class(descriptor, module["__name__"])
        for name, descriptor in file.enum_types_by_name.items():
            names.append(name)
            module[name] = EnumTypeWrapper(descriptor)
            module.update(module[name].items())
    return names


def _class(descriptor: Any, module: str) -> Any:
    message_class = message_factory.GetMessageClass(descriptor)
    message_class.__module__ = module
    # Without this, protobuf would look for the class in its default pool.
    copyreg.pickle(message_class, _reduce)
    for name, nested in descriptor.nested_types_by_name.items():
        nested_class = _class(nested, module)
        if not hasattr(message_class, name):  # protobuf in pure Python
            setattr(message_class, name, nested_class)
    return message_class


def _reduce(message: Any) -> tuple[Any, tuple[str, bytes]]:
    return _restore, (message.DESCRIPTOR.full_name, message.SerializePartialToString())


def _restore(full_name: str, serialized: bytes) -> Any:
    descriptor = POOL.FindMessageTypeByName(full_name)
    return message_factory.GetMessageClass(descriptor).FromString(serialized)
