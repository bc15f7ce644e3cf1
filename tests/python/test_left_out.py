"""Values in which other writers than TensorFlow leave fields out are read."""

import struct
from pathlib import Path

import numpy as np
import pytest
from test_read import bytes_field, varint
from test_read_kinds import tensor, written

from tfevents.series import Category


def strings(
    tag: str, plugin: str, *values: bytes, shape: list[int] | None = None, dtype: bool = True
) -> bytes:
    """A tensor of strings, with or without a shape and a type."""
    message = b"\x08\x07" if dtype else b""
    if shape is not None:
        dims = b"".join(bytes_field(2, b"\x08" + varint(size)) for size in shape)
        message += bytes_field(2, dims)
    message += b"".join(bytes_field(8, value) for value in values)
    metadata = bytes_field(9, bytes_field(1, bytes_field(1, plugin.encode())))
    return bytes_field(1, tag.encode()) + bytes_field(8, message) + metadata


@pytest.mark.parametrize("dtype", [True, False])
@pytest.mark.parametrize("shape", [None, [], [4], [-1], [2, 2], [9]])
def test_pictures_whatever_their_shape(
    tmp_path: Path, shape: list[int] | None, dtype: bool
) -> None:
    run = written(
        tmp_path, strings("i", "images", b"3", b"2", b"one", b"two", shape=shape, dtype=dtype)
    )
    (image,) = run.images["i"]
    assert (image.width, image.height, image.batch) == (3, 2, (b"one", b"two"))


def test_pictures_whose_size_is_no_number(tmp_path: Path) -> None:
    run = written(
        tmp_path,
        strings("i", "images", b"", b"2 px", b"one", shape=[3]),
        strings("i", "images", b"3", b"2", shape=[2]),
        strings("i", "images", b"3", shape=[1]),
    )
    images = run.images["i"]
    assert (images[0].width, images[0].height, images[0].batch) == (0, 0, (b"one",))
    assert images[1].batch == ()
    with pytest.raises(ValueError, match="width and height"):
        images[2]


def test_sounds_whatever_their_shape(tmp_path: Path) -> None:
    pairs = [b"one", b"*1*", b"two", b""]
    run = written(
        tmp_path,
        strings("a", "audio", *pairs),
        strings("a", "audio", *pairs, shape=[4]),
        strings("a", "audio", *pairs, shape=[5, 2]),
        strings("a", "audio", *pairs, shape=[2, 2]),
        strings("a", "audio", *pairs, shape=[-1, 2]),
        # As in TensorBoard, only the first of each row is a sound.
        strings("a", "audio", *pairs, shape=[1, 4]),
        strings("a", "audio"),
    )
    sounds = run.audio["a"]
    for index in range(3):
        assert sounds[index].batch == tuple(pairs)
        assert sounds[index].labels == ("",) * 4
    for index in (3, 4):
        assert sounds[index].batch == (b"one", b"two")
        assert sounds[index].labels == ("*1*", "")
    assert (sounds[5].batch, sounds[5].labels) == ((b"one",), ("",))
    assert sounds[6].batch == ()


def test_texts_whatever_their_shape(tmp_path: Path) -> None:
    run = written(
        tmp_path,
        strings("t", "text", b"a", b"b"),
        strings("t", "text", b"a"),
        strings("t", "text", b"a", b"b", shape=[-1, 1]),
        strings("t", "text", b"a", shape=[2, 3]),
        strings("t", "text", b"a", b"b", dtype=False),
        strings("t", "text", b"a", shape=[0]),
        strings("t", "text", b"a", shape=[2**20, 2**20]),
        strings("t", "text", b"a", shape=[2**8, 2**8]),
        strings("t", "text", b"a", shape=[2**31, 2**31]),
        strings("t", "text", b"a", b"b", shape=[1] * 70 + [2]),
    )
    values = run.texts["t"].value
    assert [np.asarray(value).tolist() for value in values[:6]] == [
        ["a", "b"],
        "a",
        [["a"], ["b"]],
        [["a"] * 3] * 2,
        ["a", "b"],
        [],
    ]
    # One string that stands for a million millions comes alone, since tables write it out.
    assert values[6].tolist() == ["a"]
    assert (values[7].shape, values[7][7, 9]) == ((2**8, 2**8), "a")
    # If NumPy can't have the shape, the elements are returned without it.
    assert values[8].tolist() == ["a"]
    assert values[9].tolist() == ["a", "b"]


def test_numbers_without_a_shape(tmp_path: Path) -> None:
    def bare(tag: str, plugin: str, *values: float) -> bytes:
        packed = struct.pack(f"<{len(values)}f", *values)
        message = b"\x08\x01" + bytes_field(5, packed)
        metadata = bytes_field(9, bytes_field(1, bytes_field(1, plugin.encode())))
        return bytes_field(1, tag.encode()) + bytes_field(8, message) + metadata

    run = written(
        tmp_path,
        bare("t", "", 1, 2, 3),
        bare("t", "", 1),
        bare("s", "scalars", 1.5),
        tensor("u", 1, [-1], struct.pack("<f", 2.5), "scalars"),
    )
    assert run.tensors["t"][0].value.tolist() == [1, 2, 3]
    assert run.tensors["t"][1].value.tolist() == 1
    assert run.scalars["s"].value.tolist() == [1.5]
    assert run.scalars["u"].value.tolist() == [2.5]


def test_histograms_of_any_numbers(tmp_path: Path) -> None:
    rows = [[0, 1, 5], [1, 4, 0], [4, 9, 2]]
    types = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 17: "<u2", 19: "<f2", 23: "<u8"}
    run = written(
        tmp_path,
        *(
            tensor("h", number, [3, 3], np.array(rows, form).tobytes(), "histograms")
            for number, form in types.items()
        ),
    )
    histograms = run.histograms["h"]
    assert len(histograms) == len(types)
    for histogram in histograms:
        assert (histogram.min, histogram.max, histogram.num) == (0, 9, 7)
        assert histogram.edges.tolist() == [0, 1, 4, 9]
        assert histogram.counts.tolist() == [5, 0, 2]


def test_curves_of_any_numbers_and_more_rows(tmp_path: Path) -> None:
    rows = np.arange(14).reshape(7, 2)
    run = written(
        tmp_path,
        tensor("c", 9, [7, 2], rows.astype("<i8").tobytes(), "pr_curves"),
        tensor("c", 10, [6, 1], bytes([1, 0, 1, 0, 1, 1]), "pr_curves"),
        tensor("c", 1, [5, 2], bytes(40), "pr_curves"),
        strings("c", "pr_curves", *[b"x"] * 6, shape=[6, 1]),
    )
    curves = run.pr_curves["c"]
    assert curves[0].true_positives.tolist() == [0, 1]
    assert curves[0].recall.tolist() == [10, 11]
    assert (curves[1].precision.tolist(), curves[1].precision.dtype) == ([1], np.float32)
    # A curve with fewer rows, or without any, is not a PR curve.
    assert len(curves) == 2
    assert len(run.tensors["c"]) == 2


def test_a_layout_without_a_shape(tmp_path: Path) -> None:
    layout = bytes_field(2, bytes_field(1, b"title"))
    run = written(tmp_path, strings("custom_scalars__config__", "custom_scalars", layout))
    (found,) = run.custom_scalars["custom_scalars__config__"]
    assert found.categories == (Category("title", (), False),)
