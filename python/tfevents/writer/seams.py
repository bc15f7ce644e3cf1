"""Calls the hooks that experiment trackers put into other libraries' writers.

Trackers replace methods of torch's and tensorboardX's `FileWriter` and `SummaryWriter`, or the
class `EventFileWriter` in their modules and in TensorBoard's. Our file writer then becomes an
instance of the hooked class too, so the hook is called as with the other writer. A wrapper around a
method of `SummaryWriter` is put around our method.

These modules are not imported for this, except if a tracker waits for their import.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
from collections.abc import Callable
from types import CellType, FunctionType, MethodDescriptorType, ModuleType
from typing import Any

from tfevents._arguments import warn
from tfevents._native import Event
from tfevents._stand_in import StandIn

TORCH = "torch.utils.tensorboard.writer"
TENSORBOARDX = "tensorboardX.writer"
TENSORBOARD = "tensorboard.summary.writer.event_file_writer"

originals: dict[Any, type] = {}
"""What `install` has replaced, by what it put there."""

# Trackers that patch torch's classes only when these are imported.
_WAITING = ("comet_ml",)
_METHODS = ("add_event", "add_summary", "add_graph", "add_onnx_graph", "flush", "close")


def class_in(module: str, name: str) -> type | None:
    """A class of others' in a module that is loaded, the one that we have replaced there say."""
    found = vars(sys.modules.get(module, object)).get(name)
    found = originals.get(found, found)
    # If our class replaced it first, there may be no other class yet. A hook on our class is called
    # anyway.
    is_theirs = isinstance(found, type) and StandIn not in found.__mro__
    return found if is_theirs else None


def hooked_class(ours: type, module: str) -> type | None:
    """A subclass of `ours` and of that module's `FileWriter`, if somebody hooked the latter or has
    put a subclass in its place.
    """
    found = vars(sys.modules.get(module, object)).get("FileWriter")
    is_ours = isinstance(found, type) and ours in found.__mro__
    if is_ours and found is not ours and found not in originals:
        # Our class replaced it first, and the hook is a subclass of ours.
        return found
    theirs = class_in(module, "FileWriter")
    if theirs is None or theirs in ours.__mro__:
        return None
    base = next((it for it in theirs.__mro__ if _is_defined_in(it, module, "FileWriter")), None)
    if base is None:
        _cannot_serve(f"{module}.FileWriter", theirs)
        return None
    if theirs is base and not any(_is_patched(theirs, name) for name in _METHODS):
        return None
    return _file_writer_of(theirs, base, ours, module)


@functools.cache
def _file_writer_of(theirs: Any, base: Any, ours: Any, module: str) -> type:
    def hooked(self: Any) -> Any:
        # `super` binds methods as Python does. It does not bind a mock.
        return super(kind, self)

    def add_event(self: Any, event: Any, step: Any = None, walltime: Any = None) -> None:
        hooked(self).add_event(self._as_message(event), step, walltime)

    def add_summary(self: Any, summary: Any, global_step: Any = None, walltime: Any = None) -> None:
        hooked(self).add_summary(self._as_summary(summary), global_step, walltime)

    begin = {"__init__": ours.__init__}
    members = {
        "__doc__": ours.__doc__,
        "__module__": ours.__module__,
        "__qualname__": ours.__qualname__,
        "_hooked_in": module,
        # This is an attribute of tensorboardX's writer.
        "_default_metadata": {},
        "add_event": functools.wraps(theirs.add_event)(add_event),
        "add_summary": functools.wraps(theirs.add_summary)(add_summary),
    }
    if theirs is base:
        members |= begin
        bases: tuple[type, ...] = (theirs, ours)
    else:
        # The subclass's own `__init__` is called, and ours replaces that of its base.
        bases = (theirs, type(ours.__name__, (base,), begin), ours)
    kind = type(ours.__name__, bases, members)
    return kind


def event_file_writer(ours: type, modules: tuple[str, ...]) -> type:
    """A subclass of `ours` and of what took the place of `EventFileWriter` in one of the modules,
    or `ours` where nothing did.
    """
    for module in modules:
        theirs = vars(sys.modules.get(module, object)).get("EventFileWriter")
        if theirs is None:
            continue
        base = unhooked(theirs)
        if theirs is base and not any(_is_patched(base, it) for it in ("__init__", "add_event")):
            continue
        if base is None or theirs is base:
            _cannot_serve(f"{module}.EventFileWriter", theirs)
            continue
        return _event_file_writer_of(theirs, base, ours)
    return ours


@functools.cache
def _event_file_writer_of(theirs: type, base: type, ours: type) -> type:
    # A super() call in their class reaches our class before the common base.
    middle = type(ours.__name__, (ours, base), {"__module__": ours.__module__})
    return type(theirs.__name__, (theirs, middle), {"__module__": theirs.__module__})


def unhooked(event_file_writer: Any) -> type | None:
    """The `EventFileWriter` that a hook in its place derives from; None where it doesn't."""
    lineage = getattr(event_file_writer, "__mro__", ())
    return next((it for it in lineage if _is_event_file_writer(it)), None)


def _is_event_file_writer(it: type) -> bool:
    modules = (TENSORBOARD, "tensorboardX.event_file_writer")
    return any(_is_defined_in(it, module, "EventFileWriter") for module in modules)


def _is_defined_in(it: type, module: str, name: str) -> bool:
    return it.__name__ == name and it.__module__ == module


def _is_patched(theirs: type, name: str) -> bool:
    member = vars(theirs).get(name)
    return callable(member) and not _is_original(member, theirs)


def _is_original(member: Any, owner: type) -> bool:
    module = sys.modules.get(owner.__module__)
    return isinstance(member, FunctionType) and member.__globals__ is getattr(
        module, "__dict__", None
    )


def take_over(ours: type, module: str) -> None:
    """Puts the wrappers that somebody put around methods of that module's `SummaryWriter` around
    the methods of `ours`, a class that inherits them or has native ones, for as long as they are
    there.
    """
    _load_for_who_waits()
    theirs = class_in(module, "SummaryWriter")
    if theirs is None or theirs in ours.__mro__:
        return
    if theirs.__module__ != module:
        # Somebody put a subclass there. A program that uses our class would not get it.
        _cannot_serve(f"{module}.SummaryWriter", theirs)
        return
    for name in tuple(vars(theirs)):
        if not _is_patched(theirs, name):
            continue
        if name == "__init__":
            # Our `__init__` is running already.
            _cannot_serve(f"{module}.SummaryWriter.__init__", vars(theirs)[name])
        else:
            _take_over_one(ours, theirs, module, name)


def _take_over_one(ours: type, theirs: type, module: str, name: str) -> None:
    wrapper = vars(theirs)[name]
    own = vars(ours).get(name)
    is_native = isinstance(own, MethodDescriptorType)
    if own is not None and not is_native and getattr(own, "_is_there", _always)():
        # It was taken over before, or our method was patched too.
        return
    method = getattr(super(ours, ours), name, None)
    if method is None:
        return
    around = _around(wrapper, theirs, name, method, set())
    if around is None:
        _cannot_serve(f"{module}.SummaryWriter.{name}", wrapper)
        return

    @functools.wraps(method)
    def taken_over(self: Any, *args: Any, **kwargs: Any) -> Any:
        if vars(theirs).get(name) is wrapper:
            return around(self, *args, **kwargs)
        # The wrapper was removed or replaced.
        if vars(ours).get(name) is taken_over:
            delattr(ours, name)
        take_over(ours, module)
        return getattr(self, name)(*args, **kwargs)

    taken_over._is_there = lambda: vars(theirs).get(name) is wrapper  # type: ignore[attr-defined]
    setattr(ours, name, taken_over)


def _always() -> bool:
    return True


def _around(
    wrapper: Any, theirs: type, name: str, method: Callable[..., Any], seen: set[int]
) -> Any:
    """`wrapper`, which holds a method of `theirs` in its closure, with ours in the place of that;
    None if it holds none.
    """
    if wrapper is method or (_is_original(wrapper, theirs) and wrapper.__name__ == name):
        return method
    if id(wrapper) in seen:
        return None
    seen.add(id(wrapper))
    if isinstance(wrapper, functools.partial):
        inner = _around(wrapper.func, theirs, name, method, seen)
        return inner and functools.partial(inner, *wrapper.args, **wrapper.keywords)
    if not isinstance(wrapper, FunctionType):
        return None
    cells, found = [], None
    for cell in wrapper.__closure__ or ():
        # A cell may be empty.
        with contextlib.suppress(ValueError):
            inner = _around(cell.cell_contents, theirs, name, method, seen)
            if inner is not None:
                found, cell = inner, CellType(inner)
        cells.append(cell)
    if found is None:
        return None
    copy = FunctionType(
        wrapper.__code__, wrapper.__globals__, wrapper.__name__, wrapper.__defaults__, tuple(cells)
    )
    copy.__kwdefaults__ = wrapper.__kwdefaults__
    copy.__dict__.update(wrapper.__dict__, __wrapped__=found)
    return copy


def _load_for_who_waits() -> None:
    package = TORCH.rpartition(".")[0]
    if "torch" not in sys.modules or package in sys.modules:
        return
    if any(name in sys.modules for name in _WAITING):
        with contextlib.suppress(ImportError):
            importlib.import_module(package)


_told: set[str] = set()


def _cannot_serve(name: str, hook: Any) -> None:
    """Tells once that a hook is not called."""
    if name in _told:
        return
    _told.add(name)
    owner = getattr(hook, "__module__", None) or type(hook).__module__
    warn(
        f"{name} was replaced by {owner} in a way that tfevents can't follow: it will not see what "
        "is logged; where tfevents.install() is called before it is replaced, it will"
    )


def event_class(module: str | None) -> Any:
    """The class of an `Event` as hooks in that module expect it, or what is most like it."""
    if module is not None and isinstance(found := sys.modules.get(module), ModuleType):
        return found.event_pb2.Event
    for name in ("tensorboard.compat.proto.event_pb2", "tfevents.proto"):
        with contextlib.suppress(ImportError):
            return importlib.import_module(name).Event
    return Event
