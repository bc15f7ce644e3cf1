"""Trains a small network on scikit-learn's digits, logging every step; reads the logs back; plots.

Everything is written below ./demo: the event files in demo/runs, the plot in demo/training.png.
"""

import importlib.util
import shutil
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import tfevents

OUT = Path("demo")
LEARNING_RATES = [0.01, 0.05, 0.2]
EPOCHS = 40
BATCH = 32
HIDDEN = 64
MOMENTUM = 0.9
POINTS_A_STEP = 3


class Network:
    """One hidden layer of rectifiers and a softmax, trained by gradient descent with momentum."""

    def __init__(self, rng: np.random.Generator, inputs: int, outputs: int):
        self.parameters = [
            rng.normal(0, np.sqrt(2 / inputs), (inputs, HIDDEN)),
            np.zeros(HIDDEN),
            rng.normal(0, np.sqrt(2 / HIDDEN), (HIDDEN, outputs)),
            np.zeros(outputs),
        ]
        self.velocities = [np.zeros_like(p) for p in self.parameters]

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The hidden layer, and the log-probability of each class."""
        w1, b1, w2, b2 = self.parameters
        hidden = np.maximum(x @ w1 + b1, 0)
        scores = hidden @ w2 + b2
        scores -= scores.max(axis=1, keepdims=True)
        return hidden, scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Mean cross-entropy and accuracy."""
        return measure(self.forward(x)[1], y)

    def train(self, x: np.ndarray, y: np.ndarray, learning_rate: float) -> tuple[float, float]:
        """One step; the batch's loss and accuracy before it."""
        hidden, log_p = self.forward(x)
        error = np.exp(log_p)
        error[np.arange(len(y)), y] -= 1
        error /= len(y)
        back = (error @ self.parameters[2].T) * (hidden > 0)
        gradients = [x.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
        for p, v, g in zip(self.parameters, self.velocities, gradients, strict=True):
            v *= MOMENTUM
            v -= learning_rate * g
            p += v
        return measure(log_p, y)


def measure(log_p: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Mean cross-entropy and accuracy of these log-probabilities."""
    return -log_p[np.arange(len(y)), y].mean(), (log_p.argmax(axis=1) == y).mean()


def train(log_dir: Path, peak: float, data: list[np.ndarray]) -> tuple[float, np.ndarray]:
    """Trains one run; the seconds it took, and those that each step spent logging."""
    x, x_val, y, y_val = data
    rng = np.random.default_rng(0)
    network = Network(rng, x.shape[1], y.max() + 1)
    steps_per_epoch = len(x) // BATCH
    steps = EPOCHS * steps_per_epoch
    logging = np.zeros(steps)
    begin = time.perf_counter()
    with tfevents.SummaryWriter(log_dir) as writer:
        writer.add_text(
            "config",
            f"| peak learning rate | batch | hidden | momentum |\n|---|---|---|---|\n"
            f"| {peak} | {BATCH} | {HIDDEN} | {MOMENTUM} |",
            0,
        )
        step = 0
        for _ in range(EPOCHS):
            for batch in rng.permutation(len(x))[: steps_per_epoch * BATCH].reshape(-1, BATCH):
                # Falls from the peak to nothing along half a cosine.
                learning_rate = peak * (1 + np.cos(np.pi * step / steps)) / 2
                loss, accuracy = network.train(x[batch], y[batch], learning_rate)

                before = time.perf_counter()
                writer.add_scalar("train/loss", loss, step)
                writer.add_scalar("train/accuracy", accuracy, step)
                writer.add_scalar("train/learning_rate", learning_rate, step)
                logging[step] = time.perf_counter() - before
                step += 1

            loss, accuracy = network.evaluate(x_val, y_val)
            writer.log({"validation/loss": loss, "validation/accuracy": accuracy}, step)
    return time.perf_counter() - begin, logging


def table(log: tfevents.Log, seconds: dict[str, tuple[float, np.ndarray]]) -> str:
    """A row a run: how it ended, what was logged, what logging cost."""
    rows = [
        ["run", "points", "train loss", "val. loss", "val. accuracy", "points/s", "of run time"]
    ]
    for name, run in log.items():
        total, logging = seconds[name]
        points = sum(len(scalars) for scalars in run.scalars.values())
        rows.append(
            [
                name,
                f"{points:,}",
                # A single batch says little.
                f"{run.scalars['train/loss'].value[-100:].mean():.4f}",
                f"{run.scalars['validation/loss'].value[-1]:.4f}",
                f"{run.scalars['validation/accuracy'].value[-1]:.1%}",
                f"{POINTS_A_STEP / np.median(logging):,.0f}",
                f"{logging.sum() / total:.2%}",
            ]
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells[1:]]))
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def smooth(values: np.ndarray, window: int) -> np.ndarray:
    """The mean over the last `window` values, of fewer at the beginning."""
    sums = np.cumsum(np.insert(values, 0, 0.0))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - window, 0)
    return (sums[ends] - sums[starts]) / (ends - starts)


def plot(log: tfevents.Log, path: Path) -> None:
    """Training loss and validation accuracy of every run, side by side."""
    colors = ["#3b6fb6", "#d9822b", "#3f9463"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), sharex=True, layout="constrained")
    for (name, run), color in zip(log.items(), colors, strict=True):
        label = name.removeprefix("lr-")
        loss = run.scalars["train/loss"]
        left.plot(loss.step, loss.value, color=color, alpha=0.12, linewidth=0.6)
        left.plot(loss.step, smooth(loss.value, 50), color=color, linewidth=1.8, label=label)
        accuracy = run.scalars["validation/accuracy"]
        right.plot(
            accuracy.step, 100 * accuracy.value, color=color, linewidth=1.8, marker=".", label=label
        )
    left.set(title="Training loss (mean of 50 steps)", xlabel="step", ylabel="cross-entropy")
    left.set(yscale="log", ylim=(5e-4, 5))
    right.set(title="Validation accuracy", xlabel="step", ylabel="correct, %", ylim=(85, 100))
    for axes in (left, right):
        axes.grid(color="0.9")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.02)
    right.legend(title="peak learning rate", loc="lower right", frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Trains, reads back, shows."""
    runs = OUT / "runs"
    if runs.exists():
        shutil.rmtree(runs)  # the runs of the last demo

    images, digits = load_digits(return_X_y=True)
    data = train_test_split(images / 16, digits, test_size=0.2, random_state=0, stratify=digits)
    print(f"Training {len(LEARNING_RATES)} runs on {len(data[0])} digits, {EPOCHS} epochs each ...")
    seconds = {f"lr-{rate}": train(runs / f"lr-{rate}", rate, data) for rate in LEARNING_RATES}

    begin = time.perf_counter()
    log = tfevents.read(runs)
    reading = time.perf_counter() - begin
    points = sum(len(scalars) for run in log.values() for scalars in run.scalars.values())
    print(f'tfevents.read("{runs}"): {points:,} points in {1000 * reading:.1f} ms\n')
    print(table(log, seconds))
    print("\npoints/s: the points that the writer logs in a second, at the median time of a step")
    print("of run time: the share of the run's time that logging took")

    plot(log, OUT / "training.png")
    print(f"\nPlot:        {OUT / 'training.png'}")
    if importlib.util.find_spec("tensorboard") is None:
        print("TensorBoard: .venv/bin/python -m pip install tensorboard, and then")
        print(f"             .venv/bin/tensorboard --logdir {runs}")
    else:
        print(f"TensorBoard: .venv/bin/tensorboard --logdir {runs}")


if __name__ == "__main__":
    main()
