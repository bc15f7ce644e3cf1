"""Replaces the class of `tbparse.summary_reader`."""

from __future__ import annotations

from tfevents._stand_in import StandIn
from tfevents.compat import tbparse


class SummaryReader(tbparse.SummaryReader, StandIn):
    __doc__ = tbparse.SummaryReader.__doc__
    stands_for = (tbparse.SummaryReader,)
