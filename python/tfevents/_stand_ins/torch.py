"""Replaces the classes of `torch.utils.tensorboard.writer`, which have our signatures."""

from __future__ import annotations

from tfevents import writer
from tfevents._stand_in import StandIn


class FileWriter(writer.FileWriter, StandIn):
    __doc__ = writer.FileWriter.__doc__
    stands_for = (writer.FileWriter,)


class SummaryWriter(writer.SummaryWriter, StandIn):
    __doc__ = writer.SummaryWriter.__doc__
    stands_for = (writer.SummaryWriter,)
    _file_writer_class = FileWriter
