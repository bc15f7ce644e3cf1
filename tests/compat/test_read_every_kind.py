"""Values of every kind from other writers are read as TensorBoard reads them."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from keras_log import fit
from tensorboard_reader import assert_read_equal

import tfevents
from peers import peer

RANDOM = np.random.default_rng(0)
PICTURE = RANDOM.integers(0, 255, (3, 40, 60)).astype(np.uint8)
NOISE = RANDOM.uniform(-1, 1, (1, 4000)).astype(np.float32)


@pytest.mark.filterwarnings("ignore:.*torch.jit.trace.*:DeprecationWarning")
def test_torch(tmp_path: Path) -> None:
    torch = peer("torch")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(4):
            writer.add_histogram("histogram", RANDOM.normal(size=300), step)
            writer.add_histogram("auto", RANDOM.normal(size=300), step, bins="auto")
            writer.add_histogram("constant", np.ones(5), step)
            writer.add_image("picture", PICTURE, step)
            writer.add_image("grey", PICTURE[:1, :5, :4], step)
            writer.add_audio("sound", NOISE, step, sample_rate=8000)
            writer.add_pr_curve("curve", RANDOM.integers(0, 2, 99), RANDOM.random(99), step)
            for dtype in [torch.float32, torch.float64, torch.int16, torch.int64, torch.bool]:
                writer.add_tensor(str(dtype), torch.arange(6).reshape(2, 3).to(dtype), step)
            vertices = torch.as_tensor(RANDOM.random((1, 7, 3)))
            faces = torch.as_tensor(RANDOM.integers(0, 7, (1, 5, 3)))
            colors = torch.as_tensor(RANDOM.integers(0, 255, (1, 7, 3)))
            writer.add_mesh("mesh", vertices, colors, faces, {"camera": 1}, global_step=step)
        writer.add_mesh("points", vertices, global_step=7)
        writer.add_custom_scalars(
            {"one": {"a": ["Multiline", ["x", "y"]], "b": ["Margin", ["v", "l", "u"]]}}
        )
        writer.add_graph(torch.nn.Linear(3, 2), torch.rand(1, 3))
        writer.add_hparams(
            {"lr": 0.1, "name": "x", "flag": True}, {"acc": 0.5}, {"lr": [0.1, 0.2]}, run_name="."
        )
    run = tfevents.read(tmp_path)["."]
    assert_read_equal(tmp_path, run)
    np.testing.assert_array_equal(run.images["picture"][2].decode(), PICTURE.transpose(1, 2, 0))
    samples = run.audio["sound"][1].decode()
    assert (samples.shape, samples.dtype) == ((4000, 1), np.int16)
    np.testing.assert_allclose(samples[:, 0] / 32767, NOISE[0], atol=1e-4)
    mesh = run.meshes["mesh"][3]
    np.testing.assert_array_equal(mesh.vertices, vertices.numpy().astype(np.float32))
    np.testing.assert_array_equal(mesh.faces, faces.numpy())
    np.testing.assert_array_equal(mesh.colors, colors.numpy())
    assert mesh.config == {"camera": 1}
    points = run.meshes["points"][0]
    assert (points.step, points.faces, points.colors) == (7, None, None)
    (layout,) = run.custom_scalars["custom_scalars__config__"]
    (category,) = layout.categories
    assert category.title == "one"
    assert [(chart.title, chart.tags, chart.margins) for chart in category.charts] == [
        ("a", ("x", "y"), ()),
        ("b", (), (("v", "l", "u"),)),
    ]
    hparams = run.hparams
    assert hparams["lr"] == pytest.approx(0.1)
    assert hparams["name"] == "x"
    assert (hparams.metrics, hparams.status) == (["acc"], "success")
    assert hparams.domains == {"lr": [0.1, 0.2]}


def test_tensors_of_torch_that_tensorboard_does_not_read(tmp_path: Path) -> None:
    torch = peer("torch")
    from torch.utils.tensorboard import SummaryWriter

    values = torch.tensor([[0.0, -1.5, 6e-8, 65504.0], [np.inf, -np.inf, np.nan, 1e-3]])
    with SummaryWriter(str(tmp_path)) as writer:
        for dtype in [torch.float16, torch.bfloat16, torch.uint8, torch.complex64]:
            writer.add_tensor(str(dtype), values.nan_to_num(7, 8, 9).abs().to(dtype))
        writer.add_tensor("half", values.to(torch.float16))
        writer.add_tensor("brain", values.to(torch.bfloat16))
        writer.add_tensor("zero", torch.zeros(3, dtype=torch.float16))
    tensors = tfevents.read(tmp_path)["."].tensors
    for dtype in [torch.float16, torch.bfloat16, torch.uint8, torch.complex64]:
        expected = values.nan_to_num(7, 8, 9).abs().to(dtype)
        array = tensors[str(dtype)][0].value
        assert str(array.dtype) == str(dtype).removeprefix("torch.")
        if dtype == torch.bfloat16:
            expected, array = expected.float(), array.astype(np.float32)
        np.testing.assert_array_equal(array, expected.numpy())
    np.testing.assert_array_equal(tensors["half"][0].value, values.half().numpy())
    brain = tensors["brain"][0].value.astype(np.float32)
    np.testing.assert_array_equal(brain, values.bfloat16().float().numpy())
    assert tensors["zero"][0].value.tolist() == [0, 0, 0]


def test_tensorboardx(tmp_path: Path) -> None:
    tensorboardx = peer("tensorboardX")
    with tensorboardx.SummaryWriter(str(tmp_path)) as writer:
        for step in range(3):
            writer.add_histogram("histogram", RANDOM.normal(size=300), step)
            writer.add_image("picture", PICTURE, step)
            writer.add_pr_curve("curve", RANDOM.integers(0, 2, 99), RANDOM.random(99), step)
            writer.add_mesh("mesh", RANDOM.random((1, 7, 3)), global_step=step)
    run = tfevents.read(tmp_path)["."]
    assert_read_equal(tmp_path, run)
    np.testing.assert_array_equal(run.images["picture"][2].decode(), PICTURE.transpose(1, 2, 0))


def test_tensorflow_2(tmp_path: Path) -> None:
    tf = peer("tensorflow")
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        for step in range(4):
            tf.summary.histogram("histogram", RANDOM.normal(size=300), step, description="*d*")
            tf.summary.histogram("constant", np.ones(5), step)
            tf.summary.histogram("nothing", [], step)
            pictures = RANDOM.integers(0, 255, (3, 20, 30, 3)).astype(np.uint8)
            tf.summary.image("pictures", pictures, step, max_outputs=2)
            tf.summary.audio("sounds", NOISE.reshape(1, -1, 2).repeat(2, 0), 8000, step)
            tf.summary.text("table", [["a", "b"]], step)
            for value in [1.5, np.arange(6).reshape(2, 3), [["x", "y"]], 1 + 2j, True]:
                tf.summary.write(f"tensor {np.shape(value)}", tf.constant(value), step)
        tf.summary.trace_on(graph=True)

        @tf.function
        def double(x: object) -> object:
            return 2 * x

        double(tf.constant(1.0))
        tf.summary.trace_export("trace", 1)
        tf.summary.graph(double.get_concrete_function(tf.constant(1.0)).graph.as_graph_def())
    run = tfevents.read(tmp_path)["."]
    assert_read_equal(tmp_path, run)
    assert len(run.histograms["nothing"][0].counts) in (0, 30)
    image = run.images["pictures"][3]
    assert len(image.batch) == 2
    for index in range(2):
        np.testing.assert_array_equal(image.decode(index), pictures[index])
    clip = run.audio["sounds"][0]
    assert (clip.sample_rate, len(clip.batch), clip.decode(1).shape) == (8000, 2, (2000, 2))
    assert run.metadata["histogram"].description == "*d*"


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_keras(tmp_path: Path) -> None:
    fit(tmp_path)
    log = tfevents.read(tmp_path)
    assert log.runs == ["train", "validation"]
    for name, run in log.items():
        assert_read_equal(tmp_path / name, run)
    train = log["train"]
    assert train.histograms
    assert train.images
    assert train.tensors["keras"][0].value.item().startswith(b"{")


def test_tensorflow_1(tmp_path: Path) -> None:
    tf = peer("tensorflow")
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        numbers = v1.placeholder(tf.float32, [None])
        v1.summary.scalar("scalar", tf.reduce_mean(numbers))
        v1.summary.histogram("histogram", numbers)
        v1.summary.image("pictures", tf.reshape(numbers, [2, 5, 5, 2])[..., :1], max_outputs=2)
        v1.summary.audio("sounds", tf.reshape(numbers, [2, 25, 2]) / 10, 8000, max_outputs=2)
        v1.summary.text("text", tf.as_string(numbers[0]))
        v1.summary.tensor_summary("tensor", tf.reshape(numbers, [10, 10]))
        merged = v1.summary.merge_all()
        with v1.summary.FileWriter(str(tmp_path), session.graph) as writer:
            start = v1.SessionLog(status=v1.SessionLog.START)
            writer.add_session_log(start, 0)
            for step in range(3):
                metadata = v1.RunMetadata()
                options = v1.RunOptions(trace_level=v1.RunOptions.FULL_TRACE)
                feed = {numbers: RANDOM.normal(size=100)}
                summary = session.run(merged, feed, options=options, run_metadata=metadata)
                writer.add_summary(summary, step)
                writer.add_run_metadata(metadata, f"step {step}", step)
            checkpoint = v1.SessionLog(
                status=v1.SessionLog.CHECKPOINT, checkpoint_path="there", msg="saved"
            )
            writer.add_session_log(checkpoint, 3)
    run = tfevents.read(tmp_path)["."]
    assert_read_equal(tmp_path, run)
    assert {"pictures/image/0", "pictures/image/1"} <= set(run.images)
    assert [
        (log.step, log.status, log.checkpoint_path, log.message) for log in run.session_logs
    ] == [
        (0, "start", "", ""),
        (3, "checkpoint", "there", "saved"),
    ]
    assert len(run.run_metadata) == 3


def test_a_graph_is_what_tensorflow_says(tmp_path: Path) -> None:
    tf = peer("tensorflow")

    @tf.function
    def model(x: object) -> object:
        kernel = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        y = tf.nn.conv2d(tf.reshape(x, [1, 2, 2, 1]), tf.reshape(kernel, [2, 2, 1, 1]), 1, "SAME")
        return tf.strings.length(tf.constant("abc")), tf.nn.relu(y)

    definition = model.get_concrete_function(tf.TensorSpec([2, None], tf.float32))
    definition = definition.graph.as_graph_def()
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        tf.summary.graph(definition)
    graph = tfevents.read(tmp_path)["."].graph
    assert graph is not None
    for ours, theirs in zip(graph.nodes, definition.node, strict=True):
        assert (ours.name, ours.op, ours.inputs) == (theirs.name, theirs.op, list(theirs.input))
        for name, value in theirs.attr.items():
            np.testing.assert_equal(ours.attributes[name], attribute(tf, value), err_msg=name)


def attribute(tf: object, value: object) -> object:
    """An attribute as `Node.attributes` gives it, from TensorFlow's message."""
    kind = value.WhichOneof("value")  # type: ignore[attr-defined]
    content = getattr(value, kind)
    if kind == "type":
        return tf.dtypes.as_dtype(content).name  # type: ignore[attr-defined]
    if kind == "shape":
        return None if content.unknown_rank else tuple(dim.size for dim in content.dim)
    if kind == "tensor":
        return tf.make_ndarray(content)  # type: ignore[attr-defined]
    if kind == "func":
        return content.name
    if kind == "list":
        names = "s", "i", "f", "b", "type", "shape", "tensor"
        wrap = type(value)
        return [
            attribute(tf, wrap(**{name: one})) for name in names for one in getattr(content, name)
        ]
    return content


def test_large_values_are_read_again_from_the_file() -> None:
    torch = peer("torch")
    from torch.utils.tensorboard import SummaryWriter

    # Values that are not held in memory while loading, and values that are longer than a chunk.
    with tempfile.TemporaryDirectory() as directory:
        large = torch.arange(3_000_000, dtype=torch.float32)
        with SummaryWriter(directory) as writer:
            writer.add_scalar("scalar", 1.0, 1)
            writer.add_tensor("large", large, 1)
            writer.add_tensor("large", large[:200_000], 2)
            writer.add_image("picture", RANDOM.integers(0, 255, (3, 1500, 1500)), 3)
            writer.add_scalar("scalar", 2.0, 2)
        for verify in ("crc", "none"):
            run = tfevents.read(directory, verify=verify)["."]
            assert_read_equal(Path(directory), run)
            assert run.tensors["large"][0].value.nbytes == 12_000_000
