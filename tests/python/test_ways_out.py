"""Logging while other code is interrupted, is traced, or ends: no panic, no deadlock, no loss."""

import pytest

import events
import scripts

# Each logs "inner" from its place, before or while NumPy is imported.
PLACES = {
    "__del__": """
        class Ends:
            def __del__(self):
                log()
        Ends()
        kept = Ends()
        kept.itself = kept
        del kept
        import gc
        gc.collect()
    """,
    "a signal handler": """
        import signal
        signal.signal(signal.SIGALRM, lambda *_: log())
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        for step in range(20000):
            writer.add_scalar("outer", 1.0, step)
        signal.setitimer(signal.ITIMER_REAL, 0)
    """,
    "atexit": """
        import atexit
        atexit.register(log)
    """,
    "a trace hook": """
        import sys
        sys.settrace(lambda *_: log())
        def traced():
            return 1
        for _ in range(100):
            traced()
        sys.settrace(None)
    """,
    "a profile hook": """
        import sys
        sys.setprofile(lambda *_: log())
        for _ in range(100):
            len(())
        sys.setprofile(None)
    """,
    "an exception on its way": """
        class Ends:
            def __del__(self):
                log()
        def fails():
            ends = Ends()
            raise ValueError("on its way")
        try:
            fails()
        except ValueError as error:
            assert str(error) == "on its way"
            del error
        import gc
        gc.collect()
    """,
}


@pytest.mark.parametrize("place", PLACES)
def test_logging_from(tmp_path, place):
    head = """
        import sys
        from tfevents import SummaryWriter
        writer = SummaryWriter(sys.argv[1])
        def log():
            writer.add_scalar("inner", 2, 1)
            writer.log({"inner": {"nested": 1.5}}, 1)
            writer.add_histogram("histogram", [1.0, 2.0], 1)
            writer.add_image("picture", [[0.5]], 1, dataformats="HW")
            writer.add_text("text", "text", 1)
    """
    scripts.check(head + PLACES[place], tmp_path)
    found = [
        value.tag
        for event in events.parse_file(events.only_file(tmp_path))[1:]
        for value in event.values
    ]
    kinds = ("inner", "inner/nested", "histogram", "picture", "text/text_summary")
    counts = {kind: found.count(kind) for kind in kinds}
    assert min(counts.values()) == max(counts.values()) > 0
    if place == "a signal handler":
        assert found.count("outer") == 20000
