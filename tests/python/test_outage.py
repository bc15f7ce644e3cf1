"""If several writers fail at once, one of them reports it, once."""

import errno
import warnings

import pytest

from tfevents._native import Control, EventWriter, Outage


class Unwatched(EventWriter):
    """A writer without hooks."""

    def _look(self) -> bool:
        return False


class Run:
    """Replaces a spool in the control of its writer."""

    control: Control

    def __init__(self, directory):
        self.directory = directory

    def open(self, control):
        self.control = control
        return str(self.directory)

    def check(self):
        pass

    flush = close = abandon = check


@pytest.fixture
def writers(tmp_path, request):
    """Two writers that share an outage, and the outage."""
    on_error = request.param
    outage, pair = Outage(on_error), []
    for name in "one", "two":
        run = Run(tmp_path / name)
        native = Unwatched()
        native._configure(str(tmp_path / name), 120, "", on_error, True, run)
        native._open()
        outage.attach(run.control)
        pair.append(native)
    yield (*pair, outage)
    for native in pair:
        native.close()


def failure() -> OSError:
    return OSError(errno.EIO, "no answer", "memory://bucket")


@pytest.mark.parametrize("writers", ["raise"], indirect=True)
def test_the_next_call_of_one_writer_raises_what_was_reported(writers):
    one, two, outage = writers
    error = failure()
    outage.report(error)
    with pytest.raises(OSError, match="no answer") as raised:
        two.add_scalar("a", 1.0, 1)
    assert raised.value is error
    one.add_scalar("a", 1.0, 1)
    two.add_scalar("a", 1.0, 1)
    outage.report(error)
    with pytest.raises(OSError, match="no answer"):
        outage.check()
    outage.check()


@pytest.mark.parametrize("writers", ["warn"], indirect=True)
def test_an_outage_is_warned_of_once_at_the_caller_s_line(writers):
    one, two, outage = writers
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            outage.report(failure())
            one.add_scalar("a", 1.0, 1)
            two.add_scalar("a", 1.0, 1)
    (warning,) = caught
    assert warning.category is RuntimeWarning
    assert "no answer" in str(warning.message)
    assert warning.filename == __file__


@pytest.mark.parametrize("writers", ["raise", "warn"], indirect=True)
def test_what_is_over_before_anybody_heard_of_it_is_not_told(writers):
    one, two, outage = writers
    outage.report(failure())
    outage.clear()
    one.add_scalar("a", 1.0, 1)
    two.add_scalar("a", 1.0, 1)
    outage.check()
