"""Children that are forked while other threads of their parent read."""

import os

import pytest

import scripts

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

# A thread runs `use` repeatedly, and each child runs it once.
FORKED = """
    import os, signal, sys, tempfile, threading, time, warnings
    import tfevents
    from tfevents.compat.event_accumulator import EventAccumulator

    # Python's word for what is tested here.
    warnings.simplefilter("ignore", DeprecationWarning)
    root = tempfile.mkdtemp()
    for run in range(40):
        with tfevents.SummaryWriter(f"{root}/{run}") as writer:
            writer.add_scalar_series("a", [0.0] * 200)
            writer.add_scalar("b", 1, 1)
    log = tfevents.read(root, tags="[ab]")
    events = tfevents.iter_events(root)
    follower = tfevents.follow(root, timeout=0)
    accumulator = EventAccumulator(f"{root}/0")

    def reload():
        with tfevents.SummaryWriter(f"{root}/0", filename_suffix=".more") as writer:
            writer.add_scalar("a", 1, 1)
        log.reload()
        assert len(log) == 40 and log["3"].scalars["a"].value[-1] == 0

    def iterate():
        global events
        for _ in events:
            pass
        events = tfevents.iter_events(root)

    def follow():
        global follower
        for _ in follower:
            pass
        follower.damage
        follower = tfevents.follow(root, timeout=0)

    def accumulate():
        global accumulator
        accumulator.Reload()
        accumulator.Scalars("a")
        accumulator = EventAccumulator(f"{root}/0")

    use = globals()[sys.argv[1]]
    stop = False
    def work():
        while not stop:
            use()
    thread = threading.Thread(target=work)
    thread.start()
    told = 0
    for child in range(25):
        time.sleep(0.003 + 0.0007 * child)
        pid = os.fork()
        if pid == 0:
            signal.alarm(60)
            try:
                use()
                # What is opened anew is as ever.
                assert len(list(tfevents.iter_events(f"{root}/1"))) == 202
                os._exit(0)
            except RuntimeError as error:
                os._exit(1 if "forked" in str(error) else 2)
            except BaseException:
                import traceback
                traceback.print_exc()
                os._exit(3)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status in (0, 1), status
        told += status
    stop = True
    thread.join()
    print("whole" if told == 0 else "told")
"""


@pytest.mark.parametrize("use", ["reload", "iterate", "follow", "accumulate"])
def test_a_child_reads_or_is_told_why_not(use: str) -> None:
    out = scripts.check(FORKED, use)
    assert out in ("whole\n", "told\n")


ALONE = """
    import os, sys, tfevents
    threads = len(os.listdir("/proc/self/task"))
    tfevents.read(sys.argv[1])
    child = os.fork()
    if child == 0:
        tfevents.read(sys.argv[1])
        os._exit(0)
    # Of a thread that were left Python would warn. Others may have ended theirs.
    assert len(os.listdir("/proc/self/task")) <= threads
    assert os.waitpid(child, 0)[1] == 0
    print("done")
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs /proc")
def test_no_thread_is_left_to_whoever_forks(tmp_path) -> None:
    (tmp_path / "tfevents").write_bytes(b"")
    assert scripts.check(ALONE, tmp_path) == "done\n"
