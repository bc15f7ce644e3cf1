"""Objects that threads share, with the interpreter's lock and without it. Nothing is lost, nothing
comes twice, and nothing crashes.
"""

import itertools
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import events
import tfevents
from tfevents import SummaryWriter

THREADS = 8


@pytest.fixture(autouse=True)
def _often() -> Iterator[None]:
    """Threads switch often, if they take turns."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def at_once(work: Callable[[int], object], count: int = THREADS) -> None:
    """Calls `work` in threads that begin together. An error in one of them is raised."""
    barrier = threading.Barrier(count)
    errors: list[BaseException] = []

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_one_writer(tmp_path):
    writer = SummaryWriter(tmp_path)
    picture, sound = np.zeros((1, 4, 4)), np.zeros(16)

    def work(number: int) -> None:
        for step in range(100):
            writer.add_scalar(f"s{number}", step, step)
            writer.add_scalars("m", {"x": step}, number * 100 + step)
            if step % 10 == 0:
                writer.add_text(f"t{number}", "text", step)
                writer.add_histogram(f"h{number}", sound, step)
                writer.add_image(f"i{number}", picture, step)
                writer.add_audio(f"a{number}", sound, step)
                writer.add_embedding(np.eye(2), global_step=step, tag=f"e{number}")
                writer.flush()
            if step == 50 and number == 0:
                writer.close()

    at_once(work)
    writer.close()
    log = tfevents.read(tmp_path)
    run, ten = log["."], list(range(0, 100, 10))
    for number in range(THREADS):
        assert run.scalars[f"s{number}"].step.tolist() == list(range(100))
        assert run.texts[f"t{number}/text_summary"].step.tolist() == ten
        for view, letter in ((run.histograms, "h"), (run.images, "i"), (run.audio, "a")):
            assert view[f"{letter}{number}"].step.tolist() == ten
    assert sorted(log["m_x"].scalars["m"].step.tolist()) == list(range(THREADS * 100))
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert config.count("tensor_name") == THREADS * len(ten)


def test_sub_runs_that_come_while_others_are_written(tmp_path):
    writer = SummaryWriter(tmp_path)

    def work(number: int) -> None:
        for step in range(30):
            writer.add_scalars("m", {f"{number}-{step}": step}, step)
            writer.flush()
            assert len(writer.paths) > step
            assert writer.dropped_events == 0

    at_once(work)
    writer.close()
    log = tfevents.read(tmp_path)
    for number in range(THREADS):
        for step in range(30):
            assert log[f"m_{number}-{step}"].scalars["m"].value.tolist() == [step]


def test_writers_of_one_directory(tmp_path):
    def work(number: int) -> None:
        for turn in range(5):
            with SummaryWriter(tmp_path) as writer:
                for step in range(20):
                    writer.add_scalar("a", 1.0, number * 100 + turn * 20 + step)

    at_once(work)
    found = Counter(event.step for event in events.points(tmp_path))
    assert found == Counter(range(THREADS * 100))


def test_one_iterator_of_events(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(2000):
            writer.add_scalar("a", 1.0, step)
    shared = tfevents.iter_events(tmp_path)
    found: list[list[int]] = [[] for _ in range(THREADS)]

    def work(number: int) -> None:
        for event in shared:
            found[number] += [event.step for _ in event.values]

    at_once(work)
    assert Counter(itertools.chain(*found)) == Counter(range(2000))
    # Each has its own values in their order.
    assert all(steps == sorted(steps) for steps in found)


def test_one_log(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(50):
            for tag in range(20):
                writer.add_scalar(f"s{tag}", step, step)
            writer.add_histogram("h", np.arange(step + 1.0), step)
            writer.add_image("i", np.full((1, 4, 4), step / 50), step)
    log = tfevents.read(tmp_path)

    def work(number: int) -> None:
        run = log["."]
        for tag in np.random.default_rng(number).permutation(20):
            assert run.scalars[f"s{tag}"].value.tolist() == list(range(50))
        for step in range(50):
            assert run.histograms["h"][step].num == step + 1
            assert run.images["i"][step].decode()[0, 0, 0] == int(step / 50 * 255)
        assert "50 points" in repr(run.scalars["s0"])
        log.summary()

    at_once(work)


def test_a_log_that_is_reloaded_while_it_is_read(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("a", 0.0, 0)
    writer.flush()
    log = tfevents.read(tmp_path)

    def work(number: int) -> None:
        if number == 0:
            for step in range(1, 200):
                writer.add_scalar("a", step, step)
                writer.flush()
        elif number == 1:
            for _ in range(50):
                log.reload()
        else:
            for _ in range(200):
                curve = log["."].scalars["a"]
                assert curve.value.tolist() == list(range(len(curve)))

    at_once(work, 4)
    writer.close()
    log.reload()
    assert log["."].scalars["a"].step.tolist() == list(range(200))


def test_reading_in_threads(tmp_path):
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar_series("a", np.arange(5000.0))

    def work(number: int) -> None:
        for _ in range(5):
            assert len(tfevents.read(tmp_path)["run"].scalars["a"]) == 5000
            assert tfevents.verify(tmp_path).ok

    at_once(work)


def test_one_follower(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(500):
            writer.add_scalar("a", 1.0, step)
    follower = tfevents.follow(tmp_path, timeout=0)
    found: list[list[int]] = [[] for _ in range(4)]

    def work(number: int) -> None:
        try:
            for _, event in follower:
                found[number] += [event.step for _ in event.values]
        except ValueError as error:
            # One thread follows, and the others get an error.
            assert "already" in str(error)

    at_once(work, 4)
    assert Counter(itertools.chain(*found)) == Counter(range(500))


def test_arrays_may_go_in_another_thread(tmp_path: Path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("a", np.arange(100_000.0))

    def work(number: int) -> None:
        for _ in range(5):
            curve = tfevents.read(tmp_path)["."].scalars["a"]
            values = curve.value
            del curve
            assert values[-1] == 99_999

    at_once(work)


def test_modules_that_another_thread_is_importing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module is known before it has anything in it."""
    names = ("numpy.ma", "PIL.Image", "omegaconf", "argparse", "multiprocessing.process")
    for name in (*names, "matplotlib.figure", "matplotlib.pyplot", "torch.export"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", np.float32(0.5))
        writer.add_histogram("b", [1, 2])
        writer.add_image("c", [[0.5]], dataformats="HW")
        writer.add_hparams({"lr": 0.1, "layers": [1, 2], "opt": {"name": "adam"}}, {"acc": 0.5})
        with pytest.raises(TypeError, match="figure: expected a Matplotlib Figure"):
            writer.add_figure("d", "no figure")  # type: ignore[arg-type]
    log = tfevents.read(tmp_path)
    assert log["."].tags == ["a", "b", "c"]
    assert list(log.hparams.values())[-1] == {"lr": 0.1, "layers": "[1, 2]", "opt/name": "adam"}
