"""TensorBoard's page answers the same with our reader as with its own, and survives any file.

The requests are made in processes without TensorFlow, as most users of torch have it.
"""

import random
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import events
import every_plugin
import hostile
import tfevents
from peers import peer

for name in ("torch", "tensorboard.main"):
    peer(name)

pytestmark = [
    pytest.mark.filterwarnings("ignore:`torch.jit.trace.* is deprecated:DeprecationWarning"),
]

CRAWL = Path(__file__).parent / "tensorboard_crawl.py"
ROOT = Path(__file__).parents[2]


def crawl(*arguments: object) -> str:
    """The output of the crawler, which must succeed."""
    command = [sys.executable, CRAWL, *arguments]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    return done.stderr


def runs_of(directory: Path, files: Iterable[Path | bytes]) -> Path:
    """A directory with a run for each file."""
    for number, file in enumerate(files):
        run = directory / f"run{number}"
        run.mkdir(parents=True)
        target = run / "events.out.tfevents.1.x"
        if isinstance(file, bytes):
            target.write_bytes(file)
        else:
            shutil.copyfile(file, target)
    return directory


def test_every_route_of_every_plugin(tmp_path: Path) -> None:
    torch = peer("torch.utils.tensorboard")
    every_plugin.log(tmp_path / "log", torch.SummaryWriter)
    every_plugin.log_video(tmp_path / "log", tfevents.SummaryWriter)
    said = crawl(tmp_path / "log")
    assert "0 routes not asked" in said
    assert int(said.split(": ")[1].split()[0]) > 100


def test_files_of_five_writers(tmp_path: Path) -> None:
    """Each is in a directory of its own. If several runs have a layout of hyperparameters, it is
    undefined which one is shown.
    """
    files = sorted(hostile.CORPUS.iterdir())
    assert len({file.name.split("-")[0] for file in files}) >= 5
    logs = [runs_of(tmp_path / file.name, [file]) for file in files]
    said = crawl(ROOT / "tests" / "golden", *logs)
    assert said.count("requests") == len(files) + 1


def flipped(payloads: list[bytes], rng: random.Random) -> bytes:
    """An event file with some of these messages, in any order, with a few flipped bits."""
    records = []
    for payload in rng.choices(payloads, k=30):
        message = bytearray(payload)
        for _ in range(rng.choice([0, 0, 1, 3])):
            # The bits are in tags and their metadata, or anywhere.
            at = rng.randrange(min(len(message), rng.choice([150, len(message)])))
            message[at] ^= 1 << rng.randrange(8)
        records.append(events.record(bytes(message)))
    return b"".join(records)


def test_whatever_the_bytes_every_route_answers(tmp_path: Path) -> None:
    damaged: list[bytes] = []

    @settings(
        max_examples=120,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(file=hostile.files())
    def make(file: bytes) -> None:
        damaged.append(file)

    make()
    whole = (hostile.CORPUS / "torch-0").read_bytes()
    damaged += [b"", b"\0" * 100, whole[:-7], whole[: len(whole) // 2] + b"?" * 50 + whole]
    rng = random.Random(0)
    files = [events.read_records(file) for file in sorted(hostile.CORPUS.iterdir())]
    payloads = [payload for file in files for payload in file if 0 < len(payload) < 4000]
    damaged += [flipped(payloads, rng) for _ in range(200)]
    assert len(damaged) > 300
    crawl("--alone", runs_of(tmp_path / "damaged", damaged))


def test_while_files_come_go_and_are_damaged_every_route_answers(tmp_path: Path) -> None:
    every_plugin.log(tmp_path / "log", tfevents.SummaryWriter)
    crawl("--live", tmp_path / "log")
