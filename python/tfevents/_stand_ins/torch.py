"""In the place of `torch.utils.tensorboard.writer`, whose signatures are ours."""

from __future__ import annotations

from tfevents import writer
from tfevents._stand_ins import StandIn


class SummaryWriter(writer.SummaryWriter, metaclass=StandIn):
    __doc__ = writer.SummaryWriter.__doc__
    stands_for = (writer.SummaryWriter,)


class FileWriter(writer.FileWriter, metaclass=StandIn):
    __doc__ = writer.FileWriter.__doc__
    stands_for = (writer.FileWriter,)
