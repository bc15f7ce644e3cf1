"""The content of a run by TensorBoard's own readers, in the form in which ours returns it."""

from pathlib import Path
from typing import Any

import numpy as np

import tfevents
from peers import peer

event_accumulator = peer("tensorboard.backend.event_processing.event_accumulator")
plugin_event_accumulator = peer("tensorboard.backend.event_processing.plugin_event_accumulator")
tensor_util = peer("tensorboard.util.tensor_util")
summary_pb2 = peer("tensorboard.compat.proto.summary_pb2")

Rows = list[tuple[int, float, Any]]


def accumulated(path: Path) -> Any:
    """TensorBoard's `EventAccumulator` of a run, without sampling."""
    everything = dict.fromkeys(event_accumulator.DEFAULT_SIZE_GUIDANCE, 0)
    return event_accumulator.EventAccumulator(
        str(path), size_guidance=everything, purge_orphaned_data=False
    ).Reload()


def accumulated_by_plugin(path: Path) -> Any:
    """The reader that TensorBoard's dashboards use: everything is a tensor with metadata."""
    everything = {plugin_event_accumulator.TENSORS: 0}
    return plugin_event_accumulator.EventAccumulator(
        str(path), size_guidance=everything, purge_orphaned_data=False
    ).Reload()


def tensorboard_rows(path: Path) -> tuple[dict[str, Rows], dict[str, Rows]]:
    """Scalars and texts by tag: the step, wall time and value of each point, without sampling."""
    accumulator = accumulated_by_plugin(path)
    scalars: dict[str, Rows] = {}
    texts: dict[str, Rows] = {}
    for tag, metadata in accumulator.AllSummaryMetadata().items():
        rows = [
            (event.step, event.wall_time, tensor_util.make_ndarray(event.tensor_proto))
            for event in accumulator.Tensors(tag)
        ]
        if metadata.data_class == summary_pb2.DATA_CLASS_SCALAR:
            scalars[tag] = [(step, wall_time, value.item()) for step, wall_time, value in rows]
        elif metadata.plugin_data.plugin_name == "text":
            texts[tag] = [(step, wall_time, _text(value)) for step, wall_time, value in rows]
    return scalars, texts


def _text(value: Any) -> Any:
    strings = np.vectorize(lambda text: text.decode(), otypes=[object])(value)
    return strings.item() if strings.size == 1 else strings.tolist()


def our_rows(run: tfevents.Run) -> tuple[dict[str, Rows], dict[str, Rows]]:
    """The same from our reader."""
    scalars = {
        tag: list(zip(s.step.tolist(), s.wall_time.tolist(), s.value.tolist(), strict=True))
        for tag, s in run.scalars.items()
    }
    texts = {
        tag: [
            (step, wall_time, value if isinstance(value, str) else value.tolist())
            for step, wall_time, value in zip(
                t.step.tolist(), t.wall_time.tolist(), t.value, strict=True
            )
        ]
        for tag, t in run.texts.items()
    }
    return scalars, texts


def assert_read_equal(path: Path, run: tfevents.Run) -> None:
    """Checks that both readers give the same for the run at `path`: all kinds of values, and the
    rest.
    """
    theirs, ours = tensorboard_rows(path), our_rows(run)
    for their_kind, our_kind in zip(theirs, ours, strict=True):
        assert set(our_kind) == set(their_kind)
        for tag, rows in their_kind.items():
            # For NaN, assert_equal checks only that both values are NaN.
            np.testing.assert_equal(our_kind[tag], rows, err_msg=tag)
    accumulator = accumulated(path)
    tags = accumulator.Tags()
    stored = set(tags["histograms"]), set(tags["images"]), set(tags["audio"])
    assert stored[0] <= set(run.histograms)
    assert stored[1] <= set(run.images)
    assert stored[2] <= set(run.audio)
    in_tensors = set(tags["tensors"])
    known = set(run.scalars) | set(run.texts)
    kinds = run.histograms, run.images, run.audio, run.tensors, run.pr_curves, run.custom_scalars
    meshes = {tag for mesh in run.meshes.values() for tag in mesh.tags}
    hparams = {tag for tag in run.tags if tag.startswith("_hparams_/")}
    assert known.union(*kinds, meshes, hparams) == set(run.tags)
    assert in_tensors.union(*stored, tags["scalars"], hparams) == set(run.tags)
    for tag in tags["histograms"]:
        assert_histograms_equal(accumulator.Histograms(tag), run.histograms[tag])
    for tag in tags["images"]:
        for their, our in _pairs(accumulator.Images(tag), run.images[tag]):
            assert our.batch == (their.encoded_image_string,)
            assert (our.width, our.height) == (their.width, their.height)
    for tag in tags["audio"]:
        for their, our in _pairs(accumulator.Audio(tag), run.audio[tag]):
            assert our.batch == (their.encoded_audio_string,)
            assert (our.sample_rate, our.content_type) == (their.sample_rate, their.content_type)
    for tag in in_tensors & set(run.tensors):
        for their, our in _pairs(accumulator.Tensors(tag), run.tensors[tag]):
            array = tensor_util.make_ndarray(their.tensor_proto)
            assert our.value.dtype == array.dtype
            np.testing.assert_array_equal(our.value, array)
    for tag in run.pr_curves:
        for their, our in _pairs(accumulator.Tensors(tag), run.pr_curves[tag]):
            table = our.true_positives, our.false_positives, our.true_negatives
            table += our.false_negatives, our.precision, our.recall
            np.testing.assert_array_equal(table, tensor_util.make_ndarray(their.tensor_proto))
    assert_tensors_of_plugins_equal(accumulated_by_plugin(path), run)
    assert_the_rest_equal(accumulator, run)


def assert_histograms_equal(theirs: Any, ours: tfevents.Histograms) -> None:
    """Compares TensorBoard's `HistogramEvent`s with ours, by columns and one by one."""
    for their, our in _pairs(theirs, ours):
        value = their.histogram_value
        for name in ["min", "max", "num", "sum", "sum_squares", "bucket_limit", "bucket"]:
            np.testing.assert_equal(getattr(our, name), np.array(getattr(value, name)))
    for name in ["min", "max", "num", "sum", "sum_squares"]:
        column = [getattr(their.histogram_value, name) for their in theirs]
        np.testing.assert_equal(getattr(ours, name), np.array(column))


def assert_tensors_of_plugins_equal(accumulator: Any, run: tfevents.Run) -> None:
    """Compares TensorBoard's tensors of old and new kinds with our views of the same values."""
    for tag in run.histograms:
        for their, our in _pairs(accumulator.Tensors(tag), run.histograms[tag]):
            table = tensor_util.make_ndarray(their.tensor_proto)
            lefts, rights, counts = table.reshape(-1, 3).T
            np.testing.assert_array_equal(our.edges[:-1].astype(table.dtype), lefts)
            np.testing.assert_array_equal(our.edges[1:].astype(table.dtype), rights)
            np.testing.assert_array_equal(our.counts.astype(table.dtype), counts)
    for tag in run.images:
        for their, our in _pairs(accumulator.Tensors(tag), run.images[tag]):
            width, height, *images = their.tensor_proto.string_val
            assert (our.width, our.height) == (int(width), int(height))
            assert our.batch == tuple(images)
    for tag in run.audio:
        for their, our in _pairs(accumulator.Tensors(tag), run.audio[tag]):
            # TensorBoard drops the labels.
            assert our.batch == tuple(their.tensor_proto.string_val)


def assert_the_rest_equal(accumulator: Any, run: tfevents.Run) -> None:
    """Compares metadata, graphs and traces."""
    for tag, theirs in accumulator.summary_metadata.items():
        ours = run.metadata[tag]
        assert ours.plugin_name == theirs.plugin_data.plugin_name
        assert ours.content == theirs.plugin_data.content
        assert ours.display_name == theirs.display_name
        assert ours.description == theirs.summary_description
    tags = accumulator.Tags()
    assert (run.graph is not None) == tags["graph"]
    if run.graph is not None:
        graph = accumulator.Graph()
        assert run.graph.raw == accumulator._graph
        assert len(run.graph.nodes) == len(graph.node)
        for our, their in zip(run.graph.nodes, graph.node, strict=True):
            assert (our.name, our.op, our.device) == (their.name, their.op, their.device)
            assert our.inputs == list(their.input)
            assert our.attributes.keys() == their.attr.keys()
    assert set(run.run_metadata) == set(tags["run_metadata"])
    for tag, trace in run.run_metadata.items():
        assert trace[-1].data == accumulator._tagged_metadata[tag]


def _pairs(theirs: Any, ours: Any) -> list[tuple[Any, Any]]:
    """Each of theirs with ours of the same step and time."""
    assert [(e.step, e.wall_time) for e in theirs] == [(o.step, o.wall_time) for o in ours]
    assert ours.step.tolist() == [event.step for event in theirs]
    assert ours.wall_time.tolist() == [event.wall_time for event in theirs]
    return list(zip(theirs, ours, strict=True))
