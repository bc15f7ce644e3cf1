"""The usual call of `add_scalar` takes a way of its own, and does what the general method does."""

import inspect
import subprocess
import sys

import numpy as np
import pytest

import events
from tfevents import SummaryWriter, _native
from tfevents._native import EventWriter

pytestmark = pytest.mark.filterwarnings("ignore:.*tag is empty:RuntimeWarning")


class Text(str):
    pass


class Float(float):
    pass


class Int(int):
    def __index__(self):
        return 7


class Raises:
    def __repr__(self):
        return "Raises()"

    def __float__(self):
        raise KeyError("no number")


# Python interns the names of keywords that a program contains, but not those of this dict.
MADE = {"".join(["global_", "step"]): 3}
CALLS = [
    (("a", 0.5, 3), {}),
    (("a", 0.5), {"global_step": 3}),
    (("a", 0.5), MADE),
    (("a", 0.5), {"step": 3}),
    (("a", 0.5), {"walltime": 3}),
    (("a", 0.5), {"new_style": 3}),
    (("a",), {"scalar_value": 0.5, "global_step": 3}),
    ((), {"tag": "a", "scalar_value": 0.5, "global_step": 3}),
    (("a", 0.5), {}),
    (("a", 0.5, None), {}),
    (("a", 0.5, 3, 2.5), {}),
    (("a", 0.5, 3), {"walltime": 2.5}),
    (("a", 0.5, 3, None, True), {}),
    (("a", 0.5, 3), {"double_precision": True}),
    (("a", 0.5, 3), {"display_name": "A", "summary_description": "d"}),
    (("a", 0.5, -(2**63)), {}),
    (("a", 0.5, 2**63 - 1), {}),
    (("a", 0.5, True), {}),
    (("a", 0.5, 3.0), {}),
    (("a", 0.5, Int(3)), {}),
    (("a", 0.5, np.int32(3)), {}),
    (("a", 2, 3), {}),
    (("a", Float(0.5), 3), {}),
    (("a", np.float64(0.5), 3), {}),
    (("a", np.array([0.5]), 3), {}),
    (("a", float("nan"), 3), {}),
    (("a", float("-inf"), 3), {}),
    (("a", -0.0, 3), {}),
    (("a", 1e300, 3), {}),
    ((Text("a"), 0.5, 3), {}),
    (("größe/\N{BAR CHART}", 0.5, 3), {}),
    (("a\0b", 0.5, 3), {}),
    (("t" * 70_000, 0.5, 3), {}),
    (("", 0.5, 3), {}),
    # Errors.
    ((), {}),
    (("a",), {}),
    (("a", 0.5, 3, 4.0, True, True, 5), {}),
    (("a", 0.5, 3), {"global_step": 3}),
    (("a", 0.5, 3), {"step": 3}),
    (("a", 0.5), {"nothing": 3}),
    (("a", 0.5), {"tag": 3}),
    (("a", 0.5, 2**63), {}),
    (("a", 0.5), {"global_step": -(2**63) - 1}),
    (("a", 0.5, 3.5), {}),
    (("a", 0.5, "3"), {}),
    (("a", "0.5", 3), {}),
    (("a", None, 3), {}),
    (("a", Raises(), 3), {}),
    (("\ud800", 0.5, 3), {}),
    ((b"a", 0.5, 3), {}),
    ((None, 0.5, 3), {}),
]


def outcome(directory, add_scalar, args, keywords):
    """What a call says, and the event that it logs between two others."""
    with SummaryWriter(directory) as writer:
        writer.add_scalar("before", 1.0, 1)
        try:
            said = add_scalar(writer, *args, **keywords)
        except Exception as error:
            said = (type(error), str(error), type(error.__cause__))
        writer.add_scalar("after", 2.0, 2)
    found = events.parse_file(events.only_file(directory))
    has_time = "walltime" in keywords or (len(args) > 3 and args[3] is not None)
    logged = [(e.step, e.wall_time if has_time else 0.0, repr(e.values)) for e in found[1:]]
    return said, logged[1:-1], len(found)


def shown(call):
    args, keywords = call
    return ascii((args, keywords))[:60]


@pytest.mark.parametrize("call", CALLS, ids=shown)
def test_each_call_does_what_the_general_method_does(tmp_path, call):
    args, keywords = call
    ours = outcome(tmp_path / "ours", SummaryWriter.add_scalar, args, keywords)
    general = outcome(tmp_path / "general", EventWriter.add_scalar, args, keywords)
    assert ours == general
    assert ours[2] == 4 - (ours[0] is not None)


def test_it_reads_as_the_general_method_does():
    ours, general = SummaryWriter.add_scalar, EventWriter.add_scalar
    assert ours is not general
    assert (ours.__objclass__, ours.__name__) == (SummaryWriter, "add_scalar")
    assert ours.__qualname__ == "SummaryWriter.add_scalar"
    assert ours.__doc__ == general.__doc__
    assert inspect.signature(ours) == inspect.signature(general)
    assert "global_step=None" in str(inspect.signature(ours))


class Sub(SummaryWriter):
    pass


class Overrides(SummaryWriter):
    def add_scalar(self, *args, **keywords):
        super().add_scalar(*args, **keywords)


@pytest.mark.parametrize("kind", [Sub, Overrides])
def test_subclasses_have_it_too(tmp_path, kind):
    with kind(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("a", 1.0, step)
            writer.add_scalar("a", 1.0, global_step=step + 10)
    assert events.steps_so_far(tmp_path) == [0, 10, 1, 11, 2, 12]


def test_other_objects_are_refused():
    for other in None, 1, object(), EventWriter():
        with pytest.raises(TypeError, match="SummaryWriter"):
            SummaryWriter.add_scalar(other, "a", 1.0, 1)
    with pytest.raises(TypeError):
        SummaryWriter.add_scalar()
    with pytest.raises(RuntimeError, match="__init__ was not called"):
        SummaryWriter.__new__(SummaryWriter).add_scalar("a", 1.0, 1)


@pytest.mark.parametrize("other", [None, int, "EventWriter", object])
def test_only_a_class_of_writers_gets_it(other):
    with pytest.raises(TypeError):
        _native.hasten(other)


def test_a_refused_call_leaves_no_exception_behind(tmp_path):
    # The interpreter would end with an error that says so.
    source = (
        "import sys, tfevents\n"
        "with tfevents.SummaryWriter(sys.argv[1]) as writer:\n"
        "    for bad in ('\\ud800', 1.0, 1), ('a', 1.0, 2**70):\n"
        "        writer.add_scalar('a', 1.0, 1)\n"
        "        try:\n"
        "            writer.add_scalar(*bad)\n"
        "        except ValueError as error:\n"
        "            assert error.__context__ is None, error.__context__\n"
        "        else:\n"
        "            raise AssertionError(bad)\n"
    )
    subprocess.run([sys.executable, "-X", "dev", "-c", source, str(tmp_path)], check=True)
