"""Compares events with those of TensorFlow's and TensorBoard's iterators."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfevents
from peers import peer

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*/events.*"))
ONEOF = {"tensor", "histo", "image", "audio", "simple_value"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of torch with values of every kind."""
    tensorboard = peer("torch.utils.tensorboard")
    directory = tmp_path_factory.mktemp("torch")
    with tensorboard.SummaryWriter(directory) as writer:
        writer.add_scalar("scalar", 0.25, 1)
        writer.add_scalar("scalar64", 0.1, -3, new_style=True, double_precision=True)
        writer.add_histogram("histogram", np.arange(50.0), 2)
        writer.add_image("image", np.random.default_rng(0).random((3, 4, 5)), 3)
        writer.add_audio("audio", np.sin(np.arange(800.0)), 4, sample_rate=8000)
        writer.add_text("text", "words", 5)
        writer.add_tensor("tensor", peer("torch").arange(6.0).reshape(2, 3), 6)
        writer.add_pr_curve("pr", np.array([0, 1, 1]), np.array([0.1, 0.8, 0.4]), 7)
        writer.add_hparams({"lr": 0.1}, {"loss": 1.0})
        event_pb2 = peer("tensorboard.compat.proto.event_pb2")
        writer.file_writer.add_event(event_pb2.Event(graph_def=b""))
    return directory


def compare(path: Path, messages: list[Any]) -> None:
    tensor_util = peer("tensorboard.util.tensor_util")
    events = list(tfevents.iter_events(path))
    assert len(events) == len(messages)
    for event, message in zip(events, messages, strict=True):
        assert event.raw == event.SerializeToString()
        assert event.to_proto().SerializeToString() == message.SerializeToString()
        assert str(event.to_proto()) == str(message)
        assert (event.step, event.wall_time) == (message.step, message.wall_time)
        assert event.what == message.WhichOneof("what")
        assert (event.writer or "") == message.source_metadata.writer
        if event.what == "file_version":
            assert event.content == message.file_version
        assert len(event.values) == len(message.summary.value)
        for value, theirs in zip(event.values, message.summary.value, strict=True):
            assert (value.tag, value.what) == (theirs.tag, theirs.WhichOneof("value"))
            assert value.what in ONEOF | {None}
            if value.metadata is None:
                assert not theirs.HasField("metadata")
            else:
                plugin = theirs.metadata.plugin_data
                assert value.metadata.plugin_name == plugin.plugin_name
                assert value.metadata.content == plugin.content
            found = value.value
            if value.what == "simple_value":
                assert np.array_equal(found, theirs.simple_value, equal_nan=True)
            elif value.what == "tensor":
                try:
                    expected = tensor_util.make_ndarray(theirs.tensor)
                except (TypeError, ValueError):
                    continue
                assert found.shape == expected.shape
                same = np.array_equal(found, expected, equal_nan=expected.dtype.kind in "fc")
                assert same, value.tag
            elif value.what == "histo":
                assert found.bucket_limit.tolist() == list(theirs.histo.bucket_limit)
                assert found.bucket.tolist() == list(theirs.histo.bucket)
                assert (found.min, found.num, found.sum) == (
                    theirs.histo.min,
                    theirs.histo.num,
                    theirs.histo.sum,
                )
            elif value.what == "image":
                assert found.data == theirs.image.encoded_image_string
                assert (found.width, found.height) == (theirs.image.width, theirs.image.height)
            elif value.what == "audio":
                assert found.data == theirs.audio.encoded_audio_string
                assert found.sample_rate == theirs.audio.sample_rate
                assert found.content_type == theirs.audio.content_type


def test_as_tensorboards_loader(written: Path) -> None:
    loader = peer("tensorboard.backend.event_processing.event_file_loader")
    for path in [*GOLDEN, *written.glob("events.*")]:
        event_pb2 = peer("tensorboard.compat.proto.event_pb2")
        raw = loader.RawEventFileLoader(str(path)).Load()
        compare(path, [event_pb2.Event.FromString(payload) for payload in raw])


def test_as_tensorflows_iterator(written: Path) -> None:
    tf = peer("tensorflow")
    for path in written.glob("events.*"):
        ours = list(tfevents.iter_events(path))
        theirs = list(tf.compat.v1.train.summary_iterator(str(path)))
        assert [event.raw for event in ours] == [event.SerializeToString() for event in theirs]
