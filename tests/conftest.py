"""Settings of all Python tests: Hypothesis's effort, and peers that write nothing."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Every process that a test starts inherits these.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Importing Comet, as Lightning does, wraps our functions.
os.environ.setdefault("COMET_DISABLE_AUTO_LOGGING", "1")

# A shared machine may pause at any time, so examples have no deadline. pytest-timeout guards each
# test.
_slow_is_fine = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("fast", max_examples=30, **_slow_is_fine)
settings.register_profile("thorough", max_examples=1000, print_blob=True, **_slow_is_fine)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def pytest_collection_modifyitems(items):
    # Each worker collects the tests by itself. An address in a name differs from worker to worker.
    for item in items:
        if " at 0x" in item.name:
            raise pytest.UsageError(f"{item.nodeid}: the name holds an address, give it ids=")
