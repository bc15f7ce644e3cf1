"""Models whose graphs are compared."""

from peers import peer

torch = peer("torch")
nn = torch.nn


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 3))
        self.register_buffer("scale", torch.full((3,), 2.0))

    def forward(self, x):
        return self.layers(x) * self.scale


class Bottleneck(nn.Module):
    def __init__(self, channels, width, stride, downsample):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return self.relu(self.bn3(self.conv3(out)) + identity)


class ResNet50(nn.Module):
    """The architecture of He et al., 2015, with the stride in the 3×3 convolution."""

    def __init__(self, classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.channels = 64
        self.layer1 = self._layer(64, 3, 1)
        self.layer2 = self._layer(128, 4, 2)
        self.layer3 = self._layer(256, 6, 2)
        self.layer4 = self._layer(512, 3, 2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(2048, classes)

    def _layer(self, width, blocks, stride):
        downsample = nn.Sequential(
            nn.Conv2d(self.channels, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)
        )
        layers = [Bottleneck(self.channels, width, stride, downsample)]
        self.channels = 4 * width
        layers += [Bottleneck(self.channels, width, 1, None) for _ in range(blocks - 1)]
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class VideoClassifier(nn.Module):
    """A CNN for each frame, an LSTM over the frames, attention over its states."""

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
    """What the tracer can't take, `torch.export` can."""

    def forward(self, x):
        return {"logits": self.linear(x), "classes": 2, "loss": None}


class NoInput(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self):
        return self.weight * 2
