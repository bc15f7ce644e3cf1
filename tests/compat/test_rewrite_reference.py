"""`rewrite` gives the same as a slow version with messages of protobuf."""

import struct
import tempfile
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rewrite_reference import (
    Reference,
    event_pb2,
    hparams_pb2,
    layout_pb2,
    summary_pb2,
    types_pb2,
)

import tfevents
from events import read_records
from events import record as framed

KINDS = [
    "scalars",
    "histograms",
    "images",
    "texts",
    "custom_scalars",
    "tensors",
    "hparams",
    "graph",
    "run_metadata",
    "session_logs",
]
# A field that no definition has: a length-delimited one of number 1000.
UNKNOWN = b"\xc2\x3e\x03abc"


def metadata(plugin, data_class=0, name=""):
    made = summary_pb2.SummaryMetadata(display_name=name, data_class=data_class)
    if plugin:
        made.plugin_data.plugin_name = plugin
    return made


def value(what, tag, says, number):
    made = summary_pb2.Summary.Value(tag=tag)
    plugin = {"text": "text", "histogram": "histograms"}.get(what, "scalars")
    if what == "simple":
        made.simple_value = number
        if says:
            made.metadata.CopyFrom(metadata("", name="described"))
    elif what in ("float", "double", "content"):
        made.tensor.dtype = types_pb2.DT_FLOAT if what == "float" else types_pb2.DT_DOUBLE
        if what == "content":
            made.tensor.tensor_content = struct.pack("<d", number)
        else:
            (made.tensor.float_val if what == "float" else made.tensor.double_val).append(number)
        if says:
            made.metadata.CopyFrom(metadata(plugin, 1, "a loss"))
    elif what == "vector":
        made.tensor.dtype = types_pb2.DT_FLOAT
        made.tensor.tensor_shape.dim.add(size=2)
        made.tensor.float_val.extend([number, 1])
        if says:
            made.metadata.CopyFrom(metadata("mine"))
    elif what == "text":
        made.tensor.dtype = types_pb2.DT_STRING
        made.tensor.string_val.append(b"%f" % number)
        if says:
            made.metadata.CopyFrom(metadata(plugin, 2))
    elif what == "histogram":
        made.histo.num = number
        made.histo.bucket_limit.append(number)
        made.histo.bucket.append(1)
    elif what == "image":
        made.image.encoded_image_string = b"no picture"
    elif what == "hparams":
        made.metadata.CopyFrom(metadata("hparams", 2))
        content = hparams_pb2.HParamsPluginData(version=1)
        for name in "abx" if says else "":
            content.experiment.metric_infos.add().name.tag = name
        made.metadata.plugin_data.content = content.SerializeToString()
    elif what == "layout":
        made.metadata.CopyFrom(metadata("custom_scalars", 2))
        made.tensor.dtype = types_pb2.DT_STRING
        layout = layout_pb2.Layout()
        charts = layout.category.add(title="a").chart
        charts.add().multiline.tag.extend(["a", "c", "a|b"])
        charts.add().margin.series.add(value="a", lower="b", upper="x")
        made.tensor.string_val.append(layout.SerializeToString())
    else:
        assert what == "nothing"
    return made


WHAT = ["simple"] * 4 + ["float", "double", "content", "vector", "text", "histogram", "image"]
VALUES = st.builds(
    value,
    st.sampled_from([*WHAT, "hparams", "layout", "nothing"]),
    st.sampled_from("abcd"),
    st.booleans(),
    st.integers(0, 50).map(lambda number: number / 4),
)


@st.composite
def events(draw, again):
    # A message without any field of an event is not an event.
    event = event_pb2.Event(wall_time=draw(st.integers(1, 99)), step=draw(st.integers(-1, 6)))
    what = draw(
        st.sampled_from(
            ["values"] * 8 + ["again"] * 12 + ["start", "graph", "meta", "log", "version", ""]
        )
    )
    if what == "values":
        event.summary.value.extend(draw(st.lists(VALUES, max_size=3)))
    elif what == "again":
        # Events similar to the ones before are rewritten the fast way.
        for tag in draw(st.sampled_from(["a", "b", "ab", "abcd"])):
            number = draw(st.integers(0, 50)) / 4
            event.summary.value.append(value(again, tag, False, number))
    elif what == "start":
        event.session_log.status = draw(st.sampled_from([1, 1, 2]))
    elif what == "graph":
        event.graph_def = b""
    elif what == "meta":
        event.tagged_run_metadata.tag = "a"
        event.tagged_run_metadata.run_metadata = b""
    elif what == "log":
        event.log_message.message = "line"
    elif what == "version":
        event.file_version = "brain.Event:2"
    return event.SerializeToString() + draw(st.sampled_from([b"", b"", UNKNOWN]))


def files_of(version, again):
    first = event_pb2.Event(wall_time=1, file_version=f"brain.Event:{version}").SerializeToString()
    return st.lists(events(again), max_size=25).map(lambda rest: [first, *rest])


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "kinds": st.lists(st.sampled_from(KINDS), unique=True, min_size=1),
        "steps": st.tuples(st.none() | st.integers(-1, 3), st.none() | st.integers(3, 6)),
        "drop": st.lists(st.sampled_from("ab"), max_size=1),
        "rename": st.dictionaries(st.sampled_from("abc"), st.sampled_from(["a", "long/name"])),
        "split": st.dictionaries(st.sampled_from("abc"), st.sampled_from(["x", "y/z"])),
        "every": st.integers(1, 3),
        "restarts": st.sampled_from(["raw", "tensorboard", "last_wins"]),
        "cast": st.sampled_from([["tensor"], ["simple_value"], ["float32"], ["tensor", "float32"]]),
    },
)


def written(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(framed, records)))


@pytest.mark.parametrize("merge", [False, True])
@given(
    data=st.data(),
    version=st.sampled_from([1, 2, 2, 2]),
    again=st.sampled_from(["simple", "simple", "float", "double", "content"]),
    options=OPTIONS,
)
def test_all_that_it_does(merge, version, again, data, options):
    files = data.draw(st.lists(files_of(version, again), min_size=1, max_size=3))
    reference = Reference(options)
    expected: dict[str, list[bytes]] = {}
    for number, outputs in enumerate(reference.rewrite(files)):
        for below, records in outputs.items():
            name = f"{below}/events.tfevents.{0 if merge else number}".lstrip("/")
            if merge and records == files[number][:1]:
                continue
            if name in expected:
                # The version is there already.
                records = records[1:]
            expected.setdefault(name, []).extend(records)
    expected = expected or {"events.tfevents.0": files[0][:1]}
    with tempfile.TemporaryDirectory() as directory:
        source, output = Path(directory, "in"), Path(directory, "out")
        for number, records in enumerate(files):
            written(source / f"events.tfevents.{number}", records)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            report = tfevents.rewrite(source, output, merge=merge, **options)
        if told:
            # There is no value of these kinds, so there is no output.
            assert [str(one.message).split(" matches")[0] for one in told] == ["kinds: nothing"]
            assert not output.exists()
            assert report.files == []
            kept = [record for records in expected.values() for record in records]
            assert not any(event_pb2.Event.FromString(one).summary.value for one in kept)
            return
        found = {
            path.relative_to(output).as_posix(): read_records(path)
            for path in output.rglob("*")
            if path.is_file()
        }
        assert sorted(report.files) == sorted(str(output / name) for name in found)
        assert found.keys() == expected.keys()
        before = {record for records in files for record in records}
        for name, records in expected.items():
            assert len(found[name]) == len(records)
            for ours, theirs in zip(found[name], records, strict=True):
                if theirs in before:
                    # Unchanged events are equal, byte for byte.
                    assert ours == theirs
                else:
                    parse = event_pb2.Event.FromString
                    assert parse(ours) == parse(theirs)
                    assert ours.count(UNKNOWN) == theirs.count(UNKNOWN)
        assert report.records == sum(map(len, found.values()))
        counts = {why: number for why, number in reference.left.items() if number}
        assert report.left_out == counts
        restarts = options.get("restarts", "raw")
        if not {"every", "split", "rename", "cast"} & options.keys():
            # Reading a rewritten selection gives the same as selecting while reading.
            assert report.skipped == []
            chosen = {key: options[key] for key in ("kinds", "steps") if key in options}
            whole = tfevents.read(source, restarts=restarts, **chosen)
            again = tfevents.read(output, **chosen)
            for tag, scalars in whole["."].scalars.items():
                if tag in options.get("drop", ()) or not len(scalars):
                    continue
                rewritten = again["."].scalars[tag]
                assert sorted(rewritten.step) == sorted(scalars.step)
                assert sorted(rewritten.value) == sorted(scalars.value)
