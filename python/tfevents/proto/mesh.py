"""Messages of the mesh plugin, TensorBoard's package `tensorboard.mesh`."""

from typing import Any

from tfevents.proto import _pool

__all__ = _pool.export(globals(), "tensorboard.mesh")


def __getattr__(name: str) -> Any:
    """No such name; here for type checkers, who do not see what the pool makes."""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
