"""add_onnx_graph logs the graphs that torch logs, except for torch's mistakes."""

import subprocess
import sys
from typing import Any

import graph_models as models
import numpy as np
import pytest
from tensorboard_plugin import serving

import events
import tfevents
from peers import peer

torch = peer("torch")
onnx = peer("onnx")
torch_tensorboard = peer("torch.utils.tensorboard")
graph_pb2 = peer("tensorboard.compat.proto.graph_pb2")
types_pb2 = peer("tensorboard.compat.proto.types_pb2")
graphs_plugin = peer("tensorboard.plugins.graph.graphs_plugin")

FLOAT = onnx.TensorProto.FLOAT
info = onnx.helper.make_tensor_value_info
node = onnx.helper.make_node


def saved(path: Any, nodes: list[Any], inputs: list[Any], outputs: list[Any], **more: Any) -> str:
    graph = onnx.helper.make_graph(nodes, "name", inputs, outputs, **more)
    onnx.save(onnx.helper.make_model(graph), path)
    return str(path)


def logged(writer_class: Any, directory: Any, model: Any) -> list[Any]:
    writer = writer_class(directory)
    writer.add_onnx_graph(model)
    writer.close()
    return events.read_events(events.only_file(directory))[1:]


def graph_of(events_of_graph: list[Any]) -> Any:
    (event,) = events_of_graph
    return graph_pb2.GraphDef.FromString(event.graph_def)


def both(tmp_path: Any, path: str) -> tuple[Any, Any]:
    mine = graph_of(logged(tfevents.SummaryWriter, tmp_path / "mine", path))
    theirs = graph_of(logged(torch_tensorboard.SummaryWriter, tmp_path / "theirs", path))
    return mine, theirs


def test_attributes_of_every_kind(tmp_path):
    nodes = [
        node("Conv", ["x", "w"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=1),
        node("Elu", ["a"], ["b", "second"], alpha=1e-5, name="elu"),
        node("Gelu", ["b"], ["c"], approximate="tanh"),
        node("Resize", ["c", "", "s"], ["d"], mode="it's", numbers=[0.1, 2.0, -1e20], empty=0),
        node("Custom", ["d"], ["y"], names=["a", 'b"', "c'\"\\\n\x01ü"], minus=-3, domain="my"),
    ]
    shapes = {"x": [1, 3, 8, 8], "y": [1, 4]}
    path = saved(
        tmp_path / "model.onnx",
        nodes,
        [info("x", FLOAT, shapes["x"])],
        [info("y", FLOAT, shapes["y"])],
        initializer=[onnx.numpy_helper.from_array(np.ones((4, 3, 3, 3), np.float32), "w")],
    )
    mine, theirs = both(tmp_path, path)
    assert str(mine) == str(theirs)
    assert mine == theirs
    assert len(mine.node) == 7


# Both the tracer and the old exporter warn that they are deprecated.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", [models.MLP, models.VideoClassifier])
def test_exported_models(tmp_path, model):
    inputs = torch.ones(2, 10) if model is models.MLP else torch.ones(1, 3, 3, 16, 16)
    path = str(tmp_path / "model.onnx")
    torch.onnx.export(model().eval(), (inputs,), path, dynamo=False)
    mine, theirs = both(tmp_path, path)
    for node in theirs.node:
        for attribute in node.attr.values():
            # torch writes the whole content of tensors.
            if b"data_type" in attribute.s:
                attribute.s = b"value = tensor = 4"
    for node in mine.node:
        for attribute in node.attr.values():
            if b"tensor(" in attribute.s:
                attribute.s = b"value = tensor = 4"
    assert str(mine) == str(theirs)


def test_types_and_sizes_are_tensorflow_s(tmp_path):
    kinds = {
        "FLOAT": "DT_FLOAT",
        "INT64": "DT_INT64",
        "STRING": "DT_STRING",
        "BOOL": "DT_BOOL",
        "FLOAT16": "DT_HALF",
        "BFLOAT16": "DT_BFLOAT16",
        "DOUBLE": "DT_DOUBLE",
        "UINT8": "DT_UINT8",
        "COMPLEX64": "DT_COMPLEX64",
        "INT4": "DT_INT4",
        "FLOAT8E5M2": "DT_FLOAT8_E5M2",
    }
    inputs = [info(k, getattr(onnx.TensorProto, k), ["batch", 3, None]) for k in kinds]
    path = saved(tmp_path / "model.onnx", [], inputs, [])
    mine, theirs = both(tmp_path, path)
    for variable, expected in zip(mine.node, kinds.values(), strict=True):
        assert variable.op == "Variable"
        assert types_pb2.DataType.Name(variable.attr["dtype"].type) == expected
        assert [dim.size for dim in variable.attr["shape"].shape.dim] == [-1, 3, -1]
    # torch writes ONNX's own numbers, by which int64 is a string, and 0 for an unknown size.
    assert theirs.node[1].attr["dtype"].type == types_pb2.DT_STRING
    assert [dim.size for dim in theirs.node[1].attr["shape"].shape.dim] == [0, 3, 0]


def test_tensors_and_graphs_are_named_by_their_kind(tmp_path):
    table = onnx.numpy_helper.from_array(np.zeros((2, 3), np.int64), "table")
    branch = onnx.helper.make_graph([node("Identity", ["x"], ["z"])], "branch", [], [])
    nodes = [
        node("Constant", [], ["k"], value=table),
        node("If", ["k"], ["y"], then_branch=branch, else_branch=branch),
        node("Nothing", [], [], name="no output"),
    ]
    path = saved(tmp_path / "model.onnx", nodes, [], [])
    constant, choice, nothing = graph_of(logged(tfevents.SummaryWriter, tmp_path, path)).node
    assert constant.attr["parameters"].s == b"value = tensor(int64, [2, 3]) = 4"
    assert choice.attr["parameters"].s == (
        b"else_branch = graph(branch) = 5, then_branch = graph(branch) = 5"
    )
    assert nothing.name == "no output"


def test_a_model_and_its_file_give_the_same(tmp_path, capsys):
    path = saved(tmp_path / "model.onnx", [node("Relu", ["x"], ["y"])], [], [])
    model = onnx.load(path)
    from_path = logged(tfevents.SummaryWriter, tmp_path / "path", tmp_path / "model.onnx")
    from_model = logged(tfevents.SummaryWriter, tmp_path / "model", model)
    assert graph_of(from_path) == graph_of(from_model)
    # Torch prints the name of each node.
    assert capsys.readouterr().out == ""


def test_file_writer(tmp_path):
    path = saved(tmp_path / "model.onnx", [node("Relu", ["x"], ["y"])], [], [])
    (expected,) = logged(tfevents.SummaryWriter, tmp_path / "a", path)
    written = []
    for number, module in enumerate([tfevents, torch_tensorboard]):
        writer = module.FileWriter(str(tmp_path / str(number)))
        writer.add_onnx_graph(graph_pb2.GraphDef.FromString(expected.graph_def), 5.0)
        writer.close()
        written.append(events.read_events(events.only_file(tmp_path / str(number)))[1:])
    assert str(written[0]) == str(written[1])
    assert [event.wall_time for event in written[0]] == [5.0]


def test_a_file_needs_no_onnx(tmp_path):
    path = saved(tmp_path / "model.onnx", [node("Relu", ["x"], ["y"])], [], [])
    script = """
import sys, tfevents
with tfevents.SummaryWriter(sys.argv[1]) as writer:
    writer.add_onnx_graph(sys.argv[2])
assert not {"onnx", "google.protobuf", "torch", "tensorboard"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script, tmp_path / "log", path], check=True)
    assert len(events.read_events(events.only_file(tmp_path / "log"))) == 2


def test_what_tensorboard_serves(tmp_path):
    path = saved(
        tmp_path / "model.onnx",
        [node("Relu", ["x"], ["y"])],
        [info("x", FLOAT, ["n", 2])],
        [],
    )
    logged(tfevents.SummaryWriter, tmp_path / "run", path)
    with serving(graphs_plugin.GraphsPlugin, tmp_path) as get:
        graph = get("/graph", run="run").decode()
    assert 'op: "Relu"' in graph
    assert "size: -1" in graph
