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

    The plugin takes a boolean, a number or a string for each hyperparameter. Other values are
    converted:

    - an array or a tensor with one element becomes the boolean or number that it holds;
    - lists, sets and larger arrays become JSON: `"[0.9, 0.999]"`;
    - `None` becomes `"None"`; a path becomes a string; members of enumerations, functions and
      classes become their names;
    - a mapping becomes one hyperparameter for each of its items: `{"opt": {"lr": 0.1}}` becomes
      `opt/lr`. An empty one becomes `"{}"`. Dataclasses, named tuples, namespaces, objects of
      OmegaConf, pydantic and attrs, and objects with a `to_dict` are mappings too;
    - anything else becomes its `str`, and so does a mapping that contains itself.

    Args:
        hparam_dict: the hyperparameters by name: a mapping, or an object that counts as one.
        metric_dict: its keys are the tags of the metrics.
        hparam_domain_discrete: all values that a hyperparameter can have, for some of them. They
            are of the kind of the value in `hparam_dict`. An item of a nested mapping goes by its
            whole name, `opt/lr`.

    Returns:
        The experiment, the start and the end of the session, in the order in which to log them.

    Raises:
        TypeError, ValueError: an argument can't be used; the message names the key.

    Example:
        >>> for summary in tfevents.summary.hparams({"lr": 0.1}, {"accuracy": 0.9}):
        ...     writer.file_writer.add_summary(summary)
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
