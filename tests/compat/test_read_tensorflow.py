"""Files of TensorFlow are read as TensorBoard reads them."""

from pathlib import Path

import pytest
from tensorboard_reader import assert_read_equal, our_rows

import tfevents
from peers import peer

tf = peer("tensorflow")
event_pb2 = peer("tensorboard.compat.proto.event_pb2")
summary_pb2 = peer("tensorboard.compat.proto.summary_pb2")
tensor_util = peer("tensorboard.util.tensor_util")


def test_tf2_scalars_and_texts(tmp_path: Path) -> None:
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        for step in range(100):
            tf.summary.scalar("loss", step / 3, step)
            tf.summary.scalar("described", step, step, description="what *it* is")
            if step % 9 == 0:
                tf.summary.text("note", f"step {step} of ☃", step)
        tf.summary.text("table", [["a", "b"], ["c", "d"]], 3)
        tf.summary.histogram("weights", tf.range(10.0), 1)
        tf.summary.image("image", tf.zeros([1, 2, 2, 3]), 1)
        tf.summary.scalar("negative", 1.0, -5)
    run = tfevents.read(tmp_path)["."]
    assert_read_equal(tmp_path, run)
    assert {"weights", "image"} <= set(run.tags)


INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16"]
DTYPES = ["float16", "bfloat16", "float32", "float64", "bool", *INTEGERS]


@pytest.mark.parametrize("content", [True, False], ids=["tensor_content", "typed"])
def test_every_dtype_and_shape_of_one_element(tmp_path: Path, content: bool) -> None:
    metadata = summary_pb2.SummaryMetadata(
        plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="scalars")
    )
    # Beside TensorFlow, TensorBoard's reader can't decode bfloat16. So TensorFlow decodes it.
    expected: dict[str, list[tuple[int, float, float]]] = {}
    with tf.io.TFRecordWriter(str(tmp_path / "events.out.tfevents.1")) as writer:
        for step in range(3):
            event = event_pb2.Event(wall_time=step, step=step)
            for dtype in DTYPES:
                for shape in ([], [1], [1, 1]):
                    array = tf.cast(tf.fill(shape, step + 0.3), dtype).numpy()
                    proto = tf.make_tensor_proto(array)
                    if content:
                        for field in ["float", "double", "half", "int", "int64", "bool"]:
                            proto.ClearField(f"{field}_val")
                        proto.tensor_content = array.tobytes()
                    tag = f"{dtype} {shape}"
                    value = event.summary.value.add(tag=tag, metadata=metadata)
                    value.tensor.ParseFromString(proto.SerializeToString())
                    row = (step, float(step), float(tf.make_ndarray(proto).item()))
                    expected.setdefault(tag, []).append(row)
            writer.write(event.SerializeToString())
    scalars, _ = our_rows(tfevents.read(tmp_path)["."])
    assert scalars == expected


def test_the_kind_of_a_tag_is_tensorboards(tmp_path: Path) -> None:
    """Every plugin with every data class. Later values have metadata or not."""
    with tf.io.TFRecordWriter(str(tmp_path / "events.out.tfevents.1")) as writer:
        for step in range(2):
            event = event_pb2.Event(wall_time=step, step=step)
            for plugin in ["", "scalars", "text", "histograms", "mine"]:
                for data_class in range(4):
                    value = event.summary.value.add(tag=f"{plugin} {data_class}")
                    value.tensor.CopyFrom(
                        tensor_util.make_tensor_proto(b"text" if plugin == "text" else 2.5)
                    )
                    if step == 0 and (plugin or data_class):
                        value.metadata.plugin_data.plugin_name = plugin
                        value.metadata.data_class = data_class
            writer.write(event.SerializeToString())
    run = tfevents.read(tmp_path)["."]
    # The text dashboard checks the data class too. The other reader leaves this check to it.
    scalars, texts = our_rows(run)
    assert set(texts) == {"text 0", "text 2"}
    # A number is not a text, so it is a tensor.
    assert len(run.tensors["text 1"]) == 2
    numbers = {"scalars 0", "scalars 1", " 1", "histograms 1", "mine 1"}
    assert set(scalars) == numbers
    assert all(rows == [(0, 0.0, 2.5), (1, 1.0, 2.5)] for rows in scalars.values())


def test_hyperparameters_are_no_values_that_follow(tmp_path: Path) -> None:
    api = peer("tensorboard.plugins.hparams.api")
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        api.hparams({"lr": 0.5})
        tf.summary.scalar("loss", 1.0, 3)
    for kinds in (None, ["hparams", "scalars"]):
        values = tfevents.follow(tmp_path, kinds=kinds, timeout=0).values()
        assert [(it.tag, it.value) for it in values] == [("loss", 1.0)]
    run = tfevents.read_run(tmp_path)
    assert (dict(run.hparams), list(run.tensors)) == ({"lr": 0.5}, [])


@pytest.mark.parametrize("count", [0, 1, 2, 6])
@pytest.mark.parametrize(
    ("dtype", "field", "values"),
    [
        ("float32", "float_val", [1.5, 2.5, 3.0, 4.0, 5.0, 6.0]),
        ("int64", "int64_val", [1, -2, 3, 4, 5, 6]),
        ("float16", "half_val", [0x3C00, 0x4000, 0, 0, 0, 0]),
        ("uint32", "uint32_val", [1, 2, 3, 4, 5, 6]),
        ("bool", "bool_val", [True, False, True, True, True, True]),
        ("string", "string_val", [b"a", b"b", b"c", b"d", b"e", b"f"]),
    ],
)
def test_the_last_element_stands_for_the_rest(
    tmp_path: Path, dtype: str, field: str, values: list[object], count: int
) -> None:
    event = event_pb2.Event()
    tensor = event.summary.value.add(tag="t").tensor
    tensor.dtype = tf.as_dtype(dtype).as_datatype_enum
    for size in (2, 3):
        tensor.tensor_shape.dim.add(size=size)
    getattr(tensor, field).extend(values[:count])
    with tf.io.TFRecordWriter(str(tmp_path / "events.out.tfevents.1")) as writer:
        writer.write(event.SerializeToString())
    ours = tfevents.read_run(tmp_path).tensors["t"][0].value
    theirs = tf.make_ndarray(tensor)
    if dtype == "string":
        theirs = tf.constant(theirs).numpy()  # an empty str becomes bytes
    assert (ours.shape, ours.tolist()) == (theirs.shape, theirs.tolist())
