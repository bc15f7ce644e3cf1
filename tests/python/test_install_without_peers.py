"""`tfevents.install` without any package to replace."""

import scripts


def test_absent_packages():
    scripts.check("""
import sys, tfevents

class Absent:
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in ("torch", "tensorboardX", "tensorboard", "tbparse"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
loaded = set(sys.modules)
installation = tfevents.install()
assert installation.patched == []
assert installation.awaited == [
    "torch.utils.tensorboard.writer", "tensorboardX.writer", "tensorboardX.global_writer",
    "tensorboard.backend.event_processing.event_accumulator", "tbparse.summary_reader",
]
assert str(installation).startswith("tfevents is in the place of nothing yet")
for name in "torch.utils.tensorboard", "tensorboardX", "tbparse":
    try:
        __import__(name)
    except ModuleNotFoundError:
        continue
    raise AssertionError(name)
assert tfevents.uninstall() == []
assert not {name for name in sys.modules if name.startswith(("torch", "tensorboard", "tbparse"))}
""")


def test_the_hook_comes_and_goes():
    scripts.check("""
import sys, tfevents
before = list(sys.meta_path)
tfevents.install()
tfevents.install()
assert sys.meta_path[1:] == before
tfevents.uninstall()
assert sys.meta_path == before
tfevents.uninstall()
assert sys.meta_path == before
""")


def test_a_package_of_that_name(tmp_path):
    """Any module of the name is replaced. If its import fails, it fails as before."""
    package = tmp_path / "tensorboardX"
    package.mkdir()
    (package / "__init__.py").write_text("from .writer import SummaryWriter\n")
    (package / "writer.py").write_text("class SummaryWriter: pass\nclass FileWriter: pass\n")
    (package / "global_writer.py").write_text("raise RuntimeError('boom')\n")
    scripts.check(
        """
import sys, tfevents, inspect
sys.path.insert(0, sys.argv[1])
tfevents.install()
import tensorboardX
assert issubclass(tensorboardX.SummaryWriter, tfevents.SummaryWriter)
assert "class SummaryWriter: pass" in inspect.getsource(tensorboardX.writer)
try:
    import tensorboardX.global_writer
except RuntimeError as error:
    assert str(error) == "boom"
assert sorted(tfevents.uninstall()) == [
    "tensorboardX.SummaryWriter", "tensorboardX.writer.FileWriter",
    "tensorboardX.writer.SummaryWriter",
]
assert tensorboardX.SummaryWriter.__module__ == "tensorboardX.writer"
""",
        tmp_path,
    )
