"""Hyperparameters, custom scalars and meshes: the same events as torch's, field by field."""

import inspect
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_events import assert_equal, floats, ours, steps, tags, torch, torchs, wall_times

import tfevents
from peers import peer

torch_summary = peer("torch.utils.tensorboard.summary")
torch_tensorboard = peer("torch.utils.tensorboard")
hparams_pb2 = peer("tensorboard.plugins.hparams.plugin_data_pb2")
summary_pb2 = peer("tensorboard.compat.proto.summary_pb2")


@pytest.mark.parametrize(
    "method",
    [
        "add_hparams",
        "add_mesh",
        "add_custom_scalars",
        "add_custom_scalars_multilinechart",
        "add_custom_scalars_marginchart",
    ],
)
def test_signatures(method):
    mine = inspect.signature(getattr(tfevents.SummaryWriter, method)).parameters.values()
    theirs = inspect.signature(getattr(torch_tensorboard.SummaryWriter, method)).parameters
    assert [(p.name, p.default) for p in mine if p.kind is not p.KEYWORD_ONLY] == [
        (p.name, p.default) for p in theirs.values()
    ]


# Hyperparameters.


def plugin_data(summaries: Any) -> list[tuple[str, str, Any]]:
    """The tag, plugin and decoded content of each value. The entries of a map have no order."""
    return [
        (
            value.tag,
            value.metadata.plugin_data.plugin_name,
            hparams_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content),
        )
        for summary in summaries
        for value in summary_pb2.Summary.FromString(summary.SerializeToString()).value
    ]


names = st.text(max_size=8)
hparams = st.dictionaries(
    names,
    st.integers(-(2**60), 2**60)
    | floats.filter(lambda f: not math.isnan(f))
    | st.text(max_size=10)
    | floats.map(lambda f: torch.tensor([f])).filter(lambda t: not t.isnan()),
    max_size=5,
)


@st.composite
def hparams_with_domains(draw):
    values = draw(hparams)
    domains = {}
    for name, value in values.items():
        if isinstance(value, (int, float, str)) and draw(st.booleans()):
            kind = {int: st.integers(-99, 99), float: st.floats(0, 1), str: st.text(max_size=3)}
            domains[name] = draw(st.lists(kind[type(value)], max_size=3))
    return values, domains


@given(hparams_with_domains(), st.dictionaries(tags, floats, max_size=3))
def test_hparam_messages(values_and_domains, metrics):
    values, domains = values_and_domains
    mine = tfevents.summary.hparams(values, metrics, domains)
    assert plugin_data(mine) == plugin_data(torch_summary.hparams(values, metrics, domains))


@pytest.mark.parametrize("domains", [None, {}, {"lr": [0.1, 0.2], "opt": ["adam", "sgd"]}])
@pytest.mark.parametrize("run_name", [None, "", "trial", "a/b", "."])
@pytest.mark.parametrize("global_step", [None, 0, 7])
def test_add_hparams(domains, run_name, global_step):
    """One hyperparameter, so that the bytes of the map can be compared."""

    def run(writer):
        names = ["lr"] if domains else ["lr", "b"]
        for name in names:
            own = {key: domain for key, domain in (domains or {}).items() if key == name}
            metrics = {"hparam/accuracy": 0.5, "hparam/loss": torch.tensor(2)}
            writer.add_hparams({name: 0.1}, metrics, own or None, run_name, global_step)
        writer.add_hparams({"opt": "adam"}, {}, None, run_name or "named", global_step)

    mine, theirs = ours(run), torchs(run)
    if not run_name:
        # The runs are named after the time.
        mine, theirs = (
            {str(number): files[name] for number, name in enumerate(sorted(files))}
            for files in (mine, theirs)
        )
    for files in mine, theirs:
        for events in files.values():
            for event in events:
                event.ClearField("wall_time")
                event.ClearField("source_metadata")
    assert mine == theirs


def values_of(hparam_dict, domains=None):
    """The hyperparameters by name, as a reader of the session gets them."""
    experiment, start, _ = plugin_data(tfevents.summary.hparams(hparam_dict, {}, domains))
    values = {}
    for name, value in start[2].session_start_info.hparams.items():
        values[name] = getattr(value, value.WhichOneof("kind"))
    kinds = {info.name: info.type for info in experiment[2].experiment.hparam_infos}
    assert list(kinds) == list(
        dict.fromkeys(info.name for info in experiment[2].experiment.hparam_infos)
    )
    for name, value in values.items():
        assert kinds[name] == {str: 1, bool: 2, float: 3}[type(value)]
    return values


def test_what_torch_loses_or_refuses():
    # torch logs a boolean as a number, and leaves out None and all but the first element.
    given = {"flag": True, "none": None, "shape": torch.tensor([3, 4])}
    theirs = {
        name: value.WhichOneof("kind")
        for name, value in plugin_data(torch_summary.hparams(given, {}))[1][
            2
        ].session_start_info.hparams.items()
    }
    assert theirs == {"flag": "number_value", "shape": "number_value"}
    assert values_of(given) == {"flag": True, "none": "None", "shape": "[3, 4]"}
    for refused in {"lr": np.float32(1)}, {"betas": [0.9, 0.99]}, {"opt": {"lr": 1}}:
        with pytest.raises(ValueError):
            torch_summary.hparams(refused, {})
        assert values_of(refused)


def test_torch_tensors():
    assert values_of(
        {
            "0-d": torch.tensor(1.5),
            "bool": torch.tensor(True),
            "bf16": torch.tensor([0.5], dtype=torch.bfloat16),
            "int": torch.tensor([[3]]),
            "grad": torch.tensor(2.0, requires_grad=True),
            "many": torch.tensor([[0.5, 1.5]], dtype=torch.bfloat16),
        }
    ) == {"0-d": 1.5, "bool": True, "bf16": 0.5, "int": 3.0, "grad": 2.0, "many": "[[0.5, 1.5]]"}


# Custom scalars.

texts = st.text(max_size=8)
charts = st.tuples(st.just("Multiline"), st.lists(texts, max_size=3)) | st.tuples(
    st.just("Margin"), st.lists(texts, min_size=3, max_size=3)
)
layouts = st.dictionaries(texts, st.dictionaries(texts, charts, max_size=3), max_size=3)


@given(layouts)
def test_layouts(layout):
    mine, theirs = tfevents.summary.custom_scalars(layout), torch_summary.custom_scalars(layout)
    assert mine.SerializeToString() == theirs.SerializeToString()
    assert_equal(lambda writer: writer.add_custom_scalars(layout))


@pytest.mark.parametrize("titles", [{}, {"category": "c"}, {"title": "t"}, {"title": ""}])
@pytest.mark.parametrize("tags", [["a", "b", "c"], ("a", "b", "c")])
def test_charts(titles, tags):
    assert_equal(lambda writer: writer.add_custom_scalars_multilinechart(tags, **titles))
    assert_equal(lambda writer: writer.add_custom_scalars_marginchart(tags, **titles))
    assert_equal(lambda writer: writer.add_custom_scalars_multilinechart([], **titles))


# Meshes.

DTYPES = [torch.float32, torch.float64, torch.float16, torch.uint8, torch.int32, torch.int64]


@st.composite
def meshes(draw):
    batch, count, triangles = (draw(st.integers(0, 3)) for _ in range(3))

    def tensor(items, are_indices=False):
        dtype = draw(st.sampled_from(DTYPES))
        integers = st.integers(0, count - 1 if are_indices else 255)
        numbers = draw(st.lists(integers, min_size=batch * items * 3, max_size=batch * items * 3))
        result = torch.tensor(numbers, dtype=torch.float64).reshape(batch, items, 3).to(dtype)
        if dtype.is_floating_point and not are_indices:
            result = result / 7
        # An empty list does not have the shape.
        lists = [result.tolist()] if result.numel() else []
        return draw(st.sampled_from([result, result.numpy(), *lists]))

    return {
        "vertices": tensor(count),
        "colors": tensor(count) if draw(st.booleans()) else None,
        "faces": tensor(triangles, True) if count and draw(st.booleans()) else None,
    }


configs = st.none() | st.dictionaries(
    texts, st.dictionaries(texts, st.integers() | texts | st.booleans() | st.none(), max_size=2)
)


@given(tags, meshes(), configs, steps)
def test_meshes(tag, mesh, config, step):
    assert_equal(lambda writer: writer.add_mesh(tag, **mesh, config_dict=config, global_step=step))


@given(wall_times)
def test_the_wall_time_of_a_mesh(walltime):
    vertices = np.arange(12.0).reshape(1, 4, 3)
    assert_equal(
        lambda writer: writer.add_mesh("mesh", vertices, walltime=walltime), with_wall_times=True
    )


@pytest.mark.parametrize("value", [1e300, math.nan, -math.inf, 1e-50, 2**24 + 1, 0.1])
def test_what_float32_cannot_hold(value):
    vertices = np.full((1, 1, 3), value)
    assert_equal(lambda writer: writer.add_mesh("mesh", vertices))


@pytest.mark.parametrize("layout", ["strided", "fortran", "reversed", "big-endian", "grad"])
def test_memory_layouts_of_meshes(layout):
    vertices: Any = np.arange(60.0, dtype=np.float32).reshape(2, 10, 3)
    vertices = {
        "strided": lambda v: v[:, ::2],
        "fortran": np.asfortranarray,
        "reversed": lambda v: v[::-1, ::-1, ::-1],
        "big-endian": lambda v: v.astype(">f4"),
        "grad": lambda v: torch.tensor(v, requires_grad=True),
    }[layout](vertices)
    given = vertices if layout == "grad" else torch.tensor(np.ascontiguousarray(vertices, "f4"))
    assert_equal(
        lambda writer: writer.add_mesh("mesh", vertices),
        torch_calls=lambda writer: writer.add_mesh("mesh", given),
    )


@pytest.mark.parametrize("names", [{}, {"display_name": "shape"}, {"description": "a *shape*"}])
def test_mesh_summaries(names):
    vertices = np.arange(12.0).reshape(1, 4, 3)
    faces = np.array([[[0, 1, 2], [1, 2, 3]]])
    arguments = ("mesh", vertices, None, faces, {"camera": {"fov": 75}})
    mine = tfevents.summary.mesh(*arguments, **names)
    assert mine.SerializeToString() == torch_summary.mesh(*arguments, **names).SerializeToString()
    config = json.dumps({"camera": {"fov": 75}}).encode()
    assert config in mine.SerializeToString()
