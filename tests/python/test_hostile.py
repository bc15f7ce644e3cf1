"""Any messages in a file raise only documented exceptions."""

import contextlib
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_read_kinds import LOOKS

import hostile
import tfevents
from tfevents.compat.event_accumulator import EventAccumulator
from tfevents.series import AudioClip, Graph

try:
    # TensorBoard's accumulator raises it for malformed graphs, too.
    from google.protobuf.message import DecodeError
except ImportError:
    DecodeError = ValueError


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "events.out.tfevents.1"


@given(file=hostile.files(), restarts=st.sampled_from(["raw", "tensorboard", "last_wins"]))
def test_read(path: Path, file: bytes, restarts: Any) -> None:
    path.write_bytes(file)
    log = tfevents.read(path, on_corrupt="skip", restarts=restarts)
    repr(log)
    for look in LOOKS:
        with contextlib.suppress(ValueError, ImportError):
            look(log["."])
    assert log.reload() == []
    damage = {bad.offset for bad in log.damage}
    assert {bad.offset for bad in tfevents.verify(path).damage} == damage
    if damage:
        with pytest.raises(tfevents.CorruptFileError):
            tfevents.read(path)


def test_a_graph_whose_node_has_a_number_for_a_name() -> None:
    node = b"\x08\x00" + b"\x12\x03Mul"  # 1: 0, 2: "Mul"
    (found,) = Graph(b"\x0a" + bytes([len(node)]) + node, 0, 0.0).nodes
    assert (found.name, found.op) == ("", "Mul")


def test_a_sound_of_wide_samples() -> None:
    """The standard library reads it, though such samples are not defined."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 40000, 5, 40)
    content = b"WAVE" + form + struct.pack("<4sI", b"data", 5) + bytes(5)
    wav = struct.pack("<4sI", b"RIFF", len(content)) + content
    clip = AudioClip(0, 0.0, (wav,), ("",), "audio/wav", None)
    with pytest.raises(ValueError, match="40 bits"):
        clip.decode()


@given(file=hostile.files())
def test_iter_events(path: Path, file: bytes) -> None:
    path.write_bytes(file)
    events = tfevents.iter_events(path, on_corrupt="skip")
    for event in events:
        repr(event)
        with contextlib.suppress(ValueError):
            repr(event.content)
        for value in event.values:
            repr(value)
            with contextlib.suppress(ValueError, ImportError):
                repr(value.value)
    assert len(events.damage) == len(tfevents.verify(path).damage)


@given(file=hostile.files())
def test_event_accumulator(path: Path, file: bytes) -> None:
    path.write_bytes(file)
    accumulator = EventAccumulator(str(path.parent))
    while True:
        try:
            accumulator.Reload()
        except tfevents.CorruptFileError:
            continue
        break
    looks = {
        "scalars": accumulator.Scalars,
        "histograms": accumulator.Histograms,
        "distributions": accumulator.CompressedHistograms,
        "images": accumulator.Images,
        "audio": accumulator.Audio,
        "tensors": accumulator.Tensors,
        "run_metadata": accumulator.RunMetadata,
    }
    tags = accumulator.Tags()
    for kind, look in looks.items():
        for tag in tags[kind]:
            with contextlib.suppress(ValueError, ImportError, DecodeError):
                look(tag)
    for look in (accumulator.Graph, accumulator.MetaGraph, accumulator.FirstEventTimestamp):
        with contextlib.suppress(ValueError, ImportError, DecodeError):
            look()
