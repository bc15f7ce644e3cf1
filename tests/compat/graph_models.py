"""Models whose graphs are compared."""

import sys
from pathlib import Path

from peers import peer

torch = peer("torch")
nn = torch.nn
sys.path.append(str(Path(__file__).parents[2] / "benches" / "python"))
from harness.models import ResNet50 as ResNet50  # noqa: E402


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 3))
        self.register_buffer("scale", torch.full((3,), 2.0))

    def forward(self, x):
        return self.layers(x) * self.scale


class VideoClassifier(nn.Module):
    """A CNN for each frame, an LSTM over the frames, and attention over its states."""

    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(4)
        )
        self.lstm = nn.LSTM(128, 16, num_layers=2, batch_first=True, bidirectional=True)
        self.attention = nn.Sequential(nn.Linear(32, 8), nn.Tanh(), nn.Linear(8, 1))
        self.head = nn.Linear(32, 5)

    def forward(self, video):
        batch, frames = video.shape[:2]
        features = self.cnn(video.flatten(0, 1)).view(batch, frames, -1)
        output, _ = self.lstm(features)
        weights = torch.softmax(self.attention(output), dim=1)
        return self.head((weights * output).sum(dim=1))


class Several(nn.Module):
    """Takes a tuple and a dict, shares a module, and returns a tuple in a tuple."""

    def __init__(self):
        super().__init__()
        self.shared = nn.Linear(4, 4)
        self.again = self.shared
        self.weight = nn.Parameter(torch.ones(4))

    def forward(self, pair, named):
        a, b = pair
        first = self.shared(a) + self.weight
        second = self.again(b) * named["scale"]
        return first, (second, first @ second.T)


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x, times: int = 2):
        if bool(x.sum() > 0):
            x = self.linear(x)
        for _ in range(times):
            x = x + 1
        return x


class ReturnsDict(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 2)

    def forward(self, x):
        logits = self.linear(x)
        return {"logits": logits, "best": logits.argmax(-1)}


class ReturnsMore(ReturnsDict):
    """The tracer can't take this model; `torch.export` can."""

    def forward(self, x):
        return {"logits": self.linear(x), "classes": 2, "loss": None}


class NoInput(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self):
        return self.weight * 2
