"""TensorBoard serves our log to each of its plugins, through its HTTP interface.

This is tested with its data server, which reads the files in Rust, and without it, in Python.
"""

import functools
import io
import json
import urllib.parse
import urllib.request
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import every_plugin
import tfevents
from every_plugin import RUN, STEPS, when
from peers import peer

for name in ("torch", "tensorboard.main", "PIL.Image"):
    peer(name)

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore:`torch.jit.trace.* is deprecated:DeprecationWarning"),
]

TRIALS = {f"{RUN}/{name}" for name in every_plugin.TRIALS}
Get = Callable[..., Any]


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("log")
    every_plugin.log(directory, tfevents.SummaryWriter)
    every_plugin.log_video(directory, tfevents.SummaryWriter)
    return directory


@pytest.fixture(scope="module", params=["auto", "false"], ids=["data server", "no data server"])
def get(log_dir: Path, request: pytest.FixtureRequest) -> Any:
    """get(route, **query) returns the answer when all runs are loaded. JSON is parsed."""
    if request.param == "auto":
        peer("tensorboard_data_server")
    with every_plugin.tensorboard(log_dir, f"--load_fast={request.param}") as address:
        ask = functools.partial(_get, f"{address}data/")
        scalars = functools.partial(ask, "plugin/scalars/tags")
        when(scalars, lambda tags: set(tags) == {RUN} | TRIALS)
        # The layout of custom scalars and the trials were logged last.
        when(functools.partial(ask, "plugin/custom_scalars/layout"), bool)
        yield ask


def _get(address: str, route: str, *, body: object = None, **query: object) -> Any:
    url = f"{address}{route}?{urllib.parse.urlencode(query)}"
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} if data else {}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
        content = answer.read()
        is_json = answer.headers["Content-Type"].startswith("application/json")
        return json.loads(content) if is_json else content


def test_every_dashboard_is_active(get: Get) -> None:
    shown = {"scalars", "images", "audio", "graphs", "distributions", "histograms", "text"}
    shown |= {"pr_curves", "mesh", "hparams", "custom_scalars", "projector", "timeseries"}

    def active() -> set[str]:
        listing = get("plugins_listing")
        return {name for name, plugin in listing.items() if plugin["enabled"]}

    # Some plugins begin to look for their data, in a thread, when they are first asked.
    when(active, shown.__le__)


def test_scalars(get: Get) -> None:
    tags = get("plugin/scalars/tags")
    assert set(tags[RUN]) == {"train/loss", "train/low", "train/high"}
    assert {run: set(tags[run]) for run in TRIALS} == {run: {"accuracy"} for run in TRIALS}
    points = get("plugin/scalars/scalars", run=RUN, tag="train/loss")
    assert [(step, value) for _, step, value in points] == [
        (step, float(np.float32(every_plugin.loss(step)))) for step in STEPS
    ]
    for name, (_, accuracy) in every_plugin.TRIALS.items():
        ((_, _, value),) = get("plugin/scalars/scalars", run=f"{RUN}/{name}", tag="accuracy")
        assert value == accuracy


def picture(get: Get, tag: str, number: int = 0, sample: int = 0) -> Any:
    answers = get("plugin/images/images", run=RUN, tag=tag, sample=sample)
    query = dict(urllib.parse.parse_qsl(answers[number]["query"]))
    return peer("PIL.Image").open(io.BytesIO(get("plugin/images/individualImage", **query)))


def test_images(get: Get) -> None:
    tags = get("plugin/images/tags")
    assert set(tags[RUN]) == {"picture", "batch", "film"}
    answers = get("plugin/images/images", run=RUN, tag="picture", sample=0)
    assert [answer["step"] for answer in answers] == list(STEPS)
    for number, step in enumerate(STEPS):
        image = picture(get, "picture", number)
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), every_plugin.picture(step))
    expected = np.concatenate([every_plugin.picture(0), every_plugin.picture(40)], axis=1)
    np.testing.assert_array_equal(np.asarray(picture(get, "batch")), expected)


def test_videos(get: Get) -> None:
    film = picture(get, "film")
    assert (film.format, film.n_frames, film.size) == ("GIF", 8, (32, 32))
    for number, frame in enumerate(every_plugin.video()[0]):
        film.seek(number)
        # The palette of each frame has these few colours. A GIF counts time in hundredths of a
        # second.
        np.testing.assert_array_equal(np.asarray(film.convert("RGB")), frame.transpose(1, 2, 0))
        assert film.info["duration"] in (120, 130)


def test_histograms(get: Get) -> None:
    assert set(get("plugin/histograms/tags")[RUN]) == {"weights"}
    histograms = get("plugin/histograms/histograms", run=RUN, tag="weights")
    assert [step for _, step, _ in histograms] == list(STEPS)
    for _, step, buckets in histograms:
        values = np.sort(every_plugin.weights(step).astype(np.float64))
        rights, counts = np.array([bucket[1:] for bucket in buckets]).T
        assert counts.sum() == len(values)
        # TensorFlow counts a value on the limit of two buckets in the upper one.
        below = np.searchsorted(values, rights[:-1], side="left")
        np.testing.assert_array_equal(np.cumsum(counts)[:-1], below)


def test_distributions(get: Get) -> None:
    assert set(get("plugin/distributions/tags")[RUN]) == {"weights"}
    distributions = get("plugin/distributions/distributions", run=RUN, tag="weights")
    assert [step for _, step, _ in distributions] == list(STEPS)
    for _, step, percentiles in distributions:
        values = every_plugin.weights(step)
        points, found = np.array(percentiles).T
        expected = np.percentile(values, points / 100)
        # The buckets that contain them are 10 % wide.
        np.testing.assert_allclose(found, expected, rtol=0.1, atol=0.02)


def test_text(get: Get) -> None:
    assert get("plugin/text/tags") == {RUN: ["notes/text_summary"]}
    (text,) = get("plugin/text/text", run=RUN, tag="notes/text_summary")
    assert text["step"] == 3
    assert "<strong>loss</strong> falls" in text["text"]
    assert "<td>0.1</td>" in text["text"]


def test_graphs(get: Get) -> None:
    info = get("plugin/graphs/info")[RUN]
    assert info["run_graph"]
    text_format = peer("google.protobuf.text_format")
    graph_pb2 = peer("tensorboard.compat.proto.graph_pb2")
    graph = text_format.Parse(get("plugin/graphs/graph", run=RUN), graph_pb2.GraphDef())
    operators = {node.op for node in graph.node}
    assert operators >= {"aten::_convolution", "aten::relu", "aten::flatten", "aten::linear"}
    nodes = {node.name for node in graph.node}
    assert all(nodes.issuperset(node.input) for node in graph.node if node.op.startswith("aten::"))
    (convolution,) = (node for node in graph.node if node.op == "aten::_convolution")
    assert "Conv2d" in convolution.name
    (shape,) = convolution.attr["_output_shapes"].list.shape
    assert [dim.size for dim in shape.dim] == [1, 4, 26, 26]


def test_projector(get: Get) -> None:
    matrix, labels, sprites = every_plugin.points()
    assert get("plugin/projector/runs") == [RUN]
    (embedding,) = get("plugin/projector/info", run=RUN)["embeddings"]
    assert embedding["tensorShape"] == list(matrix.shape)
    which = {"run": RUN, "name": embedding["tensorName"]}
    tensor = np.frombuffer(get("plugin/projector/tensor", **which), np.float32)
    np.testing.assert_allclose(tensor.reshape(matrix.shape), matrix, rtol=1e-6)
    table = get("plugin/projector/metadata", **which).decode().splitlines()
    assert [line.split("\t") for line in table] == [every_plugin.HEADER, *labels]
    sprite = peer("PIL.Image").open(io.BytesIO(get("plugin/projector/sprite_image", **which)))
    # 60 pictures in a square of 8 by 8.
    assert embedding["sprite"]["singleImageDim"] == [16, 16]
    assert sprite.size == (128, 128)
    for number in (0, 7, 8, 59):
        row, column = divmod(number, 8)
        found = np.asarray(sprite)[row * 16, column * 16, :3]
        np.testing.assert_array_equal(found, (sprites[number, :, 0, 0] * 255).astype(np.uint8))


def test_pr_curves(get: Get) -> None:
    assert set(get("plugin/pr_curves/tags")[RUN]) == {"found"}
    (curve,) = get("plugin/pr_curves/pr_curves", run=RUN, tag="found")[RUN]
    assert curve["step"] == 4
    labels, predictions = every_plugin.scores()
    thresholds = np.array(curve["thresholds"])
    # TensorBoard leaves out thresholds that no prediction reaches.
    assert len(thresholds) == np.ceil(126 * predictions.max())
    np.testing.assert_allclose(thresholds, np.linspace(0, 1, 127)[: len(thresholds)])
    positive = predictions >= thresholds[:, None]
    true_positives = (positive & (labels == 1)).sum(axis=1)
    precision = true_positives / np.maximum(positive.sum(axis=1), 1)
    recall = true_positives / (labels == 1).sum()
    np.testing.assert_allclose(curve["precision"], precision, atol=1e-6)
    np.testing.assert_allclose(curve["recall"], recall, atol=1e-6)


def test_meshes(get: Get) -> None:
    assert get("plugin/mesh/tags") == {RUN: {"tetrahedron": {"samples": 1}}}
    which = {"run": RUN, "tag": "tetrahedron", "sample": 0}
    parts = get("plugin/mesh/meshes", **which)
    assert sorted(part["data_shape"] for part in parts) == [[1, 4, 3]] * 3
    for content, expected in {
        "VERTEX": every_plugin.VERTICES,
        "COLOR": every_plugin.COLORS,
        "FACE": every_plugin.FACES,
    }.items():
        data = get("plugin/mesh/data", **which, content_type=content)
        found = np.frombuffer(data, expected.dtype).reshape(expected.shape)
        np.testing.assert_array_equal(found, expected)


def test_audio(get: Get) -> None:
    assert set(get("plugin/audio/tags")[RUN]) == {"sound"}
    (answer,) = get("plugin/audio/audio", run=RUN, tag="sound", sample=0)
    assert answer["step"] == 2
    query = dict(urllib.parse.parse_qsl(answer["query"]))
    with wave.open(io.BytesIO(get("plugin/audio/individualAudio", **query))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        assert sound.getframerate() == every_plugin.RATE
        found = np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32767
    np.testing.assert_allclose(found, every_plugin.sound(), atol=1 / 32767)


def test_custom_scalars(get: Get) -> None:
    (category,) = get("plugin/custom_scalars/layout")["category"]
    assert category["title"] == "Losses"
    lines, margins = category["chart"]
    assert (lines["title"], margins["title"]) == ("all", "range")
    (pattern,) = lines["multiline"]["tag"]
    assert margins["margin"]["series"] == [
        {"value": "train/loss", "lower": "train/low", "upper": "train/high"}
    ]
    answer = get("plugin/custom_scalars/scalars", run=RUN, tag=pattern)
    assert answer["regex_valid"]
    assert set(answer["tag_to_events"]) == {"train/loss", "train/low"}
    points = answer["tag_to_events"]["train/loss"]
    assert [step for _, step, _ in points] == list(STEPS)


def test_hyperparameters(get: Get) -> None:
    experiment = get("plugin/hparams/experiment", body={"experimentName": ""})
    types = {info["name"]: info["type"] for info in experiment["hparamInfos"]}
    number, flag = "DATA_TYPE_FLOAT64", "DATA_TYPE_BOOL"
    assert types == {"lr": number, "layers": number, "bias": flag}
    accuracy = {"group": "", "tag": "accuracy"}
    assert [info["name"] for info in experiment["metricInfos"]] == [accuracy]
    statuses = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
    columns = [{"hparam": name} for name in types] + [{"metric": accuracy}]
    groups = get(
        "plugin/hparams/session_groups",
        body={
            "experimentName": "",
            "allowedStatuses": statuses,
            "colParams": columns,
            "startIndex": 0,
            "sliceSize": 10,
        },
    )["sessionGroups"]
    found = {
        group["sessions"][0]["name"]: (group["hparams"], group["metricValues"][0]["value"])
        for group in groups
    }
    assert found == {f"{RUN}/{name}": trial for name, trial in every_plugin.TRIALS.items()}


def test_time_series(get: Get) -> None:
    """The newer dashboard has scalars, pictures and histograms on one page."""
    tags = get("plugin/timeseries/tags")
    assert set(tags["scalars"]["runTagInfo"][RUN]) == {"train/loss", "train/low", "train/high"}
    assert set(tags["images"]["tagRunSampledInfo"]) == {"picture", "batch", "film"}
    assert tags["histograms"]["runTagInfo"] == {RUN: ["weights"]}
