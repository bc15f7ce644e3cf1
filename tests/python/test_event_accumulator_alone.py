"""`tfevents.compat.event_accumulator` without TensorBoard, and without protobuf too."""

import pytest

import scripts
from peers import peer

WRITE = """
import sys, tempfile
import numpy as np
for name in sys.argv[1:]:
    sys.modules[name] = None
import tfevents
from tfevents.compat.event_accumulator import EventAccumulator
from tfevents.compat.source import DirectoryDeletedError
directory = tempfile.mkdtemp()
with tfevents.SummaryWriter(directory) as writer:
    for step in range(3):
        writer.add_scalar("loss", step / 2, step, walltime=9.0)
        writer.add_histogram("weights", np.arange(5.0), step)
        writer.add_image("picture", np.zeros((3, 4, 5), np.uint8), step)
        writer.add_audio("sound", np.zeros((1, 9), np.float32), step)
        writer.add_tensor("tensor", np.arange(3.0), step)
    writer.add_text("text", "hello", 1)
    graph = b"\\x0a\\x06\\x0a\\x01x\\x12\\x01y"
    writer._add_graph(graph)
reader = EventAccumulator(directory).Reload()
"""

WITHOUT_MESSAGES = """
print(reader.Scalars("loss")[2])
value = reader.Histograms("weights")[-1].histogram_value
assert (value.num, value.sum, value.max) == (5, 10, 4), value
assert len(reader.CompressedHistograms("weights")) == 3
assert [it.width for it in reader.Images("picture")] == [5] * 3
assert reader.Audio("sound")[0].content_type == "audio/wav"
assert set(reader.Tags()["tensors"]) == {"tensor", "text/text_summary"}
assert reader.PluginTagToContent("text") == {"text/text_summary": b""}
assert reader.SerializedGraph() == graph
assert reader.GetSourceWriter() == "tfevents"
assert reader.FirstEventTimestamp() > 9
try:
    EventAccumulator(directory + "/gone").Reload()
except FileNotFoundError as error:
    assert isinstance(error, DirectoryDeletedError)
"""

MESSAGES = """
import tfevents.proto
tensors = reader.Tensors("tensor")
assert [type(it.tensor_proto) for it in tensors] == [tfevents.proto.TensorProto] * 3
assert tensors[1].tensor_proto.double_val == [0, 1, 2] or tensors[1].tensor_proto.tensor_content
(text,) = reader.Tensors("text/text_summary")
assert text.tensor_proto.string_val == [b"hello"]
assert reader.SummaryMetadata("text/text_summary").plugin_data.plugin_name == "text"
assert list(reader.AllSummaryMetadata())
assert [it.name for it in reader.Graph().node] == ["x"]
assert not [name for name in sys.modules if name.startswith("tensorboard.")]
"""

NO_MESSAGES = """
for method, *arguments in (
    ["Tensors", "tensor"], ["Graph"], ["SummaryMetadata", "tensor"], ["AllSummaryMetadata"]
):
    try:
        getattr(reader, method)(*arguments)
    except ImportError as error:
        assert "tfevents[protobuf]" in str(error), error
    else:
        raise AssertionError(method)
"""


def test_without_tensorboard() -> None:
    peer("google.protobuf")
    out = scripts.check(WRITE + WITHOUT_MESSAGES + MESSAGES, "tensorboard")
    assert out == "ScalarEvent(wall_time=9.0, step=2, value=1.0)\n"


@pytest.mark.parametrize("missing", [["tensorboard", "google.protobuf"], ["google.protobuf"]])
def test_without_protobuf(missing: list[str]) -> None:
    scripts.check(WRITE + WITHOUT_MESSAGES + NO_MESSAGES, *missing)
