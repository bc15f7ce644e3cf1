"""Hyperparameters as the packages for configurations hold them."""

from pathlib import Path
from typing import Any

import pytest

import tfevents
from peers import peer
from tfevents import SummaryWriter

omegaconf = peer("omegaconf")
pydantic = peer("pydantic")
attrs = peer("attrs")


def logged(directory: Path, hparams: Any) -> dict[str, Any]:
    with SummaryWriter(directory) as writer:
        writer.add_hparams(hparams, {}, same_run=True)
    return dict(tfevents.read(directory)["."].hparams)


def test_omegaconf(tmp_path):
    config = omegaconf.OmegaConf.create(
        {
            "optimizer": {"name": "adam", "lr": 0.1, "warmup": "${.lr}"},
            "layers": [64, 32],
            "seed": 3,
        }
    )
    assert logged(tmp_path, config) == {
        "optimizer/name": "adam",
        "optimizer/lr": 0.1,
        "optimizer/warmup": 0.1,
        "layers": "[64, 32]",
        "seed": 3,
    }


def test_omegaconf_with_what_is_missing(tmp_path):
    """A reference that leads nowhere and a value that is missing stay as they are written."""
    config = omegaconf.OmegaConf.create({"a": "${nowhere}", "b": "???", "c": 1})
    assert logged(tmp_path, config) == {"a": "${nowhere}", "b": "???", "c": 1}


def test_omegaconf_as_a_value(tmp_path):
    inner = omegaconf.OmegaConf.create({"lr": 0.5, "betas": [0.9, 0.99]})
    assert logged(tmp_path, {"opt": inner}) == {"opt/lr": 0.5, "opt/betas": "[0.9, 0.99]"}


def test_pydantic(tmp_path):
    class Optimizer(pydantic.BaseModel):
        name: str = "adam"
        lr: float = 0.1

    class Config(pydantic.BaseModel):
        optimizer: Optimizer = Optimizer()
        path: Path = Path("data")
        layers: tuple[int, ...] = (64, 32)
        note: str | None = None

    assert logged(tmp_path, Config()) == {
        "optimizer/name": "adam",
        "optimizer/lr": 0.1,
        "path": "data",
        "layers": "[64, 32]",
        "note": "None",
    }


@pytest.mark.parametrize("slots", [False, True])
def test_attrs(tmp_path, slots):
    @attrs.define(slots=slots)
    class Optimizer:
        name: str = "adam"
        lr: float = 0.1

    @attrs.frozen(slots=slots)
    class Config:
        optimizer: Optimizer = attrs.field(factory=Optimizer)
        deep: bool = True

    assert logged(tmp_path, Config()) == {
        "optimizer/name": "adam",
        "optimizer/lr": 0.1,
        "deep": True,
    }
