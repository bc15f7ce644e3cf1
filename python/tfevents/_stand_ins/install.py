"""Replaces other libraries' writers and readers with ours, for code that can't be edited."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec
from types import ModuleType
from typing import Any, NamedTuple

from tfevents._stand_ins import event_accumulator, tbparse, tensorboardx, torch
from tfevents.writer import seams

# The modules that define the classes, and the classes that replace them. Other names of the same
# classes, in packages that export them and in modules that imported them, are found by a search.
REPLACEMENTS: tuple[tuple[str, str, Any], ...] = (
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

# Modules of torch that get our classes at once when they are imported. Their other names, for which
# they import TensorBoard, are loaded at first use.
_LAZY = ("torch.utils.tensorboard", "torch.utils.tensorboard.writer")


class Installation(NamedTuple):
    """What `install` did; `print` shows it."""

    patched: list[str]
    """The names that are ours now: `torch.utils.tensorboard.SummaryWriter`, …"""
    awaited: list[str]
    """The modules that will be patched once they are imported."""

    @property
    def absent(self) -> list[str]:
        """The packages among those of `awaited` that are not installed."""
        packages = dict.fromkeys(name.partition(".")[0] for name in self.awaited)
        return [name for name in packages if not _is_installed(name)]

    def __str__(self) -> str:
        absent = self.absent
        awaited = [name for name in self.awaited if name.partition(".")[0] not in absent]
        lines = ["tfevents is in the place of:", *(f"  {name}" for name in self.patched)]
        if not self.patched:
            lines = ["tfevents is in the place of nothing yet"]
        if awaited:
            lines += ["and will be, when they are imported, in:"]
            lines += [f"  {name}" for name in awaited]
        if absent:
            lines += ["but of nothing in these packages, which are not installed:"]
            lines += [f"  {name}" for name in absent]
        return "\n".join(lines)


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):
        return False


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

    To import `torch.utils.tensorboard` afterwards imports no TensorBoard, and does without it,
    until something else of it than the writers is asked for.

    Objects that exist already stay what they are, and pass for instances of what has taken their
    class's place, as all writers of ours do. What holds a class in other ways than by a global,
    a subclass or a default argument say, keeps the class that it has.

    To call it again looks once more for what has been bound since. Any thread may call it.

    Returns:
        What is patched, and what will be.

    Example:
        >>> print(tfevents.install())  # doctest: +SKIP
        tfevents is in the place of:
          torch.utils.tensorboard.SummaryWriter
        >>> tfevents.uninstall()  # doctest: +SKIP
    """
    with _lock:
        if _hook not in sys.meta_path:
            sys.meta_path.insert(0, _hook)
    for name in _MODULES:
        if _is_initializing(name):
            # Another thread began to import the module before the hook was there.
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

    Example:
        >>> tfevents.uninstall()
        []
    """
    for name in _LAZY:
        try:
            _load_fully(name)
        except ImportError:
            # There is no original module. Importing it again fails as usual.
            sys.modules.pop(name, None)
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
            stand_in.stand_for(stand_in.stands_for[0])
        _originals.clear()
    return sorted(restored)


_lock = threading.RLock()
# This lock is held while modules are imported, whose code may wait for `_lock`.
_loading = threading.RLock()
_STAND_INS = {id(stand_in): stand_in for _, _, stand_in in REPLACEMENTS}
_MODULES = tuple(dict.fromkeys(module for module, _, _ in REPLACEMENTS))
_originals = seams.originals


def _patch_all() -> None:
    """Has every global that holds one of the originals hold its replacement."""
    found = {}
    for module_name, name, stand_in in REPLACEMENTS:
        module = sys.modules.get(module_name)
        original = getattr(module, name, None)
        # If somebody has replaced our class with a subclass of it, that stays.
        if isinstance(original, type) and stand_in not in original.__mro__:
            _originals[stand_in] = original
            stand_in.stand_for(stand_in.stands_for[0], original)
    for stand_in, original in _originals.items():
        found[id(original)] = stand_in
    for module, name, stand_in in list(_bound(found)):
        setattr(module, name, stand_in)


def _bound(classes: dict[int, Any]) -> Iterator[tuple[ModuleType, str, Any]]:
    """The globals of all modules but ours that hold an object of these by id: module, name and
    what `classes` says of it.
    """
    for module in list(sys.modules.values()):
        # The type is checked, since objects of cffi only claim to be modules, and have no globals.
        if not issubclass(type(module), ModuleType):
            continue
        # This does not use getattr, which would load a lazy module.
        names = object.__getattribute__(module, "__dict__")
        if str(names.get("__name__")).partition(".")[0] == "tfevents":
            continue
        for name, value in list(names.items()):
            if id(value) in classes:
                yield module, name, classes[id(value)]


def _load_fully(name: str) -> None:
    """Loads what a module of `_LAZY` has not loaded yet.

    Raises:
        ImportError: it can't be, without TensorBoard say.
    """
    with _loading:
        module = sys.modules.get(name)
        rest = vars(module).get("__getattr__") if module is not None else None
        if module is None or not isinstance(rest, _Rest):
            return
        ours = dict(vars(module))
        del vars(module)["__getattr__"]
        try:
            rest.loader.exec_module(module)
        except BaseException:
            vars(module).update(ours)
            raise
        now = vars(module).get("EventFileWriter")
        if now is not None:
            # If another class has replaced it since, it must not be hooked again.
            vars(module)["EventFileWriter"] = rest.imported or seams.unhooked(now) or now
        with _lock:
            if _hook in sys.meta_path:
                _patch_all()


def _is_initializing(name: str) -> bool:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))


class _Hook(MetaPathFinder):
    """Has the modules of `REPLACEMENTS` patched as soon as they are imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _MODULES and fullname not in _LAZY:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                # A loader of another kind may need the whole module.
                if fullname in _LAZY and type(spec.loader) is SourceFileLoader:
                    spec.loader = _Lazy(spec.loader)
                elif spec.loader is not None:
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
        # The module must look as if it was imported without the hook.
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        with _lock:
            if _hook in sys.meta_path:
                _patch_all()


class _Lazy(_Patching):
    """Gives a module our classes; `loader` loads the rest once it is asked for."""

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        names = {
            name: stand_in
            for at, name, stand_in in REPLACEMENTS
            if at == "torch.utils.tensorboard.writer"
        }
        with _lock:
            if _hook not in sys.meta_path:
                self.loader.exec_module(module)
                return
            vars(module).update(names, __all__=sorted(names))

        def __getattr__(name: str) -> Any:
            # Many programs look for dunder names in all modules. They must not load it.
            if not name.startswith("__"):
                try:
                    _load_fully(module.__name__)
                except ImportError as error:
                    raise AttributeError(
                        f"module {module.__name__!r} has no attribute {name!r}: {error}"
                    ) from error
            try:
                return vars(module)[name]
            except KeyError:
                raise AttributeError(
                    f"module {module.__name__!r} has no attribute {name!r}"
                ) from None

        imported = vars(sys.modules.get(seams.TENSORBOARD, object)).get("EventFileWriter")
        vars(module)["__getattr__"] = _Rest(__getattr__, self.loader, imported)
        # The package has the module as an attribute, as usual.
        importlib.import_module(_LAZY[-1])


class _Rest(NamedTuple):
    """The `__getattr__` of a module, and what loads the rest of that."""

    getattr: Any
    loader: Loader
    imported: Any
    """TensorBoard's `EventFileWriter` or what had taken its place when the module was imported;
    None where there was none yet."""

    def __call__(self, name: str) -> Any:
        return self.getattr(name)


_hook = _Hook()
