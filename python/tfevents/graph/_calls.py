"""The arguments and the results of a model."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

_EITHER = inspect.Parameter.POSITIONAL_OR_KEYWORD

# Positional arguments and keyword arguments. One of the two is empty.
Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def arguments_of(model: Any, inputs: Any) -> Arguments:
    """The arguments of a model, of which a single one need not be in a tuple.

    A mapping is one of keyword arguments where its keys are names of the model's parameters, as is
    one at the end of a tuple or list.
    """
    if inputs is None:
        return (), {}
    positional = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    if positional and isinstance(positional[-1], Mapping):
        *places, keywords = positional
        named = _named(model, places, keywords)
        if named:
            return (), named
    return positional, {}


def _named(model: Any, places: list[Any], keywords: Mapping[Any, Any]) -> dict[str, Any]:
    """All of these arguments by the names of the parameters; none where they don't fit."""
    try:
        signature = inspect.signature(getattr(model, "forward", model))
        bound = signature.bind(*places, **keywords)
    except (TypeError, ValueError):
        return {}
    named = {}
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            named.update(value)
        elif kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.POSITIONAL_ONLY):
            return {}
        else:
            named[name] = value
    return named


@contextmanager
def named_for_tracer(model: Any, keywords: Mapping[str, Any]) -> Iterator[Any]:
    """A model whose signature names all `keywords`, as the tracer has it.

    It knows no parameter that goes by its name alone, nor those that `**` takes.
    """
    forward = getattr(model, "forward", model)
    names = [inspect.Parameter(name, _EITHER) for name in keywords]
    known = inspect.signature(forward).parameters if names else {}
    if all(name in known and known[name].kind is _EITHER for name in keywords):
        yield model
        return

    @functools.wraps(forward)
    def named(*places: Any, **names: Any) -> Any:
        return forward(*places, **names)

    named.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]
    if forward is model:
        yield named
        return
    own = "forward" in vars(model)
    model.forward = named
    try:
        yield model
    finally:
        if own:
            model.forward = forward
        else:
            del model.forward


def is_plain(torch: Any, value: Any) -> bool:
    """Whether a value is made of tensors, numbers and texts in plain containers alone."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return all(is_plain(torch, item) for item in value)
    return value is None or isinstance(value, (torch.Tensor, bool, int, float, complex, str))


@contextmanager
def tensors_alone(torch: Any, model: Any) -> Iterator[Any]:
    """A model that returns a tuple of the tensors which are in what `model` returns."""

    def tensors(returned: Any) -> tuple[Any, ...]:
        found: dict[int, Any] = {}
        _collect(torch, returned, found, set())
        if not found:
            raise TypeError(f"there are no tensors in the {type(returned).__name__} it returns")
        return tuple(found.values())

    if isinstance(model, torch.nn.Module):
        hook = model.register_forward_hook(lambda _module, _inputs, returned: tensors(returned))
        try:
            yield model
        finally:
            hook.remove()
    else:
        yield functools.wraps(model)(lambda *places, **names: tensors(model(*places, **names)))


def _collect(torch: Any, value: Any, found: dict[int, Any], seen: set[int]) -> None:
    """Puts the tensors in a value, in containers and attributes, into `found` in their order."""
    if isinstance(value, torch.Tensor):
        found.setdefault(id(value), value)
        return
    if id(value) in seen or isinstance(value, (str, bytes, type)):
        return
    seen.add(id(value))
    if isinstance(value, Mapping):
        parts = list(value.values())
    elif isinstance(value, (list, tuple, Set)):
        parts = list(value)
    else:
        names = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
        slots = [getattr(value, name) for name in names if hasattr(value, name)]
        parts = [*getattr(value, "__dict__", {}).values(), *slots]
    for part in parts:
        _collect(torch, part, found, seen)
