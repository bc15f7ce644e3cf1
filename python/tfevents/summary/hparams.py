"""Hyperparameters, and the tags of their metrics."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from tfevents import _native
from tfevents._arguments import as_mapping, as_sequence, is_sequence
from tfevents._native import Summary, as_text
from tfevents.summary._configuration import Value, is_array, items_of, plain, single, text


def hparams(
    hparam_dict: Mapping[str, Any] | None = None,
    metric_dict: Mapping[str, Any] | None = None,
    hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
) -> tuple[Summary, Summary, Summary]:
    """The experiment, the start and the end of a session, for TensorBoard's hparams plugin.

    A hyperparameter is a boolean, a number or a string there. What is none of these becomes one:

    - one-element arrays and tensors of any package become the boolean or number that they hold;
    - lists, sets and arrays of several elements become JSON: `"[0.9, 0.999]"`;
    - `None` becomes `"None"`, a path a string, a member of an enumeration its name, a function or
      class its name; anything else what `str` shows, so types, devices, dates and modules;
    - a mapping becomes a hyperparameter for each of its items, `{"opt": {"lr": 0.1}}` being
      `opt/lr`; an empty one becomes `"{}"`. So do dataclasses, named tuples, namespaces, objects of
      OmegaConf, pydantic and attrs, and what has a `to_dict`; what contains itself becomes what
      `str` shows.

    Args:
        hparam_dict: the values by the names of the hyperparameters: a mapping, or what is named
            above as one.
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
        items = items_of(hparam_dict)
        if items is None:
            items = as_mapping(hparam_dict, "hparam_dict")
        for name, value in _flattened(items, "", (id(hparam_dict),)):
            if name in values:
                raise ValueError(f"hparam_dict: two hyperparameters have the name {name!r}")
            values[name] = value
    except RecursionError:
        raise ValueError("hparam_dict is nested too deeply") from None
    return values


def _flattened(
    mapping: Mapping[Any, Any], prefix: str, around: tuple[int, ...]
) -> Iterator[tuple[str, Value]]:
    for key, value in mapping.items():
        # The keys of a nested mapping may be integers, such as the numbers of layers.
        name = prefix + (text(key) if prefix else as_text(key, "hparam_dict: a key"))
        # A mapping that contains itself is shown as in Python.
        if id(value) in around:
            yield name, text(value)
        elif items := items_of(value):
            yield from _flattened(items, f"{name}/", (*around, id(value)))
        else:
            yield name, "{}" if items is not None else _value(value)


def _value(value: Any) -> Value:
    if value is None:
        return "None"
    if is_array(value):
        elements = plain(value)
        if isinstance(elements, list) and np.size(np.asarray(elements, object)) == 1:
            elements = np.reshape(np.asarray(elements, object), ()).item()
        return _json(elements) if isinstance(elements, list) else single(elements)
    if items_of(value) is not None or isinstance(value, Set) or is_sequence(value):
        return _json(plain(value))
    return single(value)


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
            domains[name] = [_value(value) for value in as_sequence(domain, argument)]
        except RecursionError:
            raise ValueError(f"{argument} is nested too deeply") from None
        for number, value in enumerate(domains[name]):
            if type(value) is not type(values[name]):
                raise TypeError(
                    f"{argument}[{number}]: expected values of the kind of hparam_dict[{name!r}], "
                    f"which is logged as {values[name]!r:.60}, got {value!r:.60}"
                )
    return domains


_DOMAINS = "hparam_domain_discrete"
