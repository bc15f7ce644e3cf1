"""Hyperparameters, and the tags of the metrics that judge them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import numpy as np

from tfevents import _native
from tfevents._arguments import as_mapping, as_sequence, is_sequence
from tfevents._arrays import as_array
from tfevents._native import Summary, as_number, as_text

Value = bool | float | str


def hparams(
    hparam_dict: Mapping[str, Any] | None = None,
    metric_dict: Mapping[str, Any] | None = None,
    hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
) -> tuple[Summary, Summary, Summary]:
    """The experiment, the start and the end of a session, for TensorBoard's hparams plugin.

    A hyperparameter is a boolean, a number or a string there. What is none of these becomes one:

    - one-element arrays and tensors of any package become the boolean or number that they hold;
    - lists and other sequences, and arrays of several elements, become JSON: `"[0.9, 0.999]"`;
    - `None` becomes `"None"`, a path a string, a member of an enumeration its name, a function or
      class its name;
    - a mapping becomes a hyperparameter for each of its items, `{"opt": {"lr": 0.1}}` being
      `opt/lr`; an empty one becomes `"{}"`.

    Args:
        hparam_dict: the values by the names of the hyperparameters.
        metric_dict: its keys are the tags of the metrics.
        hparam_domain_discrete: for some hyperparameters all values that they can have, of the kind
            of the value in `hparam_dict`. What came out of a nested mapping goes by its whole name.

    Raises:
        TypeError, ValueError: an argument that can't be used; the message names the key.
    """
    values = hparam_values(hparam_dict)
    domains = _domains(hparam_domain_discrete, values)
    infos = [(name, value, domains.get(name)) for name, value in values.items()]
    metrics = as_mapping(metric_dict, "metric_dict")
    return _native.hparams(infos, [as_text(tag, "metric_dict: a key") for tag in metrics])


def hparam_values(hparam_dict: object) -> dict[str, Value]:
    """The hyperparameters by their names, as they are logged."""
    values: dict[str, Value] = {}
    try:
        for name, value in _flattened(as_mapping(hparam_dict, "hparam_dict"), ""):
            if name in values:
                raise ValueError(f"hparam_dict: two hyperparameters have the name {name!r}")
            values[name] = value
    except RecursionError:
        raise ValueError("hparam_dict is nested too deeply, or contains itself") from None
    return values


def _flattened(mapping: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Value]]:
    for key, value in mapping.items():
        # The keys of a nested mapping may be integers, the layers of a model say.
        text = str(key) if prefix and type(key) is int else key
        name = prefix + as_text(text, f"hparam_dict: a key{prefix and ' of ' + prefix}")
        if isinstance(value, Mapping) and value:
            yield from _flattened(value, f"{name}/")
        else:
            yield name, _value(value, f"hparam_dict[{name!r}]")


def _value(value: Any, argument: str) -> Value:
    if isinstance(value, str):
        return as_text(value, argument)
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return as_number(value, argument)
    if _is_array(value):
        items = _items(value, argument)
        if np.size(items) != 1:
            return _json(items)
        item = np.reshape(items, ()).item()
        return item if isinstance(item, bool) else as_number(item, argument)
    if value is None:
        return "None"
    if isinstance(value, os.PathLike):
        return as_text(os.fsdecode(value), argument)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping) or is_sequence(value):
        return _json(_plain(value, argument))
    if callable(value) and isinstance(getattr(value, "__name__", None), str):
        return as_text(value.__name__, argument)
    if hasattr(value, "__float__"):
        return as_number(value, argument)
    raise TypeError(
        f"{argument}: expected a bool, number, str, None, or a list or mapping of these, "
        f"got {type(value).__name__}"
    )


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _items(value: Any, argument: str) -> Any:
    """Python's numbers, in nested lists where there are several."""
    array = as_array(value, argument)
    # Of the types that NumPy or Python lacks, lists would hold objects of these.
    is_plain = array.dtype.kind in "biu" or array.dtype in (np.float16, np.float32, np.float64)
    return (array if is_plain else array.astype(np.float64)).tolist()


def _plain(value: Any, argument: str) -> Any:
    """What JSON can say of `value`."""
    if isinstance(value, Mapping):
        return {
            as_text(str(key), argument): _plain(item, f"{argument}[{key!r}]")
            for key, item in value.items()
        }
    if is_sequence(value):
        return [_plain(item, f"{argument}[{i}]") for i, item in enumerate(value)]
    if value is None or type(value) in (bool, int, float):
        return value
    return _items(value, argument) if _is_array(value) else _value(value, argument)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _domains(hparam_domain_discrete: object, values: Mapping[str, Value]) -> dict[str, list[Value]]:
    domains = {}
    given = as_mapping({} if hparam_domain_discrete is None else hparam_domain_discrete, _DOMAINS)
    for name, domain in given.items():
        argument = f"{_DOMAINS}[{name!r}]"
        if name not in values:
            raise ValueError(f"{argument}: hparam_dict has no hyperparameter of this name")
        try:
            domains[name] = [
                _value(value, f"{argument}[{i}]")
                for i, value in enumerate(as_sequence(domain, argument))
            ]
        except RecursionError:
            raise ValueError(f"{argument} is nested too deeply, or contains itself") from None
        for value in domains[name]:
            if type(value) is not type(values[name]):
                raise TypeError(
                    f"{argument}: expected values of the kind of hparam_dict[{name!r}], which is "
                    f"logged as {values[name]!r:.60}, got {value!r:.60}"
                )
    return domains


_DOMAINS = "hparam_domain_discrete"
