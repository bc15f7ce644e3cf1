"""Compares decoded messages with TensorBoard's protobuf classes, which encoded them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from peers import peer
from tfevents import _native
from tfevents.series import Graph, HParams, session_log
from tfevents.series.tensors import as_array

attr_value_pb2 = peer("tensorboard.compat.proto.attr_value_pb2")
event_pb2 = peer("tensorboard.compat.proto.event_pb2")
graph_pb2 = peer("tensorboard.compat.proto.graph_pb2")
meta_graph_pb2 = peer("tensorboard.compat.proto.meta_graph_pb2")
node_def_pb2 = peer("tensorboard.compat.proto.node_def_pb2")
summary_pb2 = peer("tensorboard.compat.proto.summary_pb2")
tensor_pb2 = peer("tensorboard.compat.proto.tensor_pb2")
types_pb2 = peer("tensorboard.compat.proto.types_pb2")
layout_pb2 = peer("tensorboard.plugins.custom_scalar.layout_pb2")
api_pb2 = peer("tensorboard.plugins.hparams.api_pb2")
plugin_data_pb2 = peer("tensorboard.plugins.hparams.plugin_data_pb2")
mesh_pb2 = peer("tensorboard.plugins.mesh.plugin_data_pb2")
dtypes = peer("tensorboard.compat.tensorflow_stub.dtypes")
tensor_util = peer("tensorboard.util.tensor_util")
struct_pb2 = peer("google.protobuf.struct_pb2")
json_format = peer("google.protobuf.json_format")

TEXT = st.text(max_size=6)
FLOATS = st.floats(allow_nan=False)
VALUES = st.recursive(
    st.none() | st.booleans() | FLOATS.filter(np.isfinite) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def value(given: Any) -> Any:
    """A `google.protobuf.Value`."""
    found = struct_pb2.Value()
    if given is None:
        found.null_value = 0
    elif isinstance(given, bool):
        found.bool_value = given
    elif isinstance(given, float):
        found.number_value = given
    elif isinstance(given, str):
        found.string_value = given
    elif isinstance(given, list):
        found.list_value.values.extend(map(value, given))
        found.list_value.SetInParent()
    else:
        found.struct_value.SetInParent()
        for name, inner in given.items():
            found.struct_value.fields[name].CopyFrom(value(inner))
    return found


@given(
    values=st.dictionaries(TEXT, VALUES, max_size=4),
    domains=st.dictionaries(TEXT, st.lists(VALUES, max_size=3) | st.tuples(FLOATS, FLOATS)),
    metrics=st.lists(TEXT, unique=True, max_size=3),
    group=TEXT,
    times=st.tuples(FLOATS, FLOATS),
    status=st.sampled_from([(0, None), (1, "success"), (2, "failure"), (3, "running")]),
)
def test_hyperparameters(
    values: dict[str, Any],
    domains: dict[str, Any],
    metrics: list[str],
    group: str,
    times: tuple[float, float],
    status: tuple[int, str | None],
) -> None:
    experiment = api_pb2.Experiment(name="n", description="d", time_created_secs=3)
    for name, domain in domains.items():
        info = experiment.hparam_infos.add(name=name, type=api_pb2.DATA_TYPE_STRING)
        if isinstance(domain, list):
            info.domain_discrete.values.extend(map(value, domain))
            info.domain_discrete.SetInParent()
        else:
            info.domain_interval.min_value, info.domain_interval.max_value = domain
            info.domain_interval.SetInParent()
    for tag in metrics:
        experiment.metric_infos.add(name=api_pb2.MetricName(group="g", tag=tag))
    start = plugin_data_pb2.SessionStartInfo(group_name=group, start_time_secs=times[0])
    for name, given_value in values.items():
        start.hparams[name].CopyFrom(value(given_value))
    end = plugin_data_pb2.SessionEndInfo(status=status[0], end_time_secs=times[1])
    data = plugin_data_pb2.HParamsPluginData
    contents = [
        data(experiment=experiment),
        data(session_start_info=start),
        data(session_end_info=end),
    ]
    found = HParams([content.SerializeToString() for content in contents])
    assert dict(found) == values
    assert found.domains == domains
    assert found.metrics == metrics
    assert (found.group_name, found.status) == (group, status[1])
    assert (found.start_time, found.end_time) == (times[0] or None, times[1] or None)


SERIES = st.tuples(TEXT, TEXT, TEXT)
CHARTS = st.tuples(TEXT, st.lists(TEXT, max_size=3), st.lists(SERIES, max_size=2), st.booleans())


@given(st.lists(st.tuples(TEXT, st.lists(CHARTS, max_size=3), st.booleans()), max_size=3))
def test_layouts(categories: list[tuple[str, list[Any], bool]]) -> None:
    layout = layout_pb2.Layout()
    expected = []
    for title, charts, closed in categories:
        category = layout.category.add(title=title, closed=closed)
        expected.append((title, [], closed))
        for chart_title, tags, margins, is_margin in charts:
            chart = category.chart.add(title=chart_title)
            if is_margin:
                chart.margin.SetInParent()
                for series, lower, upper in margins:
                    chart.margin.series.add(value=series, lower=lower, upper=upper)
                expected[-1][1].append((chart_title, [], margins))
            else:
                chart.multiline.tag.extend(tags)
                chart.multiline.SetInParent()
                expected[-1][1].append((chart_title, tags, []))
    assert _native.layout(layout.SerializeToString()) == expected


@given(TEXT, st.integers(0, 3), TEXT, st.lists(st.integers(0, 2**31 - 1), max_size=4))
def test_meshes(name: str, content_type: int, config: str, shape: list[int]) -> None:
    data = mesh_pb2.MeshPluginData(
        name=name, content_type=content_type, json_config=config, shape=shape, components=14
    )
    found = _native.mesh_plugin_data(data.SerializeToString())
    assert found == (name, content_type, config)


@given(st.integers(0, 3), TEXT, TEXT)
def test_session_logs(status: int, path: str, message: str) -> None:
    log = event_pb2.SessionLog(status=status, checkpoint_path=path, msg=message)
    names = ["unspecified", "start", "stop", "checkpoint"]
    found = session_log(3, 1.5, log.SerializeToString())
    assert found == (3, 1.5, names[status], path, message)


SHAPES = st.none() | st.lists(st.integers(-1, 5), max_size=3).map(tuple)


def shape_of(given: tuple[int, ...] | None) -> Any:
    shape = attr_value_pb2.AttrValue().shape
    if given is None:
        shape.unknown_rank = True
    else:
        for size in given:
            shape.dim.add(size=size)
    return shape


# The content of an attribute, by the name of its field.
ATTRIBUTES = {
    "s": st.binary(max_size=6),
    "i": st.integers(-(2**63), 2**63 - 1),
    "f": st.floats(width=32, allow_nan=False),
    "b": st.booleans(),
    "type": st.sampled_from(
        [
            number
            for name, number in types_pb2.DataType.items()
            if number in dtypes._TYPE_TO_STRING and name != "DT_INVALID"
        ]
    ),
    "shape": SHAPES,
    "tensor": st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=3),
    "func": TEXT,
    "placeholder": TEXT,
}
SINGLE = st.sampled_from(sorted(ATTRIBUTES)).flatmap(
    lambda kind: st.tuples(st.just(kind), ATTRIBUTES[kind])
)
LISTS = st.sampled_from(sorted(set(ATTRIBUTES) - {"placeholder"})).flatmap(
    lambda kind: st.tuples(st.just(kind), st.lists(ATTRIBUTES[kind], max_size=3))
)


def message_of(kind: str, given: Any) -> Any:
    """The value, as protobuf has it."""
    if kind == "shape":
        return shape_of(given)
    if kind == "tensor":
        return tensor_util.make_tensor_proto(np.array(given, np.float32))
    return attr_value_pb2.NameAttrList(name=given) if kind == "func" else given


def shown(kind: str, given: Any) -> Any:
    """The value, as ours returns it."""
    return dtypes._TYPE_TO_STRING[given] if kind == "type" else given


def same(ours: Any, theirs: Any) -> bool:
    ours, theirs = (
        [it.tolist() if isinstance(it, np.ndarray) else it for it in value]
        if isinstance(value, list)
        else value.tolist()
        if isinstance(value, np.ndarray)
        else value
        for value in (ours, theirs)
    )
    return bool(ours == theirs)


@given(
    st.dictionaries(TEXT, SINGLE, max_size=4),
    st.dictionaries(TEXT, LISTS, max_size=3),
    st.lists(TEXT, max_size=3),
)
def test_graphs(
    singles: dict[str, tuple[str, Any]], lists: dict[str, tuple[str, Any]], inputs: list[str]
) -> None:
    graph = graph_pb2.GraphDef()
    graph.versions.producer = 22
    node = graph.node.add(name="scope/a", op="Add", input=inputs, device="/gpu:0")
    for name, (kind, given_value) in singles.items():
        one = message_of(kind, given_value)
        node.attr[name].CopyFrom(attr_value_pb2.AttrValue(**{kind: one}))
    for name, (kind, values) in lists.items():
        found_list = attr_value_pb2.AttrValue.ListValue()
        getattr(found_list, kind).extend(message_of(kind, it) for it in values)
        node.attr[name].CopyFrom(attr_value_pb2.AttrValue(list=found_list))
    node.attr["nothing"].SetInParent()
    raw = graph.SerializeToString()
    (ours,) = Graph(raw, 0, 0.0).nodes
    assert (ours.name, ours.op, ours.inputs, ours.device) == ("scope/a", "Add", inputs, "/gpu:0")
    expected = {name: shown(kind, it) for name, (kind, it) in singles.items()}
    expected |= {name: [shown(kind, it) for it in all_] for name, (kind, all_) in lists.items()}
    expected["nothing"] = None
    assert set(ours.attributes) == set(expected)
    for name, theirs in expected.items():
        assert same(ours.attributes[name], theirs), name
    meta = meta_graph_pb2.MetaGraphDef(graph_def=graph)
    found = _native.graph_of_meta_graph(meta.SerializeToString())
    assert graph_pb2.GraphDef.FromString(found) == graph
    assert _native.graph_of_meta_graph(b"") is None


def test_names_of_types() -> None:
    for name, number in types_pb2.DataType.items():
        if number in dtypes._TYPE_TO_STRING and name != "DT_INVALID":
            node = node_def_pb2.NodeDef()
            node.attr["type"].type = number
            found = _native.node_attributes(node.SerializeToString())["type"]
            assert found == dtypes._TYPE_TO_STRING[number]


# The fields of `TensorProto` that hold elements of each type one by one.
FIELDS = {
    types_pb2.DT_FLOAT: "float_val",
    types_pb2.DT_DOUBLE: "double_val",
    types_pb2.DT_INT32: "int_val",
    types_pb2.DT_INT64: "int64_val",
    types_pb2.DT_UINT8: "int_val",
    types_pb2.DT_BOOL: "bool_val",
    types_pb2.DT_STRING: "string_val",
    types_pb2.DT_HALF: "half_val",
    types_pb2.DT_COMPLEX64: "scomplex_val",
}


@example(types_pb2.DT_FLOAT, 1, [-1], False)
@given(
    dtype=st.sampled_from(sorted(FIELDS)),
    count=st.integers(0, 6),
    sizes=st.none() | st.lists(st.integers(-1, 4), max_size=3),
    as_content=st.booleans(),
)
def test_a_tensor_is_what_tensorboard_makes_of_it(
    dtype: int, count: int, sizes: list[int] | None, as_content: bool
) -> None:
    """TensorBoard's result is expected for every shape, known or unknown."""
    proto = tensor_pb2.TensorProto(dtype=dtype)
    if sizes is not None:
        proto.tensor_shape.SetInParent()
        for size in sizes:
            proto.tensor_shape.dim.add(size=size)
    if dtype == types_pb2.DT_STRING:
        proto.string_val.extend(b"%d" % number for number in range(count))
    elif as_content:
        kind = dtypes.as_dtype(dtype).as_numpy_dtype
        proto.tensor_content = np.arange(count).astype(kind).tobytes()
    else:
        # A complex number is two: its real and its imaginary part.
        values = range(2 * count if dtype == types_pb2.DT_COMPLEX64 else count)
        if dtype == types_pb2.DT_BOOL:
            values = [number % 2 == 1 for number in values]
        getattr(proto, FIELDS[dtype]).extend(values)
    summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="t", tensor=proto)])
    raw = summary.SerializeToString()
    try:
        theirs = tensor_util.make_ndarray(proto)
    except ValueError:
        # If TensorBoard fails, ours raises an error too, or returns a row of the elements. Ours
        # accepts the last element for the rest, and a single one in any field.
        try:
            ours = as_array(*_native.decode_value(raw))
        except ValueError:
            return
        expected = sizes or [count]
        assert len(ours.shape) == len(expected)
        # The one size that is unknown follows from the others.
        assert all(size in (-1, it) for size, it in zip(expected, ours.shape, strict=True))
        if count > 1 and sizes:
            assert dtype == types_pb2.DT_STRING or not as_content
            assert len(set(ours.ravel()[count - 1 :].tolist())) == 1
        return
    ours = as_array(*_native.decode_value(raw))
    assert ours.shape == theirs.shape
    assert ours.tolist() == theirs.tolist()


def test_what_tensorboard_does_not_read() -> None:
    strings = tensor_pb2.TensorProto(string_val=[b"a", b"b"])
    with pytest.raises(TypeError):
        tensor_util.make_ndarray(strings)
    strings.dtype = types_pb2.DT_STRING
    with pytest.raises(ValueError, match="reshape"):
        tensor_util.make_ndarray(strings)
    for dtype in (types_pb2.DT_INVALID, types_pb2.DT_STRING):
        strings.dtype = dtype
        summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tensor=strings)])
        ours = as_array(*_native.decode_value(summary.SerializeToString()))
        assert ours.tolist() == [b"a", b"b"]


def test_what_is_malformed_is_a_value_error() -> None:
    for decode in [
        _native.layout,
        _native.mesh_plugin_data,
        _native.hparams_plugin_data,
        _native.session_log,
        _native.graph_nodes,
        _native.graph_of_meta_graph,
        _native.decode_value,
        _native.node_attributes,
    ]:
        with pytest.raises(ValueError, match="malformed"):
            decode(b"\x0a\xff")  # type: ignore[operator]
