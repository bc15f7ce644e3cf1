"""Trains a network that tells which way a blob moves in a short video, and logs all of it.

    python examples/train_video.py [--epochs 8] [--videos 240] [--logdir demo/video]

Needs PyTorch. Each frame goes through a small CNN, the frames' features through an LSTM, and
attention weighs the moments of the video. Logged are the loss, accuracy and learning rate, the
histograms of gradients and parameters, the graph of the model, videos with what was predicted,
where the attention was, a precision-recall curve for each direction, and the hyperparameters.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tfevents import SummaryWriter

DIRECTIONS = ["left", "right", "up", "down", "grows"]
FRAMES, SIZE = 10, 64


def make_videos(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Videos float32[N, T, 3, H, W] from 0 to 1, and the index of what happens in each."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(DIRECTIONS), count)
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    videos = rng.normal(0.25, 0.08, (count, FRAMES, 3, SIZE, SIZE)).astype(np.float32)
    for video, label in zip(videos, labels, strict=True):
        y, x = rng.uniform(22, 42, 2)
        radius = rng.uniform(4, 7)
        colour = rng.uniform(0.4, 0.75, (3, 1, 1)).astype(np.float32)
        speed = rng.uniform(1.5, 2.5)
        dy, dx, growth = [(0, -1, 0), (0, 1, 0), (-1, 0, 0), (1, 0, 0), (0, 0, 0.5)][label]
        for t, frame in enumerate(video):
            r = radius + growth * speed * t
            distance = (rows - y - dy * speed * t) ** 2 + (columns - x - dx * speed * t) ** 2
            frame += colour * np.exp(-distance / (2 * r * r))
    return torch.from_numpy(videos.clip(0, 1)), torch.from_numpy(labels)


class Moves(nn.Module):
    """From videos [N, T, 3, H, W] to a score for each direction, [N, directions]."""

    def __init__(self, width: int = 12, hidden: int = 48):
        super().__init__()
        blocks: list[nn.Module] = []
        for inputs, outputs in ((3, width), (width, 2 * width), (2 * width, 2 * width)):
            blocks += [
                nn.Conv2d(inputs, outputs, 3, stride=2, padding=1),
                nn.BatchNorm2d(outputs),
                nn.ReLU(),
            ]
        self.frame = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(4), nn.Flatten())
        self.sequence = nn.LSTM(2 * width * 16, hidden, batch_first=True, bidirectional=True)
        self.relevance = nn.Linear(2 * hidden, 1)
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(2 * hidden, len(DIRECTIONS)))

    def attend(self, videos: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the LSTM says at each moment [N, T, F], and the weight of each moment [N, T, 1]."""
        count, frames = videos.shape[:2]
        features = self.frame(videos.flatten(0, 1)).view(count, frames, -1)
        moments, _ = self.sequence(features)
        return moments, self.relevance(moments).softmax(1)

    def forward(self, videos: torch.Tensor) -> torch.Tensor:
        moments, weights = self.attend(videos)
        return self.head((moments * weights).sum(1))


def evaluate(
    model: Moves, videos: torch.Tensor, labels: torch.Tensor
) -> tuple[float, torch.Tensor]:
    """The accuracy, and the probability of each direction, [N, directions]."""
    model.eval()
    with torch.no_grad():
        probabilities = torch.cat([model(part).softmax(1) for part in videos.split(40)])
    return (probabilities.argmax(1) == labels).float().mean().item(), probabilities


def log_predictions(
    writer: SummaryWriter,
    model: Moves,
    videos: torch.Tensor,
    probabilities: torch.Tensor,
    step: int,
) -> None:
    """A few videos, what was predicted of them, and which moments counted."""
    shown = videos[:4]
    with torch.no_grad():
        _, weights = model.attend(shown)
    names = [DIRECTIONS[index] for index in probabilities[:4].argmax(1).tolist()]
    writer.add_video("predictions", shown, step, fps=6)
    writer.add_text("predictions", " · ".join(names), step)
    # A row a video, a column a moment, each cell 16 pixels wide.
    cells = weights.squeeze(2) / weights.max()
    writer.add_image(
        "attention", cells.repeat_interleave(16, 0).repeat_interleave(16, 1), step, dataformats="HW"
    )


def train(logdir: Path, epochs: int, count: int, batch: int, peak: float) -> float:
    """Trains a model and returns its accuracy on videos that it never saw."""
    torch.manual_seed(0)
    videos, labels = make_videos(count, seed=0)
    unseen, answers = make_videos(max(count // 4, 8), seed=1)
    model = Moves()
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak)
    steps = epochs * -(-count // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, total_steps=steps)

    with SummaryWriter(logdir) as writer:
        writer.add_graph(model, videos[:1])
        accuracy, step = 0.0, 0
        for epoch in range(epochs):
            model.train()
            for chosen in torch.randperm(count).split(batch):
                loss = functional.cross_entropy(model(videos[chosen]), labels[chosen])
                optimizer.zero_grad()
                loss.backward()
                writer.add_scalar("train/loss", loss.item(), step)
                writer.add_scalar("train/learning rate", schedule.get_last_lr()[0], step)
                if step % 5 == 0:
                    for name, parameter in model.named_parameters():
                        writer.add_histogram(f"gradients/{name}", parameter.grad, step)
                optimizer.step()
                schedule.step()
                step += 1
            accuracy, probabilities = evaluate(model, unseen, answers)
            writer.add_scalar("validation/accuracy", accuracy, step)
            for name, parameter in model.named_parameters():
                writer.add_histogram(f"parameters/{name}", parameter, step)
            for index, direction in enumerate(DIRECTIONS):
                writer.add_pr_curve(direction, answers == index, probabilities[:, index], step)
            log_predictions(writer, model, unseen, probabilities, step)
            print(f"epoch {epoch + 1}: loss {loss.item():.3f}, accuracy {accuracy:.0%}")
        writer.add_hparams(
            {"learning rate": peak, "batch": batch, "videos": count, "optimizer": "AdamW"},
            {"validation/accuracy": accuracy},
            global_step=step,
            same_run=True,
        )
    return accuracy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--videos", type=int, default=240, help="to train with")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=4e-3)
    parser.add_argument("--logdir", type=Path, default=Path("demo/video"))
    options = parser.parse_args()
    train(options.logdir, options.epochs, options.videos, options.batch, options.learning_rate)
    print(f"logged to {options.logdir}; look at it with: tensorboard --logdir {options.logdir}")


if __name__ == "__main__":
    main()
