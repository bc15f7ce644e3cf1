"""add_graph and add_onnx_graph without torch and onnx."""

import pytest

import events
import scripts
from tfevents import FileWriter, SummaryWriter

# A ModelProto: graph (7) with node (1), whose output (2) is "y" and op_type (4) "Relu".
MODEL = b"\x3a\x0b\x0a\x09\x12\x01y\x22\x04Relu"


def test_a_model(tmp_path):
    (tmp_path / "model.onnx").write_bytes(MODEL)
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 1)
        writer.add_onnx_graph(tmp_path / "model.onnx")
        writer.add_onnx_graph(str(tmp_path / "model.onnx"))
        writer.add_scalar("loss", 2.0, 2)
    payloads = events.read_records(events.only_file(tmp_path))
    graphs = [
        value for payload in payloads for number, value in events.fields(payload) if number == 4
    ]
    (node,) = [value for number, value in events.fields(graphs[0]) if number == 1]
    assert dict(list(events.fields(node))[:2]) == {1: b"y", 2: b"Relu"}
    assert graphs == [graphs[0]] * 2
    assert events.steps(tmp_path) == [1, 2]


class Message:
    def __init__(self, serialized):
        self.serialized = serialized

    def SerializeToString(self):
        return self.serialized


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is not an encoded ONNX model"),
        (b"\x08\x01", "is not an encoded ONNX model"),
        (b"no model", "is not an encoded ONNX model"),
        (MODEL[:-1], "is not an encoded ONNX model"),
        # The node's length is too large, and a name is not UTF-8.
        (MODEL[:3] + b"\x7f" + MODEL[4:], "is not an encoded ONNX model"),
        (MODEL.replace(b"y", b"\xff"), "is not an encoded ONNX model"),
    ],
)
def test_what_is_no_model_is_named(tmp_path, content, complaint):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with SummaryWriter(tmp_path / "log") as writer:
        writer.add_scalar("loss", 1.0, 1)
        for model, name in [(path, f"prototxt: {path} "), (Message(content), "prototxt ")]:
            with pytest.raises(ValueError) as caught:
                writer.add_onnx_graph(model)
            assert str(caught.value) == name + complaint
        writer.add_scalar("loss", 2.0, 2)
    assert events.steps(tmp_path / "log") == [1, 2]
    assert len(events.read_records(events.only_file(tmp_path / "log"))) == 3


@pytest.mark.parametrize("model", [None, 3, b"model", Message("text")])
def test_what_is_neither_path_nor_model_is_named(tmp_path, model):
    with SummaryWriter(tmp_path) as writer, pytest.raises(TypeError, match=r"^prototxt: "):
        writer.add_onnx_graph(model)


def test_a_file_that_is_not_there(tmp_path):
    with SummaryWriter(tmp_path) as writer, pytest.raises(FileNotFoundError):
        writer.add_onnx_graph(tmp_path / "model.onnx")


def test_every_prefix_and_flipped_bit_of_a_model(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for end in range(len(MODEL)):
            with pytest.raises(ValueError):
                writer.add_onnx_graph(Message(MODEL[:end]))
        for bit in range(8 * len(MODEL)):
            flipped = bytearray(MODEL)
            flipped[bit // 8] ^= 1 << bit % 8
            try:
                writer.add_onnx_graph(Message(bytes(flipped)))
            except ValueError as error:
                assert str(error).startswith("prototxt ")
    events.read_records(events.only_file(tmp_path))


def test_file_writer_takes_a_graph(tmp_path):
    writer = FileWriter(tmp_path)
    writer.add_onnx_graph(Message(b"\x22\x02\x08\x16"), 5.0)
    with pytest.raises(TypeError, match=r"^graph: "):
        writer.add_onnx_graph("graph")
    writer.close()
    _, event = events.read_records(events.only_file(tmp_path))
    assert dict(events.fields(event))[4] == b"\x22\x02\x08\x16"


def test_a_model_without_torch_is_named(tmp_path):
    scripts.check(
        """
        import sys
        import tfevents
        with tfevents.SummaryWriter(sys.argv[1]) as writer:
            for model in [None, print, object()]:
                try:
                    writer.add_graph(model)
                except TypeError as error:
                    assert str(error).startswith("model: expected a torch.nn.Module"), error
                else:
                    raise AssertionError("no error")
        assert "torch" not in sys.modules
        """,
        tmp_path,
    )
