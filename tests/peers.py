"""Packages that the tests compare with. They need not be installed."""

import importlib
import os
import warnings
from types import ModuleType

import pytest


def peer(name: str) -> ModuleType:
    """Imports `name`, or skips the test (at module level, the file).

    With TFEVENTS_REQUIRE_PEERS=1 a missing peer is a failure, so that a machine that should compare
    does not pass without it.
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
    """Imports torchvision, also beside a torch without CUDA.

    The compiled part of its wheel needs CUDA's libraries. Its Python part needs only the
    declarations of two operators from it, which our tests do not run.
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
