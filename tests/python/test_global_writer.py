"""GlobalSummaryWriter counts steps for each tag, whoever logs."""

import os
import threading

import numpy as np
import pytest

import events
import scripts
from tfevents import GlobalSummaryWriter


def test_each_tag_of_each_kind_counts_from_0(tmp_path):
    with GlobalSummaryWriter(tmp_path) as writer:
        for _ in range(3):
            writer.add_scalar("a", 1.0, 5.0)
        writer.add_scalar("b", 2.0)
        writer.add_text("a", "text")
        writer.add_text("a", "more", walltime=6.0)
        for _ in range(2):
            writer.add_image("a", np.zeros((4, 4, 3)), dataformats="HWC")
    path = events.only_file(tmp_path)
    assert [e.step for e in events.parse_file(path)][-2:] == [0, 1]
    scalars = [
        (v.tag, e.step)
        for e in events.parse_file(path)
        for v in e.values
        if v.simple_value is not None
    ]
    assert scalars == [("a", 0), ("a", 1), ("a", 2), ("b", 0)]
    assert events.texts(path) == [("a/text_summary", 0, "text"), ("a/text_summary", 1, "more")]
    assert [e.wall_time for e in events.parse_file(path)][1:4] == [5.0] * 3


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("scalar_value", lambda w: w.add_scalar("a", "x")),
        ("tag", lambda w: w.add_scalar(["a"], 1.0)),
        ("walltime", lambda w: w.add_scalar("a", 1.0, "x")),
        ("img_tensor", lambda w: w.add_image("a", "x")),
        ("text_string", lambda w: w.add_text("a", 3)),
    ],
)
def test_a_call_that_fails_uses_up_no_step(tmp_path, argument, call):
    with GlobalSummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", 1.0)
        with pytest.raises((TypeError, ValueError), match=argument):
            call(writer)
        writer.add_scalar("a", 2.0)
    assert [(p.step, p.value) for p in events.points(tmp_path)] == [(0, 1.0), (1, 2.0)]


def test_threads_share_the_steps_and_keep_their_order(tmp_path):
    with GlobalSummaryWriter(tmp_path) as writer:
        threads = [
            threading.Thread(target=lambda: [writer.add_scalar("a", 1.0) for _ in range(500)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [p.step for p in events.points(tmp_path)] == list(range(4000))


def test_a_fork_while_another_thread_logs(tmp_path):
    with GlobalSummaryWriter(tmp_path) as writer:
        stop = threading.Event()

        def log():
            while not stop.is_set():
                writer.add_scalar("parent", 1.0)

        thread = threading.Thread(target=log)
        thread.start()
        try:
            for _ in range(10):
                child = os.fork()
                if child == 0:
                    status = 1
                    try:
                        writer.add_scalar("child", 1.0)
                        writer.close()
                        status = 0
                    finally:
                        os._exit(status)
                assert os.waitpid(child, 0)[1] == 0
        finally:
            stop.set()
            thread.join()
    assert [p.step for p in events.points(tmp_path) if p.tag == "child"] == [0] * 10


@pytest.mark.parametrize("name", ["logdir", "log_dir"])
def test_the_arguments_are_those_of_a_writer(tmp_path, name):
    with GlobalSummaryWriter(
        **{name: tmp_path / "a"}, purge_step=3, filename_suffix=".x", on_error="warn"
    ) as writer:
        writer.add_scalar("a", 1.0)
        assert writer.file_writer.get_logdir() == str(tmp_path / "a")
        writer.flush()
        assert writer.smw.on_error == "warn"
    assert events.only_file(tmp_path).name.endswith(".x")
    GlobalSummaryWriter(tmp_path / "b", write_to_disk=False).add_scalar("a", 1.0)
    assert not (tmp_path / "b").exists()


def test_one_for_all(tmp_path):
    scripts.check(
        """
import os, sys, threading
os.chdir(sys.argv[1])
from tfevents import GlobalSummaryWriter
found = []
threads = [
    threading.Thread(target=lambda: found.append(GlobalSummaryWriter.getSummaryWriter()))
    for _ in range(8)
]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len({id(writer) for writer in found}) == 1
found[0].add_scalar("a", 1.0)
found[0].close()
GlobalSummaryWriter.getSummaryWriter().add_scalar("a", 2.0)
""",
        tmp_path,
    )
    assert sorted((p.step, p.value) for p in events.points(tmp_path)) == [(0, 1.0), (1, 2.0)]
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
