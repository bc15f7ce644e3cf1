"""tfevents.read reads every kind that our writer writes, without any other package."""

import contextlib
import os
import shutil
import struct
import sys
import wave
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_read import VERSION, bytes_field, event, record, varint

import tfevents

RANDOM = np.random.default_rng(0)


def written(directory: Path, *values: bytes) -> tfevents.Run:
    """A run with these `Summary.Value`s, at steps from 0 on."""
    events = [event(step, 10.0 + step, value) for step, value in enumerate(values)]
    (directory / "tfevents").write_bytes(VERSION + b"".join(events))
    return tfevents.read(directory)["."]


def tensor(
    tag: str, dtype: int, shape: list[int], content: bytes, plugin: str = "", field: int = 4
) -> bytes:
    dims = b"".join(bytes_field(2, b"\x08" + varint(size)) for size in shape)
    message = b"\x08" + varint(dtype) + bytes_field(2, dims) + bytes_field(field, content)
    metadata = bytes_field(9, bytes_field(1, bytes_field(1, plugin.encode()))) if plugin else b""
    return bytes_field(1, tag.encode()) + bytes_field(8, message) + metadata


def test_histograms(tmp_path: Path) -> None:
    data = [RANDOM.normal(size=500), np.zeros(7), RANDOM.normal(size=3) * 1e6]
    with tfevents.SummaryWriter(tmp_path) as writer:
        for step, values in enumerate(data):
            writer.add_histogram("h", values, step, walltime=step / 4)
    histograms = tfevents.read(tmp_path)["."].histograms["h"]
    assert len(histograms) == 3
    assert histograms.step.tolist() == [0, 1, 2]
    assert histograms.wall_time.tolist() == [0, 0.25, 0.5]
    np.testing.assert_allclose(histograms.min, [values.min() for values in data])
    np.testing.assert_allclose(histograms.max, [values.max() for values in data])
    np.testing.assert_allclose(histograms.num, [values.size for values in data])
    np.testing.assert_allclose(histograms.sum, [values.sum() for values in data])
    np.testing.assert_allclose(histograms.sum_squares, [(v**2).sum() for v in data])
    for histogram, values in zip(histograms, data, strict=True):
        assert len(histogram.edges) == len(histogram.counts) + 1
        assert (histogram.edges[0], histogram.edges[-1]) == (histogram.min, histogram.max)
        assert histogram.counts.sum() == values.size
        assert (histogram.counts[[0, -1]] > 0).all()
    first = histograms[0]
    expected, _ = np.histogram(data[0], first.edges)
    np.testing.assert_array_equal(first.counts, expected)
    ends = histograms.bucket_end.tolist()
    np.testing.assert_array_equal(histograms.bucket[: ends[0]], first.bucket)
    assert len(histograms.bucket) == len(histograms.bucket_limit) == ends[-1]
    columns = [histograms.step, histograms.wall_time, histograms.min, histograms.sum_squares]
    for column in [*columns, histograms.bucket, histograms.bucket_limit, histograms.bucket_end]:
        with pytest.raises(ValueError, match="read-only"):
            column[:] = 0


def test_histograms_of_tensorflow_2(tmp_path: Path) -> None:
    table = np.array([[0, 1, 5], [1, 2, 0], [2, 4, 3]])
    run = written(
        tmp_path,
        tensor("h", 2, [3, 3], table.astype("<f8").tobytes(), "histograms"),
        tensor("h", 1, [0, 3], b"", "histograms"),
        tensor("h", 1, [2, 2], bytes(16), "histograms"),
        tensor("h", 1, [3, 3], table.astype("<f4").tobytes(), "histograms"),
    )
    histograms = run.histograms["h"]
    assert histograms.step.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(histograms.min, [0, np.nan, 0])
    np.testing.assert_array_equal(histograms.max, [4, np.nan, 4])
    np.testing.assert_array_equal(histograms.num, [8, 0, 8])
    assert np.isnan(histograms.sum).all()
    for histogram in histograms[::2]:
        assert histogram.edges.tolist() == [0, 1, 2, 4]
        assert histogram.counts.tolist() == [5, 0, 3]
    assert histograms[1].edges.size == histograms[1].counts.size == 0


def test_pictures(tmp_path: Path) -> None:
    shapes = [(40, 50, 3), (1, 1, 3), (200, 300, 3), (9, 8, 4)]
    pictures = [RANDOM.integers(0, 256, shape).astype(np.uint8) for shape in shapes]
    with tfevents.SummaryWriter(tmp_path) as writer:
        for step, picture in enumerate(pictures):
            writer.add_image("p", picture, step, dataformats="HWC")
    images = tfevents.read(tmp_path)["."].images["p"]
    for image, picture in zip(images, pictures, strict=True):
        assert (image.height, image.width) == picture.shape[:2]
        assert image.data.startswith(b"\x89PNG")
        np.testing.assert_array_equal(image.decode(), picture)
    assert images[-1].step == 3
    assert repr(images[0]) == f"Image(step 0, 50x40, {len(images[0].data)} bytes)"


def test_pictures_of_tensorflow_2(tmp_path: Path) -> None:
    png = tfevents.summary.image("x", np.zeros((3, 2, 3), np.uint8), dataformats="CHW")
    png = png.SerializeToString()
    png = png[png.index(b"\x89PNG") :]
    strings = [b"3", b"2", png, png]
    dims = bytes_field(2, b"\x08" + varint(len(strings)))
    message = b"\x08\x07" + bytes_field(2, dims) + b"".join(bytes_field(8, s) for s in strings)
    metadata = bytes_field(9, bytes_field(1, bytes_field(1, b"images")))
    good = bytes_field(1, b"p") + bytes_field(8, message) + metadata
    nothing = bytes_field(1, b"p") + bytes_field(8, b"\x08\x07" + bytes_field(2, dims))
    run = written(tmp_path, good, nothing, tensor("p", 1, [], bytes(4)))
    images = run.images["p"]
    assert (images[0].width, images[0].height, len(images[0].batch)) == (3, 2, 2)
    assert images[0].decode(1).shape == (2, 3, 3)
    with pytest.raises(TypeError, match="index: expected an integer, got slice"):
        images[0].decode(slice(None))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="tensor"):
        images[1]
    # A value without strings is not a picture.
    assert (len(images), len(run.tensors["p"])) == (2, 1)


def test_a_picture_that_is_none_or_needs_pillow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def image(data: bytes) -> bytes:
        return bytes_field(1, b"p") + bytes_field(4, bytes_field(4, data))

    huge = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR"
    header = struct.pack(">II", 1 << 30, 1 << 30) + b"\x08\x06\0\0\0"
    huge += header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    images = written(tmp_path, image(b"\x89PNG\r\n\x1a\nrest"), image(huge), image(b"GIF89a"))
    images = images.images["p"]
    for index in 0, 1:
        with pytest.raises(ValueError):
            images[index].decode()
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="Pillow"):
        images[2].decode()


def test_sounds(tmp_path: Path) -> None:
    sounds = [RANDOM.uniform(-1, 1, (1, 300)), RANDOM.uniform(-1, 1, (2, 9000))]
    with tfevents.SummaryWriter(tmp_path) as writer:
        for step, sound in enumerate(sounds):
            writer.add_audio("a", sound, step, sample_rate=16000)
    clips = tfevents.read(tmp_path)["."].audio["a"]
    for clip, sound in zip(clips, sounds, strict=True):
        samples = clip.decode()
        assert (samples.dtype, samples.shape) == (np.int16, sound.T.shape)
        np.testing.assert_allclose(samples / 32767, sound.T, atol=1e-4)
        assert (clip.sample_rate, clip.content_type) == (16000, "audio/wav")


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_sounds_of_every_width(tmp_path: Path, width: int) -> None:
    low = 0 if width == 1 else -(1 << 8 * width - 1)
    values = [low, low + 1, 0, 1, low + (1 << 8 * width) - 1, 7]
    path = tmp_path / "x.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, width, 8000, 0, "NONE", ""))
        data = [v.to_bytes(width, "little", signed=width > 1) for v in values]
        file.writeframes(b"".join(data))
    audio = bytes_field(1, b"a") + bytes_field(6, bytes_field(4, path.read_bytes()))
    clip = written(tmp_path, audio, bytes_field(1, b"a") + bytes_field(6, b"")).audio["a"]
    assert clip[0].decode().tolist() == np.reshape(values, (3, 2)).tolist()
    with pytest.raises(ValueError, match="WAV"):
        clip[1].decode()


DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16"]
DTYPES += ["uint32", "uint64", "bool", "complex64", "complex128"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_tensors(tmp_path: Path, dtype: str) -> None:
    arrays = [RANDOM.integers(0, 2, shape).astype(dtype) for shape in [(), (0, 3), (2, 3), (7,)]]
    with tfevents.SummaryWriter(tmp_path) as writer:
        for step, array in enumerate(arrays):
            writer.add_tensor("t", array, step)
    tensors = tfevents.read(tmp_path)["."].tensors["t"]
    for tensor, array in zip(tensors, arrays, strict=True):
        assert tensor.value.dtype == array.dtype
        np.testing.assert_array_equal(tensor.value, array)
        tensor.value[...] = 1
    assert tensors[2].step == 2


def test_bfloat16_with_and_without_ml_dtypes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    numbers = np.array([1.0, -2.5, 3e38, np.inf], ml_dtypes.bfloat16)
    small = np.array([1, -2], ml_dtypes.float8_e4m3fn)
    fours = np.array([1, -8, 7], ml_dtypes.int4)
    run = written(
        tmp_path,
        tensor("b", 14, [4], numbers.tobytes()),
        tensor("s", 25, [2], small.tobytes()),
        tensor("i", 29, [3], fours.tobytes()),
    )
    for tag, expected in [("b", numbers), ("s", small), ("i", fours)]:
        array = run.tensors[tag][0].value
        assert array.dtype == expected.dtype
        np.testing.assert_array_equal(array, expected)
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    array = run.tensors["b"][0].value
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, numbers.astype(np.float32))
    assert run.tensors["i"][0].value.tolist() == [1, -8, 7]
    with pytest.raises(ImportError, match="ml_dtypes"):
        run.tensors["s"][0]


def test_tensors_that_are_no_arrays(tmp_path: Path) -> None:
    run = written(
        tmp_path,
        tensor("t", 1, [2, 3], bytes(20)),
        tensor("t", 20, [1], bytes(4)),
        tensor("t", 1, [2**62, 2**62], bytes(4)),
        tensor("t", 1, [2**40], bytes(4)),
        tensor("t", 1, [-1, -1], bytes(4)),
        tensor("t", 1, [2, 2], struct.pack("<f", 1.5)),
        tensor("t", 7, [2], b"text", field=8),
        tensor("t", 1, [-1, 2], struct.pack("<4f", 1, 2, 3, 4)),
    )
    tensors = run.tensors["t"]
    for index in range(5):
        with pytest.raises(ValueError, match="tensor"):
            tensors[index]
    # One element stands for all.
    assert tensors[5].value.tolist() == [[1.5, 1.5], [1.5, 1.5]]
    assert tensors[6].value.tolist() == [b"text", b"text"]
    # One unknown size follows from the others.
    assert tensors[7].value.tolist() == [[1, 2], [3, 4]]


def test_pr_curves_meshes_and_layouts(tmp_path: Path) -> None:
    labels, predictions = RANDOM.integers(0, 2, 50), RANDOM.random(50)
    vertices = RANDOM.random((2, 5, 3)).astype(np.float32)
    faces = RANDOM.integers(0, 5, (2, 4, 3)).astype(np.int32)
    colors = RANDOM.integers(0, 256, (2, 5, 3)).astype(np.uint8)
    layout = {"all": {"losses": ["Multiline", ["loss/.*"]], "m": ["Margin", ["v", "l", "u"]]}}
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_pr_curve("pr", labels, predictions, 3, num_thresholds=11)
        for step in range(3):
            writer.add_mesh("m", vertices + step, colors, faces, {"material": 1}, step)
        writer.add_mesh("points", vertices, global_step=9)
        writer.add_custom_scalars(layout)
    run = tfevents.read(tmp_path)["."]
    (curve,) = run.pr_curves["pr"]
    assert curve.step == 3
    np.testing.assert_allclose(curve.thresholds, np.linspace(0, 1, 11))
    positives = [(labels[predictions >= t]).sum() for t in curve.thresholds]
    assert curve.true_positives[:-1].tolist() == positives[:-1]
    np.testing.assert_array_equal(curve.true_positives + curve.false_negatives, labels.sum())
    assert set(run.meshes) == {"m", "points"}
    mesh = run.meshes["m"][2]
    np.testing.assert_array_equal(mesh.vertices, vertices + 2)
    np.testing.assert_array_equal(mesh.faces, faces)
    np.testing.assert_array_equal(mesh.colors, colors)
    assert mesh.config == {"material": 1}
    assert run.meshes["points"][0].faces is None
    (tag,) = run.custom_scalars
    ((category,),) = [layout.categories for layout in run.custom_scalars[tag]]
    assert category.charts[0].tags == ("loss/.*",)
    assert category.charts[1].margins == (("v", "l", "u"),)


def test_malformed_hparams_hide_no_others(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path / "good") as writer:
        writer.add_hparams({"lr": 0.5}, {"acc": 0.5}, same_run=True)
    shutil.copytree(tmp_path / "good", tmp_path / "bad")
    with next((tmp_path / "bad").iterdir()).open("ab") as file:
        metadata = bytes_field(1, bytes_field(1, b"hparams") + bytes_field(2, b"\xff"))
        file.write(event(1, 2.0, bytes_field(1, b"odd") + bytes_field(9, metadata)))
    log = tfevents.read(tmp_path)
    with pytest.warns(RuntimeWarning, match="run 'bad', tag 'odd': left out"):
        assert len(log.hparams.table()) == 2
    assert dict(log["bad"].hparams) == dict(log["good"].hparams) == {"lr": 0.5}
    assert log.aggregate("acc", by="lr")["count"].tolist() == [2]
    assert "1 hyperparameter" in repr(log.hparams)


def test_hparams(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_hparams(
            {"lr": 0.5, "name": "x", "flag": True, "n": 3},
            {"acc": 0.75},
            {"name": ["x", "y"]},
            same_run=True,
        )
    run = tfevents.read(tmp_path)["."]
    assert dict(run.hparams) == {"lr": 0.5, "name": "x", "flag": True, "n": 3.0}
    assert run.hparams["flag"] is True
    assert run.hparams.metrics == ["acc"]
    assert run.hparams.domains == {"name": ["x", "y"]}
    assert run.hparams.status == "success"
    # They have no tag to be selected by, but they are a kind.
    assert dict(tfevents.read(tmp_path, tags="acc")["."].hparams) == dict(run.hparams)
    none = tfevents.read(tmp_path, kinds="scalars")["."].hparams
    assert (dict(none), none.status, none.metrics) == ({}, None, [])


def test_what_is_no_summary(tmp_path: Path) -> None:
    def other(step: int, field: int, data: bytes) -> bytes:
        return record(
            b"\x09" + struct.pack("<d", 2.5) + b"\x10" + varint(step) + bytes_field(field, data)
        )

    list_of_floats = bytes_field(1, b"\x22" + varint(8) + struct.pack("<ff", 1.5, -2))
    attributes = {
        b"number": b"\x18" + varint(-7),
        b"text": bytes_field(2, b"s"),
        b"type": b"\x30\x01",
        b"flag": b"\x28\x01",
        b"shape": bytes_field(
            7, bytes_field(2, b"\x08\x02") + bytes_field(2, b"\x08" + varint(-1))
        ),
        b"unknown": bytes_field(7, b"\x18\x01"),
        b"floats": list_of_floats,
        b"function": bytes_field(10, bytes_field(1, b"f")),
        b"tensor": bytes_field(8, b"\x08\x01" + bytes_field(4, struct.pack("<f", 0.5))),
    }
    node = (
        bytes_field(1, b"a/b")
        + bytes_field(2, b"Add")
        + bytes_field(3, b"x")
        + bytes_field(3, b"^y")
    )
    for name, value in attributes.items():
        node += bytes_field(5, bytes_field(1, name) + bytes_field(2, value))
    graph = bytes_field(1, node)
    run_metadata = bytes_field(1, b"step 1") + bytes_field(2, b"trace")
    stop = b"\x08\x02" + bytes_field(3, b"bye")
    meta_graph = other(0, 9, bytes_field(2, graph))
    path = tmp_path / "tfevents"
    path.write_bytes(VERSION + meta_graph + other(5, 7, stop) + other(1, 8, run_metadata))
    run = tfevents.read(path)["."]
    assert (run.tags, len(run.scalars)) == ([], 0)
    assert run.session_logs == [(5, 2.5, "stop", "", "bye")]
    assert list(run.run_metadata) == ["step 1"]
    assert run.run_metadata["step 1"][0] == (1, 2.5, b"trace")
    assert run.graph is not None
    (found,) = run.graph.nodes
    assert (found.name, found.op, found.inputs) == ("a/b", "Add", ["x", "^y"])
    assert found.attributes == {
        "number": -7,
        "text": b"s",
        "type": "float32",
        "flag": True,
        "shape": (2, -1),
        "unknown": None,
        "floats": [1.5, -2],
        "function": "f",
        "tensor": np.array(0.5, np.float32),
    }
    # A graph comes before that of a meta graph. Of several, the last one counts.
    path.write_bytes(VERSION + other(0, 4, b"") + meta_graph + other(2, 4, graph + graph))
    run = tfevents.read(path)["."]
    assert run.graph is not None
    assert (run.graph.step, len(run.graph)) == (2, 2)
    path.write_bytes(VERSION)
    assert tfevents.read(path)["."].graph is None
    assert tfevents.read(path)["."].session_logs == []


def test_metadata(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_scalar("s", 1.0, new_style=True, display_name="S", summary_description="*s*")
        writer.add_scalar("s", 2.0, new_style=True)
        writer.add_scalar("old", 1.0)
    metadata = tfevents.read(tmp_path)["."].metadata
    assert metadata["s"] == ("scalars", b"", "S", "*s*", metadata["s"].data_class)
    assert metadata["old"] == ("", b"", "", "", 0)
    with pytest.raises(KeyError, match="no tag 'x' in run"):
        metadata["x"]


def log_one_tag(writer: tfevents.SummaryWriter, step: int) -> None:
    writer.add_scalar("x", step, step)
    writer.add_histogram("x", np.array([1.0, 2.0]), step)
    writer.add_image("x", np.zeros((1, 2, 2), np.uint8), step)
    writer.add_tensor("x", np.arange(3), step)
    writer.add_pr_curve("x", np.array([0, 1]), np.array([0.2, 0.8]), step, num_thresholds=3)


ONE_TAG = ["scalars", "histograms", "images", "tensors", "pr_curves"]


def each(steps: list[int]) -> dict[str, list[int]]:
    """Checks that all kinds of the tag `x` have these steps."""
    return dict.fromkeys(ONE_TAG, steps)


def steps_of_kinds(run: tfevents.Run) -> dict[str, list[int]]:
    """The steps of the tag `x`, by the kinds that have it."""
    views = {kind: getattr(run, kind) for kind in ONE_TAG}
    return {kind: view["x"].step.tolist() for kind, view in views.items() if "x" in view}


def test_one_tag_of_several_kinds(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path, filename_suffix=".1") as writer:
        for step in range(3):
            log_one_tag(writer, step)
        writer.flush()
        log = tfevents.read(tmp_path)
        state = log.state()
        run = log["."]
        assert run.tags == ["x"]
        assert steps_of_kinds(run) == each([0, 1, 2])
        assert run.metadata["x"].plugin_name == "tensor"
        assert repr(run).startswith("Run '.', 1 tag:\n")
        assert "1 tag, 3 points" in repr(log)
        for kind in ONE_TAG:
            part = tfevents.read(tmp_path, kinds=kind)["."]
            assert steps_of_kinds(part) == {kind: [0, 1, 2]}
        # Later values, in the same file and in another.
        log_one_tag(writer, 3)
    with tfevents.SummaryWriter(tmp_path, filename_suffix=".2") as writer:
        log_one_tag(writer, 4)
    assert log.reload() == ["."]
    assert steps_of_kinds(log["."]) == each([0, 1, 2, 3, 4])
    resumed = tfevents.read(tmp_path, state=state)
    assert steps_of_kinds(resumed["."]) == each([3, 4])
    assert resumed.state() == tfevents.read(tmp_path).state()


def test_what_does_not_fit_its_metadata_is_a_tensor(tmp_path: Path) -> None:
    vector = struct.pack("<2f", 1, 2)
    run = written(
        tmp_path,
        tensor("s", 1, [], vector[:4], "scalars"),
        tensor("s", 1, [2], vector, "scalars"),
        tensor("s", 1, [2], vector),
        tensor("t", 1, [2], vector, "text"),
        tensor("h", 1, [2], vector, "histograms"),
        tensor("i", 1, [2], vector, "images"),
        tensor("a", 1, [2], vector, "audio"),
        tensor("p", 1, [2], vector, "pr_curves"),
        tensor("c", 1, [2], vector, "custom_scalars"),
        tensor("m", 7, [1], b"x", "mesh", 8),
    )
    assert run.scalars["s"].value.tolist() == [1.0]
    assert [len(run.tensors[tag]) for tag in "sthiapcm"] == [2, 1, 1, 1, 1, 1, 1, 1]
    assert run.tensors["s"][1].value.tolist() == [1, 2]
    others = run.texts, run.histograms, run.images, run.audio, run.pr_curves, run.custom_scalars
    assert not any([*others, run.meshes])


def test_a_tensor_without_metadata_is_what_its_tag_said_first(tmp_path: Path) -> None:
    def files(*contents: list[bytes]) -> tfevents.Log:
        for index, values in enumerate(contents):
            events = b"".join(event(0, 10.0, value) for value in values)
            (tmp_path / f"tfevents.{index}").write_bytes(VERSION + events)
        return tfevents.read(tmp_path)

    one = struct.pack("<f", 1)
    bare, scalar = tensor("x", 1, [], one), tensor("x", 1, [], one, "scalars")
    text = tensor("x", 7, [], b"hi", "text", 8)
    log = files([scalar], [bare], [text, bare])
    assert (len(log["."].scalars["x"]), len(log["."].texts["x"])) == (3, 1)
    assert "x" not in log["."].tensors
    # A file that comes before others has their metadata.
    log = files([], [bare], [bare])
    assert len(log["."].tensors["x"]) == 2
    state = log.state()
    with open(tmp_path / "tfevents.0", "ab") as file:
        file.write(event(0, 10.0, scalar))
    log.reload()
    for again in log, tfevents.read(tmp_path), tfevents.read(tmp_path, state=state):
        assert not again["."].continued
        assert len(again["."].scalars["x"]) == 3
        assert "x" not in again["."].tensors
    # A file that comes after them does not change them.
    log = files([bare], [bare], [])
    state = log.state()
    with open(tmp_path / "tfevents.2", "ab") as file:
        file.write(event(0, 10.0, scalar) + event(0, 10.0, bare))
    log.reload()
    for again in log, tfevents.read(tmp_path):
        assert (len(again["."].tensors["x"]), len(again["."].scalars["x"])) == (2, 2)
    resumed = tfevents.read(tmp_path, state=state)["."]
    assert resumed.continued
    assert len(resumed.scalars["x"]) == 2


def test_series_are_sequences(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        for step in range(5):
            writer.add_scalar("s", step / 2, step, walltime=step)
            writer.add_text("t", f"{step}", step)
            writer.add_histogram("h", np.arange(step + 1), step)
            writer.add_tensor("x", np.arange(step + 1), step)
    run = tfevents.read(tmp_path)["."]
    kinds = run.scalars["s"], run.texts["t/text_summary"], run.histograms["h"], run.tensors["x"]
    for series in kinds:
        assert len(series) == len(list(series)) == len(series[:]) == 5
        assert [one.step for one in series[3:0:-1]] == [3, 2, 1]
        assert series[-1].step == series[np.int64(4)].step == 4
        for index in 5, -6:
            with pytest.raises(IndexError, match="there are 5"):
                series[index]
        with pytest.raises(TypeError):
            series["x"]  # type: ignore[call-overload]
        assert "steps 0 to 4" in repr(series)
    assert run.scalars["s"][2] == (2, 2.0, 1.0)
    assert [text.value for text in run.texts["t/text_summary"]] == list("01234")


def test_a_file_that_changed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with tfevents.SummaryWriter("run") as writer:
        writer.add_tensor("t", np.arange(10_000), 1)
        writer.add_tensor("t", np.arange(3), 2)
    run = tfevents.read("run")["."]
    # The process may continue anywhere.
    monkeypatch.chdir(os.sep)
    tensors = run.tensors["t"]
    assert tensors[0].value.tolist() == list(range(10_000))
    (path,) = (tmp_path / "run").iterdir()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(tfevents.FileChangedError, match="changed") as caught:
        tensors[0]
    assert caught.value.path == str(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        tensors[0]
    # Small values are in memory.
    assert tensors[1].value.tolist() == [0, 1, 2]


PLUGINS = ["", "histograms", "images", "audio", "text", "pr_curves", "mesh", "hparams", "scalars"]
PLUGINS += ["custom_scalars"]


@pytest.mark.filterwarnings(r"ignore:run '\.', tag 'tag':RuntimeWarning")
@given(data=st.data())
def test_any_value_is_data_or_a_clean_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    plugin = data.draw(st.sampled_from(PLUGINS))
    content = data.draw(st.binary(max_size=60))
    message = data.draw(st.binary(max_size=60))
    dims = data.draw(st.lists(st.integers(-1, 6), max_size=3))
    shape = bytes_field(2, b"".join(bytes_field(2, b"\x08" + varint(size)) for size in dims))
    dtype = b"\x08" + varint(data.draw(st.integers(0, 32)))
    field = data.draw(st.sampled_from([4, 5, 6, 7, 8, 10, 13]))
    strings = b"".join(bytes_field(field, s) for s in data.draw(st.lists(st.binary(), max_size=4)))
    metadata = bytes_field(1, bytes_field(1, plugin.encode()) + bytes_field(2, content))
    value = bytes_field(1, b"tag") + bytes_field(9, metadata)
    value += data.draw(
        st.sampled_from(
            [
                bytes_field(8, dtype + shape + strings),
                bytes_field(8, message),
                bytes_field(4, bytes_field(4, message)),
                bytes_field(6, bytes_field(4, message)),
                bytes_field(5, bytes_field(6, message + bytes(-len(message) % 8))),
                b"",
            ]
        )
    )
    path = tmp_path_factory.mktemp("log") / "tfevents"
    other = record(bytes_field(data.draw(st.sampled_from([4, 6, 7, 8, 9])), message))
    path.write_bytes(VERSION + event(1, 2.0, value) + other)
    run = tfevents.read(path, on_corrupt="skip")["."]
    repr(run)
    for look in LOOKS:
        with contextlib.suppress(ValueError, ImportError):
            look(run)


def _decode_everything(view: Any) -> None:
    for series in view.values():
        repr(series)
        for one in series:
            repr(one)
            if hasattr(one, "decode"):
                one.decode()


LOOKS = [
    lambda run: _decode_everything(run.histograms),
    lambda run: _decode_everything(run.images),
    lambda run: _decode_everything(run.audio),
    lambda run: _decode_everything(run.texts),
    lambda run: _decode_everything(run.tensors),
    lambda run: _decode_everything(run.pr_curves),
    lambda run: _decode_everything(run.meshes),
    lambda run: _decode_everything(run.custom_scalars),
    lambda run: _decode_everything(run.run_metadata),
    lambda run: [node.attributes for node in run.graph.nodes] if run.graph else None,
    lambda run: repr(run.hparams),
    lambda run: repr(run.session_logs),
    lambda run: repr(run.metadata),
]
