"""`tfevents.install` in processes of their own, with torch and tensorboardX in all orders."""

import pytest

import scripts
from peers import peer

peer("torch.utils.tensorboard")
peer("tensorboardX")

TORCH = ["torch.utils.tensorboard.FileWriter", "torch.utils.tensorboard.SummaryWriter"]
TORCH += [
    "torch.utils.tensorboard.writer.FileWriter",
    "torch.utils.tensorboard.writer.SummaryWriter",
]
TENSORBOARDX = [
    "tensorboardX.FileWriter",
    "tensorboardX.GlobalSummaryWriter",
    "tensorboardX.SummaryWriter",
    "tensorboardX.global_writer.GlobalSummaryWriter",
    "tensorboardX.global_writer.SummaryWriter",
    "tensorboardX.torchvis.SummaryWriter",
    "tensorboardX.writer.FileWriter",
    "tensorboardX.writer.SummaryWriter",
]

BEGINNING = """
import os, sys, types, tempfile, warnings
warnings.simplefilter("ignore")
# Which torch's writer would import, and these tests would wait for.
sys.modules["tensorflow"] = None
import tfevents
directory = tempfile.mkdtemp()

def who_writes(writer):
    # The first record of a file says who wrote it.
    writer.close()
    (name,) = os.listdir(directory)
    path = os.path.join(directory, name)
    data = open(path, "rb").read()
    os.remove(path)
    return "tfevents" if b"tfevents" in data[:200] else "another"
"""


def check(source):
    return scripts.check(BEGINNING + source)


def test_before_the_import():
    out = check("""
installation = tfevents.install()
assert installation.patched == [], installation
assert "torch" not in sys.modules and "tensorboardX" not in sys.modules
assert "torch.utils.tensorboard.writer" in str(installation)
from torch.utils.tensorboard import SummaryWriter, FileWriter
import torch.utils.tensorboard.writer as module
assert module.SummaryWriter is SummaryWriter and module.FileWriter is FileWriter
writer = SummaryWriter(directory)
assert isinstance(writer, tfevents.SummaryWriter)
writer.add_scalar("loss", 1.0, 1)
print(who_writes(writer))
# The module is as if nobody had been there.
assert type(module.__spec__.loader).__name__ == "SourceFileLoader"
assert module.__loader__ is module.__spec__.loader
print(*tfevents.install().patched)
""")
    mine = ["__main__.FileWriter", "__main__.SummaryWriter"]
    assert out.splitlines() == ["tfevents", " ".join(sorted([*TORCH, *mine]))]


def test_after_the_import_with_names_bound_elsewhere():
    out = check("""
import torch.utils.tensorboard, tensorboardX
from torch.utils.tensorboard import SummaryWriter as Bound
other = types.ModuleType("other")
other.Writer, other.X = Bound, tensorboardX.SummaryWriter
sys.modules["other"] = other
original = Bound
held = [Bound]
installation = tfevents.install()
print(*installation.patched)
assert installation.awaited == [
    "tensorboard.backend.event_processing.event_accumulator", "tbparse.summary_reader"
]
assert Bound is other.Writer is torch.utils.tensorboard.SummaryWriter
assert Bound is not held[0]
assert other.X is tensorboardX.SummaryWriter
print(who_writes(Bound(directory)), who_writes(other.X(directory)))
print(who_writes(torch.utils.tensorboard.FileWriter(directory)))
print(who_writes(tensorboardX.FileWriter(logdir=directory)))
print(who_writes(tensorboardX.GlobalSummaryWriter(directory)))
restored = tfevents.uninstall()
assert restored == [name for name in installation.patched], restored
assert Bound is other.Writer is torch.utils.tensorboard.SummaryWriter is held[0]
print(who_writes(Bound(directory)), who_writes(other.X(directory)))
assert tfevents.uninstall() == []
""")
    lines = out.splitlines()
    # This script's own name for the original is a global too.
    bound = ["__main__.Bound", "__main__.original", "other.Writer", "other.X"]
    assert lines[0].split() == sorted([*TORCH, *TENSORBOARDX, *bound])
    assert lines[1:] == ["tfevents tfevents", "tfevents", "tfevents", "tfevents", "another another"]


@pytest.mark.parametrize(
    "order",
    [
        "import torch.utils.tensorboard; tfevents.install(); import tensorboardX",
        "import tensorboardX; tfevents.install(); import torch.utils.tensorboard",
        "tfevents.install(); import tensorboardX; import torch.utils.tensorboard",
        "tfevents.install(); import torch.utils.tensorboard.writer; import tensorboardX.writer",
        "import torch; tfevents.install(); import tensorboardX, torch.utils.tensorboard",
        "tfevents.install(); tfevents.install(); import tensorboardX, torch.utils.tensorboard; "
        "tfevents.install()",
        "tfevents.install(); tfevents.uninstall(); tfevents.install(); "
        "import tensorboardX, torch.utils.tensorboard",
        "import torch.utils.tensorboard; tfevents.install(); tfevents.uninstall(); "
        "import tensorboardX; tfevents.install()",
    ],
)
def test_orders(order):
    out = check(f"""
{order}
import torch.utils.tensorboard, tensorboardX
for module in torch.utils.tensorboard, tensorboardX:
    writer = module.SummaryWriter(directory)
    writer.add_scalar("loss", 1.0, 1)
    print(who_writes(writer), isinstance(writer, tfevents.SummaryWriter))
tfevents.uninstall()
for module in torch.utils.tensorboard, tensorboardX, torch.utils.tensorboard.writer:
    assert module.SummaryWriter.__module__ == module.FileWriter.__module__
    assert module.SummaryWriter.__module__.endswith((".tensorboard.writer", "tensorboardX.writer"))
    writer = module.SummaryWriter(directory)
    writer.add_scalar("loss", 1.0, 1)
    print(who_writes(writer), isinstance(writer, tfevents.SummaryWriter))
""")
    assert out.splitlines() == ["tfevents True"] * 2 + ["another False"] * 3


def test_uninstalled_before_the_import():
    out = check("""
tfevents.install()
tfevents.uninstall()
from torch.utils.tensorboard import SummaryWriter
print(who_writes(SummaryWriter(directory)))
""")
    assert out == "another\n"


def test_instances():
    check("""
import torch.utils.tensorboard as tensorboard
Original = tensorboard.SummaryWriter
keep = [Original]  # out of reach
class Mine(Original): pass
before, mine = Original(directory), Mine(directory)
tfevents.install()
class Later(tensorboard.SummaryWriter): pass
now, later = tensorboard.SummaryWriter(directory), Later(directory)
ours = tfevents.SummaryWriter(directory)
for writer in before, mine, now, ours, later:
    assert isinstance(writer, tensorboard.SummaryWriter), writer
assert not isinstance(3, tensorboard.SummaryWriter)
assert issubclass(Mine, tensorboard.SummaryWriter) and issubclass(Later, tensorboard.SummaryWriter)
# Only what stands for another takes its instances for its own.
assert not isinstance(now, Later) and not isinstance(before, Later) and not issubclass(Mine, Later)
assert not isinstance(now, keep[0])
assert isinstance(now.file_writer, tensorboard.FileWriter)
# What exists goes on as it is.
before.add_scalar("loss", 1.0, 1)
mine.add_hparams({"lr": 1.0}, {"acc": 1.0}, run_name="trial")
for writer in before, mine, now, ours, later:
    writer.close()
""")


def test_tensorboardx_s_signatures():
    check("""
import inspect, pickle
import numpy as np
import tensorboardX
names = ["SummaryWriter", "FileWriter", "GlobalSummaryWriter"]
not_taken = {"add_openvino_graph", "use_metadata"}
methods = [
    (name, method)
    for name in names
    for method in dir(getattr(tensorboardX, name))
    if method[0] != "_" and method not in not_taken
    if callable(getattr(getattr(tensorboardX, name), method))
]
def signatures():
    found = {name: getattr(tensorboardX, name) for name in names}
    for name, method in methods:
        found[name, method] = getattr(found[name], method)
    return {
        key: [
            p.name for p in inspect.signature(value).parameters.values()
            if p.name != "self" and p.kind is not p.KEYWORD_ONLY
        ]
        for key, value in found.items()
    }
theirs = signatures()
tfevents.install()
assert signatures() == theirs, (signatures(), theirs)
comet = {"disabled": True}
with tensorboardX.SummaryWriter(directory, "x", None, 10, 120, "", True, None, comet) as writer:
    writer.add_scalar("loss", 1.0, 1, 5.0, "Loss", "of the training")
    writer.add_hparams({"lr": 1}, {"acc": 1}, "trial", 3)
    writer.add_scalars("main", {"a": 1.0}, 1)
    pixels, boxes = np.zeros((4, 5, 3)), [[1, 1, 3, 3]]
    writer.add_image_with_boxes("boxes", pixels, boxes, 7, None, "HWC", ["x"], rescale=2)
    copy = pickle.loads(pickle.dumps(writer))
    assert type(copy) is type(writer)
    copy.close()
assert os.path.isdir(os.path.join(directory, "trial"))
log = tfevents.read(directory)
assert log["trial"].scalars["acc"].step.tolist() == [3]
assert log["."].scalars["loss"].value.tolist() == [1.0]
assert log["."].images["boxes"][0].decode().shape == (8, 10, 3)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    tensorboardX.SummaryWriter(directory, comet_config={"disabled": False}, write_to_disk=False)
assert ["Comet" in str(w.message) for w in caught] == [True]
""")


def test_builders_stay():
    check("""
tfevents.install()
from torch.utils.tensorboard import summary, SummaryWriter
import tensorboard
assert summary.scalar.__module__ == "torch.utils.tensorboard.summary"
with SummaryWriter(directory) as writer:
    writer.file_writer.add_summary(summary.scalar("loss", 0.5), 3)
assert tfevents.read(directory)["."].scalars["loss"].value.tolist() == [0.5]
""")


def test_reloading_a_module():
    out = check("""
import importlib
tfevents.install()
import torch.utils.tensorboard as tensorboard
importlib.reload(tensorboard.writer)
print(who_writes(tensorboard.writer.SummaryWriter(directory)))
tfevents.uninstall()
print(who_writes(tensorboard.writer.SummaryWriter(directory)))
print(who_writes(tensorboard.SummaryWriter(directory)))
""")
    assert out.splitlines() == ["tfevents", "another", "another"]


def test_threads():
    """Installs while other threads import, and in several threads at once."""
    out = check("""
from concurrent.futures import ThreadPoolExecutor
import importlib
with ThreadPoolExecutor(8) as pool:
    jobs = [pool.submit(importlib.import_module, "torch.utils.tensorboard")]
    for _ in range(20):
        jobs += [pool.submit(tfevents.install)]
    jobs += [pool.submit(importlib.import_module, "tensorboardX")]
    for job in jobs:
        job.result()
import torch.utils.tensorboard, tensorboardX
tfevents.install()
print(who_writes(torch.utils.tensorboard.SummaryWriter(directory)))
print(who_writes(tensorboardX.SummaryWriter(directory)))
assert len([f for f in sys.meta_path if "tfevents" in type(f).__module__]) == 1
""")
    assert out.splitlines() == ["tfevents", "tfevents"]


def test_lazy_modules_stay_asleep():
    check("""
import importlib.util
spec = importlib.util.find_spec("colorsys")
loader = importlib.util.LazyLoader(spec.loader)
spec.loader = loader
module = importlib.util.module_from_spec(spec)
sys.modules["colorsys"] = module
loader.exec_module(module)
asleep = type(module)
sys.modules["no module"] = object()
tfevents.install()
tfevents.uninstall()
assert type(module) is asleep
""")


def test_tensorboards_event_accumulator():
    peer("tensorboard")
    out = check("""
with tfevents.SummaryWriter(directory) as writer:
    for step in range(3):
        writer.add_scalar("loss", step / 2, step, walltime=9.0)
from tensorboard.backend.event_processing import event_accumulator as module
classes = {name: it for name, it in vars(module).items() if isinstance(it, type)}
original = module.EventAccumulator(directory).Reload()
tfevents.install()
reader = module.EventAccumulator(directory, size_guidance={"scalars": 0}).Reload()
assert isinstance(reader, tfevents.compat.event_accumulator.EventAccumulator)
assert isinstance(original, module.EventAccumulator)
for it in (reader, original):
    assert isinstance(it.Scalars("loss")[0], module.ScalarEvent)
print(*reader.Scalars("loss"))
tfevents.uninstall()
assert all(getattr(module, name) is it for name, it in classes.items())
""")
    events = [f"ScalarEvent(wall_time=9.0, step={step}, value={step / 2})" for step in range(3)]
    assert out.strip() == " ".join(events)


def test_tbparse():
    peer("tbparse")
    out = check("""
# tbparse takes it from a module that is loaded, too.
import tbparse
from tbparse import SummaryReader as Bound
original = [Bound]
before = Bound(directory)
installation = tfevents.install()
assert Bound is tbparse.SummaryReader is tbparse.summary_reader.SummaryReader
assert "tbparse.SummaryReader" in installation.patched
with tfevents.SummaryWriter(directory) as writer:
    writer.add_scalar("loss", 0.5, 3)
reader = Bound(directory)
assert isinstance(reader, tfevents.compat.tbparse.SummaryReader)
(child,) = reader.children.values()
for it in before, reader, child:
    assert isinstance(it, tbparse.SummaryReader)
print(reader.scalars.to_dict("records"))
tfevents.uninstall()
assert Bound is tbparse.SummaryReader is tbparse.summary_reader.SummaryReader is original[0]
assert tbparse.summary_reader.EventAccumulator.__module__.startswith("tensorboard.")
""")
    assert out.strip() == "[{'step': 3, 'tag': 'loss', 'value': 0.5}]"
