"""Hyperparameters in the types of configuration packages."""

import warnings
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
    """A reference that leads nowhere and a missing value stay as they are written."""
    config = omegaconf.OmegaConf.create({"a": "${nowhere}", "b": "???", "c": 1})
    assert logged(tmp_path, config) == {"a": "${nowhere}", "b": "???", "c": 1}


def test_omegaconf_follows_what_can_be_followed(tmp_path):
    """A reference that leads nowhere does not affect the others."""
    config = omegaconf.OmegaConf.create(
        {
            "lr": 0.5,
            "a": "${lr}",
            "b": "${nowhere}",
            "inner": {"c": "${lr}", "d": "???"},
            "all": ["${lr}", "${nowhere}", {"e": "${lr}"}],
        }
    )
    expected = {
        "lr": 0.5,
        "a": 0.5,
        "b": "${nowhere}",
        "inner/c": 0.5,
        "inner/d": "???",
        "all": '[0.5, "${nowhere}", {"e": 0.5}]',
    }
    assert logged(tmp_path / "plain", config) == expected
    nested = {f"x/{name}": value for name, value in expected.items()}
    assert logged(tmp_path / "nested", {"x": config}) == nested


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


def test_tensors_that_hold_no_real_numbers(tmp_path):
    torch = peer("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nested = torch.nested.nested_tensor([torch.ones(1)])
    values = {
        "nested": nested,
        "complex": torch.tensor([1j, 2]),
        "meta": torch.empty(2, device="meta"),
    }
    assert logged(tmp_path, values) == {
        "nested": str(nested),
        "complex": '["1j", "(2+0j)"]',
        "meta": "tensor(..., device='meta', size=(2,))",
    }


def test_columns_of_texts(tmp_path):
    pandas = peer("pandas")
    values = {
        "index": pandas.Index(["a", "b"]),
        "series": pandas.Series(["a", "b"]),
        "categorical": pandas.Categorical(["a", "b"]),
    }
    assert logged(tmp_path, values) == dict.fromkeys(values, '["a", "b"]')
