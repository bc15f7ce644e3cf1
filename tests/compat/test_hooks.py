"""Hooks in the classes of torch, TensorBoard and tensorboardX. Our writers call them too."""

import scripts
from peers import peer

peer("torch.utils.tensorboard")
peer("tensorboardX")

BEGINNING = """
import functools, os, sys, tempfile, warnings
sys.modules["tensorflow"] = None
import tfevents
directory = tempfile.mkdtemp()
"""


def check(source):
    return scripts.check(BEGINNING + source)


def test_replaced_methods_of_torchs_file_writer():
    check("""
import torch.utils.tensorboard.writer as module
early = tfevents.SummaryWriter(directory + "/early")
seen = []
original = module.FileWriter.add_event

def add_event(self, event, *args, **kwargs):
    assert isinstance(self, module.FileWriter) and isinstance(event, module.Event)
    names = [value.tag for value in event.summary.value]
    seen.append((os.path.basename(self.get_logdir()), names, args[0]))
    return original(self, event, *args, **kwargs)

module.FileWriter.add_event = add_event
# What ClearML sets for all, and then for each.
module.FileWriter.mark = None
writer = tfevents.SummaryWriter(directory + "/a")
writer.file_writer.mark = 3
writer.add_scalar("loss", 0.5, 0)
writer.add_scalar("loss", 0.5)
writer.log({"x": 1, "y": 2}, 5)
writer.add_text("notes", "text", 6)
writer.add_scalars("main", {"k": 1}, 7)
writer.add_hparams({"lr": 1.0}, {"m": 2.0}, run_name="trial", global_step=8)
writer.file_writer.add_summary(tfevents.summary.scalar("q", 1.0), 9)
early.add_scalar("early", 1.0, 10)
writer.close()
writer.add_scalar("again", 1.0, 11)
assert seen == [
    ("a", ["loss"], 0), ("a", ["loss"], None), ("a", ["x", "y"], 5),
    ("a", ["notes/text_summary"], 6), ("main_k", ["main"], 7),
    ("trial", ["_hparams_/experiment"], 8), ("trial", ["_hparams_/session_start_info"], 8),
    ("trial", ["_hparams_/session_end_info"], 8), ("trial", ["m"], 8), ("a", ["q"], 9),
    ("early", ["early"], 10), ("a", ["again"], 11),
], seen
module.FileWriter.add_event = original
writer.add_scalar("again", 2.0, 12)
early.add_scalar("early", 2.0, 13)
assert len(seen) == 12
writer.close(), early.close()
log = tfevents.read(directory)
assert log["a"].scalars["again"].step.tolist() == [11, 12]
assert log["a"].scalars["loss"].step.tolist() == [0, 0]
assert log["early"].scalars["early"].step.tolist() == [10, 13]
assert {event.writer for event in tfevents.iter_events(directory)} == {"tfevents", None}
""")


def test_wrapped_methods_of_torchs_summary_writer():
    check("""
import torch.utils.tensorboard as module
seen = []

def hook(name):
    original = getattr(module.SummaryWriter, name)
    @functools.wraps(original)
    def wrapper(self, *args, **kwargs):
        seen.append((name, args[0]))
        return original(self, *args, **kwargs)
    setattr(module.SummaryWriter, name, wrapper)
    return original

hook("add_scalar")
originals = {name: hook(name) for name in ("add_scalar", "add_scalars", "add_hparams")}
writer = tfevents.SummaryWriter(directory)
writer.add_scalar("loss", 0.5, 1, display_name="Loss")
writer.add_scalars("main", {"a": 1.0}, 1)
writer.add_hparams({"lr": 1.0}, {"m": 1.0}, run_name="trial")

class Mine(tfevents.SummaryWriter):
    def add_scalar(self, tag, value, step):
        super().add_scalar("mine/" + tag, value, step)

with Mine(directory) as mine:
    mine.add_scalar("x", 1.0, 2)
assert seen == [
    ("add_scalar", "loss"), ("add_scalar", "loss"), ("add_scalars", "main"),
    ("add_hparams", {"lr": 1.0}), ("add_scalar", "mine/x"), ("add_scalar", "mine/x"),
], seen
for name, original in originals.items():
    setattr(module.SummaryWriter, name, original)
writer.add_scalar("loss", 0.5, 2)
writer.add_scalars("main", {"a": 1.0}, 2)
assert seen[6:] == [("add_scalar", "loss")], seen
writer.close()
log = tfevents.read(directory)
assert log["."].scalars["loss"].step.tolist() == [1, 2]
assert list(log["trial"].hparams) == ["lr"]
""")


def test_what_takes_the_place_of_the_event_file_writer():
    check("""
import torch.utils.tensorboard.writer as module
made = []

class Hooked(module.EventFileWriter):
    def __init__(self, logdir, *args, **kwargs):
        made.append((logdir, args))
        super().__init__(logdir, *args, **kwargs)

class Counting(Hooked):
    events = 0
    def add_event(self, event):
        Counting.events += 1
        super().add_event(event)

module.EventFileWriter = Hooked
with tfevents.SummaryWriter(directory, filename_suffix=".x") as writer:
    assert isinstance(writer.file_writer.event_writer, Hooked)
    writer.add_scalar("loss", 0.5, 1)
    writer.add_scalars("main", {"a": 1.0}, 1)
    assert writer.file_writer.event_writer._file_name == writer.path
assert made == [(directory, (10, 120, ".x")), (directory + "/main_a", (10, 120, ".x"))], made
assert len(os.listdir(directory)) == 2
module.EventFileWriter = Counting
with tfevents.SummaryWriter(directory) as writer:
    for step in range(5):
        writer.add_scalar("loss", 0.5, step)
assert Counting.events == 5
assert tfevents.read(directory)["."].scalars["loss"].step.tolist() == [1, *range(5)]
""")


def test_one_warning_where_a_hook_cannot_be_called():
    check("""
import torch.utils.tensorboard.writer as module

class Another:
    def __init__(self, *args): pass

original = module.SummaryWriter.add_text
def add_text(self, *args): return original(self, *args)

def warned():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with tfevents.SummaryWriter(directory) as writer:
            writer.add_scalar("loss", 0.5, 1)
            writer.add_text("notes", "x")
    return [str(warning.message) for warning in caught]

assert warned() == []
inner, module.EventFileWriter = module.EventFileWriter, Another
(message,) = warned()
assert "EventFileWriter" in message and "__main__" in message, message
module.EventFileWriter = inner
module.SummaryWriter.add_text = add_text
(message,) = warned()
assert "SummaryWriter.add_text" in message, message
assert warned() == []
""")


def test_a_subclass_in_the_place_of_the_file_writer():
    for order in ("", "before", "after"):
        check(
            f"""
order = {order!r}
import torch.utils.tensorboard.writer as module
if order == "before":
    tfevents.install()

class Recording(module.FileWriter):
    def __init__(self, log_dir, *args):
        super().__init__(log_dir, *args)
        self.seen = []
        made.append(self)

    def add_event(self, event, step=None, walltime=None):
        self.seen.append((event.summary.value[0].tag, step))
        super().add_event(event, step, walltime)

made = []
theirs, module.FileWriter = module.FileWriter, Recording
if order == "after":
    tfevents.install()
kind = module.SummaryWriter if order else tfevents.SummaryWriter
"""
            """
with warnings.catch_warnings():
    warnings.simplefilter("error")
    with kind(directory) as writer:
        writer.add_scalar("loss", 0.5, 1)
        writer.add_scalars("main", {"a": 1.0}, 2)
        if order != "after":
            # What `install` replaced is not looked at again.
            module.FileWriter = theirs
            writer.add_scalar("loss", 0.5, 3)
assert [each.seen for each in made] == [[("loss", 1)], [("main", 2)]], made
log = tfevents.read(directory)
assert log["."].scalars["loss"].step.tolist() == ([1] if order == "after" else [1, 3])
assert log["main_a"].scalars["main"].step.tolist() == [2]
"""
        )


def test_a_subclass_in_our_place_stays_where_install_is_called_again():
    check("""
tfevents.install()
import torch.utils.tensorboard.writer as module
ours = module.SummaryWriter

class Mine(ours):
    pass

module.SummaryWriter = Mine
tfevents.install()
assert module.SummaryWriter is Mine
module.SummaryWriter = ours
tfevents.uninstall()
assert not issubclass(module.SummaryWriter, tfevents.SummaryWriter)
""")


def test_other_classes_in_the_place_of_torchs_are_told():
    check("""
import torch.utils.tensorboard.writer as module

class Another:
    def __init__(self, *args): pass

class Tracked(module.SummaryWriter):
    pass

def warned():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with tfevents.SummaryWriter(directory) as writer:
            writer.add_scalar("loss", 0.5, 1)
    return [str(warning.message) for warning in caught]

theirs, module.FileWriter = module.FileWriter, Another
(message,) = warned()
assert "writer.FileWriter was replaced by __main__" in message, message
module.FileWriter = theirs
module.SummaryWriter = Tracked
(message,) = warned()
assert "writer.SummaryWriter was replaced by __main__" in message, message
module.FileWriter, module.SummaryWriter = tfevents.FileWriter, tfevents.SummaryWriter
assert warned() == []
""")


def test_a_mock_in_the_place_of_a_method():
    check("""
import unittest.mock
import torch.utils.tensorboard.writer as module

with unittest.mock.patch.object(module.FileWriter, "add_summary") as mock:
    with tfevents.SummaryWriter(directory) as writer:
        writer.add_scalar("loss", 0.5, 3)
((summary, step, _),) = [call.args for call in mock.call_args_list]
assert (summary.value[0].tag, step) == ("loss", 3)
assert not tfevents.read(directory)["."].tags
""")


def test_an_abstract_base_class_beside_ours():
    check("""
import abc, typing
tfevents.install()
from torch.utils.tensorboard import SummaryWriter
import tensorboardX

class Saver(abc.ABC):
    @abc.abstractmethod
    def save(self): ...

class Named(typing.Protocol):
    name: str

for base in SummaryWriter, tensorboardX.SummaryWriter:
    class Writer(base, Saver, Named):
        name = "x"
        def save(self): ...
    Writer(directory).close()
    class Unfinished(base, Saver): ...
    try:
        Unfinished(directory)
    except TypeError as error:
        assert "save" in str(error)
    else:
        raise AssertionError
""")


def test_a_metaclass_beside_ours():
    check("""
import abc
tfevents.install()
from torch.utils.tensorboard import SummaryWriter
import tensorboardX

def once(kind):
    class Once(kind):
        def __call__(cls, *args):
            if "_only" not in vars(cls):
                cls._only = super().__call__(*args)
            return cls._only
    return Once

theirs = SummaryWriter, tensorboardX.SummaryWriter
for base, kind in [(tfevents.SummaryWriter, type), *((base, abc.ABCMeta) for base in theirs)]:
    class Writer(base, metaclass=once(kind)):
        pass
    assert Writer(directory) is Writer(directory)
    Writer(directory).add_scalar("a", 1.0, 1)
    Writer(directory).close()
for base in theirs:
    try:
        class Writer(base, metaclass=once(type)):
            pass
    except TypeError as error:
        assert "metaclass conflict" in str(error)
    else:
        raise AssertionError
""")


def test_without_tensorboard():
    check("""
sys.modules["tensorboard"] = None
tfevents.install()
from torch.utils.tensorboard import SummaryWriter
import torch.utils.tensorboard.writer as module
assert issubclass(SummaryWriter, tfevents.SummaryWriter) and module.SummaryWriter is SummaryWriter
with SummaryWriter(directory) as writer:
    writer.add_scalar("loss", 0.5, 1)
for name in "RecordWriter", "no_such_name":
    assert not hasattr(sys.modules["torch.utils.tensorboard"], name)
try:
    from torch.utils.tensorboard import summary
except ImportError:
    pass
else:
    raise AssertionError
tfevents.uninstall()
try:
    import torch.utils.tensorboard
except ImportError:
    pass
else:
    raise AssertionError
assert SummaryWriter.__module__ == "tfevents._stand_ins.torch"
""")


def test_tensorboard_is_imported_when_it_is_asked_for():
    check("""
tfevents.install()
from torch.utils.tensorboard import SummaryWriter
import torch.utils.tensorboard
SummaryWriter(directory).close()
assert "tensorboard" not in sys.modules
from torch.utils.tensorboard import RecordWriter
from torch.utils.tensorboard.writer import event_pb2, EventFileWriter
assert RecordWriter.__module__.startswith("tensorboard.")
assert torch.utils.tensorboard.SummaryWriter is SummaryWriter
assert torch.utils.tensorboard.writer.SummaryWriter is SummaryWriter
restored = tfevents.uninstall()
assert "torch.utils.tensorboard.writer.SummaryWriter" in restored
assert SummaryWriter.__module__ == "torch.utils.tensorboard.writer"
""")


def test_sub_runs_and_tags_of_tensorboardx():
    check("""
import numpy as np
import tensorboardX

def log(path):
    with tensorboardX.SummaryWriter(path) as writer:
        writer.add_scalar("a b/c:d", 1.0, 1)
        writer.add_scalar("/slash", 1.0, 1)
        writer.add_scalars("main x/y", {"k 1": 1.0, "k/2": 2.0}, 2)
        writer.add_histogram("h (1)", np.arange(9.0), 3)
        writer.add_image("i#1", np.zeros((3, 4, 4)), 4)
        writer.add_text("text: 1", "x", 5)
    return {
        run: {kind: sorted(getattr(it, kind)) for kind in
              ("scalars", "histograms", "images", "texts")}
        for run, it in tfevents.read(path).items()
    }

theirs = log(directory + "/theirs")
tfevents.install()
assert log(directory + "/mine") == theirs, theirs
assert "main x/y/k 1" in theirs and "a_b/c_d" in theirs["."]["scalars"], theirs
with tensorboardX.SummaryWriter(directory + "/out/in") as writer:
    writer.add_scalars("../x", {"../../y": 1.0}, 1)
assert os.listdir(directory + "/out") == ["in"]
""")


def test_absent_packages_are_told():
    out = scripts.check("""
import sys
sys.modules["torch"] = None
import tfevents
installation = tfevents.install()
assert "torch" in installation.absent, installation.absent
print(installation)
""")
    assert "not installed" in out
    assert out.rstrip().endswith("torch")
