"""add_embedding: its files, their content, and when they exist."""

import os
import re
import tempfile
import warnings
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import events
import scripts
from tfevents import SummaryWriter

VECTORS = np.array([[0.5, -1.0], [1e-7, 3e20], [np.nan, np.inf]])


def lines(path: Path) -> list[str]:
    text = path.read_text()
    assert text.endswith("\n") or text == ""
    return text.split("\n")[:-1]


def tensors(directory: Path, run: str = "00000/default") -> list[list[str]]:
    return [line.split("\t") for line in lines(directory / run / "tensors.tsv")]


def metadata(directory: Path, run: str = "00000/default") -> list[str]:
    return lines(directory / run / "metadata.tsv")


def config(directory: Path) -> str:
    return (directory / "projector_config.pbtxt").read_text()


def test_the_files_are_there_after_flush(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(VECTORS, ["a", "b", "c"], np.zeros((3, 1, 2, 4)), 12, "x/y")
        writer.flush()
        assert tensors(tmp_path, "00012/x%2fy") == [
            ["0.5", "-1.0"],
            ["1e-07", "3e+20"],
            ["nan", "inf"],
        ]
        assert metadata(tmp_path, "00012/x%2fy") == ["a", "b", "c"]
        assert (tmp_path / "00012/x%2fy/sprite.png").read_bytes().startswith(b"\x89PNG")
        assert config(tmp_path) == (
            "embeddings {\n"
            '  tensor_name: "x/y:00012"\n'
            '  metadata_path: "00012/x%2fy/metadata.tsv"\n'
            "  sprite {\n"
            '    image_path: "00012/x%2fy/sprite.png"\n'
            "    single_image_dim: 4\n"
            "    single_image_dim: 2\n"
            "  }\n"
            '  tensor_path: "00012/x%2fy/tensors.tsv"\n'
            "}\n"
        )


NUMBERS = (
    npst.floating_dtypes(sizes=(16, 32, 64))
    | npst.integer_dtypes()
    | npst.unsigned_integer_dtypes()
    | npst.boolean_dtypes()
)


@given(
    NUMBERS.flatmap(
        lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=2, max_dims=2, max_side=6))
    )
)
def test_numbers_are_python_s(mat):
    with tempfile.TemporaryDirectory() as directory:
        with SummaryWriter(directory) as writer:
            writer.add_embedding(mat)
        # A bool is written as a number, since the projector takes nothing else.
        expected = [
            [str(int(v) if isinstance(v, bool) else v) for v in row] for row in mat.tolist()
        ]
        assert tensors(Path(directory)) == expected


@given(st.lists(st.floats(), min_size=1))
def test_doubles_are_python_s(values):
    with tempfile.TemporaryDirectory() as directory:
        with SummaryWriter(directory) as writer:
            writer.add_embedding([values])
        assert tensors(Path(directory)) == [[repr(value) for value in values]]


def test_lines_longer_than_what_is_written_at_once(tmp_path):
    mat = np.random.default_rng(0).random((3, 100_000))
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(mat)
    assert tensors(tmp_path) == [[repr(value) for value in row] for row in mat.tolist()]


@pytest.mark.parametrize(
    "mat",
    [
        np.asfortranarray(VECTORS),
        VECTORS.astype(">f8"),
        np.repeat(VECTORS, 2, axis=1)[:, ::2],
        VECTORS.tolist(),
        tuple(map(tuple, VECTORS.tolist())),
    ],
    ids=["fortran", "big-endian", "strided", "list", "tuple"],
)
def test_any_array_of_numbers(tmp_path, mat):
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(mat)
    assert tensors(tmp_path) == [[repr(float(v)) for v in row] for row in VECTORS]


def test_bfloat16_keeps_its_range(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(np.array([[1e30, 1.5]], ml_dtypes.bfloat16))
    assert tensors(tmp_path) == [[repr(float(ml_dtypes.bfloat16(1e30))), "1.5"]]


def test_the_vectors_are_those_of_the_call(tmp_path):
    mat = np.ones((100, 3))
    pictures = np.ones((100, 1, 2, 2))
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(mat, label_img=pictures)
        mat[:], pictures[:] = 2, 0
    assert tensors(tmp_path) == [["1.0"] * 3] * 100


def test_no_vectors(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(np.zeros((0, 3)))
    assert tensors(tmp_path) == []


# Labels.


def test_a_label_takes_one_line_whatever_it_holds(tmp_path):
    labels = ["a\tb", "two\nlines", "\r", "", " ", 7, None, 2.5, ("x", 1), "ünï\\t"]
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(np.zeros((len(labels), 2)), labels)
    assert metadata(tmp_path) == [
        "a\\tb",
        "two\\nlines",
        "\\r",
        "(empty)",
        "(empty)",
        "7",
        "None",
        "2.5",
        "('x', 1)",
        "ünï\\t",
    ]


def test_columns(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(
            VECTORS, [["a", 1], ("b\t", 2), ["", ""]], metadata_header=["name", "number"]
        )
    assert metadata(tmp_path) == ["name\tnumber", "a\t1", "b\\t\t2", "(empty)"]


def test_one_column_needs_no_header(tmp_path):
    # The projector would take the header for a label, and shift all labels by one vector.
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(VECTORS, [["a"], ["b"], ["c"]], metadata_header=["name"])
    assert metadata(tmp_path) == ["a", "b", "c"]


def test_labels_in_an_array(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(VECTORS, np.arange(3))
        writer.add_embedding(VECTORS, iter("abc"), global_step=1)
    assert metadata(tmp_path) == ["0", "1", "2"]
    assert metadata(tmp_path, "00001/default") == ["a", "b", "c"]


# The configuration.


def test_what_is_in_the_directory_stays(tmp_path):
    others = 'embeddings {\n  tensor_name: "other"\n}'
    (tmp_path / "projector_config.pbtxt").write_text(others)
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(VECTORS, global_step=1)
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(VECTORS, global_step=2)
        writer.add_embedding(VECTORS, global_step=3)
    assert config(tmp_path).startswith(others + "\nembeddings {\n")
    names = [line.strip() for line in config(tmp_path).splitlines() if "tensor_name" in line]
    assert names == [
        f'tensor_name: "{name}"'
        for name in ["other", "default:00001", "default:00002", "default:00003"]
    ]


def test_the_same_step_and_tag_once_more(tmp_path):
    for vectors in [VECTORS, VECTORS + 1]:
        with SummaryWriter(tmp_path) as writer, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            writer.add_embedding(vectors)
    (warning,) = caught
    assert warning.category is UserWarning
    assert "default" in str(warning.message)
    assert warning.filename == __file__
    assert tensors(tmp_path)[0] == ["1.5", "0.0"]
    assert config(tmp_path).count("embeddings") == 1
    with SummaryWriter(tmp_path) as writer, pytest.warns(UserWarning, match="replaced"):
        writer.add_embedding(VECTORS, ["a", "b", "c"])
    assert config(tmp_path).count("embeddings") == 2


@pytest.mark.parametrize(
    ("tag", "directory"),
    [
        ("a/../b", "a%2f..%2fb"),
        ("..", "%.."),
        (".", "%."),
        ("", "%"),
        ("%..", "%25.."),
        ("a\\b", "a%5cb"),
        ("ünï", "ünï"),
    ],
)
def test_a_tag_is_a_directory_of_its_own(tmp_path, tag, directory):
    with SummaryWriter(tmp_path / "log") as writer:
        writer.add_embedding(VECTORS, tag=tag, global_step=-3)
    assert len(tensors(tmp_path / "log", f"-0003/{directory}")) == 3
    assert sorted(os.listdir(tmp_path)) == ["log"]


# Threads, processes, failures.


def test_many_embeddings_and_the_events_between_them(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(20):
            writer.add_scalar("loss", step, step)
            writer.add_embedding(np.full((500, 300), step, np.float32), global_step=step)
    assert events.steps(tmp_path) == list(range(20))
    for step in range(20):
        assert tensors(tmp_path, f"{step:05}/default") == [[f"{step}.0"] * 300] * 500
    assert config(tmp_path).count("embeddings") == 20


def test_the_end_of_the_process_writes_them(tmp_path):
    scripts.check(
        """
        import os, sys
        import tfevents
        os.chdir(sys.argv[1])
        writer = tfevents.SummaryWriter("log")
        writer.add_embedding([[float(i)] * 100 for i in range(2000)])
        os.chdir("/")
        """,
        tmp_path,
    )
    assert len(tensors(tmp_path / "log")) == 2000
    assert config(tmp_path / "log").count("embeddings") == 1


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "00001/default/tensors.tsv"
    blocked.mkdir(parents=True)
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("loss", 1.0, 1)
    with pytest.warns(UserWarning, match="replaced"):
        writer.add_embedding(VECTORS, global_step=1)
    with pytest.raises(IsADirectoryError) as caught:
        writer.flush()
    assert caught.value.filename == str(blocked)
    writer.add_embedding(VECTORS, global_step=2)
    writer.add_scalar("loss", 2.0, 2)
    writer.close()
    assert writer.dropped_events == 1
    assert events.steps(tmp_path) == [1, 2]
    assert len(tensors(tmp_path, "00002/default")) == 3
    assert config(tmp_path).count("embeddings") == 1


def test_a_file_that_cannot_be_written_with_warnings(tmp_path):
    (tmp_path / "projector_config.pbtxt").mkdir()
    writer = SummaryWriter(tmp_path, on_error="warn")
    writer.add_embedding(VECTORS)
    with pytest.warns(RuntimeWarning, match=r"projector_config\.pbtxt"):
        writer.flush()
    writer.close()
    assert writer.dropped_events == 1


def test_a_directory_that_cannot_be_made_with_warnings(tmp_path):
    (tmp_path / "00001").touch()
    writer = SummaryWriter(tmp_path, on_error="warn")
    writer.add_embedding(VECTORS, global_step=1)
    with pytest.warns(RuntimeWarning, match="00001"):
        writer.flush()
    writer.add_embedding(VECTORS, global_step=2)
    writer.close()
    assert writer.dropped_events == 1
    assert (tmp_path / "00002/default/tensors.tsv").exists()


def test_nothing_to_the_disk(tmp_path):
    with SummaryWriter(tmp_path / "log", write_to_disk=False) as writer:
        writer.add_embedding(VECTORS)
        with pytest.raises(ValueError):
            writer.add_embedding(VECTORS[0])
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_directory_is_to_be(tmp_path):
    (tmp_path / "00000").touch()
    with SummaryWriter(tmp_path) as writer, pytest.raises(NotADirectoryError):
        writer.add_embedding(VECTORS)


# Arguments that can't be used.


class NoData:
    """A tensor whose elements can't be read."""

    def detach(self):
        raise RuntimeError("no data")


# The picture is so wide that a square of such pictures would take gigabytes.
WIDE = np.broadcast_to(np.uint8(0), (3, 1, 1, 2**15))

CASES = [
    ({"mat": "text"}, TypeError, "mat"),
    ({"mat": None}, TypeError, "mat"),
    ({"mat": [1.0, 2.0]}, ValueError, "mat"),
    ({"mat": 3.0}, ValueError, "mat"),
    ({"mat": [[1.0], [1.0, 2.0]]}, ValueError, "mat"),
    ({"mat": np.zeros((2, 3, 4))}, ValueError, "mat"),
    ({"mat": np.zeros((3, 0))}, ValueError, "mat"),
    ({"mat": np.zeros((3, 2), complex)}, TypeError, "mat"),
    ({"mat": np.zeros((3, 2), "U1")}, TypeError, "mat"),
    ({"metadata": ["a", "b"]}, ValueError, "metadata"),
    ({"metadata": ["a", "b", "c", "d"]}, ValueError, "metadata"),
    ({"metadata": "abc"}, TypeError, "metadata"),
    ({"metadata": 3}, TypeError, "metadata"),
    # A set has no order.
    ({"metadata": {"a", "b", "c"}}, TypeError, "metadata"),
    ({"metadata": VECTORS, "metadata_header": {"x", "y"}}, TypeError, "metadata_header"),
    ({"metadata": np.array(None)}, TypeError, "metadata"),
    ({"metadata": NoData()}, ValueError, "metadata"),
    ({"metadata": [["a"], ["b"], ["c"]], "metadata_header": "h"}, TypeError, "metadata_header"),
    ({"metadata": [[1, 2], [3, 4], [5]], "metadata_header": "ab"}, TypeError, "metadata_header"),
    ({"metadata": [[1, 2], [3], [5, 6]], "metadata_header": ["a", "b"]}, ValueError, "metadata[1]"),
    ({"metadata": [1, 2, 3], "metadata_header": ["a", "b"]}, TypeError, "metadata[0]"),
    ({"metadata": ["ab", "cd", "ef"], "metadata_header": ["a", "b"]}, TypeError, "metadata[0]"),
    ({"label_img": np.zeros((2, 3, 4, 4))}, ValueError, "label_img"),
    ({"label_img": np.zeros((3, 2, 4, 4))}, ValueError, "label_img"),
    ({"label_img": np.zeros((3, 4, 4, 3))}, ValueError, "label_img"),
    ({"label_img": np.zeros((3, 3, 0, 4))}, ValueError, "label_img"),
    ({"label_img": np.zeros((3, 4, 4))}, ValueError, "label_img"),
    ({"label_img": "picture"}, TypeError, "label_img"),
    ({"label_img": WIDE}, ValueError, "label_img"),
    ({"mat": np.zeros((0, 2)), "label_img": np.zeros((0, 3, 2, 2))}, ValueError, "label_img"),
    ({"global_step": 1.5}, TypeError, "global_step"),
    ({"global_step": "1"}, TypeError, "global_step"),
    ({"tag": 3}, TypeError, "tag"),
    ({"tag": "a\0"}, ValueError, "tag"),
    ({"tag": "\ud800"}, ValueError, "tag"),
]


@pytest.mark.parametrize(("arguments", "error", "name"), CASES)
def test_what_cannot_be_used_is_named_and_leaves_nothing(tmp_path, arguments, error, name):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 1)
        with pytest.raises(error) as caught:
            writer.add_embedding(**{"mat": VECTORS, **arguments})
        writer.add_scalar("loss", 2.0, 2)
    assert re.match(rf"{re.escape(name)}(:| can't) ", str(caught.value))
    assert events.steps(tmp_path) == [1, 2]
    assert [path.name for path in tmp_path.iterdir()] == [events.only_file(tmp_path).name]
