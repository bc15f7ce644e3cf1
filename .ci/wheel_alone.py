"""Writes and reads a run in an environment that has the wheel and NumPy only."""

import importlib.util
import sys
import tempfile
from importlib.metadata import distributions, files

import tfevents

installed = {dist.metadata["Name"].lower() for dist in distributions()}
# Docker's images of Python bring `wheel`.
extra = installed - {"tfevents", "numpy", "pip", "setuptools", "wheel"}
assert not extra, f"the wheel brought in {sorted(extra)}"

notices = [file for file in files("tfevents") or [] if file.name == "THIRD-PARTY-NOTICES.txt"]
assert len(notices) == 1, "the licences of what is compiled into the wheel are missing"
assert "SIL OPEN FONT LICENSE" in notices[0].read_text()

# TensorBoard finds our reader by it.
assert importlib.util.find_spec("tensorboard_plugin_tfevents"), "the wheel lacks the plugin"

with tempfile.TemporaryDirectory() as root:
    with tfevents.SummaryWriter(root) as writer:
        for step in range(1000):
            writer.add_scalar("loss", 1 / (step + 1), step)
        writer.add_text("note", "a text", 0)
    run = tfevents.read(root)["."]
    assert run.scalars["loss"].step.tolist() == list(range(1000))
    assert len(run.texts) == 1

foreign = {"torch", "tensorflow", "tensorboard", "google.protobuf", "pandas"} & set(sys.modules)
assert not foreign, f"importing tfevents imported {sorted(foreign)}"
print(f"tfevents {tfevents.__version__}: written and read")
