"""The messages of tfevents.proto are TensorBoard's, field by field, and clash with no others."""

import importlib
import pickle
import random
import subprocess
import sys
from typing import Any

import pytest

from peers import peer

peer("tensorboard")
from google.protobuf import descriptor_pool, message_factory, text_format  # noqa: E402

from tfevents import proto  # noqa: E402

for _module in [
    "compat.proto.event_pb2",
    "compat.proto.graph_pb2",
    "compat.proto.config_pb2",
    "compat.proto.meta_graph_pb2",
    "plugins.audio.plugin_data_pb2",
    "plugins.custom_scalar.layout_pb2",
    "plugins.histogram.plugin_data_pb2",
    "plugins.hparams.hparams_util_pb2",
    "plugins.hparams.plugin_data_pb2",
    "plugins.image.plugin_data_pb2",
    "plugins.mesh.plugin_data_pb2",
    "plugins.pr_curve.plugin_data_pb2",
    "plugins.projector.projector_config_pb2",
    "plugins.scalar.plugin_data_pb2",
    "plugins.text.plugin_data_pb2",
]:
    importlib.import_module(f"tensorboard.{_module}")

THEIRS = descriptor_pool.Default()


def _classes() -> dict[str, Any]:
    """Our message classes by full name, nested ones included."""
    found: dict[str, Any] = {}

    def add(descriptor: Any) -> None:
        found[descriptor.full_name] = message_factory.GetMessageClass(descriptor)
        for nested in descriptor.nested_types:
            add(nested)

    for module in (proto, proto.hparams, proto.mesh, proto.projector):
        for name in module.__all__:
            if hasattr(getattr(module, name), "FromString"):
                add(getattr(module, name).DESCRIPTOR)
    return found


OURS = _classes()
# Users use these names, so they must exist.
NAMES = """
    Event Summary SummaryMetadata SummaryDescription TensorProto TensorShapeProto HistogramProto
    GraphDef NodeDef AttrValue RunMetadata StepStats SessionLog TaggedRunMetadata LogMessage
    SourceMetadata MetaGraphDef ScalarPluginData ImagePluginData AudioPluginData HistogramPluginData
    TextPluginData PrCurvePluginData Layout Category Chart MultilineChartContent MarginChartContent
    mesh.MeshPluginData projector.ProjectorConfig projector.EmbeddingInfo projector.SpriteMetadata
    hparams.HParamsPluginData hparams.Experiment hparams.SessionStartInfo hparams.SessionEndInfo
    hparams.HParamInfo hparams.MetricInfo hparams.Interval
"""


def _field(field: Any) -> tuple[Any, ...]:
    oneof, message, enum = field.containing_oneof, field.message_type, field.enum_type
    return (
        field.name,
        field.number,
        field.type,
        field.is_repeated if hasattr(field, "is_repeated") else field.label == 3,
        field.is_packed if hasattr(field, "is_packed") else field.GetOptions().packed,
        field.has_presence,
        oneof and oneof.name,
        message and (message.full_name, message.GetOptions().map_entry),
        enum and enum.full_name,
        field.default_value if not message else None,
    )


def _enum(enum: Any) -> list[tuple[str, int]]:
    return [(value.name, value.number) for value in enum.values]


def test_the_names_are_there() -> None:
    for name in NAMES.split():
        assert f"tensorboard.{name}" in OURS
        module, _, message = name.rpartition(".")
        assert hasattr(getattr(proto, module) if module else proto, message)


def test_every_message_and_field_is_tensorboards() -> None:
    assert len(OURS) > 150
    for name, cls in OURS.items():
        ours, theirs = cls.DESCRIPTOR, THEIRS.FindMessageTypeByName(name)
        assert sorted(map(_field, ours.fields), key=lambda f: f[1]) == sorted(
            map(_field, theirs.fields), key=lambda f: f[1]
        ), name
        assert {n.name for n in ours.nested_types} == {n.name for n in theirs.nested_types}
        assert {e.name: _enum(e) for e in ours.enum_types} == {
            e.name: _enum(e) for e in theirs.enum_types
        }


def test_every_enum_is_tensorboards() -> None:
    enums = ["DataType", "DataClass", "FullTypeId", "VariableAggregation"]
    enums += [f"hparams.{name}" for name in ("DataType", "DatasetType", "Status")]
    for name in enums:
        module, _, enum = name.rpartition(".")
        ours = getattr(getattr(proto, module) if module else proto, enum)
        assert ours.items() == [
            (value.name, value.number)
            for value in THEIRS.FindEnumTypeByName(f"tensorboard.{name}").values
        ]
    assert proto.DataType.Name(1) == "DT_FLOAT"
    assert proto.DT_FLOAT == 1
    assert proto.SessionLog.START == 1


def _fill(message: Any, rng: random.Random, depth: int = 0) -> None:
    """Sets fields at random, of every type."""
    if message.DESCRIPTOR.full_name == "google.protobuf.Any":
        return  # what it holds must be a message that the pool knows
    for field in message.DESCRIPTOR.fields:
        if rng.random() < 0.4 + 0.1 * depth:
            continue
        entry = field.message_type and field.message_type.GetOptions().map_entry
        repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == 3
        if entry:
            key, value = field.message_type.fields
            target = getattr(message, field.name)
            for _ in range(rng.randrange(3)):
                if value.message_type:
                    _fill(target[_value(key, rng)], rng, depth + 1)
                else:
                    target[_value(key, rng)] = _value(value, rng)
        elif field.message_type:
            target = getattr(message, field.name)
            if depth < 6:
                if repeated:
                    _fill(target.add(), rng, depth + 1)
                else:
                    target.SetInParent()
                    _fill(target, rng, depth + 1)
        elif repeated:
            getattr(message, field.name).extend(_value(field, rng) for _ in range(3))
        else:
            setattr(message, field.name, _value(field, rng))


def _value(field: Any, rng: random.Random) -> Any:
    kind = field.cpp_type
    if kind == field.CPPTYPE_STRING:
        text = rng.choice(["", "tag", "µ/日本"])
        return text.encode() if field.type == field.TYPE_BYTES else text
    if kind in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return rng.choice([0.0, -1.5, 1e30, float("inf")])
    if kind == field.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if kind == field.CPPTYPE_ENUM:
        return rng.choice([value.number for value in field.enum_type.values])
    if kind in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64):
        return rng.randrange(1 << 32)
    return rng.randrange(-(1 << 31), 1 << 31)


@pytest.mark.parametrize("seed", range(3))
def test_bytes_and_texts_are_tensorboards(seed: int) -> None:
    rng = random.Random(seed)
    for name, ours in OURS.items():
        if ours.DESCRIPTOR.GetOptions().map_entry:
            continue
        theirs = message_factory.GetMessageClass(THEIRS.FindMessageTypeByName(name))
        message = theirs()
        _fill(message, rng)
        serialized = message.SerializeToString(deterministic=True)
        parsed = ours.FromString(serialized)
        assert str(parsed) == str(message), name
        assert parsed.SerializeToString(deterministic=True) == serialized
        text = text_format.MessageToString(message)
        assert text_format.Parse(text, ours()) == parsed
        assert pickle.loads(pickle.dumps(parsed)) == parsed


IMPORTS = {
    "ours": "from tfevents import proto; proto.Event(step=1); proto.GraphDef(); proto.mesh",
    "tensorboard": "from tensorboard.compat.proto import event_pb2, config_pb2, meta_graph_pb2;"
    "from tensorboard.plugins.hparams import plugin_data_pb2; event_pb2.Event(step=1)",
    "tensorflow": "import tensorflow as tf; tf.compat.v1.Event(step=1)",
    "tensorboardX": "from tensorboardX.proto import event_pb2 as e; e.Event(step=1)",
}


@pytest.mark.parametrize(
    "order",
    [
        ["ours", "tensorboard", "tensorflow", "tensorboardX"],
        ["tensorboard", "ours"],
        ["tensorboardX", "tensorflow", "ours", "tensorboard"],
    ],
    ids=" ".join,
)
def test_no_clash_in_any_order(order: list[str]) -> None:
    for name in order:
        if name != "ours":
            peer(name)
    script = "; ".join(IMPORTS[name] for name in order)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
