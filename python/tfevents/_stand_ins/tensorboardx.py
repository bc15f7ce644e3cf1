"""Replaces the classes of `tensorboardX.writer` and `.global_writer`, with their signatures."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, SupportsFloat, SupportsIndex, TypeVar, cast

from tfevents import writer
from tfevents._arguments import WallTime, warn
from tfevents._stand_in import StandIn
from tfevents.writer import global_writer, seams
from tfevents.writer.base import StrPath, escaped

Method = TypeVar("Method", bound=Callable[..., None])


def _clean(tag: str) -> str:
    """A tag as tensorboardX writes it; what is none, as it is, to be refused by its method."""
    return re.sub(r"[^-/\w.]", "_", tag).lstrip("/") if isinstance(tag, str) else tag


def _under_clean_tag(method: Method) -> Method:
    @functools.wraps(method)
    def cleaning(self: Any, tag: str, *args: Any, **kwargs: Any) -> None:
        method(self, _clean(tag), *args, **kwargs)

    return cast(Method, cleaning)


class FileWriter(writer.FileWriter, StandIn):
    """`tfevents.FileWriter` for callers of tensorboardX's."""

    stands_for = (writer.FileWriter,)
    _seams = (seams.TENSORBOARDX,)

    def __init__(
        self,
        logdir: StrPath,
        max_queue: int = 10,
        flush_secs: float = 120.0,
        filename_suffix: str = "",
    ) -> None:
        super().__init__(logdir, max_queue, flush_secs, filename_suffix)


class SummaryWriter(writer.SummaryWriter, StandIn):
    """`tfevents.SummaryWriter` for callers of tensorboardX's, with its sub-runs and tags."""

    stands_for = (writer.SummaryWriter,)
    _file_writer_class = FileWriter

    def __init__(
        self,
        logdir: StrPath | None = None,
        comment: str = "",
        purge_step: SupportsIndex | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        log_dir: StrPath | None = None,
        comet_config: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if comet_config and not comet_config.get("disabled"):
            warn("comet_config: tfevents logs nothing to Comet")
        super().__init__(
            log_dir if logdir is None else logdir,
            comment,
            purge_step,
            max_queue,
            flush_secs,
            filename_suffix,
            write_to_disk=write_to_disk,
            **kwargs,
        )

    def add_scalar(  # type: ignore[override]
        self,
        tag: str,
        scalar_value: SupportsFloat,
        global_step: SupportsIndex | None = None,
        walltime: WallTime | None = None,
        display_name: str | None = "",
        summary_description: str | None = "",
    ) -> None:
        super().add_scalar(
            _clean(tag),
            scalar_value,
            global_step,
            walltime,
            display_name=display_name,
            summary_description=summary_description,
        )

    def _sub_run(self, main_tag: str, key: str) -> tuple[str, str]:
        return "/".join(escaped([*main_tag.split("/"), *key.split("/")])), _clean(main_tag)

    def _exported(self, directory: str, tag: str) -> str:
        return os.path.relpath(directory, self.log_dir)

    add_histogram = _under_clean_tag(writer.SummaryWriter.add_histogram)
    add_image = _under_clean_tag(writer.SummaryWriter.add_image)

    def add_hparams(  # type: ignore[override]
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        name: str | None = None,
        global_step: SupportsIndex | None = None,
    ) -> None:
        super().add_hparams(hparam_dict, metric_dict, run_name=name, global_step=global_step)

    def add_image_with_boxes(  # type: ignore[override]
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: SupportsIndex | None = None,
        walltime: WallTime | None = None,
        dataformats: str = "CHW",
        labels: Sequence[str] | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().add_image_with_boxes(
            tag,
            img_tensor,
            box_tensor,
            global_step,
            walltime,
            dataformats=dataformats,
            labels=labels,
            **kwargs,
        )

    def add_onnx_graph(self, onnx_model_file: str | os.PathLike[str] | Any) -> None:
        super().add_onnx_graph(onnx_model_file)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: SupportsIndex | None = None,
        fps: float = 4,
        walltime: WallTime | None = None,
        dataformats: str = "NTCHW",
    ) -> None:
        super().add_video(
            _clean(tag), vid_tensor, global_step, fps, walltime, dataformats=dataformats
        )


class GlobalSummaryWriter(global_writer.GlobalSummaryWriter, StandIn):
    __doc__ = global_writer.GlobalSummaryWriter.__doc__
    stands_for = (global_writer.GlobalSummaryWriter,)
    _writer_class = SummaryWriter
