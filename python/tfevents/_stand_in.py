"""The base of the classes that `tfevents.install` puts in the place of others."""

from __future__ import annotations

from abc import ABC
from typing import Any, ClassVar


class StandIn(ABC):
    """To such a class also belongs what belongs to `stands_for`.

    Its type is that of abstract base classes, so that one class may inherit from both.
    """

    stands_for: ClassVar[tuple[type, ...]]

    @classmethod
    def __subclasshook__(cls, subclass: type) -> Any:
        # Subclasses inherit the attribute, but they replace no class.
        others = cls.__dict__.get("stands_for", ())
        return True if issubclass(subclass, others) else NotImplemented

    @classmethod
    def stand_for(cls, *others: type) -> None:
        """Changes `stands_for`."""
        cls.stands_for = others
        # `isinstance` caches its answers, so the cache must be cleared.
        cls._abc_caches_clear()  # type: ignore[attr-defined]
