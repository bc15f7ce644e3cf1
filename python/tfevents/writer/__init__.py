"""`SummaryWriter`, with the interface of `torch.utils.tensorboard.SummaryWriter`.

Each group of methods is a class in a file of its own. `base` has what they share.
"""

from __future__ import annotations

from types import FunctionType

from tfevents import _exit as _exit
from tfevents import _native
from tfevents.writer import seams
from tfevents.writer.custom_scalars import CustomScalarMethods
from tfevents.writer.distributions import DistributionMethods
from tfevents.writer.embedding import EmbeddingMethods
from tfevents.writer.file_writer import FileWriter
from tfevents.writer.graph import GraphMethods
from tfevents.writer.hparams import HparamMethods
from tfevents.writer.media import MediaMethods
from tfevents.writer.mesh import MeshMethods
from tfevents.writer.scalars import ScalarMethods
from tfevents.writer.tensors import TensorMethods

__all__ = ["FileWriter", "SummaryWriter"]


class SummaryWriter(
    ScalarMethods,
    DistributionMethods,
    TensorMethods,
    MediaMethods,
    HparamMethods,
    CustomScalarMethods,
    MeshMethods,
    GraphMethods,
    EmbeddingMethods,
):
    """Logs to event files in one directory, from any number of threads and processes.

    An `add_*` call encodes its event, hands it to a thread and returns; the thread writes it
    within about 100 ms. A forked or unpickled writer opens a file of its own with its first event.

    Args:
        log_dir: the directory; by default `runs/<MonDD_HH-MM-SS>_<host><comment>`. A URI, such as
            `"s3://bucket/run"`, needs the extra `tfevents[remote]`, and the package that fsspec
            asks for to get at that service.
        comment: ends the default directory's name; ignored where `log_dir` is given.
        purge_step: has TensorBoard hide what was logged to `log_dir` from this step on before,
            for a run that crashed and resumes.
        max_queue: accepted for torch's sake. Memory is bounded by bytes, not by events, and events
            are written long before ten of them would be worth waiting for.
        flush_secs: the longest time, in seconds, that an event may wait to be written; at most
            0.1 is used. Where `log_dir` is a URI, how often files are uploaded.
        filename_suffix: ends the names of the event files.
        on_error: what a failure in the background does, a full disk say. `"raise"`: the next call
            raises the `OSError`. `"warn"`: one `RuntimeWarning` an outage, training goes on,
            writing is tried again; when 64 MiB wait, further events are dropped and counted in
            `dropped_events`. Where warnings are errors, the call that raises has logged nothing.
        logdir: what tensorboardX calls `log_dir`.
        write_to_disk: False makes a writer that takes what others take, checks it, and writes
            nothing: no file, no directory.

    Raises:
        TypeError, ValueError: an argument that can't be used; the message names it.
        OSError: the file can't be created.
        ImportError: `log_dir` is a URI, and a package that it needs is missing.

    After `close` the next `add_*` opens a new file in the same directory.

    Where `log_dir` is a URI, the files grow in a local directory, the spool, and a thread uploads
    each that changed, as a whole, every `flush_secs`. A file of 16 MiB, or one that would go up too
    often, is followed by another one: all uploads together are at most twice what was logged, and
    256 kB each time. `flush` and `close` return once all is uploaded, and fail with a
    `TimeoutError` once nothing has arrived for 30 s and a second for each megabyte that is on its
    way. The end of the process uploads what is left of all writers at once, waits 10 s in the same
    way and no longer than 60 s; Ctrl-C ends that, and nothing goes up after it. SIGTERM does the
    same, unless the program handles it.

    The spool is removed when all is uploaded and the last file closed. What can't be uploaded stays
    there, the error or warning says where, and the thread tries again; a failure that is over
    before the next call is none. A process that is killed leaves its spool behind, with up to
    `flush_secs` of events that are nowhere else: the next writer of the same directory warns of
    that, and `tfevents.upload_spools` uploads it. Spools lie below `/var/tmp`, or where the
    environment's `TMPDIR` says, or else its `TFEVENTS_SPOOL`.

    Programs that watch torch's writer, experiment trackers say, see what is logged here as well:
    what they put around methods of torch's `SummaryWriter` and `FileWriter`, and in the place of
    `EventFileWriter`, is called. It is looked for when a writer is made and whenever it has rested.

    Attributes:
        path: the event file that is being written; None where none is open.
        paths: all event files that the writer has made in this process, those of sub-runs too.
        file_writer: the writer of whole events; None after `close`. What has its methods may be put
            in its place, and is called then.
        default_bins: the edges of `add_histogram`'s bins.
    """

    @classmethod
    def _take_over(cls) -> None:
        for module in (seams.TORCH, seams.TENSORBOARDX):
            seams.take_over(SummaryWriter, module)


def _name_publicly(cls: type) -> None:
    """Has Python's own errors name the class that people know, not the one that has the method."""
    for base in cls.__mro__:
        if base.__module__.startswith(__name__ + "."):
            for name, method in vars(base).items():
                if isinstance(method, FunctionType):
                    method.__qualname__ = f"{cls.__name__}.{name}"


_name_publicly(SummaryWriter)
_native.hasten(SummaryWriter)
