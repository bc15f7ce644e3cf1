"""Converts the values of configurations to TensorBoard's hyperparameters and to JSON."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
from collections.abc import Iterable, Mapping, Set
from enum import Enum
from types import SimpleNamespace
from typing import Any

import numpy as np

from tfevents._arguments import is_sequence
from tfevents._arrays import with_mask
from tfevents._extras import imported
from tfevents._native import as_number

Value = bool | float | str


def items_of(value: Any) -> Mapping[Any, Any] | None:
    """What a mapping holds, or an object that is one by another name; None where it is neither.

    These are OmegaConf's and pydantic's objects, those of dataclasses and of attrs, named tuples,
    namespaces, and what has a `to_dict`, as the configurations of several packages have.
    """
    try:
        return _items_of(value)
    except RecursionError:
        raise
    except Exception:
        # The method fails or returns nothing. Then the value is shown as a text.
        return None


def _items_of(value: Any) -> Mapping[Any, Any] | None:
    if isinstance(value, type) or _has(value, "named_modules"):
        return None
    if isinstance(value, Mapping):
        return _resolved(value)
    if dataclasses.is_dataclass(value):
        return _attributes(value, [field.name for field in dataclasses.fields(value)])
    if _has(value, "__attrs_attrs__"):
        return _attributes(value, [field.name for field in value.__attrs_attrs__])
    if isinstance(value, tuple) and _has(value, "_asdict"):
        return _attributes(value, getattr(value, "_fields", ()))
    # It need not be imported: if there is a namespace of it, the module was imported.
    namespace = imported("argparse", "Namespace")
    if isinstance(value, (SimpleNamespace, namespace or SimpleNamespace)):
        return dict(vars(value))
    if is_array(value):
        return None
    for method in ("model_dump", "to_dict"):
        if _has(value, method) and callable(getattr(value, method)):
            try:
                items = getattr(value, method)()
            except RecursionError:
                raise
            except Exception:
                continue
            if isinstance(items, Mapping):
                return dict(items)
    return None


def _has(value: Any, name: str) -> bool:
    """Whether an object has an attribute. One that raises when it is asked has none."""
    try:
        return hasattr(value, name)
    except Exception:
        return False


def _resolved(mapping: Mapping[Any, Any]) -> dict[Any, Any]:
    """A mapping's items, with references of OmegaConf's followed."""
    config = imported("omegaconf", "DictConfig")
    if config is None or not isinstance(mapping, config):
        return dict(mapping)
    items: dict[Any, Any] = _followed(mapping, mapping)
    return items


def _listed(sequence: Any) -> list[Any]:
    """A sequence's items, with references of OmegaConf's followed."""
    config = imported("omegaconf", "ListConfig")
    if config is None or not isinstance(sequence, config):
        return list(sequence)
    items: list[Any] = _followed(sequence, range(len(sequence)))
    return items


def _followed(config: Any, keys: Iterable[Any]) -> Any:
    """The items of a configuration. A reference that leads nowhere stays as it is written."""
    # This waits for another thread that is importing it.
    from omegaconf import OmegaConf

    items: Any = OmegaConf.to_container(config, resolve=False)
    for key in keys:
        with contextlib.suppress(Exception):
            items[key] = config[key]
    return items


def _attributes(value: Any, names: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names if _has(value, name)}


def plain(value: Any, around: tuple[int, ...] = ()) -> Any:
    """What JSON can say of a value: an array's elements, an object's items, else a text.

    `around` are the ids of what it is an item of, which may come again in it.
    """
    if value is None or type(value) in (bool, float):
        return value
    if type(value) is int:
        return value if value.bit_length() < _MOST_BITS else text(value)
    if id(value) in around:
        return text(value)
    around = (*around, id(value))
    items = items_of(value)
    if items is not None:
        return {text(key): plain(item, around) for key, item in items.items()}
    if isinstance(value, Set):
        # They are sorted, so that the order is the same every time.
        return sorted((plain(item, around) for item in value), key=repr)
    if is_array(value):
        return _elements(value, around)
    if is_sequence(value):
        return [plain(item, around) for item in _listed(value)]
    return single(value)


# By default Python writes no integer of more than 4300 digits.
_MOST_BITS = 14_000


def is_array(value: Any) -> bool:
    """Whether a value has a shape and a type of elements, as arrays of all packages have."""
    return _has(value, "shape") and _has(value, "dtype") and not isinstance(value, type)


def single(value: Any) -> Value:
    """A value that has no parts as a boolean, a number or a text."""
    if isinstance(value, str):
        # `str()` of a member of an enumeration would show its name instead of its text.
        return text(str.__str__(value))
    if isinstance(value, bool):
        return value
    if isinstance(value, type) and not _has(value, "__origin__"):
        return text(value.__name__)
    if isinstance(value, (int, float)) or _has(value, "__float__"):
        try:
            return as_number(value, "")
        except Exception:
            # This happens for integers beyond the floats, and for complex numbers.
            return text(value)
    if isinstance(value, os.PathLike):
        return text(os.fsdecode(value))
    if isinstance(value, Enum):
        # A combination of flags may have no name.
        return text(value if value.name is None else value.name)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    # The `__name__` of `list[int]` is that of `list`, so it is not used.
    is_named = callable(value) and _has(value, "__name__") and not _has(value, "__origin__")
    name = value.__name__ if is_named else None
    return text(name if isinstance(name, str) else value)


def text(value: Any) -> str:
    """What `str` shows, without addresses, which differ from run to run."""
    try:
        shown = str(value)
    except Exception:
        # Python refuses to show the digits of an integer that is too long.
        shown = hex(value) if type(value) is int else f"<{type(value).__qualname__}>"
    # A lone surrogate, for example from a file's name, can't be encoded.
    return re.sub(r" at 0x[0-9a-fA-F]+", "", shown).encode("utf-8", "replace").decode()


def _elements(value: Any, around: tuple[int, ...]) -> Any:
    """Python's numbers, in nested lists where there are several; None for what is masked."""
    try:
        array, mask = with_mask(value, "")
    except (TypeError, ValueError):
        return _items_of_array(value, around)
    # For types that Python lacks, lists would have objects of these types.
    is_plain = array.dtype.kind in "biu" or array.dtype in (np.float16, np.float32, np.float64)
    array = array if is_plain else array.astype(np.float64)
    if mask is None:
        return array.tolist()
    if array.size == 1:
        return float("nan")
    return np.where(mask, np.array(None), array.astype(object)).tolist()


def _items_of_array(value: Any, around: tuple[int, ...]) -> Any:
    """Texts, times and complex numbers, in a list where there are several."""
    try:
        array = np.asarray(value)
    except Exception:
        # The array has no values.
        return text(value)
    if array.dtype.kind not in "SUTOMmc":
        return text(value)
    if array.ndim:
        return [plain(item, around) for item in array]
    return single(array.item()) if array.dtype.kind in "SUTOc" else text(array[()])
