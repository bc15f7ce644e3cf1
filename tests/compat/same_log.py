"""Compares two log directories: events field by field, and encoded values by their content.

These may differ: wall times, `source_metadata`, names of runs that are times, and the bytes of PNG,
GIF and WAV, whose decoded content is compared. A file that has only its version does not count:
torch's `add_scalars` opens one for its own writer too, if that is closed.
"""

import hashlib
import io
import re
import wave
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import events
from peers import peer

Contents = dict[str, list[Any]]

# torch names these directories after the time: the default log directory, and the runs of hparams.
_NAMED_BY_TIME = re.compile(r"^([A-Z][a-z]{2}\d\d_\d\d-\d\d-\d\d_.*|1\d{9}\.\d+)$")


def contents(directory: Path) -> Contents:
    """The content of each file, as comparable text. Event files are numbered within their
    directory.

    The sums of their histograms are apart from the events, as numbers.
    """
    assert directory.is_dir()
    names = _Names(directory)
    found: Contents = {}
    event_files = events.event_files(directory)
    for path in event_files:
        logged = events.read_events(path)
        if len(logged) == 1 and logged[0].file_version:
            continue
        folder = names.of(path.parent)
        number = sum(f.startswith(f"{folder}/events ") for f in found)
        sums = [sums for event in logged for sums in _sums(event)]
        found[f"{folder}/events {number}"] = [_event(event) for event in logged]
        found[f"{folder}/sums {number}"] = sums
    for path in sorted(set(directory.rglob("*")) - set(event_files)):
        if path.is_file():
            data = path.read_bytes()
            is_text = path.suffix in (".tsv", ".pbtxt")
            text = data.decode() if is_text else _picture(data) if path.suffix == ".png" else ""
            found[f"{names.of(path.parent)}/{path.name}"] = (text or _digest(data)).splitlines()
    return found


def kinds(found: Contents) -> Counter[str]:
    """The number of values of each kind: plugins' names, `simple_value`, `image`, ..."""
    text = [event for name, run in found.items() if "/events " in name for event in run]
    count: Counter[str] = Counter()
    for event in text:
        for value in re.findall(r"^  value \{\n(.*?)^  \}", event, re.M | re.S):
            plugin = re.search(r'plugin_name: "(.*)"', value)
            kind = plugin or re.search(
                r"^    (simple_value|image|histo|audio|tensor)\b", value, re.M
            )
            count[kind[1] if kind else "tag only"] += 1
        count["graph"] += event.startswith("graph_def") or "\ngraph_def" in event
    count["projector"] = sum(name.endswith("tensors.tsv") for name in found)
    return +count


def assert_same_log(ours: Path, theirs: Path) -> Contents:
    """Checks that both directories have the same content, and returns it."""
    mine, others = contents(ours), contents(theirs)
    assert list(mine) == list(others), sorted(set(mine) ^ set(others))
    for name in mine:
        same = mine[name] == others[name]
        if "/sums " in name:
            same = np.allclose(mine[name], others[name], rtol=1e-12, atol=1e-12)
        assert same, name
    return mine


def _sums(event: Any) -> Iterator[tuple[float, float]]:
    """Removes the sums of histograms. Their last digits depend on the order of adding.

    Each sum is divided by the largest sum that the values allow, since its error depends on that.
    """
    for value in event.summary.value:
        if value.HasField("histo"):
            histo = value.histo
            most = (histo.num * histo.sum_squares) ** 0.5 or 1.0
            yield histo.sum / most, histo.sum_squares
            histo.ClearField("sum")
            histo.ClearField("sum_squares")


class _Names:
    """Names of directories. Those that are times are numbered in their order."""

    def __init__(self, root: Path) -> None:
        self.root = root
        times = sorted(p for p in root.rglob("*") if p.is_dir() and _NAMED_BY_TIME.match(p.name))
        self.numbers: dict[Path, str] = {}
        for path in times:
            beside = sum(other.parent == path.parent for other in self.numbers)
            self.numbers[path] = f"time {beside}"

    def of(self, path: Path) -> str:
        if path == self.root:
            return "."
        return f"{self.of(path.parent)}/{self.numbers.get(path, path.name)}"


def _event(event: Any) -> str:
    event.ClearField("source_metadata")
    event.ClearField("wall_time")
    for value in event.summary.value:
        if value.HasField("image"):
            value.image.encoded_image_string = _picture(value.image.encoded_image_string).encode()
        elif value.HasField("audio"):
            value.audio.encoded_audio_string = _sound(value.audio.encoded_audio_string).encode()
        plugin = value.metadata.plugin_data
        if plugin.plugin_name == "hparams":
            # Maps have no order.
            hparams = peer("tensorboard.plugins.hparams.plugin_data_pb2")
            plugin.content = str(hparams.HParamsPluginData.FromString(plugin.content)).encode()
    text = str(event)
    if event.HasField("graph_def"):
        graph_def = peer("tensorboard.compat.proto.graph_pb2").GraphDef.FromString(event.graph_def)
        text = f"graph_def {graph_def}"
    return text


def _picture(data: bytes) -> str:
    """The format, size, mode and pixels of each frame, and how long it is shown."""
    image = peer("PIL.Image").open(io.BytesIO(data))
    frames = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        pixels = image.convert("RGBA") if image.format == "GIF" else image
        frames.append(
            f"{image.info.get('duration')} {pixels.mode} {pixels.size} {_digest(pixels.tobytes())}"
        )
    return f"{image.format} {frames}"


def _sound(data: bytes) -> str:
    with wave.open(io.BytesIO(data)) as sound:
        return f"{sound.getparams()} {_digest(sound.readframes(sound.getnframes()))}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
