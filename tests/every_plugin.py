"""A log with something for each of TensorBoard's plugins, and a TensorBoard to show it.

The tests of TensorBoard's HTTP interface and of its pages use `log`.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from peers import peer

RUN = "exp"
STEPS = range(0, 50, 5)
TEXT = "**loss** falls\n\n| lr | batch |\n|---|---|\n| 0.1 | 32 |"
RATE = 8000
TRIALS = {
    f"trial-{number}": ({"lr": rate, "layers": number + 1, "bias": number != 1}, accuracy)
    for number, (rate, accuracy) in enumerate([(0.1, 0.75), (0.01, 0.875), (0.001, 0.5)])
}
VERTICES = np.array([[1, 1, 1], [-1, -1, 1], [1, -1, -1], [-1, 1, -1]], np.float32)
COLORS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 0, 255]], np.uint8)
FACES = np.array([[0, 2, 3], [0, 3, 1], [0, 1, 2], [1, 3, 2]], np.int32)
HEADER = ["digit", "parity"]


def loss(step: int) -> float:
    return 2.0 / (1 + step)


def picture(step: int) -> np.ndarray:
    """A colour gradient that moves with the step, (48, 64, 3) uint8."""
    row, column = np.mgrid[:48, :64]
    return np.stack([row * 5, column * 4, (row + column + step) * 2 % 256], -1).astype(np.uint8)


def video() -> np.ndarray:
    """A bright square that moves to the right, (1, 8, 3, 32, 32) uint8."""
    frames = np.zeros((1, 8, 3, 32, 32), np.uint8)
    for number in range(8):
        frames[0, number, :, 12:20, number * 3 : number * 3 + 8] = [[[250]], [[200]], [[40]]]
    return frames


def weights(step: int) -> np.ndarray:
    return np.random.default_rng(step).normal(step / 25, 1, 1000).astype(np.float32)


def sound() -> np.ndarray:
    """Half a second of the tone A, whose volume rises."""
    seconds = np.arange(RATE // 2) / RATE
    return (seconds * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32)


def scores() -> tuple[np.ndarray, np.ndarray]:
    """Labels, and predictions that tend to be right."""
    rng = np.random.default_rng(7)
    labels = rng.integers(0, 2, 400)
    return labels, np.clip(labels * 0.4 + rng.random(400) * 0.6, 0, 1)


def points() -> tuple[np.ndarray, list[list[str]], np.ndarray]:
    """Two clouds, (60, 8) float32, their labels, and their (60, 3, 16, 16) sprites."""
    rng = np.random.default_rng(8)
    number = np.arange(60)
    matrix = rng.normal(0, 1, (60, 8)) + (number % 2)[:, None] * 6
    labels = [[f"nr {n}", "odd" if n % 2 else "even"] for n in number]
    sprites = np.ones((60, 3, 16, 16)) * (number / 60)[:, None, None, None]
    sprites[number % 2 == 1, 0] = 1
    return matrix.astype(np.float32), labels, sprites.astype(np.float32)


def model() -> tuple[Any, Any]:
    """A torch model and its input."""
    torch = peer("torch")
    layers = [torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(4 * 26 * 26, 10)), torch.rand(1, 1, 28, 28)


def log(directory: Path, writer_class: Any) -> None:
    """Logs something for each plugin to `directory`/exp, and hyperparameters to runs below it."""
    torch = peer("torch")
    writer = writer_class(directory / RUN)
    for step in STEPS:
        writer.add_scalar("train/loss", loss(step), step)
        writer.add_scalar("train/low", loss(step) * 0.9, step)
        writer.add_scalar("train/high", loss(step) * 1.2, step)
        writer.add_histogram("weights", weights(step), step)
        writer.add_image("picture", picture(step), step, dataformats="HWC")
    writer.add_images("batch", np.stack([picture(0), picture(40)]), 0, dataformats="NHWC")
    writer.add_text("notes", TEXT, 3)
    writer.add_audio("sound", torch.from_numpy(sound())[None], 2, sample_rate=RATE)
    writer.add_pr_curve("found", *scores(), 4)
    mesh = {"vertices": VERTICES, "colors": COLORS, "faces": FACES}
    writer.add_mesh("tetrahedron", **{k: torch.from_numpy(v)[None] for k, v in mesh.items()})
    writer.add_graph(*model())
    matrix, labels, sprites = points()
    writer.add_embedding(
        matrix, labels, torch.from_numpy(sprites), global_step=6, metadata_header=HEADER
    )
    writer.add_custom_scalars(
        {
            "Losses": {
                "all": ["Multiline", ["train/(loss|low)"]],
                "range": ["Margin", ["train/loss", "train/low", "train/high"]],
            }
        }
    )
    for name, (hparams, accuracy) in TRIALS.items():
        writer.add_hparams(hparams, {"accuracy": accuracy}, run_name=name)
    writer.close()


def log_video(directory: Path, writer_class: Any) -> None:
    """A GIF. torch's writer needs moviepy for it."""
    with writer_class(directory / RUN) as writer:
        writer.add_video("film", video(), 1, fps=8)


@contextlib.contextmanager
def tensorboard(log_dir: Path, *options: str, module: str = "tensorboard.main") -> Iterator[str]:
    """Runs TensorBoard on `log_dir`. Returns its address, which ends in a slash."""
    command = [sys.executable, "-m", module, f"--logdir={log_dir}", "--port=0"]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [*command, "--host=127.0.0.1", "--reload_interval=1", *options],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )

        def address() -> re.Match[str] | None:
            assert process.poll() is None, f"TensorBoard ended:\n{printed()}"
            return re.search(r"TensorBoard \S+ at (http://\S+)", printed())

        def printed() -> str:
            output.seek(0)
            return output.read()

        try:
            match = when(address, lambda found: found is not None)
            assert match is not None
            yield match[1]
        finally:
            process.terminate()
            process.wait(timeout=30)


T = TypeVar("T")


def when(ask: Callable[[], T], is_complete: Callable[[T], bool], timeout: float = 90) -> T:
    """The answer, when it is complete."""
    deadline = time.monotonic() + timeout
    while not is_complete(answer := ask()):
        assert time.monotonic() < deadline, f"there is only {answer}"
        time.sleep(0.1)
    return answer
