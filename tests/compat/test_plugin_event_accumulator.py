"""Compares `tfevents.compat.plugin_event_accumulator` and `…_multiplexer` with TensorBoard's."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from accumulators import outcome, plain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tfevents
from every_plugin import log as every_plugin
from peers import peer
from tfevents.compat import plugin_event_accumulator as ours
from tfevents.compat.plugin_event_multiplexer import EventMultiplexer

theirs = peer("tensorboard.backend.event_processing.plugin_event_accumulator")
multiplexer = peer("tensorboard.backend.event_processing.plugin_event_multiplexer")
event_pb2 = peer("tensorboard.compat.proto.event_pb2")
meta_graph_pb2 = peer("tensorboard.compat.proto.meta_graph_pb2")
record_writer = peer("tensorboard.summary.writer.record_writer")

GUIDANCES: list[tuple[Any, Any]] = [
    (None, None),
    ({"tensors": 0}, None),
    ({"tensors": 3}, {"scalars": 5, "text": 0, "images": 1}),
]
GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("tensorboard", "tfevents"):
        caplog.set_level("CRITICAL", logger=name)


def assert_same(mine: Any, original: Any) -> None:
    """Checks that both return the same from every method."""

    def same(method: str, *arguments: Any) -> None:
        both = [outcome(lambda it=it: getattr(it, method)(*arguments)) for it in (mine, original)]
        assert both[0] == both[1], (method, arguments)

    for method in ("Tags", "ActivePlugins", "Graph", "MetaGraph", "SerializedGraph"):
        same(method)
    for method in ("FirstEventTimestamp", "GetSourceWriter", "AllSummaryMetadata"):
        same(method)
    for tag in [*original.Tags()["tensors"], "there is none"]:
        same("Tensors", tag)
        same("SummaryMetadata", tag)
        same("RunMetadata", tag)
    for plugin in [*original.ActivePlugins(), "there is none"]:
        same("PluginTagToContent", plugin)
    same("PluginAssets", "projector")
    for name in ("file_version", "most_recent_step", "most_recent_wall_time", "summary_metadata"):
        assert plain(getattr(mine, name)) == plain(getattr(original, name)), name


def assert_path_same(path: Path, **options: Any) -> None:
    """Checks that both return the same of a path, after loading it once and again."""
    for size, tensor_size in GUIDANCES:
        mine, original = (
            module.EventAccumulator(str(path), size, tensor_size, **options)
            for module in (ours, theirs)
        )
        for _ in range(2):
            assert mine.Reload() is mine
            with np.errstate(over="ignore"):
                original.Reload()
            assert_same(mine, original)


def write(path: Path, made: list[Any]) -> None:
    with path.open("ab") as file:
        writer = record_writer.RecordWriter(file)
        for event in made:
            writer.write(event.SerializeToString())


def scalar(step: int, tag: str = "loss", **fields: Any) -> Any:
    event = event_pb2.Event(step=step, wall_time=step + 0.25)
    event.summary.value.add(tag=tag, **(fields or {"simple_value": step / 2}))
    return event


def version(number: int) -> Any:
    return event_pb2.Event(file_version=f"brain.Event:{number}")


def start(step: int, status: int = 1) -> Any:
    return event_pb2.Event(step=step, wall_time=1.5, session_log={"status": status})


def test_the_surface_is_the_same() -> None:
    pairs = [
        (ours.EventAccumulator, theirs.EventAccumulator),
        (EventMultiplexer, multiplexer.EventMultiplexer),
    ]
    for mine, original in pairs:
        for name, member in inspect.getmembers(original, inspect.isfunction):
            if not name.startswith("_") or name == "__init__":
                parameters = inspect.signature(getattr(mine, name)).parameters.values()
                expected = inspect.signature(member).parameters.values()
                assert [(it.name, it.kind) for it in parameters] == [
                    (it.name, it.kind) for it in expected
                ], name
    for name, value in vars(theirs).items():
        if name.isupper() and not name.startswith("_"):
            assert getattr(ours, name) == value


def test_every_plugin(tmp_path: Path) -> None:
    every_plugin(tmp_path, tfevents.SummaryWriter)
    runs = [path for path in [tmp_path, *tmp_path.rglob("*")] if any(path.glob("*tfevents*"))]
    assert runs
    for path in runs:
        assert_path_same(path)
    assert_same_runs(tmp_path)


@pytest.mark.parametrize("name", ["torch", "tensorflow", "tensorboardx"])
def test_what_others_wrote(name: str) -> None:
    assert_path_same(GOLDEN / name)


def test_tensorflow_2(tmp_path: Path) -> None:
    tf = peer("tensorflow")
    rng = np.random.default_rng(0)
    writer = tf.summary.create_file_writer(str(tmp_path))
    with writer.as_default():
        for step in range(15):
            tf.summary.scalar("loss", step / 2, step, description="what it costs")
            tf.summary.histogram("weights", rng.normal(size=50), step)
            tf.summary.text("text", f"step {step}", step)
            tf.summary.image("picture", rng.random((2, 4, 5, 3)), step)
            tf.summary.audio("sound", rng.random((2, 50, 1)).astype(np.float32), 8000, step)
        tf.summary.trace_on(graph=True, profiler=False)
        tf.function(lambda x: x + 1)(1.0)
        tf.summary.trace_export("trace", 3)
    writer.close()
    assert_path_same(tmp_path)


def test_many_scalars(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        for step in range(3000):
            writer.log({"often": step, "also": -step}, step)
            if step % 7 == 0:
                writer.add_scalar("rarely", step, step)
    assert_path_same(tmp_path)


def test_graphs_and_run_metadata(tmp_path: Path) -> None:
    meta = meta_graph_pb2.MetaGraphDef()
    meta.graph_def.node.add(name="meta")
    of_meta = event_pb2.Event(meta_graph_def=meta.SerializeToString(), step=3)
    graph = event_pb2.Event(graph_def=meta.graph_def.SerializeToString(), step=2)
    tagged = event_pb2.Event(step=1)
    tagged.tagged_run_metadata.tag, tagged.tagged_run_metadata.run_metadata = "step 1", b"\x0a\x00"
    path = tmp_path / "events.out.tfevents.1"
    for event in [scalar(5), of_meta, graph, tagged, of_meta, version(2), graph, tagged]:
        write(path, [event])
        assert_path_same(path)


@pytest.mark.parametrize("number", [1, 2])
def test_restarts(tmp_path: Path, number: int) -> None:
    path = tmp_path / "events.out.tfevents.1"
    write(path, [version(number)])
    write(path, [scalar(step, tag) for step in range(10) for tag in "ab"])
    write(path, [start(3), scalar(4, "a"), scalar(5, "a"), start(3), start(2, 2), scalar(3, "b")])
    write(tmp_path / "events.out.tfevents.2", [version(number), scalar(1, "c"), scalar(2, "a")])
    assert_path_same(tmp_path)
    assert_path_same(tmp_path, purge_orphaned_data=False)


def test_files_that_are_active(tmp_path: Path) -> None:
    def is_active(timestamp: float) -> bool:
        return timestamp > 4

    for size in (None, {"tensors": 0}):
        directory = tmp_path / str(size)
        directory.mkdir()
        both = [
            it.EventAccumulator(str(directory), size, event_file_active_filter=is_active)
            for it in (ours, theirs)
        ]
        # The first file is not read again; the others are.
        for name, step in ("a", 1), ("b", 5), ("c", 6), ("a", 7), ("b", 2), ("c", 9), ("b", 9):
            write(directory / f"{name}.tfevents", [scalar(step, name)])
            assert_same(*(it.Reload() for it in both))
        assert [event.step for event in both[0].Tensors("a")] == [1]
        assert [event.step for event in both[0].Tensors("b")] == [2, 9]


text, sound = (
    {"plugin_data": {"plugin_name": name, "content": b"x"}} for name in ("text", "audio")
)
NUMBERS = {"dtype": 1, "float_val": [1.0]}
STRINGS = {
    "dtype": 7,
    "string_val": [b"a", b"b"],
    "tensor_shape": {"dim": [{"size": 1}, {"size": 2}]},
}
fields = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.one_of(
            st.just({}),
            st.just({"display_name": "shown", "summary_description": "said"}),
            st.builds(
                lambda name, kind: {"plugin_data": {"plugin_name": name}, "data_class": kind},
                st.sampled_from(
                    [
                        "scalars",
                        "histograms",
                        "images",
                        "audio",
                        "text",
                        "hparams",
                        "pr_curves",
                        "mesh",
                        "custom_scalars",
                        "graph_keras_model",
                        "mine",
                        "",
                    ]
                ),
                st.sampled_from([0, 0, 1, 2, 3]),
            ),
        )
    },
)
contents = st.sampled_from(
    [
        {},
        {"simple_value": 0.1},
        {"simple_value": float("nan")},
        {"histo": {"min": -1e300, "max": 4, "bucket_limit": [1, 2, 3, 4], "bucket": [0, 2, 0, 3]}},
        {"histo": {"bucket_limit": [1], "bucket": [0]}},
        {"histo": {"min": 1, "max": 2, "bucket_limit": [1], "bucket": [1]}},
        {"image": {"width": 4, "height": 5, "encoded_image_string": b"png"}},
        {"audio": {"encoded_audio_string": b"wav"}},
        {"tensor": NUMBERS},
        {"tensor": STRINGS},
    ]
)
values = st.builds(
    lambda name, more, content: {**name, **more, **content},
    st.sampled_from([{"tag": "a"}, {"tag": "b"}, {"node_name": "n"}, {"tag": ""}]),
    fields,
    contents,
)
made = st.lists(st.tuples(st.integers(-1, 6), st.lists(values, max_size=3)), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(made, min_size=1, max_size=2), number=st.sampled_from([None, 1, 2]))
def test_any_values(tmp_path_factory: Any, files: Any, number: int | None) -> None:
    directory = tmp_path_factory.mktemp("made")
    for place, made_events in enumerate(files):
        events = [] if number is None else [version(number)]
        for step, some in made_events:
            event = event_pb2.Event(step=step, wall_time=step + 0.5)
            for one in some:
                event.summary.value.add(**one)
            events.append(event)
        write(directory / f"{place}.tfevents", events)
    assert_path_same(directory)
    shutil.rmtree(directory)


def by_run(found: Any) -> Any:
    return {run: plain(it) for run, it in found.items()}


def assert_same_runs(root: Path, **options: Any) -> None:
    both = [
        it(**options).AddRunsFromDirectory(str(root)).Reload()
        for it in (EventMultiplexer, multiplexer.EventMultiplexer)
    ]
    mine, original = both
    assert mine.Runs() == original.Runs()
    assert mine.RunPaths() == original.RunPaths()
    assert mine.ActivePlugins() == original.ActivePlugins()
    assert by_run(mine.AllSummaryMetadata()) == by_run(original.AllSummaryMetadata())
    for plugin in original.ActivePlugins():
        contents = [it.PluginRunToTagToContent(plugin) for it in both]
        assert contents[0] == contents[1]
    for run in original.Runs():
        assert_same(mine.GetAccumulator(run), original.GetAccumulator(run))
        for tag in original.Runs()[run]["tensors"]:
            tensors = [plain(it.Tensors(run, tag)) for it in both]
            assert tensors[0] == tensors[1]


@pytest.mark.parametrize("threads", [None, 3])
def test_many_runs(tmp_path: Path, threads: int | None) -> None:
    for run in (".", "a", "a/deep", "b"):
        with tfevents.SummaryWriter(tmp_path / run) as writer:
            writer.add_scalar("loss", 0.5, 1)
            writer.add_text("note", "text", 1)
    assert_same_runs(tmp_path, max_reload_threads=threads)
    mine = EventMultiplexer(max_reload_threads=threads).AddRunsFromDirectory(str(tmp_path)).Reload()
    shutil.rmtree(tmp_path / "b")
    assert set(mine.Reload().Runs()) == {".", "a", "a/deep"}
    with pytest.raises(KeyError):
        mine.Tensors("b", "loss")
