"""Compares `tfevents.compat.event_accumulator` with TensorBoard's, method by method."""

import inspect
import os
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from accumulators import GUIDANCES, assert_path_same, assert_same, ours, pair, theirs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras_log import fit

import events
import tfevents
from peers import peer

event_pb2 = peer("tensorboard.compat.proto.event_pb2")
meta_graph_pb2 = peer("tensorboard.compat.proto.meta_graph_pb2")
record_writer = peer("tensorboard.summary.writer.record_writer")

RANDOM = np.random.default_rng(0)


def write(path: Path, made: list[Any], mode: str = "ab") -> None:
    """Appends events, or bytes that are not records, to a file."""
    with open(path, mode) as file:
        writer = record_writer.RecordWriter(file)
        for event in made:
            writer.write(event if isinstance(event, bytes) else event.SerializeToString())


def version(number: int, **more: Any) -> Any:
    return event_pb2.Event(file_version=f"brain.Event:{number}", **more)


def scalar(step: int, tag: str = "loss", value: float = 0.5) -> Any:
    event = event_pb2.Event(step=step, wall_time=step + 0.25)
    event.summary.value.add(tag=tag, simple_value=value)
    return event


def session(step: int, status: int = 1) -> Any:
    return event_pb2.Event(step=step, wall_time=1.5, session_log={"status": status})


def test_the_surface_is_the_same() -> None:
    public = [name for name in vars(theirs.EventAccumulator) if not name.startswith("_")]
    missing = [name for name in public if not hasattr(ours.EventAccumulator, name)]
    assert not missing
    for name in [*public, "__init__"]:
        parameters = [
            [
                (it.name, it.kind, it.default)
                for it in inspect.signature(function).parameters.values()
            ]
            for function in (
                getattr(ours.EventAccumulator, name),
                getattr(theirs.EventAccumulator, name),
            )
        ]
        assert parameters[0] == parameters[1], name
    for name, value in vars(theirs).items():
        if name.isupper() and name != "SUMMARY_TYPES":
            assert getattr(ours, name) == value
        if name.endswith(("Event", "Value")):
            fields = [list(module.__dict__[name].__dataclass_fields__) for module in (ours, theirs)]
            assert fields[0] == fields[1]
    parameters = [list(inspect.signature(it.EventAccumulator).parameters) for it in (ours, theirs)]
    assert parameters[0] == parameters[1]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Silences both: they log each purge, of which there are thousands."""
    for name in ("tensorboard", "tfevents"):
        caplog.set_level("ERROR", logger=name)


@pytest.mark.filterwarnings("ignore:.*torch.jit.trace.*:DeprecationWarning")
def test_torch(tmp_path: Path) -> None:
    torch = peer("torch")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        fill(writer)
        writer.add_graph(torch.nn.Linear(3, 2), torch.rand(1, 3))
        writer.add_hparams({"lr": 0.1, "name": "x"}, {"acc": 0.5}, run_name=".")
        writer.add_tensor("tensor", torch.arange(6.0).reshape(2, 3), 1)
        writer.add_embedding(torch.rand(4, 3), ["a", "b", "c", "d"], tag="vectors")
    assert_path_same(tmp_path)
    for path in events.event_files(tmp_path):
        assert_path_same(path)


def test_tensorboardx(tmp_path: Path) -> None:
    with peer("tensorboardX").SummaryWriter(str(tmp_path)) as writer:
        # Sounds are left out, since tensorboardX needs another package for them.
        writer.add_audio = lambda *_: None
        fill(writer)
    assert_path_same(tmp_path)


def test_ours(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        fill(writer)
        writer.add_hparams({"lr": 0.1, "name": "x"}, {"acc": 0.5}, run_name=".")
    assert_path_same(tmp_path)


def fill(writer: Any) -> None:
    picture = RANDOM.integers(0, 255, (3, 5, 6)).astype(np.uint8)
    for step in range(30):
        writer.add_scalar("loss", 1 / (step + 1), step)
        writer.add_scalar("acc", step, step)
        writer.add_histogram("weights", RANDOM.normal(size=100), step)
        writer.add_histogram("constant", np.ones(5), step)
        writer.add_text("text", f"step {step}", step)
        writer.add_image("picture", picture, step)
        writer.add_audio("sound", RANDOM.uniform(-1, 1, (1, 50)).astype(np.float32), step, 8000)
        writer.add_pr_curve("curve", RANDOM.integers(0, 2, 9), RANDOM.random(9), step)


def test_tensorflow_2(tmp_path: Path) -> None:
    tf = peer("tensorflow")
    writer = tf.summary.create_file_writer(str(tmp_path))
    with writer.as_default():
        for step in range(15):
            tf.summary.scalar("loss", step / 2, step, description="what it costs")
            tf.summary.histogram("weights", RANDOM.normal(size=50), step)
            tf.summary.text("text", f"step {step}", step)
            tf.summary.image("picture", RANDOM.random((2, 4, 5, 3)), step)
            tf.summary.audio("sound", RANDOM.random((1, 50, 1)).astype(np.float32), 8000, step)
        tf.summary.trace_on(graph=True, profiler=False)
        tf.function(lambda x: x + 1)(1.0)
        tf.summary.trace_export("trace", 3)
    writer.close()
    assert_path_same(tmp_path)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_keras(tmp_path: Path) -> None:
    fit(tmp_path)
    for run in ("train", "validation"):
        assert_path_same(tmp_path / run)
        for path in events.event_files(tmp_path / run):
            assert_path_same(path)
    train = ours.EventAccumulator(tmp_path / "train").Reload()
    assert b"Sequential" in train.Tensors("keras")[0].tensor_proto.string_val[0]


def test_tensorflow_1(tmp_path: Path) -> None:
    tf = peer("tensorflow").compat.v1
    with tf.Graph().as_default(), tf.Session() as run:
        tf.summary.scalar("loss", tf.constant(0.5))
        tf.summary.histogram("weights", tf.random.normal([40], seed=1))
        tf.summary.image("picture", tf.zeros([2, 4, 4, 3]))
        tf.summary.audio("sound", tf.zeros([1, 30, 1]), 8000)
        tf.summary.tensor_summary("tensor", tf.constant([1, 2]))
        summary = run.run(tf.summary.merge_all())
        writer = tf.summary.FileWriter(str(tmp_path), run.graph)
        for step in range(8):
            writer.add_summary(summary, step)
        metadata = tf.RunMetadata()
        run.run(tf.constant(1), options=tf.RunOptions(trace_level=3), run_metadata=metadata)
        writer.add_run_metadata(metadata, "step 1", 1)
        writer.add_meta_graph(tf.train.export_meta_graph(), 1)
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 5)
        writer.add_summary(summary, 5)
        writer.close()
    assert_path_same(tmp_path)


def test_many_scalars(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        for step in range(25_000):
            writer.add_scalar("often", step, step)
            if step % 7 == 0:
                writer.add_scalar("rarely", step, step)
    assert_path_same(tmp_path, [None, GUIDANCES[1], {"scalars": 5000}])


def test_assets(tmp_path: Path) -> None:
    (tmp_path / "plugins" / "mine").mkdir(parents=True)
    (tmp_path / "plugins" / "mine" / "asset.txt").write_text("some\r\ntext ü", newline="")
    mine, original = pair(tmp_path)
    for it in (mine, original):
        assert it.PluginAssets("mine") == ["asset.txt"]
        assert it.RetrievePluginAsset("mine", "asset.txt") == "some\r\ntext ü"
        assert it.PluginAssets("other") == []
        with pytest.raises(KeyError):
            it.RetrievePluginAsset("mine", "other.txt")


def test_graphs(tmp_path: Path) -> None:
    meta = meta_graph_pb2.MetaGraphDef()
    meta.graph_def.node.add(name="meta")
    of_meta = event_pb2.Event(meta_graph_def=meta.SerializeToString())
    meta.graph_def.node.add(name="meta 2")
    again = event_pb2.Event(meta_graph_def=meta.SerializeToString())
    graph = event_pb2.Event(graph_def=meta.graph_def.SerializeToString())
    path = tmp_path / "events.out.tfevents.1"
    for event in [version(2), of_meta, again, graph, of_meta]:
        write(path, [event])
        assert_path_same(path)
    mine = ours.EventAccumulator(path).Reload()
    assert mine.SerializedGraph() == graph.graph_def


def test_a_writer_without_a_name(tmp_path: Path) -> None:
    for number, metadata in enumerate([{"writer": "me"}, {"writer": ""}]):
        path = tmp_path / f"events.out.tfevents.{number}"
        write(path, [version(2, source_metadata=metadata), scalar(number)])
        assert_path_same(tmp_path)


def test_the_first_event_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.out.tfevents.1"
    write(path, [scalar(1), version(2, source_metadata={"writer": "me"}), scalar(2)])
    for method in ("FirstEventTimestamp", "GetSourceWriter"):
        both = pair(tmp_path)
        for _ in range(4):
            found = [getattr(it, method)() for it in both]
            assert found[0] == found[1]
            assert both[0].Tags() == both[1].Tags()
            assert_same_scalars(both)
        assert_same(*(it.Reload() for it in both))


def assert_same_scalars(both: tuple[Any, Any]) -> None:
    mine, original = both
    for tag in original.Tags()["scalars"]:
        assert len(mine.Scalars(tag)) == len(original.Scalars(tag))


def test_nothing_there(tmp_path: Path) -> None:
    assert_path_same(tmp_path)
    (tmp_path / "notes.txt").write_text("no events")
    assert_path_same(tmp_path)
    assert_path_same(tmp_path / "notes.txt")
    (tmp_path / "events.out.tfevents.1").write_bytes(b"")
    assert_path_same(tmp_path)
    mine, original = pair(tmp_path / "gone")
    watcher = peer("tensorboard.backend.event_processing.directory_watcher")
    for it in (mine, original):
        with pytest.raises(watcher.DirectoryDeletedError, match="permanently deleted"):
            it.Reload()
    with pytest.raises(FileNotFoundError):
        ours.EventAccumulator(tmp_path / "gone.tfevents")
    for module in (ours, theirs):
        with pytest.raises(ValueError, match="path must be"):
            module.EventAccumulator("")
        with pytest.raises(ValueError, match="nonnegative integer"):
            module.EventAccumulator(str(tmp_path), {"scalars": -1})


def test_several_files(tmp_path: Path) -> None:
    for name in ("c.tfevents", "a.tfevents", "b.tfevents.profile-empty", "b.tfevents"):
        write(tmp_path / name, [version(2), scalar(1, name), scalar(2)])
    assert_path_same(tmp_path)
    both = pair(tmp_path)
    for name in ("a.tfevents", "c.tfevents", "d.tfevents", "c.tfevents", "d.tfevents"):
        # Additions to an earlier file are not read any more.
        write(tmp_path / name, [scalar(3)])
        assert_same(*(it.Reload() for it in both))


@pytest.mark.parametrize("number", [1, 2])
def test_restarts(tmp_path: Path, number: int) -> None:
    path = tmp_path / "events.out.tfevents.1"
    write(path, [version(number)])
    write(path, [scalar(step, tag) for step in range(10) for tag in "ab"])
    write(path, [scalar(4, "a"), scalar(5, "a"), session(3), session(2, 2), scalar(3, "b")])
    write(tmp_path / "events.out.tfevents.2", [version(number), scalar(1, "c"), scalar(2, "a")])
    assert_path_same(tmp_path)
    assert_path_same(tmp_path, purge_orphaned_data=False)


def test_damage(tmp_path: Path) -> None:
    """Reading ends at damage, in a directory with that file."""
    path = tmp_path / "events.out.tfevents.1"
    write(path, [version(2), *(scalar(step) for step in range(5))])
    whole = path.read_bytes()
    write(tmp_path / "events.out.tfevents.2", [scalar(9)])
    for place in sorted(random.Random(0).sample(range(len(whole)), 25)):
        damaged = bytearray(whole)
        damaged[place] ^= 4
        path.write_bytes(damaged)
        assert_path_same(path, [None])
        assert_path_same(tmp_path, [None])
        path.write_bytes(whole[:place])
        assert_path_same(path, [None])
        assert_path_same(tmp_path, [None])


def test_a_record_that_is_no_event(tmp_path: Path) -> None:
    """Both raise, and the next call continues after it."""
    path = tmp_path / "events.out.tfevents.1"
    write(path, [scalar(1), b"\xff", scalar(2)])
    mine, original = pair(path)
    with pytest.raises(tfevents.CorruptFileError, match="not a well-formed Event"):
        mine.Reload()
    with pytest.raises(Exception, match="Error parsing message"):
        original.Reload()
    assert_same(mine, original)
    assert len(mine.Reload().Scalars("loss")) == 2
    assert_same(mine, original.Reload())


def test_a_directory_with_the_name_of_a_file(tmp_path: Path) -> None:
    """TensorBoard can't read it."""
    directory = tmp_path / "my.tfevents"
    directory.mkdir()
    write(directory / "events.out.tfevents.1", [scalar(1)])
    assert ours.EventAccumulator(directory).Reload().Tags()["scalars"] == ["loss"]


values = st.floats(width=32)
tags = st.sampled_from(["a", "b", ""])
steps = st.integers(-2, 12)


@st.composite
def made_events(draw: Any) -> Any:
    kind = draw(st.sampled_from(["scalar"] * 6 + ["mixed"] * 2 + ["version", "session", "empty"]))
    event = event_pb2.Event(step=draw(steps), wall_time=draw(st.floats(0, 9)))
    if kind == "version":
        event.file_version = draw(st.sampled_from(["brain.Event:1", "brain.Event:2", "x"]))
    elif kind == "session":
        event.session_log.status = draw(st.integers(0, 3))
    elif kind == "scalar":
        for tag in draw(st.lists(tags, min_size=1, max_size=2)):
            event.summary.value.add(tag=tag, simple_value=draw(values))
    elif kind == "mixed":
        event.summary.SetInParent()
        for _ in range(draw(st.integers(0, 3))):
            fill_value(event.summary.value.add(tag=draw(tags)), draw)
    return event


def fill_value(value: Any, draw: Any) -> None:
    kind = draw(st.sampled_from(["simple_value", "histo", "image", "audio", "tensor", "none"]))
    if kind == "simple_value":
        value.simple_value = draw(values)
    elif kind == "histo":
        counts = draw(st.lists(st.integers(0, 3), max_size=4))
        limits = sorted(draw(st.lists(st.floats(-5, 5), min_size=4, max_size=4)))
        value.histo.bucket.extend(counts)
        value.histo.bucket_limit.extend(limits[: len(counts)])
        value.histo.num = sum(counts)
        value.histo.min, value.histo.max = limits[0], limits[-1]
    elif kind == "image":
        value.image.encoded_image_string = draw(st.binary(max_size=2))
        value.image.height = draw(st.integers(-1, 3))
    elif kind == "audio":
        value.audio.sample_rate = draw(values)
        value.audio.content_type = "audio/wav"
    elif kind == "tensor":
        value.tensor.int_val.append(draw(st.integers(0, 3)))
        value.node_name = draw(st.sampled_from(["", "node"]))
    if draw(st.booleans()):
        value.metadata.plugin_data.plugin_name = draw(st.sampled_from(["", "p", "text"]))
        value.metadata.plugin_data.content = draw(st.binary(max_size=1))


guidances = st.one_of(
    st.sampled_from(GUIDANCES),
    st.dictionaries(st.sampled_from(list(theirs.DEFAULT_SIZE_GUIDANCE)), st.integers(0, 4)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 2), st.lists(made_events(), max_size=12)), max_size=5),
    guidances,
    st.booleans(),
)
def test_any_events_in_growing_files(
    parts: list[tuple[int, list[Any]]], guidance: dict[str, int] | None, purge: bool
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        both = pair(path, guidance, purge_orphaned_data=purge)
        for number, made in parts:
            write(path / f"events.out.tfevents.{number}", made)
            assert_same(*(it.Reload() for it in both))
        for it in events.event_files(path):
            assert_path_same(it, [guidance], purge_orphaned_data=purge)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(made_events(), max_size=6), st.lists(st.integers(1, 60), max_size=8))
def test_a_file_that_grows_at_any_byte(made: list[Any], lengths: list[int]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        whole = Path(directory) / "whole"
        path = Path(directory) / "events.out.tfevents.1"
        write(whole, made)
        data = whole.read_bytes()
        path.write_bytes(b"")
        both = pair(path)
        for end in [*np.cumsum(lengths).tolist(), len(data)]:
            with open(path, "ab") as file:
                file.write(data[os.path.getsize(path) : end])
            assert_same(*(it.Reload() for it in both))
