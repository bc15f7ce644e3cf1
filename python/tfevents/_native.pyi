import os
from typing import Any, Literal, Self, SupportsFloat, SupportsIndex

__version__: str

class EventWriter:
    """Logs scalars and texts to event files in one directory."""

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def _configure(
        self,
        log_dir: str | os.PathLike[str],
        flush_secs: float,
        filename_suffix: str,
        on_error: str,
    ) -> None: ...
    def _open(self) -> None: ...
    def _purge(self, step: SupportsIndex) -> None: ...
    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: Any = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None: ...
