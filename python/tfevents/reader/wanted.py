"""What of events is wanted, by the tags and kinds of their values."""

from __future__ import annotations

from collections.abc import Iterable

from tfevents import _native
from tfevents.reader import selection


class Kinds:
    """The kinds of values. A tensor without metadata is what the first value of its tag claims, if
    it fits.
    """

    def __init__(self, known: Iterable[tuple[str, str, str]] = ()) -> None:
        self._claims: dict[tuple[str, str], str] = {}
        for run, tag, claimed in known:
            self._claims.setdefault((run, tag), claimed)

    def __call__(self, run: str, value: _native.Value) -> str | None:
        """The native name of what a value is; None if it is nothing."""
        if (claimed := value._claimed()) is not None:
            self._claims.setdefault((run, value.tag), claimed)
        kind = value._kind_by(self._claims.get((run, value.tag), "tensor"))
        return None if kind == "other" else kind


class Wanted:
    """What of events is wanted: values by their tags and kinds."""

    def __init__(
        self, tags: selection.Matcher | None, kinds: list[str] | None, kind_of: Kinds
    ) -> None:
        self._tags = tags
        self._kinds = None if kinds is None else set(kinds)
        self._kind_of = kind_of

    def __call__(self, run: str, event: _native.Event) -> _native.Event | None:
        """The event with the values that are wanted; `None` where none is."""
        if event.what != "summary":
            kinds = self._kinds if self._tags is None and self._kinds is not None else ()
            return event if _EVENTS.get(event.what or "") in kinds else None
        values = event.values
        chosen = [value for value in values if self._wants(run, value)]
        if not chosen:
            return None
        return event if len(chosen) == len(values) else event.replace(values=chosen)

    def _wants(self, run: str, value: _native.Value) -> bool:
        if self._tags is not None and not self._tags(value.tag):
            return False
        return self._kinds is None or self._kind_of(run, value) in self._kinds


_EVENTS = {
    "graph_def": "graph",
    "meta_graph_def": "meta_graph",
    "tagged_run_metadata": "run_metadata",
    "session_log": "session_log",
}
