"""add_embedding writes the files that torch writes, and TensorBoard's projector serves them."""

import io
import json
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from tensorboard_plugin import serving

import tfevents
from peers import peer

torch = peer("torch")
torch_tensorboard = peer("torch.utils.tensorboard")
PIL_Image = peer("PIL.Image")
projector_plugin = peer("tensorboard.plugins.projector.projector_plugin")


def written(writer_class: Any, calls: Callable[[Any], object]) -> dict[str, Any]:
    """The content of all files except event files, by path. For pictures it is the pixels."""
    with tempfile.TemporaryDirectory() as directory:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            writer = writer_class(directory)
            calls(writer)
            writer.close()
        files = {}
        for path in Path(directory).rglob("*"):
            if path.is_file() and "tfevents" not in path.name:
                content: Any = path.read_bytes()
                if path.suffix == ".png":
                    picture = PIL_Image.open(io.BytesIO(content))
                    content = (picture.mode, np.asarray(picture).tolist())
                files[os.path.relpath(path, directory)] = content
        return files


def assert_equal(calls: Callable[[Any], object], torch_calls=None) -> None:
    mine = written(tfevents.SummaryWriter, calls)
    theirs = written(torch_tensorboard.SummaryWriter, torch_calls or calls)
    assert mine == theirs
    assert mine


@given(
    npst.arrays(
        st.sampled_from(["f2", "f4", "f8", "i1", "i4", "i8", "u1", "u8"]),
        npst.array_shapes(min_dims=2, max_dims=2, max_side=5),
    ),
    st.none() | st.integers(-(10**7), 10**7),
    # TensorBoard's file system gives `.` and `..` their usual meaning.
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20).filter(
        lambda tag: tag not in ("", ".", "..")
    ),
)
def test_vectors(mat, step, tag):
    assert_equal(lambda w: w.add_embedding(mat, None, None, step, tag))


@pytest.mark.parametrize(
    "mat",
    [
        torch.arange(12.0).reshape(4, 3) / 7,
        torch.arange(12.0).reshape(3, 4).T / 7,
        torch.arange(12).reshape(4, 3),
        torch.ones(4, 3, requires_grad=True) / 3,
        torch.tensor([[1e-5, 1e16], [1e-4, 9e15]], dtype=torch.float64),
        torch.tensor([[0.1, 2.5]], dtype=torch.float16),
        torch.tensor([[0.5, 2.5]], dtype=torch.bfloat16),
    ],
)
def test_tensors(mat):
    assert_equal(lambda w: w.add_embedding(mat))


# A label without these characters takes one line of the file, and is shown.
shown = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=10)
labels = st.lists(
    shown | st.integers() | st.floats() | st.booleans() | st.none() | st.lists(st.integers()),
    min_size=1,
    max_size=6,
)


@given(labels)
def test_labels(metadata):
    mat = np.ones((len(metadata), 2))
    assert_equal(lambda w: w.add_embedding(mat, metadata))


@pytest.mark.parametrize(
    "metadata",
    [
        np.array([0.1, 0.25], "f4"),
        torch.tensor([0.1, 0.25]),
        [torch.tensor(0.1), torch.tensor(0.25)],
        torch.tensor([0.1, 0.25], dtype=torch.float64),
    ],
    ids=["NumPy", "torch", "a list", "float64"],
)
def test_labels_have_the_digits_of_their_type(metadata):
    files = written(
        tfevents.SummaryWriter, lambda w: w.add_embedding(np.ones((2, 2)), metadata=metadata)
    )
    assert files["00000/default/metadata.tsv"] == b"0.1\n0.25\n"


@given(st.data(), st.integers(2, 4))
def test_columns_of_labels(data, columns):
    def row(values):
        return st.lists(values, min_size=columns, max_size=columns)

    metadata = data.draw(st.lists(row(shown | st.integers()), min_size=1, max_size=5))
    header = data.draw(row(shown))
    mat = np.ones((len(metadata), 2))
    assert_equal(lambda w: w.add_embedding(mat, metadata, metadata_header=header))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9, 10])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bool])
def test_pictures(count, channels, dtype):
    generator = torch.Generator().manual_seed(0)
    # Some values are out of range.
    pictures = (
        torch.rand(count, channels, 4, 7, generator=generator, dtype=torch.float64) * 1.2 - 0.1
    )
    pictures = pictures > 0.5 if dtype is torch.bool else pictures.to(dtype)
    assert_equal(lambda w: w.add_embedding(torch.ones(count, 2), label_img=pictures))


def test_every_shade():
    shades = torch.linspace(0, 1, 3000).reshape(1, 3, 20, 50)
    assert_equal(lambda w: w.add_embedding(torch.ones(1, 2), label_img=shades))


def test_pictures_of_integers_keep_their_values():
    pictures = np.arange(24, dtype=np.uint8).reshape(2, 1, 3, 4) * 10

    def calls(writer):
        writer.add_embedding(np.ones((2, 2)), label_img=pictures)
        writer.add_embedding(np.ones((2, 2)), label_img=pictures.astype(np.int64), global_step=1)

    # torch multiplies these by 255, so they are fractions here.
    fractions = torch.from_numpy((pictures + 0.5) / 255)

    def torch_calls(writer):
        writer.add_embedding(np.ones((2, 2)), label_img=fractions)
        writer.add_embedding(np.ones((2, 2)), label_img=fractions, global_step=1)

    assert_equal(calls, torch_calls)


def test_pictures_that_are_higher_than_wide():
    pictures = torch.arange(5.0).reshape(5, 1, 1, 1).expand(5, 1, 4, 2) / 4
    with pytest.raises(ValueError, match="broadcast"):
        written(
            torch_tensorboard.SummaryWriter,
            lambda w: w.add_embedding(torch.ones(5, 2), label_img=pictures),
        )
    files = written(
        tfevents.SummaryWriter, lambda w: w.add_embedding(torch.ones(5, 2), label_img=pictures)
    )
    _, pixels = files["00000/default/sprite.png"]
    # The sprite has 3 pictures in a row, since the projector divides its width by a picture's
    # width.
    assert np.asarray(pixels).shape == (8, 6, 3)
    for index in range(5):
        y, x = index // 3 * 4, index % 3 * 2
        assert (np.asarray(pixels)[y : y + 4, x : x + 2] == int(index / 4 * 255)).all()


def test_several_embeddings():
    mat = torch.arange(20.0).reshape(10, 2)
    pictures = torch.rand(10, 3, 4, 6)

    def calls(writer):
        # The example of torch's documentation.
        writer.add_embedding(mat, metadata=[f"label {i}" for i in range(10)], label_img=pictures)
        writer.add_embedding(mat, label_img=pictures)
        writer.add_embedding(mat, metadata=[f"other {i}" for i in range(10)])
        writer.add_embedding(mat, global_step=3, tag="a/b")

    assert_equal(calls)


def test_labels_in_a_tensor_are_numbers():
    def calls(writer):
        writer.add_embedding(np.ones((3, 2)), torch.tensor([5, 6, 7]))
        writer.add_embedding(np.ones((2, 2)), list(torch.tensor([0.5, 2])), global_step=1)

    def torch_calls(writer):
        writer.add_embedding(np.ones((3, 2)), [5, 6, 7])
        writer.add_embedding(np.ones((2, 2)), [0.5, 2.0], global_step=1)

    assert_equal(calls, torch_calls)


def test_what_tensorboard_serves(tmp_path):
    mat = np.random.default_rng(0).random((5, 3), np.float32)
    with tfevents.SummaryWriter(tmp_path / "run") as writer:
        writer.add_embedding(
            mat,
            [["a\tb", 1], ["c", 2], ["", ""], ["e\n", 4], ["f", 5]],
            torch.rand(5, 3, 2, 2),
            7,
            "x/y",
            ["name", "number"],
        )
        writer.add_embedding(mat, global_step=8)
    with serving(projector_plugin.ProjectorPlugin, tmp_path) as get:
        assert json.loads(get("/runs")) == ["run"]
        shown = json.loads(get("/info", run="run"))["embeddings"]
        assert [entry["tensorName"] for entry in shown] == ["x/y:00007", "default:00008"]
        assert shown[0]["tensorShape"] == [5, 3]
        tensor = np.frombuffer(get("/tensor", run="run", name="x/y:00007"), np.float32)
        np.testing.assert_array_equal(tensor.reshape(5, 3), mat)
        rows = get("/metadata", run="run", name="x/y:00007").decode().splitlines()
        assert rows == ["name\tnumber", "a\\tb\t1", "c\t2", "(empty)", "e\\n\t4", "f\t5"]
        sprite = PIL_Image.open(io.BytesIO(get("/sprite_image", run="run", name="x/y:00007")))
        assert sprite.size == (6, 6)
