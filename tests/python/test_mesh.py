"""Meshes: shapes and types are checked, numbers become float32."""

import json

import ml_dtypes
import numpy as np
import pytest

import events
import tfevents
from tfevents import SummaryWriter

POINTS = np.arange(24.0).reshape(2, 4, 3)
FACES = np.array([[[0, 1, 2]], [[1, 2, 3]]])


def parts(directory):
    """The numbers of each tag, and its plugin data by field number, of the only event of meshes."""
    (event,) = [
        e
        for e in events.parse_file(events.only_file(directory))
        if e.values and e.values[0].plugin == "mesh"
    ]
    return {v.tag: (v.tensor, dict(events.fields(v.content))) for v in event.values}


def test_a_mesh(tmp_path):
    config = {"material": {"cls": "MeshBasicMaterial"}, "camera": {"fov": 75}}
    with SummaryWriter(tmp_path) as writer:
        writer.add_mesh("bunny", POINTS, POINTS.astype(np.uint8), FACES, config, 7)
    found = parts(tmp_path)
    assert list(found) == ["bunny_VERTEX", "bunny_FACE", "bunny_COLOR"]
    expected = [POINTS, FACES, POINTS]
    for kind, ((numbers, data), array) in enumerate(zip(found.values(), expected, strict=True), 1):
        assert numbers == array.ravel().tolist()
        assert data[2] == b"bunny"
        assert data[3] == kind
        assert json.loads(data[5]) == config
        assert list(data[6]) == list(array.shape)
        assert data[7] == 0b1110


@pytest.mark.parametrize(
    "dtype", ["?", "b", "B", "i2", "u4", "i8", "f2", "f4", "f8", ">f4", ml_dtypes.bfloat16]
)
def test_number_types(tmp_path, dtype):
    with SummaryWriter(tmp_path) as writer:
        writer.add_mesh("m", (POINTS % 2).astype(dtype))
    assert parts(tmp_path)["m_VERTEX"][0] == (POINTS % 2).ravel().tolist()


def test_what_was_given_may_change_afterwards(tmp_path):
    points = POINTS.astype(np.float32)
    with SummaryWriter(tmp_path) as writer:
        writer.add_mesh("m", points)
        points[:] = 0
    assert parts(tmp_path)["m_VERTEX"][0] == POINTS.ravel().tolist()


WRONG_ARRAYS = [
    POINTS[0],
    POINTS[None],
    POINTS[:, :, :2],
    np.zeros((2, 3, 4)),
    np.zeros(3),
    3.0,
    None,
    "points",
    [["a", "b", "c"]],
    [[[1, 2, 3]], [[1, 2]]],
    POINTS + 1j,
    POINTS.astype(object) * 1j,
    object(),
]


@pytest.mark.parametrize("index", [-1, 4, 0.5, np.nan, np.inf, 2**40])
def test_faces_of_vertices_that_are_not_there(tmp_path, index):
    faces = np.array([[[0, 1, 2]], [[1, 2, index]]])
    refuses(tmp_path, "faces: expected indices", "m", POINTS, None, faces)


def refuses(directory, argument, *mesh, **options):
    with SummaryWriter(directory) as writer:
        writer.add_scalar("before", 1.0, 1)
        with pytest.raises((TypeError, ValueError)) as raised:
            writer.add_mesh(*mesh, **options)
        writer.add_scalar("after", 2.0, 2)
    assert argument in str(raised.value)
    assert [p.tag for p in events.points(directory)] == ["before", "after"]


@pytest.mark.parametrize("array", WRONG_ARRAYS)
def test_wrong_arrays(tmp_path, array):
    refuses(tmp_path / "v", "vertices", "m", array)
    if array is not None:
        refuses(tmp_path / "c", "colors", "m", POINTS, array)
        refuses(tmp_path / "f", "faces", "m", POINTS, None, array)


@pytest.mark.parametrize(
    ("argument", "arrays"),
    [
        ("colors", {"colors": POINTS[:1]}),
        ("colors", {"colors": POINTS[:, :3]}),
        ("faces", {"faces": FACES[:1]}),
    ],
)
def test_shapes_that_do_not_agree(tmp_path, argument, arrays):
    refuses(tmp_path, argument, "m", POINTS, **arrays)


@pytest.mark.parametrize(
    "config", ["{}", 3, [1], {"a": object()}, {"a": {1, 2}}, {(1, 2): 3}, {"a": np.float32(1)}]
)
def test_configurations_that_json_cannot_say(tmp_path, config):
    refuses(tmp_path, "config_dict", "m", POINTS, config_dict=config)


def test_a_configuration_that_contains_itself(tmp_path):
    config = {}
    config["self"] = config
    refuses(tmp_path, "config_dict", "m", POINTS, config_dict=config)


@pytest.mark.parametrize("tag", [None, 3, b"m", "\ud800"])
def test_wrong_tags_steps_and_times(tmp_path, tag):
    refuses(tmp_path / "tag", "tag", tag, POINTS)
    refuses(tmp_path / "step", "global_step", "m", POINTS, global_step="1")
    refuses(tmp_path / "time", "walltime", "m", POINTS, walltime="1")


@pytest.mark.parametrize("argument", ["display_name", "description"])
@pytest.mark.parametrize("text", [3, b"x", "\ud800"])
def test_wrong_names(argument, text):
    with pytest.raises((TypeError, ValueError), match=argument):
        tfevents.summary.mesh("m", POINTS, **{argument: text})
