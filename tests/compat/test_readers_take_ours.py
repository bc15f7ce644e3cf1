"""Other readers read our files and give equal values."""

import math
import subprocess
import time
from collections import defaultdict

import numpy as np
import pytest

import events
import tfevents
from peers import peer
from tfevents import SummaryWriter

# These warnings are about other packages.
pytestmark = pytest.mark.filterwarnings("ignore")

STEPS = range(-3, 200)
SPECIAL = [0.0, -0.0, math.nan, math.inf, -math.inf, 1e-45, 3.4028235e38]


def value(tag: str, step: int) -> float:
    """A value that is unique to its place, with a few special ones."""
    if 0 <= step < len(SPECIAL):
        return SPECIAL[step]
    return float(np.float32(math.sin(step) * 10 ** (step % 30 - 15))) + len(tag)


def wall_time(step: int) -> float:
    return 1.7e9 + step + 0.123456


OLD_TAGS = ["loss", "train/acc", "损失", "logged", "series", "with space"]
DOUBLES = ["new/double", "old/double"]
NEW_TAGS = ["new/float", *DOUBLES]
TEXTS = {0: "# Title\n\ntext", 1: "", 2: "多行\n文本 \N{ROCKET}"}


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory):
    """A run with every kind of event that the writer writes, in two files, and two sub-runs."""
    directory = tmp_path_factory.mktemp("logs") / "exp"
    writer = SummaryWriter(directory)
    for step in STEPS:
        if step == 100:
            writer.close()  # goes on in a second file
            time.sleep(1.1)  # which sorts after the first by its name
        at = wall_time(step)
        for tag in OLD_TAGS[:3]:
            writer.add_scalar(tag, value(tag, step), step, at)
        writer.log({tag: value(tag, step) for tag in ("logged", "with space")}, step, at)
        writer.add_scalar("new/float", value("new/float", step), step, at, new_style=True)
        writer.add_scalar("new/double", value("new/double", step), step, at, True, True)
        writer.add_scalar("old/double", value("old/double", step), step, at, False, True)
        writer.add_scalars("main/tag", {"a": value("a", step), "b/c": value("b/c", step)}, step, at)
    writer.add_scalar_series(
        "series", [value("series", s) for s in STEPS], STEPS, [wall_time(s) for s in STEPS]
    )
    for step, text in TEXTS.items():
        writer.add_text("notes", text, step, wall_time(step))
    writer.close()
    return directory


RUNS = {
    "exp": OLD_TAGS + NEW_TAGS,
    "exp/main_tag_a": ["main/tag"],
    "exp/main_tag_b/c": ["main/tag"],
}
KEY = {"exp/main_tag_a": "a", "exp/main_tag_b/c": "b/c"}


def expected(run: str, tag: str, precision: type) -> tuple[list[int], list[float], np.ndarray]:
    values = np.array([value(KEY.get(run, tag), step) for step in STEPS], np.float64)
    # The file has float32, unless double precision was asked for.
    with np.errstate(over="ignore"):
        values = values.astype(precision).astype(np.float64)
    return list(STEPS), [wall_time(step) for step in STEPS], values


def assert_series(run, tag, steps, wall_times, values, precision=np.float32):
    expected_steps, expected_times, expected_values = expected(run, tag, precision)
    assert list(steps) == expected_steps, (run, tag)
    assert list(wall_times) == expected_times, (run, tag)
    np.testing.assert_array_equal(np.asarray(values, np.float64), expected_values, f"{run} {tag}")


def precision_of(tag):
    return np.float64 if tag in DOUBLES else np.float32


@pytest.mark.parametrize("run", RUNS)
def test_tensorboard_s_event_accumulator(log_dir, run):
    event_accumulator = peer("tensorboard.backend.event_processing.event_accumulator")
    accumulator = event_accumulator.EventAccumulator(
        str(log_dir.parent / run),
        size_guidance={"scalars": 0, "tensors": 0},
    )
    accumulator.Reload()
    tags = accumulator.Tags()
    assert sorted([*tags["scalars"], *tags["tensors"]]) == sorted(
        RUNS[run] + (["notes/text_summary"] if run == "exp" else [])
    )
    tensor_util = peer("tensorboard.util.tensor_util")
    for tag in RUNS[run]:
        if tag in NEW_TAGS:
            found = accumulator.Tensors(tag)
            values = [tensor_util.make_ndarray(event.tensor_proto).item() for event in found]
            assert accumulator.SummaryMetadata(tag).plugin_data.plugin_name == "scalars"
        else:
            found = accumulator.Scalars(tag)
            values = [event.value for event in found]
        steps, times = [e.step for e in found], [e.wall_time for e in found]
        assert_series(run, tag, steps, times, values, precision_of(tag))
    if run == "exp":
        found = accumulator.Tensors("notes/text_summary")
        texts = {e.step: tensor_util.make_ndarray(e.tensor_proto).item().decode() for e in found}
        assert texts == TEXTS


@pytest.fixture(scope="module")
def data_server(log_dir, tmp_path_factory):
    """TensorBoard's data server, which reads the directory once. Requests are those of
    TensorBoard.
    """
    binary = peer("tensorboard_data_server").server_binary()
    grpc_provider = peer("tensorboard.data.grpc_provider")
    grpc = peer("grpc")
    port_file = tmp_path_factory.mktemp("data server") / "port"
    options = ["--reload=once", "--checksum", "--samples-per-plugin=scalars=all,text=all"]
    options += ["--port=0", f"--port-file={port_file}", "--die-after-stdin"]
    command = [binary, f"--logdir={log_dir.parent}", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as server:
        port = when(lambda: port_file.exists() and port_file.read_text().strip(), bool)
        with grpc.insecure_channel(f"localhost:{port}") as channel:
            stub = grpc_provider.make_stub(channel)
            yield grpc_provider.GrpcDataProvider(f"localhost:{port}", stub)
        server.stdin.close()


def when(ask, is_complete):
    """The answer, when it is complete."""
    deadline = time.monotonic() + 60
    while not is_complete(answer := ask()):
        assert time.monotonic() < deadline, f"there is only {answer}"
        time.sleep(0.05)
    return answer


def test_tensorboard_s_data_server(data_server):
    context = peer("tensorboard.context").RequestContext()

    def read_scalars():
        return data_server.read_scalars(
            context, experiment_id="", plugin_name="scalars", downsample=10_000
        )

    def is_complete(runs):
        return {run: set(tags) for run, tags in runs.items()} == {
            run: set(tags) for run, tags in RUNS.items()
        } and all(
            len(points) == len(STEPS)
            for tags in runs.values()
            for tag, points in tags.items()
            if tag not in DOUBLES
        )

    runs = when(read_scalars, is_complete)
    for run, tags in RUNS.items():
        for tag in set(tags) - set(DOUBLES):
            points = runs[run][tag]
            assert_series(
                run,
                tag,
                [p.step for p in points],
                [p.wall_time for p in points],
                [p.value for p in points],
            )
    # For these tags the server has no points, whoever wrote them (torch, for example): it does not
    # take a tensor of doubles for a scalar. If that changes, they belong above.
    assert all(runs["exp"][tag] == [] for tag in DOUBLES)


def test_tensorboard_s_data_server_on_texts(data_server):
    context = peer("tensorboard.context").RequestContext()

    def read_texts():
        return data_server.read_tensors(
            context, experiment_id="", plugin_name="text", downsample=10_000
        )

    runs = when(read_texts, lambda runs: runs and len(runs["exp"]["notes/text_summary"]) == 3)
    (points,) = runs["exp"].values()
    assert {p.step: p.numpy.item().decode() for p in points} == TEXTS
    assert [p.wall_time for p in points] == [wall_time(step) for step in TEXTS]


def test_tensorflow_s_summary_iterator(log_dir):
    tf = peer("tensorflow")
    for path in events.event_files(log_dir):
        theirs = [e.SerializeToString(deterministic=True) for e in _summary_iterator(tf, path)]
        assert theirs == [e.SerializeToString(deterministic=True) for e in events.read_events(path)]
    found = defaultdict(list)
    for path in events.event_files(log_dir):
        run = str(path.parent.relative_to(log_dir.parent))
        for event in _summary_iterator(tf, path):
            for v in event.summary.value:
                if v.metadata.plugin_data.plugin_name != "text":
                    number = v.simple_value
                    if v.HasField("tensor"):
                        number = tf.make_ndarray(v.tensor).item()
                    found[run, v.tag].append((event.step, event.wall_time, number))
    assert found.keys() == {(run, tag) for run, tags in RUNS.items() for tag in tags}
    for (run, tag), points in found.items():
        assert_series(run, tag, *zip(*points, strict=True), precision_of(tag))


def _summary_iterator(tf, path):
    # TensorFlow logs its deprecation warnings, and does not use `warnings`.
    return tf.compat.v1.train.summary_iterator(str(path))


def test_tbparse(log_dir):
    tbparse = peer("tbparse")
    reader = tbparse.SummaryReader(str(log_dir.parent), extra_columns={"wall_time", "dir_name"})
    scalars = reader.scalars
    for run, tags in RUNS.items():
        for tag in set(tags) - set(NEW_TAGS):
            rows = scalars[(scalars["dir_name"] == run) & (scalars["tag"] == tag)]
            assert_series(run, tag, rows["step"], rows["wall_time"], rows["value"])
    texts = reader.text[reader.text["tag"] == "notes"]
    assert dict(zip(texts["step"], texts["value"], strict=True)) == TEXTS
    tensors = reader.tensors
    for tag in NEW_TAGS:
        rows = tensors[(tensors["dir_name"] == "exp") & (tensors["tag"] == tag)]
        values = [float(v) for v in rows["value"]]
        assert_series("exp", tag, rows["step"], rows["wall_time"], values, precision_of(tag))


def test_our_own_reader(log_dir):
    log = tfevents.read(log_dir.parent)
    assert set(log) == set(RUNS)
    for run, tags in RUNS.items():
        assert set(log[run].scalars) == set(tags)
        for tag in tags:
            s = log[run].scalars[tag]
            assert_series(run, tag, s.step, s.wall_time, s.value, precision_of(tag))
    texts = log["exp"].texts["notes/text_summary"]
    assert dict(zip(texts.step.tolist(), texts.value, strict=True)) == TEXTS


@pytest.mark.parametrize("purge_step", [0, 100])
def test_purge_step_hides_later_events_in_tensorboard(tmp_path, purge_step):
    event_accumulator = peer("tensorboard.backend.event_processing.event_accumulator")
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("loss", np.zeros(150))
    time.sleep(1.1)  # the second file's name must sort after the first one's
    with SummaryWriter(tmp_path, purge_step=purge_step) as writer:
        writer.add_scalar_series("loss", np.ones(50), range(purge_step, purge_step + 50))
    accumulator = event_accumulator.EventAccumulator(str(tmp_path), size_guidance={"scalars": 0})
    accumulator.Reload()
    found = [(e.step, e.value) for e in accumulator.Scalars("loss")]
    assert found == [(s, 0.0) for s in range(purge_step)] + [
        (s, 1.0) for s in range(purge_step, purge_step + 50)
    ]


def test_tensorboard_follows_a_file_that_is_being_written(tmp_path):
    event_accumulator = peer("tensorboard.backend.event_processing.event_accumulator")
    accumulator = event_accumulator.EventAccumulator(str(tmp_path), size_guidance={"scalars": 0})
    with SummaryWriter(tmp_path) as writer:
        for part in range(5):
            for step in range(part * 100, part * 100 + 100):
                writer.add_scalar("loss", float(step), step)
            writer.flush()
            accumulator.Reload()
            found = accumulator.Scalars("loss")
            assert [e.step for e in found] == list(range(part * 100 + 100))
            assert [e.value for e in found] == [float(e.step) for e in found]
