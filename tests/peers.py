"""Packages that the tests compare against, and that need not be installed."""

import importlib
import os
import warnings
from types import ModuleType

import pytest


def peer(name: str) -> ModuleType:
    """Import `name`, or skip the test (at module level: the file).

    With TFEVENTS_REQUIRE_PEERS=1 a missing peer fails instead, so that a machine that is meant to
    compare against the peers cannot pass by having lost one.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError as error:
        message = f"{name} cannot be imported: {error}"
        if os.environ.get("TFEVENTS_REQUIRE_PEERS") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message, allow_module_level=True)


def torchvision() -> ModuleType:
    """torchvision, also beside a torch without CUDA.

    The compiled part of its wheel asks for CUDA's libraries. Its Python part needs of it no more
    than the declarations of two operators, which none of our tests runs.
    """
    declarations = peer("torch.library").Library("torchvision", "FRAGMENT")
    try:
        return importlib.import_module("torchvision")
    except (ImportError, RuntimeError):
        for operator in ("nms", "qnms"):
            declarations.define(
                f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )
        return peer("torchvision")
