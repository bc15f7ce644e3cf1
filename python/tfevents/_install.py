"""Puts our writers and readers in the place of others, for code that can't be edited."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NamedTuple

from tfevents._stand_ins import StandIn, event_accumulator, tbparse, tensorboardx, torch

# Where classes are defined, and what takes their place. Whatever else is bound to the same class,
# the packages that export it and the modules that imported it, is found by looking for it.
REPLACEMENTS: tuple[tuple[str, str, StandIn], ...] = (
    ("torch.utils.tensorboard.writer", "SummaryWriter", torch.SummaryWriter),
    ("torch.utils.tensorboard.writer", "FileWriter", torch.FileWriter),
    ("tensorboardX.writer", "SummaryWriter", tensorboardx.SummaryWriter),
    ("tensorboardX.writer", "FileWriter", tensorboardx.FileWriter),
    ("tensorboardX.global_writer", "GlobalSummaryWriter", tensorboardx.GlobalSummaryWriter),
    *(
        ("tensorboard.backend.event_processing.event_accumulator", it.__name__, it)
        for it in (event_accumulator.EventAccumulator, *event_accumulator.EVENTS)
    ),
    ("tbparse.summary_reader", "SummaryReader", tbparse.SummaryReader),
)


class Installation(NamedTuple):
    """What `install` did; `print` shows it."""

    patched: list[str]
    """The names that are ours now: `torch.utils.tensorboard.SummaryWriter`, …"""
    awaited: list[str]
    """The modules that will be patched once they are imported."""

    def __str__(self) -> str:
        lines = ["tfevents is in the place of:", *(f"  {name}" for name in self.patched)]
        if not self.patched:
            lines = ["tfevents is in the place of nothing yet"]
        if self.awaited:
            lines += ["and will be, when they are imported, in:"]
            lines += [f"  {name}" for name in self.awaited]
        return "\n".join(lines)


def install() -> Installation:
    """Puts our writers and readers in the place of others, in this process.

    `SummaryWriter` and `FileWriter` of `torch.utils.tensorboard`, and these and
    `GlobalSummaryWriter` of `tensorboardX`, become subclasses of ours with the signatures of
    those; TensorBoard's `EventAccumulator` and the classes of its events those of
    `tfevents.compat.event_accumulator`; and tbparse's `SummaryReader` that of
    `tfevents.compat.tbparse`; in every loaded module whose globals hold one of these
    classes, under whatever name; and in the packages themselves when they are imported later. None
    of them is imported for that, or needs to be installed. Builders such as
    `torch.utils.tensorboard.summary.scalar` stay.

    Objects that exist already stay what they are, and pass for instances of what has taken their
    class's place, as all writers of ours do. What holds a class in other ways than by a global,
    a subclass or a default argument say, keeps the class that it has.

    To call it again looks once more for what has been bound since. Any thread may call it.

    Returns:
        What is patched, and what will be.
    """
    with _lock:
        if _hook not in sys.meta_path:
            sys.meta_path.insert(0, _hook)
    for name in _MODULES:
        if _is_initializing(name):
            # Another thread began to import it before the hook was there.
            importlib.import_module(name)
    with _lock:
        _patch_all()
        patched = {f"{module.__name__}.{name}" for module, name, _ in _bound(_STAND_INS)}
        awaited = [name for name in _MODULES if name not in sys.modules]
    return Installation(sorted(patched), awaited)


def uninstall() -> list[str]:
    """Undoes `install`: every global that holds a class of ours holds the original again.

    Returns:
        The names that were restored.
    """
    with _lock:
        if _hook in sys.meta_path:
            sys.meta_path.remove(_hook)
        restored = set()
        for module, name, stand_in in list(_bound(_STAND_INS)):
            original = _originals.get(stand_in)
            if original is not None:
                setattr(module, name, original)
                restored.add(f"{module.__name__}.{name}")
        for stand_in in _originals:
            stand_in.stands_for = stand_in.stands_for[:1]
        _originals.clear()
    return sorted(restored)


_lock = threading.RLock()
_STAND_INS = {id(stand_in): stand_in for _, _, stand_in in REPLACEMENTS}
_MODULES = tuple(dict.fromkeys(module for module, _, _ in REPLACEMENTS))
_originals: dict[Any, type] = {}


def _patch_all() -> None:
    """Has every global that holds one of the originals hold its replacement."""
    found = {}
    for module_name, name, stand_in in REPLACEMENTS:
        module = sys.modules.get(module_name)
        original = getattr(module, name, None)
        if isinstance(original, type) and original is not stand_in:
            _originals[stand_in] = original
            stand_in.stands_for = (stand_in.stands_for[0], original)
    for stand_in, original in _originals.items():
        found[id(original)] = stand_in
    for module, name, stand_in in list(_bound(found)):
        setattr(module, name, stand_in)


def _bound(classes: dict[int, Any]) -> Iterator[tuple[ModuleType, str, Any]]:
    """The globals of all modules but ours that hold an object of these by id: module, name and
    what `classes` says of it.
    """
    for module in list(sys.modules.values()):
        if not isinstance(module, ModuleType):
            continue
        # Not by getattr, at which a lazy module would load.
        names = object.__getattribute__(module, "__dict__")
        if str(names.get("__name__")).partition(".")[0] == "tfevents":
            continue
        for name, value in list(names.items()):
            if id(value) in classes:
                yield module, name, classes[id(value)]


def _is_initializing(name: str) -> bool:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))


class _Hook(MetaPathFinder):
    """Has the modules of `REPLACEMENTS` patched as soon as they are imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _MODULES:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Patching(spec.loader)
                return spec
        return None


class _Patching(Loader):
    """Loads a module as `loader` does, and patches what is loaded."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # The module is to look as ever.
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        with _lock:
            if _hook in sys.meta_path:
                _patch_all()


_hook = _Hook()
