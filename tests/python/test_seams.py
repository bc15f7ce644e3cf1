"""Objects below `SummaryWriter` that other programs call or replace."""

import os
import pickle

import numpy as np
import pytest

import tfevents
from tfevents import FileWriter, SummaryWriter


def scalars(path, tag="loss", run="."):
    curve = tfevents.read(path)[run].scalars[tag]
    return list(zip(curve.step.tolist(), curve.value.tolist(), strict=True))


def test_the_event_writer_has_the_surface_of_tensorboard_s(tmp_path):
    writer = SummaryWriter(tmp_path, filename_suffix=".x")
    writer.add_scalar("loss", 0.5, 1)
    event_writer = writer.file_writer.event_writer
    assert event_writer is writer.file_writer.event_writer
    (name,) = os.listdir(tmp_path)
    assert event_writer._file_name == str(tmp_path / name)
    assert event_writer.get_logdir() == str(tmp_path)
    event_writer.flush()
    (event,) = list(tfevents.iter_events(tmp_path))[1:]
    event_writer.add_event(event.replace(step=2, wall_time=9.0))
    event_writer.close()
    assert event_writer._file_name == str(tmp_path / name)
    with pytest.raises(OSError, match="closed"):
        event_writer.add_event(event)
    assert scalars(tmp_path) == [(1, 0.5), (2, 0.5)]
    assert tfevents.read(tmp_path)["."].scalars["loss"].wall_time[1] == 9.0


def test_the_paths_of_event_files(tmp_path):
    writer = SummaryWriter(tmp_path)
    first = writer.path
    assert [first] == writer.paths == [str(tmp_path / os.listdir(tmp_path)[0])]
    writer.close()
    assert writer.path is None
    writer.add_scalar("loss", 0.5, 1)
    writer.flush()
    writer.add_scalars("main", {"a": 1.0}, 1)
    writer.add_hparams({"lr": 1.0}, {"m": 1.0}, run_name="trial")
    assert writer.path not in (None, first)
    assert writer.paths[0] == first
    assert writer.paths[1] == writer.path
    found = {str(path) for path in tmp_path.rglob("*tfevents*")}
    assert set(writer.paths) == found
    assert len(found) == 4
    writer.close()
    with SummaryWriter(tmp_path / "none", write_to_disk=False) as nothing:
        assert (nothing.path, nothing.paths) == (None, [])


def test_a_subclass_may_use_the_names_of_ours(tmp_path):
    class Mine(SummaryWriter):
        def __init__(self, path):
            self.path = path
            self.paths = 3
            self.logdir = self.all_writers = self.dropped_events = self._root = "mine"
            super().__init__(path)

    with Mine(tmp_path) as writer:
        writer.add_scalars("main", {"a": 0.5}, 1)
    assert (writer.path, writer.paths) == (tmp_path, 3)
    assert (writer.logdir, writer.all_writers, writer.dropped_events) == ("mine",) * 3
    assert scalars(tmp_path / "main_a", "main") == [(1, 0.5)]


@pytest.mark.parametrize("method", ["add_summary", "add_event"])
def test_a_method_of_a_file_writer_can_be_replaced(tmp_path, method):
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("loss", 0.25, 0)
    original = getattr(writer.file_writer, method)
    seen = []

    def replacement(message, step=None, walltime=None):
        message.SerializeToString()
        seen.append((step, walltime > 1e9))
        return original(message, step, walltime)

    setattr(writer.file_writer, method, replacement)
    for step in range(1, 4):
        writer.add_scalar("loss", 0.5, step)
    writer.add_text("notes", "x", 4)
    writer.add_histogram("h", np.arange(3.0), 5)
    writer.add_image("i", np.zeros((3, 4, 4)), 6)
    writer.log({"a": 1.0, "b": 2.0}, 7)
    assert seen == [(step, True) for step in range(1, 8)]
    delattr(writer.file_writer, method)
    writer.add_scalar("loss", 0.5, 8)
    writer.close()
    assert len(seen) == 7
    run = tfevents.read(tmp_path)["."]
    assert run.scalars["loss"].step.tolist() == [0, 1, 2, 3, 8]
    assert (list(run.texts), list(run.histograms), list(run.images)) == (
        ["notes/text_summary"],
        ["h"],
        ["i"],
    )


def test_the_event_writer_can_be_replaced(tmp_path):
    class Proxy:
        def __init__(self, inner):
            self.inner, self.events = inner, []

        def add_event(self, event):
            self.events.append(tfevents.Event.FromString(event.SerializeToString()))
            self.inner.add_event(event)

        def __getattr__(self, name):
            return getattr(self.inner, name)

    with SummaryWriter(tmp_path) as writer:
        proxy = Proxy(writer.file_writer.event_writer)
        writer.file_writer.event_writer = proxy
        writer.add_scalar("loss", 0.5, 3, walltime=7.0)
        writer.file_writer.add_summary(tfevents.summary.scalar("other", 1.0), 4)
    assert [(e.step, [v.tag for v in e.values]) for e in proxy.events] == [
        (3, ["loss"]),
        (4, ["other"]),
    ]
    assert proxy.events[0].wall_time == 7.0
    assert scalars(tmp_path) == [(3, 0.5)]
    assert scalars(tmp_path, "other") == [(4, 1.0)]


def test_the_file_writer_can_be_replaced(tmp_path):
    class Recording:
        def __init__(self, inner):
            self.inner = inner
            self.seen = []

        def add_summary(self, summary, *step):
            self.seen.append(step[0])
            self.inner.add_summary(summary, *step)

        def __getattr__(self, name):
            return getattr(self.inner, name)

    with SummaryWriter(tmp_path) as writer:
        recording = Recording(writer.file_writer)
        writer.file_writer = recording
        writer.add_scalar("loss", 0.5, 1)
        writer.log({"loss": 0.25}, 2)
        writer.add_custom_scalars({"a": {"b": ["Multiline", ["loss"]]}})
        assert writer.file_writer is recording
        writer.file_writer = None
        writer.add_scalar("loss", 0.125, 3)
        writer.file_writer = FileWriter(tmp_path / "other")
        writer.add_scalar("loss", 1.0, 4)
        writer.file_writer.close()
    assert recording.seen == [1, 2, None]
    assert scalars(tmp_path) == [(1, 0.5), (2, 0.25), (3, 0.125)]
    assert scalars(tmp_path / "other") == [(4, 1.0)]
    writer.add_scalar("loss", 0.5, 5)
    assert isinstance(writer.file_writer, FileWriter)
    writer.close()


def test_a_subclass_may_say_what_the_file_writer_is(tmp_path):
    class Counting:
        count = 0

        def __init__(self, inner):
            self.inner = inner

        def add_summary(self, *args):
            Counting.count += 1
            self.inner.add_summary(*args)

        def __getattr__(self, name):
            return getattr(self.inner, name)

    class Mine(SummaryWriter):
        def _get_file_writer(self):
            return Counting(super()._get_file_writer())

    with Mine(tmp_path) as writer:
        writer.add_scalar("loss", 0.5, 1)
        writer.add_scalar("loss", 0.5, 2)
    assert Counting.count == 2
    assert scalars(tmp_path) == [(1, 0.5), (2, 0.5)]


def test_what_a_hook_raises_is_raised_and_nothing_logged(tmp_path):
    with SummaryWriter(tmp_path) as writer:

        def refuse(*_):
            raise LookupError("refused")

        writer.file_writer.add_event = refuse
        with pytest.raises(LookupError, match="refused"):
            writer.add_scalar("loss", 0.5, 1)
    assert len(list(tfevents.iter_events(tmp_path))) == 1


def test_a_class_can_be_patched(tmp_path, monkeypatch):
    seen = []
    original = FileWriter.add_event

    def add_event(self, event, step=None, walltime=None):
        seen.append((self.get_logdir(), step))
        return original(self, event, step, walltime)

    monkeypatch.setattr(FileWriter, "add_event", add_event)
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 0.5, 1)
        writer.add_scalars("main", {"a": 1.0}, 2)
        writer.add_hparams({}, {"m": 1.0}, run_name="trial", global_step=3)
        monkeypatch.undo()
        writer.add_scalar("loss", 0.5, 4)
    trial = str(tmp_path / "trial")
    assert seen == [
        (str(tmp_path), 1),
        (str(tmp_path / "main_a"), 2),
        *[(trial, 3)] * 4,
    ]
    assert scalars(tmp_path) == [(1, 0.5), (4, 0.5)]


def test_a_copy_is_as_it_was(tmp_path):
    with SummaryWriter(tmp_path / "old") as writer:
        for step in range(3):
            writer.add_scalar("loss", step / 2, step, walltime=100.0 + step)
        writer.add_text("notes", "x", 3, walltime=104.0)
    old = list(tfevents.iter_events(tmp_path / "old"))
    writer = FileWriter(tmp_path / "new")
    for event in old:
        writer.copy(event)
    writer.close()
    new = list(tfevents.iter_events(tmp_path / "new"))
    assert [event.raw for event in new[1:]] == [event.raw for event in old[1:]]
    assert [event.what for event in new].count("file_version") == 1
    for wrong, error in ((3, TypeError), (Raw(b"\xff"), ValueError)):
        with pytest.raises(error, match="event"):
            writer.copy(wrong)


class Raw:
    def __init__(self, data):
        self.data = data

    def SerializeToString(self):
        return self.data


def test_changed_events_and_values(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.log({"a": 1.0, "b": 2.0}, 5, walltime=7.0)
    version, event = tfevents.iter_events(tmp_path)
    moved = event.replace(step=-3)
    assert (moved.step, moved.wall_time) == (-3, 7.0)
    assert [v.raw for v in moved.values] == [v.raw for v in event.values]
    assert event.replace(wall_time=8).wall_time == 8.0
    assert event.replace().raw == event.raw
    values = [value.replace(tag=f"x/{value.tag}") for value in event.values]
    renamed = event.replace(values=values)
    assert [(v.tag, v.value) for v in renamed.values] == [("x/a", 1.0), ("x/b", 2.0)]
    assert (renamed.step, renamed.wall_time) == (5, 7.0)
    assert event.replace(values=event.values[:1]).values[0].tag == "a"
    assert event.replace(values=[Raw(values[0].raw)]).values[0].tag == "x/a"
    assert version.replace(values=values).what == "summary"
    assert values[0].replace(tag="").tag == ""
    for wrong, error in (
        ({"step": 1 << 63}, ValueError),
        ({"step": "x"}, TypeError),
        ({"wall_time": "x"}, TypeError),
        ({"values": 3}, TypeError),
        ({"values": [3]}, TypeError),
        ({"values": [Raw(b"\xff")]}, ValueError),
    ):
        with pytest.raises(error):
            event.replace(**wrong)
    with pytest.raises(TypeError, match="tag"):
        values[0].replace(tag=3)
    with pytest.raises(ValueError, match="malformed"):
        tfevents.Event.FromString(b"\xff")


def test_default_bins(tmp_path):
    values = np.random.default_rng(0).normal(size=1000)
    with SummaryWriter(tmp_path) as writer:
        limits = writer.default_bins
        assert len(limits) == 1549
        assert limits == sorted(limits)
        assert limits[774] == 0
        assert writer.default_bins is limits
        writer.add_histogram("default", values, 0)
        writer.default_bins = 9
        writer.add_histogram("nine", values, 0)
        writer.add_histogram("own", values, 0, bins=[-9, 0, 9])
        writer.default_bins = np.array([-9.0, 9.0])
        writer.add_histogram("one", values, 0)
        assert pickle.loads(pickle.dumps(writer)).default_bins.tolist() == [-9.0, 9.0]
    with SummaryWriter(tmp_path / "other") as writer:
        writer.add_histogram("default", values, 0)
    log = tfevents.read(tmp_path)
    histograms = log["."].histograms
    counts = {tag: histograms[tag][0].counts.tolist() for tag in histograms}
    assert counts["default"] == log["other"].histograms["default"][0].counts.tolist()
    assert len(counts["nine"]) <= 11
    assert sum(counts["nine"]) == 1000
    assert sorted(counts["own"])[-2:] == sorted([(values < 0).sum(), (values >= 0).sum()])
    assert max(counts["one"]) == 1000
