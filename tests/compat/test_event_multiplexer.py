"""Compares `EventMultiplexer` and `summary_iterator` with TensorBoard's and TensorFlow's."""

import inspect
import shutil

import numpy as np
import pytest
from accumulators import KINDS, assert_same, outcome

import events
from peers import peer
from tfevents import SummaryWriter
from tfevents.compat.event_multiplexer import EventMultiplexer
from tfevents.compat.summary_iterator import summary_iterator

theirs = peer("tensorboard.backend.event_processing.event_multiplexer")


def log(directory, step=0):
    with SummaryWriter(directory) as writer:
        writer.add_scalar("loss", 0.5, step)
        writer.add_histogram("weights", np.arange(5.0), step)
        writer.add_image("picture", np.zeros((3, 2, 2)), step)
        writer.add_audio("sound", np.zeros(4), step)
        writer.add_text("note", "text", step)


@pytest.fixture
def root(tmp_path):
    for run in (".", "a", "a/deep", "b"):
        log(tmp_path / "runs" / run)
    return tmp_path / "runs"


def same(mine, original):
    def same_call(method, *arguments):
        found = [outcome(lambda it=it: getattr(it, method)(*arguments)) for it in (mine, original)]
        assert found[0] == found[1], (method, arguments)

    assert mine.Runs() == original.Runs()
    assert mine.RunPaths() == original.RunPaths()
    assert mine.PluginRunToTagToContent("text") == original.PluginRunToTagToContent("text")
    assert mine.PluginAssets("projector") == original.PluginAssets("projector")
    for run, tags in mine.Runs().items():
        assert_same(mine.GetAccumulator(run), original.GetAccumulator(run))
        for kind, method in KINDS.items():
            for tag in (*tags[kind], "not there"):
                same_call(method, run, tag)
    for run in (*mine.Runs(), "not there"):
        # TensorBoard's `SerializedGraph` needs a method that its accumulators lack.
        for method in ("FirstEventTimestamp", "GetSourceWriter", "Graph", "MetaGraph"):
            same_call(method, run)
        same_call("SummaryMetadata", run, "note/text_summary")


def test_the_surface_is_the_same():
    for name, member in inspect.getmembers(theirs.EventMultiplexer, inspect.isfunction):
        if not name.startswith("_") or name == "__init__":
            mine = inspect.signature(getattr(EventMultiplexer, name))
            assert list(mine.parameters) == list(inspect.signature(member).parameters), name


@pytest.mark.parametrize("name", [None, "all"])
def test_the_runs_of_a_directory(root, name):
    both = [
        it().AddRunsFromDirectory(str(root), name)
        for it in (EventMultiplexer, theirs.EventMultiplexer)
    ]
    same(*[it.Reload() for it in both])
    # Runs that are added later. After `Reload` they are read at once.
    log(root / "a", 1)
    log(root / "late")
    for it in both:
        it.AddRunsFromDirectory(str(root), name)
    same(*[it.Reload() for it in both])


def test_runs_by_name(root):
    paths = {"one": str(root / "a"), "two": str(events.only_file(root / "b"))}
    both = [it(paths, {"scalars": 0}) for it in (EventMultiplexer, theirs.EventMultiplexer)]
    same(*[it.Reload() for it in both])
    for it in both:
        it.AddRun(str(root / "b"), "one")
    same(*[it.Reload() for it in both])


def test_a_run_that_goes(root):
    both = [
        it().AddRunsFromDirectory(str(root)) for it in (EventMultiplexer, theirs.EventMultiplexer)
    ]
    for it in both:
        it.Reload()
    shutil.rmtree(root / "b")
    assert [set(it.Reload().Runs()) for it in both] == [{".", "a", "a/deep"}] * 2


def test_what_is_no_directory(root):
    for it in (EventMultiplexer, theirs.EventMultiplexer):
        assert it().AddRunsFromDirectory(str(root / "not there")).Runs() == {}
        with pytest.raises(ValueError, match="directory"):
            it().AddRunsFromDirectory(str(events.only_file(root / "b")))


def test_summary_iterator(root):
    tensorflow = peer("tensorflow")
    path = str(events.only_file(root / "b"))
    mine, original = (
        list(summary_iterator(path)),
        list(tensorflow.compat.v1.train.summary_iterator(path)),
    )
    assert [it.SerializeToString() for it in mine] == [it.SerializeToString() for it in original]
    assert mine[1].summary.value[0].simple_value == 0.5
