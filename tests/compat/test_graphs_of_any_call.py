"""Graphs of models with keyword inputs, and of models whose results no tracer knows."""

import dataclasses

import pytest

import tfevents
from peers import peer
from tfevents import SummaryWriter

torch = peer("torch")
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.trace.* is deprecated")


@dataclasses.dataclass
class Returned:
    logits: object
    count: int = 3


class Holder:
    def __init__(self, tensor):
        self.tensor = tensor
        self.itself = self


class Slots:
    __slots__ = ("empty", "tensor")

    def __init__(self, tensor):
        self.tensor = tensor


RETURNS = {
    "a tensor": lambda y: y,
    "a dataclass": Returned,
    "an object": Holder,
    "slots": Slots,
    "a distribution": lambda y: torch.distributions.Normal(y, torch.ones_like(y)),
    "several": lambda y: [{"a": Holder(y)}, (y + 1, None)],
}


class Net(torch.nn.Module):
    def __init__(self, returns):
        super().__init__()
        self.layer = torch.nn.Linear(3, 4)
        self.returns = returns

    def forward(self, x, mask=None, *, scale=None):
        y = self.layer(x)
        y = y if mask is None else y * mask
        return self.returns(y if scale is None else y * scale)


X, MASK = torch.ones(2, 3), torch.ones(4)
INPUTS = {
    "by place": (X, {"x"}),
    "by name": ({"x": X}, {"x"}),
    "names in any order": ({"mask": MASK, "x": X}, {"x", "mask"}),
    "a mapping at the end": ((X, {"mask": MASK}), {"x", "mask"}),
    "by name alone": ((X, {"scale": MASK}), {"x", "scale"}),
}


def nodes(directory, model, inputs):
    with SummaryWriter(directory) as writer:
        writer.add_graph(model, inputs)
    return [node.name for node in tfevents.read(directory)["."].graph.nodes]


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("returns", RETURNS)
def test_every_way(tmp_path, inputs, returns):
    given, names = INPUTS[inputs]
    model = Net(RETURNS[returns])
    found = nodes(tmp_path, model, given)
    assert {name for name in found if name.startswith("input/")} == {f"input/{n}" for n in names}
    assert any(name.startswith("output/") for name in found)
    assert any("Linear[layer]" in name for name in found)
    # The mode is what it was before.
    assert model.training
    assert "forward" not in vars(model)
    assert not model._forward_hooks


def test_a_mapping_that_names_no_parameters_is_an_argument(tmp_path):
    class Takes(torch.nn.Module):
        def forward(self, batch):
            return batch["image"] * 2

    assert "input/batch" in nodes(tmp_path, Takes(), {"image": X})


def test_what_returns_no_tensor_has_no_graph(tmp_path):
    with pytest.raises(RuntimeError, match="model: Net can't be traced"):
        nodes(tmp_path, Net(lambda y: Returned(3)), X)
