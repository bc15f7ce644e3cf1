"""The same calls on torch's SummaryWriter and on ours give the same events, field by field.

These may differ: wall times that were not given, `source_metadata`, and deliberate differences.
Ours keeps double precision without the new style too, keeps the value of bfloat16 (torch converts
it to float16), and names the argument when it refuses a scalar.
"""

import inspect
import math
import os
import re
import socket
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from torch_events import assert_equal, comparable, floats, steps, tags, torchs, wall_times, written

import events
import tfevents
from peers import peer

torch = peer("torch")
torch_tensorboard = peer("torch.utils.tensorboard")
event_pb2 = peer("tensorboard.compat.proto.event_pb2")
summary_pb2 = peer("tensorboard.compat.proto.summary_pb2")
config_pb2 = peer("tensorboard.compat.proto.config_pb2")
graph_pb2 = peer("tensorboard.compat.proto.graph_pb2")


def test_the_comparison_sees_what_differs():
    def one(writer):
        writer.add_scalar("a", 1.0, 1, 5.0)

    for other in [
        lambda w: w.add_scalar("b", 1.0, 1, 5.0),
        lambda w: w.add_scalar("a", float(np.nextafter(np.float32(1), 2)), 1, 5.0),
        lambda w: w.add_scalar("a", 1.0, 2, 5.0),
        lambda w: w.add_scalar("a", 1.0, 1, math.nextafter(5.0, 6.0)),
        lambda w: w.add_scalar("a", 1.0, 1, 5.0, new_style=True),
        lambda w: w.add_scalars("a", {"b": 1.0}, 1, 5.0),
    ]:
        assert comparable(torchs(one), True) != comparable(torchs(other), True)
    assert comparable(torchs(lambda w: w.add_scalar("a", 0.0)), False) != comparable(
        torchs(lambda w: w.add_scalar("a", -0.0)), False
    )


# Arguments of add_scalar.

numpy_dtypes = st.sampled_from(
    [np.dtype(c) for c in (*"?bhilqBHILQefdg", *(">f2", ">f4", ">f8", ">i2", ">i4", ">i8", ">u8"))]
)


@st.composite
def numpy_values(draw):
    dtype = draw(numpy_dtypes)
    # Hypothesis's floats are not used, since the payload of a NaN does not matter.
    value = draw(floats if dtype.kind == "f" else npst.from_dtype(dtype))
    with np.errstate(over="ignore"):
        array = np.array(value).astype(dtype)
    shape = draw(st.sampled_from([None, (), (1,), (1, 1)]))
    return array[()] if shape is None else array.reshape(shape)


TORCH_FLOATS = [torch.float16, torch.float32, torch.float64]
TORCH_INTS = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]


@st.composite
def torch_values(draw):
    shape = draw(st.sampled_from([(), (1,), (1, 1)]))
    if draw(st.booleans()):
        dtype = draw(st.sampled_from(TORCH_FLOATS))
        tensor = torch.full(shape, draw(floats), dtype=torch.float64).to(dtype)
        return tensor.requires_grad_(draw(st.booleans()))
    dtype = draw(st.sampled_from([*TORCH_INTS, torch.bool]))
    limits = (0, 1) if dtype is torch.bool else (torch.iinfo(dtype).min, torch.iinfo(dtype).max)
    return torch.full(shape, draw(st.integers(*limits)), dtype=dtype)


values = floats | st.integers(-(2**70), 2**70) | st.booleans() | numpy_values() | torch_values()


@given(
    st.lists(st.tuples(tags, values, steps, wall_times, st.booleans()), min_size=1, max_size=20),
    st.booleans(),
)
def test_add_scalar(calls, double_precision):
    def run(writer, always_new_style=False):
        for tag, value, step, wall_time, new_style in calls:
            # Without the new style, torch ignores double_precision, and ours switches to the new
            # style.
            style = new_style or (always_new_style and double_precision)
            writer.add_scalar(tag, value, step, wall_time, style, double_precision)

    assert_equal(run, with_wall_times=True, torch_calls=lambda writer: run(writer, True))


@pytest.mark.parametrize("new_style", [False, True])
@pytest.mark.parametrize("double_precision", [False, True])
@pytest.mark.parametrize("step", [None, 0, 5])
@pytest.mark.parametrize("walltime", [None, 12.5])
def test_add_scalar_in_all_combinations_of_its_options(new_style, double_precision, step, walltime):
    options = {"new_style": new_style, "double_precision": double_precision}

    def run(writer, options=options):
        writer.add_scalar("loss", 0.1, step, walltime, **options)

    listed_fix = {**options, "new_style": new_style or double_precision}
    assert_equal(
        run,
        with_wall_times=walltime is not None,
        torch_calls=lambda writer: run(writer, listed_fix),
    )


@given(st.lists(st.tuples(floats, st.booleans()), min_size=1, max_size=20), st.booleans())
def test_bfloat16_is_written_as_the_value_it_is(calls, double_precision):
    tensors = [torch.tensor(v).to(torch.bfloat16).requires_grad_(grad) for v, grad in calls]

    def run(writer, convert):
        for step, tensor in enumerate(tensors):
            writer.add_scalar("loss", convert(tensor), step, 1.0, True, double_precision)

    assert_equal(
        lambda writer: run(writer, lambda tensor: tensor),
        with_wall_times=True,
        torch_calls=lambda writer: run(writer, lambda tensor: tensor.float()),
    )


def test_tensors_on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")

    def run(writer):
        for step, dtype in enumerate([torch.float16, torch.float32, torch.float64, torch.int64]):
            writer.add_scalar("loss", torch.tensor(3, dtype=dtype, device="cuda"), step, 1.0)
        writer.add_scalar("loss", torch.tensor([1.5], device="cuda", requires_grad=True), 9, 1.0)

    assert_equal(run, with_wall_times=True)


# The other methods.


@given(st.lists(st.tuples(tags, st.text(max_size=300), steps, wall_times), min_size=1, max_size=10))
def test_add_text(calls):
    def run(writer):
        for call in calls:
            writer.add_text(*call)

    assert_equal(run, with_wall_times=True)


# Names that are paths already. Ours marks other names, so that no two of them collide.
keys = st.from_regex(r"[a-z ü.]{0,5}(/[a-zü]{1,5}){0,2}", fullmatch=True)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-zA-Zü/ ]{0,8}", fullmatch=True),
            st.dictionaries(keys, values, max_size=3),
            steps,
            wall_times,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_add_scalars(calls):
    def run(writer):
        for call in calls:
            writer.add_scalars(*call)

    assert_equal(run, with_wall_times=True)


@pytest.mark.parametrize(("module", "files"), [(torch_tensorboard, 2), (tfevents, 1)])
def test_add_scalars_of_a_closed_writer_opens_only_sub_runs(tmp_path, module, files):
    writer = module.SummaryWriter(tmp_path, filename_suffix=".0")
    writer.close()
    writer.filename_suffix = ".1"  # torch would write over the file of the same second
    writer.add_scalars("loss", {"train": 1.0}, 1)
    writer.close()
    assert len(list(tmp_path.glob("*tfevents*"))) == files
    assert events.steps(tmp_path / "loss_train") == [1]


@pytest.mark.parametrize("purge_step", [None, 0, 7, -1, 2**63 - 1, np.int64(7)])
def test_purge_step(purge_step):
    assert_equal(lambda writer: writer.add_scalar("loss", 1.0, 7), purge_step=purge_step)


# Whole events.


def summary(tag="loss", value=1.0):
    return summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, simple_value=value)])


@given(st.lists(st.tuples(tags, floats, steps, wall_times), min_size=1, max_size=10))
def test_add_summary(calls):
    def run(writer):
        for tag, value, step, wall_time in calls:
            writer.file_writer.add_summary(summary(tag, value), step, wall_time)

    assert_equal(run, with_wall_times=True)


EVENTS = [
    lambda: event_pb2.Event(file_version="version"),
    lambda: event_pb2.Event(step=3, wall_time=7.0, summary=summary()),
    lambda: event_pb2.Event(step=-3, file_version="brain.Event:2"),
    lambda: event_pb2.Event(session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START)),
    lambda: event_pb2.Event(graph_def=b"\0\xff" * 1000, wall_time=-1.0),
    lambda: event_pb2.Event(
        tagged_run_metadata=event_pb2.TaggedRunMetadata(tag="t", run_metadata=b"\x01")
    ),
    lambda: event_pb2.Event(meta_graph_def=b"x"),
]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("step", [None, 0, 5, -5, np.int32(5), 2**63 - 1])
@pytest.mark.parametrize("walltime", [None, 0.0, 12.5])
def test_add_event(event, step, walltime):
    assert_equal(
        lambda writer: writer.file_writer.add_event(event(), step, walltime),
        with_wall_times=walltime is not None,
    )


@pytest.mark.parametrize("walltime", [None, 12.5])
def test_add_graph(walltime):
    graph = graph_pb2.GraphDef()
    graph.node.add(name="x", op="Placeholder")
    stats = config_pb2.RunMetadata()
    stats.step_stats.dev_stats.add(device="/device:CPU:0")
    for pair in (graph, stats), (graph_pb2.GraphDef(), config_pb2.RunMetadata()):
        assert_equal(
            lambda writer, pair=pair: writer.file_writer.add_graph(pair, walltime),
            with_wall_times=walltime is not None,
        )


def test_a_file_writer_alone():
    def run(writer):
        writer.add_event(event_pb2.Event(summary=summary()), 3, 4.0)
        writer.add_summary(summary("acc", 0.5), 4, 5.0)
        writer.flush()

    mine = written(tfevents.FileWriter, run)
    theirs = written(torch_tensorboard.FileWriter, run)
    assert comparable(mine, True) == comparable(theirs, True)


# Bytes.


@given(st.lists(st.tuples(tags, values, steps, wall_times, st.booleans(), st.booleans())))
def test_payloads_are_what_protobuf_would_serialize(calls):
    def run(directory):
        with tfevents.SummaryWriter(directory, purge_step=3) as writer:
            for tag, value, step, wall_time, new_style, double_precision in calls:
                writer.add_scalar(tag, value, step, wall_time, new_style, double_precision)
                writer.add_text(tag, "text", step, wall_time)
                writer.log({tag: value, tag + "2": value}, step, wall_time)
            writer.add_scalar_series("series", range(10), range(-5, 5), range(10))

    with tempfile.TemporaryDirectory() as directory:
        run(directory)
        for payload in events.read_records(events.only_file(directory)):
            message = event_pb2.Event.FromString(payload)
            assert message.SerializeToString(deterministic=True) == payload


# Names.


def test_file_names_follow_torch_s_scheme(tmp_path):
    names = []
    for number, module in enumerate([torch_tensorboard, tfevents]):
        directory = tmp_path / str(number)
        module.SummaryWriter(directory, filename_suffix=".suffix").close()
        names.append(events.only_file(directory).name)
    host_and_process = re.escape(f"{socket.gethostname()}.{os.getpid()}")
    scheme = rf"events\.out\.tfevents\.\d{{10}}\.{host_and_process}\.\d+\.suffix"
    for name in names:
        assert re.fullmatch(scheme, name)


@pytest.mark.parametrize("comment", ["", "_lr", " ünï/cöde"])
def test_the_default_directory(tmp_path, monkeypatch, comment):
    names = []
    for number, module in enumerate([torch_tensorboard, tfevents]):
        (tmp_path / str(number)).mkdir()
        monkeypatch.chdir(tmp_path / str(number))
        module.SummaryWriter(comment=comment).close()
        path = events.only_file(Path()).parent
        # The digits of minute and second may change between the two.
        names.append(re.sub(r"\d\d-\d\d-\d\d", "hh-mm-ss", str(path)))
    assert names[0] == names[1]


@pytest.mark.parametrize("name", ["SummaryWriter", "FileWriter"])
def test_signatures_are_torch_s(name):
    mine, theirs = getattr(tfevents, name), getattr(torch_tensorboard, name)
    methods = [m for m in sorted(set(dir(theirs)) & set(dir(mine))) if not m.startswith("_")]
    assert "add_scalar" in methods or "add_event" in methods
    for a, b in [(mine, theirs), *((getattr(mine, m), getattr(theirs, m)) for m in methods)]:
        ours, torchs = (inspect.signature(of).parameters.values() for of in (a, b))
        # Keyword-only arguments are ours.
        ours = [(p.name, p.default) for p in ours if p.kind is not p.KEYWORD_ONLY]
        assert ours == [(p.name, p.default) for p in torchs], b
