"""Arguments of many methods, or errors that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard


def as_mapping(value: object, argument: str) -> Mapping[Any, Any]:
    """`value`, a mapping."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{argument}: expected a mapping, got {type(value).__name__}")
    return value


def as_sequence(value: object, argument: str) -> Sequence[Any]:
    """`value`, a list or what is like one."""
    if not is_sequence(value):
        raise TypeError(f"{argument}: expected a list, got {type(value).__name__}")
    return value


def is_sequence(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether `value` is a sequence, other than a string or bytes."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))
