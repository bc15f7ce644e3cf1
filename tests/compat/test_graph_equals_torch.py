"""add_graph logs the graphs that torch logs, and more; TensorBoard's graph plugin serves them."""

import re
from typing import Any

import graph_models as models
import pytest
from tensorboard_plugin import serving

import events
import tfevents
from peers import peer

torch = peer("torch")
torch_tensorboard = peer("torch.utils.tensorboard")
event_pb2 = peer("tensorboard.compat.proto.event_pb2")
graph_pb2 = peer("tensorboard.compat.proto.graph_pb2")
config_pb2 = peer("tensorboard.compat.proto.config_pb2")
graphs_plugin = peer("tensorboard.plugins.graph.graphs_plugin")

# Warnings of torch: its tracer is deprecated, and does not see everything.
pytestmark = [
    pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]


def logged(writer_class: Any, directory: Any, *arguments: Any, **options: Any) -> list[Any]:
    """All events but the first."""
    writer = writer_class(directory)
    writer.add_graph(*arguments, **options)
    writer.close()
    return events.read_events(events.only_file(directory))[1:]


def graph_of(events_of_graph: list[Any]) -> Any:
    return graph_pb2.GraphDef.FromString(events_of_graph[0].graph_def)


def our_nodes(directory: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
    """{name: node}"""
    graph = graph_of(logged(tfevents.SummaryWriter, directory, *arguments, **options))
    nodes = {node.name: node for node in graph.node}
    assert len(nodes) == len(graph.node)
    return nodes


def shapes(node: Any) -> list[list[int]]:
    return [[d.size for d in shape.dim] for shape in node.attr["_output_shapes"].list.shape]


@pytest.fixture(autouse=True)
def _no_fast_path():
    """Otherwise torch refuses to log a transformer, since its two runs take different paths."""
    enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(enabled)


def transformer() -> Any:
    layer = torch.nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    return torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


PAIR = (torch.ones(2, 4), torch.ones(2, 4))
CASES = {
    "mlp": (models.MLP, torch.ones(2, 10), {}),
    "a list of inputs": (models.MLP, [torch.ones(2, 10)], {}),
    "resnet50": (models.ResNet50, torch.ones(1, 3, 32, 32), {}),
    "cnn, lstm, attention": (models.VideoClassifier, torch.ones(1, 3, 3, 16, 16), {}),
    "transformer": (transformer, torch.ones(2, 5, 16), {}),
    "tuple and dict in, tuples out": (models.Several, (PAIR, {"scale": torch.ones(4)}), {}),
    "dict out": (models.ReturnsDict, torch.ones(2, 4), {"use_strict_trace": False}),
    "no layers": (torch.nn.Identity, torch.ones(2), {}),
    "one layer": (lambda: torch.nn.Linear(3, 2), torch.ones(2, 3), {}),
    "no input": (models.NoInput, (), {}),
}


@pytest.mark.parametrize(("model", "inputs", "options"), CASES.values(), ids=CASES)
def test_graphs_are_torch_s(tmp_path, model, inputs, options):
    model = model()
    mine = logged(tfevents.SummaryWriter, tmp_path / "mine", model, inputs, **options)
    theirs = logged(torch_tensorboard.SummaryWriter, tmp_path / "theirs", model, inputs, **options)
    # The readable form is compared first.
    assert str(graph_of(mine)) == str(graph_of(theirs))
    assert len(mine) == len(theirs) == 2
    for ours, torchs in zip(mine, theirs, strict=True):
        for event in (ours, torchs):
            event.ClearField("wall_time")
        if ours.graph_def:
            ours.graph_def = graph_of([ours]).SerializeToString(deterministic=True)
            torchs.graph_def = graph_of([torchs]).SerializeToString(deterministic=True)
        assert ours == torchs
    metadata = config_pb2.RunMetadata.FromString(mine[1].tagged_run_metadata.run_metadata)
    assert metadata.step_stats.dev_stats[0].device == "/device:CPU:0"


def renumbered(graph: Any) -> str:
    """The graph as text, with its values numbered in the order in which they appear."""
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return numbers.setdefault(match[0], f"/#{len(numbers)}")

    return re.sub(r"/\d+(?=\")", number, str(graph))


@pytest.mark.parametrize("make", ["script", "trace"])
def test_graphs_of_torchscript_are_torch_s_but_for_numbers(tmp_path, make):
    if make == "script":
        model, inputs = torch.jit.script(models.Branching()), torch.ones(2, 4)
    else:
        inputs = torch.ones(2, 10)
        model = torch.jit.trace(models.MLP().eval(), inputs)
    before = str(model.graph)
    mine = logged(tfevents.SummaryWriter, tmp_path / "mine", model, inputs)
    # torch inlines the module's own graph, which changes the module.
    assert str(model.graph) == before
    with pytest.warns(UserWarning, match="already a ScriptModule"):
        theirs = logged(torch_tensorboard.SummaryWriter, tmp_path / "theirs", model, inputs)
    assert str(model.graph) != before
    assert renumbered(graph_of(mine)) == renumbered(graph_of(theirs))
    assert len(graph_of(mine).node) > 10


def test_a_value_whose_name_is_an_output_s(tmp_path):
    class Named(torch.nn.Module):
        def forward(self, x):
            output = x + 1
            output = output * 2
            return output - 3

    nodes = our_nodes(tmp_path / "mine", Named(), torch.ones(2))
    assert "Named/output.1" in nodes
    # In this case torch's graph has no output.
    theirs = graph_of(
        logged(torch_tensorboard.SummaryWriter, tmp_path / "theirs", Named(), torch.ones(2))
    )
    assert set(nodes) - {node.name for node in theirs.node} == {"output/output.1"}


@pytest.mark.parametrize("dressed", [lambda f: f, torch.jit.script])
def test_functions(tmp_path, dressed):
    def scaled(x: torch.Tensor, factor: torch.Tensor):
        return x * factor

    nodes = our_nodes(tmp_path, dressed(scaled), (torch.ones(2), torch.ones(2)))
    assert [node.op for node in nodes.values()] == ["IO Node"] * 3 + ["aten::mul"]
    product = list(nodes.values())[-1]
    assert product.name.startswith("scaled/")
    with pytest.raises(AttributeError):
        logged(
            torch_tensorboard.SummaryWriter,
            tmp_path / "theirs",
            dressed(scaled),
            (torch.ones(2), torch.ones(2)),
        )


def test_a_model_whose_runs_are_not_alike(tmp_path):
    torch.backends.mha.set_fastpath_enabled(True)
    model, inputs = transformer(), torch.ones(2, 5, 16)
    nodes = our_nodes(tmp_path / "mine", model, inputs)
    assert any(node.op == "aten::scaled_dot_product_attention" for node in nodes.values())
    with pytest.raises(torch.jit.TracingCheckError):
        logged(torch_tensorboard.SummaryWriter, tmp_path / "theirs", model, inputs)


def test_a_compiled_model(tmp_path):
    model = models.MLP()
    compiled = our_nodes(
        tmp_path / "compiled", torch.compile(model, backend="eager"), torch.ones(2, 10)
    )
    assert compiled == our_nodes(tmp_path / "plain", model, torch.ones(2, 10))


# torch.export.


@pytest.mark.parametrize("model", [models.ReturnsDict, models.ReturnsMore])
def test_what_the_tracer_cannot_take_is_exported(tmp_path, model):
    nodes = our_nodes(tmp_path, model(), torch.ones(2, 4))
    name = model.__name__
    linear = nodes[f"{name}/Linear[linear]/linear"]
    assert linear.op == "aten::linear"
    assert list(linear.input) == [
        "input/x",
        f"{name}/Linear[linear]/weight",
        f"{name}/Linear[linear]/bias",
    ]
    assert shapes(linear) == [[2, 2]]
    assert nodes[f"{name}/Linear[linear]/weight"].op == "Parameter"
    assert list(nodes["output/output.1"].input) == [linear.name]


def test_an_exported_program_is_logged_as_it_is(tmp_path, capsys):
    model = models.MLP().eval()
    batch = torch.export.Dim("batch", min=2)
    program = torch.export.export(model, (torch.ones(4, 10),), dynamic_shapes=({0: batch},))
    nodes = our_nodes(tmp_path, program, verbose=True)
    assert capsys.readouterr().out == f"{program}\n"
    assert shapes(nodes["input/x"]) == [[-1, 10]]
    assert shapes(nodes["output/output.1"]) == [[-1, 3]]
    assert nodes["MLP/scale"].op == "Buffer"
    first = nodes["MLP/Sequential[layers]/Linear[0]/linear"]
    assert list(first.input) == [
        "input/x",
        "MLP/Sequential[layers]/Linear[0]/weight",
        "MLP/Sequential[layers]/Linear[0]/bias",
    ]
    dropout = nodes["MLP/Sequential[layers]/Dropout[2]/dropout"]
    assert dropout.op == "aten::dropout"
    assert dropout.attr["attr"].s == b"{ p : 0.5,  train : False}"
    known = {name for node in nodes.values() for name in node.input}
    assert known <= set(nodes)


# The model, and failures.


class Moody(torch.nn.Module):
    """Counts the changes of its mode, and can fail."""

    def __init__(self, fails):
        super().__init__()
        self.frozen = torch.nn.BatchNorm1d(3)
        self.live = torch.nn.Dropout()
        self.fails = fails
        self.calls = 0

    def train(self, mode=True):
        self.calls += 1
        return super().train(mode)

    def forward(self, x):
        assert not self.training
        assert not self.live.training
        if self.fails:
            raise ArithmeticError("no luck")
        return self.live(self.frozen(x))


@pytest.mark.parametrize("fails", [False, True])
def test_every_module_is_left_in_its_mode(tmp_path, fails):
    model = Moody(fails)
    model.frozen.eval()
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 1)
        if fails:
            with pytest.raises(
                RuntimeError, match=r"model: Moody.*ArithmeticError: no luck"
            ) as caught:
                writer.add_graph(model, torch.ones(2, 3))
            assert isinstance(caught.value.__cause__, ArithmeticError)
        else:
            writer.add_graph(model, torch.ones(2, 3))
        writer.add_scalar("loss", 2.0, 2)
    assert (model.training, model.frozen.training, model.live.training) == (True, False, True)
    assert model.calls == 2
    assert events.steps(tmp_path) == [1, 2]
    assert len(events.read_events(events.only_file(tmp_path))) == (3 if fails else 5)


@pytest.mark.parametrize(
    ("model", "inputs", "reason"),
    [
        (models.MLP(), torch.ones(2, 3), "shapes cannot be multiplied"),
        (models.MLP(), None, "missing 1 required positional argument"),
        (models.MLP(), (torch.ones(2, 10), 3), "takes 2 positional arguments|cannot be traced"),
        (models.MLP(), "text", "cannot be traced"),
        (torch.relu, 3, "cannot be traced"),
    ],
)
def test_a_failure_says_why_and_leaves_nothing(tmp_path, model, inputs, reason, capfd):
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 1)
        with pytest.raises(RuntimeError, match=reason) as caught:
            writer.add_graph(model, inputs)
        writer.add_scalar("loss", 2.0, 2)
    assert str(caught.value).startswith("model: ")
    assert caught.value.__cause__ is not None
    assert capfd.readouterr() == ("", "")
    assert len(events.read_events(events.only_file(tmp_path))) == 3


@pytest.mark.parametrize("model", [None, 3, "model", torch.ones(2)])
def test_what_is_no_model_is_named(tmp_path, model):
    with tfevents.SummaryWriter(tmp_path) as writer, pytest.raises(TypeError, match=r"^model: "):
        writer.add_graph(model, torch.ones(2))


@pytest.mark.filterwarnings("error")
def test_no_warning_of_torch_s_comes_through(tmp_path):
    class Deciding(torch.nn.Module):
        def forward(self, x):
            return x + 1 if x.sum() > 0 else x - 1

    nodes = our_nodes(tmp_path, Deciding(), torch.ones(2))
    assert any(node.op == "aten::add" for node in nodes.values())


def test_verbose_prints_what_torch_prints(tmp_path, capsys):
    class Plain(torch.nn.Module):
        def forward(self, x):
            return x * 2

    printed = []
    for number, writer_class in enumerate(
        [tfevents.SummaryWriter, torch_tensorboard.SummaryWriter]
    ):
        logged(writer_class, tmp_path / str(number), Plain(), torch.ones(2), verbose=True)
        # Each trace makes a class of its own.
        printed.append(re.sub(r"___torch_mangle_\d+\.", "", capsys.readouterr().out))
    assert printed[0] == printed[1] != ""


def test_what_tensorboard_serves(tmp_path):
    logged(tfevents.SummaryWriter, tmp_path / "run", models.MLP(), torch.ones(2, 10))
    with serving(graphs_plugin.GraphsPlugin, tmp_path) as get:
        assert b'"run_graph": true' in get("/info")
        graph = get("/graph", run="run").decode()
        assert 'name: "MLP/Sequential[layers]/Linear[0]/input.1"' in graph
        assert 'op: "aten::linear"' in graph
        assert "/device:CPU:0" in get("/run_metadata", run="run", tag="step1").decode()
