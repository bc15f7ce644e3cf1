"""Replaces the classes of `tensorboard.backend.event_processing.event_accumulator`."""

from __future__ import annotations

from types import new_class
from typing import Any

from tfevents._stand_in import StandIn
from tfevents.compat import event_accumulator, events


class EventAccumulator(event_accumulator.EventAccumulator, StandIn):
    __doc__ = event_accumulator.EventAccumulator.__doc__
    stands_for = (event_accumulator.EventAccumulator,)


def _stand_in(event: type) -> Any:
    members = {"__doc__": event.__doc__, "__module__": __name__, "stands_for": (event,)}
    return new_class(event.__name__, (event, StandIn), exec_body=lambda it: it.update(members))


EVENTS = tuple(
    _stand_in(event)
    for event in (
        events.ScalarEvent,
        events.CompressedHistogramEvent,
        events.HistogramValue,
        events.HistogramEvent,
        events.ImageEvent,
        events.AudioEvent,
        events.TensorEvent,
    )
)
"""What it returns, for code that asks whether it is that."""
