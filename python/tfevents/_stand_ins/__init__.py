"""Classes that `tfevents.install` puts in the place of others, with the signatures of these.

They are classes of their own, so that `tfevents.uninstall` knows what to undo.
"""

from __future__ import annotations

from typing import Any


class StandIn(type):
    """The type of a class to which also belongs what belongs to `stands_for`."""

    stands_for: tuple[type, ...]

    def __instancecheck__(cls, instance: Any) -> bool:
        # Subclasses inherit the attribute, but they stand for nothing.
        others = cls.__dict__.get("stands_for", ())
        return super().__instancecheck__(instance) or isinstance(instance, others)

    def __subclasscheck__(cls, subclass: type) -> bool:
        others = cls.__dict__.get("stands_for", ())
        return super().__subclasscheck__(subclass) or issubclass(subclass, others)
