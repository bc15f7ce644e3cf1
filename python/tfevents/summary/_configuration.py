"""What configurations hold, in the terms of TensorBoard's hyperparameters and of JSON."""

from __future__ import annotations

import dataclasses
import os
import re
import sys
from collections.abc import Mapping, Set
from enum import Enum
from types import SimpleNamespace
from typing import Any

import numpy as np

from tfevents._arguments import is_sequence
from tfevents._arrays import with_mask
from tfevents._native import as_number

Value = bool | float | str


def items_of(value: Any) -> Mapping[Any, Any] | None:
    """What a mapping holds, or an object that is one by another name; None where it is neither.

    These are OmegaConf's and pydantic's objects, those of dataclasses and of attrs, named tuples,
    namespaces, and what has a `to_dict`, as the configurations of several packages have.
    """
    if isinstance(value, type) or hasattr(value, "named_modules"):
        return None
    if isinstance(value, Mapping):
        return _resolved(value)
    if dataclasses.is_dataclass(value):
        return _attributes(value, [field.name for field in dataclasses.fields(value)])
    if hasattr(value, "__attrs_attrs__"):
        return _attributes(value, [field.name for field in value.__attrs_attrs__])
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _attributes(value, getattr(value, "_fields", ()))
    # Looked up, not imported: where there is a namespace of it, the module was imported.
    argparse = sys.modules.get("argparse")
    if isinstance(value, SimpleNamespace) or (argparse and isinstance(value, argparse.Namespace)):
        return dict(vars(value))
    if is_array(value):
        return None
    for method in ("model_dump", "to_dict"):
        if callable(getattr(value, method, None)):
            try:
                items = getattr(value, method)()
            except Exception:
                # It is shown as a text then.
                continue
            if isinstance(items, Mapping):
                return items
    return None


def _resolved(mapping: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """A mapping of OmegaConf's with its references followed, where they lead somewhere."""
    module = sys.modules.get("omegaconf")
    if module is None or not isinstance(mapping, module.DictConfig):
        return mapping
    for resolve in (True, False):
        try:
            items = module.OmegaConf.to_container(mapping, resolve=resolve)
        except Exception:
            continue
        if isinstance(items, Mapping):
            return items
    return {}


def _attributes(value: Any, names: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def plain(value: Any) -> Any:
    """What JSON can say of a value: an array's elements, an object's items, else a text."""
    if value is None or type(value) in (bool, int, float):
        return value
    items = items_of(value)
    if items is not None:
        return {text(key): plain(item) for key, item in items.items()}
    if isinstance(value, Set):
        # In an order that is the same every time.
        return sorted((plain(item) for item in value), key=repr)
    if is_sequence(value) and not is_array(value):
        return [plain(item) for item in value]
    if is_array(value):
        return _elements(value)
    return single(value)


def is_array(value: Any) -> bool:
    """Whether a value has a shape and a type of elements, as arrays of all packages have."""
    return hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, type)


def single(value: Any) -> Value:
    """A value that has no parts as a boolean, a number or a text."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, type):
        return text(value.__name__)
    if isinstance(value, (int, float)) or hasattr(value, "__float__"):
        try:
            return as_number(value, "")
        except (TypeError, ValueError):
            # An integer beyond the floats, a complex number.
            return text(value)
    if isinstance(value, os.PathLike):
        return text(os.fsdecode(value))
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    name = getattr(value, "__name__", None)
    return text(name if callable(value) and isinstance(name, str) else value)


def text(value: Any) -> str:
    """What `str` shows, without addresses, which differ from run to run."""
    try:
        shown = str(value)
    except Exception:
        shown = f"<{type(value).__qualname__}>"
    # What can't be encoded is no text: half a surrogate pair, from a file's name say.
    return re.sub(r" at 0x[0-9a-fA-F]+", "", shown).encode("utf-8", "replace").decode()


def _elements(value: Any) -> Any:
    """Python's numbers, in nested lists where there are several; None for what is masked."""
    try:
        array, mask = with_mask(value, "")
    except (TypeError, ValueError):
        if isinstance(value, np.ndarray) and value.dtype.kind in "SUTO" and value.ndim:
            return [plain(item) for item in value.tolist()]
        # Without values or of complex numbers, say.
        return text(value)
    # Of the types that NumPy or Python lacks, lists would hold objects of these.
    is_plain = array.dtype.kind in "biu" or array.dtype in (np.float16, np.float32, np.float64)
    array = array if is_plain else array.astype(np.float64)
    if mask is None:
        return array.tolist()
    if array.size == 1:
        return float("nan")
    return np.where(mask, np.array(None), array.astype(object)).tolist()
