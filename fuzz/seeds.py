"""Makes the first inputs of the fuzzer, with torch, tensorboardX, TensorFlow and our own writer.

    .venv/bin/python fuzz/seeds.py

They are small, so that a change is likely to hit something that matters.
"""

import hashlib
import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import events  # noqa: E402

CORPUS = HERE / "corpus"
RANDOM = np.random.default_rng(0)
PICTURE = RANDOM.integers(0, 255, (3, 5, 4)).astype(np.uint8)
NOISE = RANDOM.uniform(-1, 1, (1, 20)).astype(np.float32)
# No file of the corpus is larger, and no message of a file that becomes one of its own.
MOST = 40_000


def torch(directory: str) -> None:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(directory) as writer:
        _log(writer)
        _graph(writer)


def tensorboardx(directory: str) -> None:
    from tensorboardX import SummaryWriter

    with SummaryWriter(directory) as writer:
        _log(writer)


def ours(directory: str) -> None:
    from tfevents import SummaryWriter

    with SummaryWriter(directory) as writer:
        _log(writer)
        _graph(writer)
        for step in range(3):
            writer.add_scalar("double", 0.1 * step, step, new_style=True, double_precision=True)
        for dtype in (np.float16, np.int8, np.uint64, np.complex64, np.bool_):
            writer.add_tensor(np.dtype(dtype).name, np.arange(6).reshape(2, 3).astype(dtype), 1)
        writer.add_tensor("strings", np.array(["a", "bc"]), 1)
        writer.add_video("film", np.zeros((1, 2, 3, 4, 4), np.uint8), 1)


def restarted(directory: str) -> None:
    from tfevents import SummaryWriter

    for start in (None, 2, 1):
        with SummaryWriter(directory, purge_step=start) as writer:
            for step in range(start or 0, 5):
                writer.add_scalar("loss", step / 2, step)
                writer.add_text("note", f"step {step}", step)


def _log(writer: object) -> None:
    for step in range(4):
        writer.add_scalar("loss/train", step / 3, step)
        writer.add_scalar("loss/test", -step, 1000 * step)
    writer.add_histogram("weights", RANDOM.normal(size=30), 1)
    writer.add_image("picture", PICTURE, 1)
    if not type(writer).__module__.startswith("tensorboardX"):  # It would need soundfile.
        writer.add_audio("sound", NOISE, 2, sample_rate=8000)
    writer.add_text("note", "**bold**, grüße", 3)
    writer.add_pr_curve("curve", RANDOM.integers(0, 2, 9), RANDOM.random(9), 1, num_thresholds=5)
    vertices, colors = RANDOM.random((1, 4, 3)), RANDOM.integers(0, 255, (1, 4, 3))
    faces = np.array([[[0, 2, 3], [0, 3, 1]]])
    arrays = [vertices, colors, faces]
    if type(writer).__module__.startswith("torch."):
        import torch

        arrays = [torch.as_tensor(array) for array in arrays]
    writer.add_mesh("mesh", *arrays, {"camera": 1}, global_step=1)
    writer.add_custom_scalars(
        {"one": {"a": ["Multiline", ["x"]], "b": ["Margin", ["v", "l", "u"]]}}
    )
    writer.add_hparams({"lr": 0.1, "name": "x", "flag": True}, {"accuracy": 0.5})


def _graph(writer: object) -> None:
    import torch

    writer.add_graph(torch.nn.Linear(3, 2), torch.rand(1, 3))


def tensorflow(directory: str) -> None:
    import tensorflow as tf

    with tf.summary.create_file_writer(directory).as_default():
        for step in range(4):
            tf.summary.scalar("loss", step / 3, step)
        tf.summary.histogram("weights", RANDOM.normal(size=30), 1, buckets=5, description="*d*")
        tf.summary.image("pictures", np.stack([PICTURE.transpose(1, 2, 0)] * 2), 1)
        tf.summary.audio("sounds", NOISE.reshape(1, -1, 2), 8000, 2)
        tf.summary.text("table", [["a", "b"], ["c", "d"]], 1)
        for value in (1.5, np.arange(6).reshape(2, 3), [["x", "y"]], 1 + 2j, True, 2**40):
            tf.summary.write(f"tensor/{np.shape(value)}", tf.constant(value), 1)

        @tf.function
        def double(x: object) -> object:
            return 2 * x

        graph = double.get_concrete_function(tf.constant(1.0)).graph.as_graph_def()
        tf.summary.graph(graph)


def tensorflow1(directory: str) -> None:
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        numbers = v1.placeholder(tf.float32, [None])
        v1.summary.scalar("scalar", tf.reduce_mean(numbers))
        v1.summary.histogram("histogram", numbers)
        v1.summary.text("text", tf.as_string(numbers[0]))
        v1.summary.tensor_summary("tensor", tf.reshape(numbers, [2, 5]))
        merged = v1.summary.merge_all()
        with v1.summary.FileWriter(directory, session.graph) as writer:
            writer.add_session_log(v1.SessionLog(status=v1.SessionLog.START), 0)
            for step in range(2):
                metadata = v1.RunMetadata()
                options = v1.RunOptions(trace_level=v1.RunOptions.SOFTWARE_TRACE)
                feed = {numbers: RANDOM.normal(size=10)}
                summary = session.run(merged, feed, options=options, run_metadata=metadata)
                writer.add_summary(summary, step)
                writer.add_run_metadata(metadata, f"step {step}", step)
            stop = v1.SessionLog(status=v1.SessionLog.CHECKPOINT, checkpoint_path="a", msg="b")
            writer.add_session_log(stop, 3)


def models() -> dict[str, bytes]:
    from onnx import TensorProto, helper, numpy_helper

    kernel = numpy_helper.from_array(np.ones((1, 1, 2, 2), np.float32), "kernel")
    attributes = {"pads": [0, 0, 1, 1], "group": 1, "auto_pad": "NOTSET", "alphas": [0.5, 2.0]}
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["y"], name="first", **attributes),
        helper.make_node("Constant", [], ["c"], value=kernel, names=["a", "b"]),
    ]
    body = helper.make_graph([helper.make_node("Relu", ["y"], ["z"])], "body", [], [])
    nodes.append(helper.make_node("If", ["c"], ["z"], then_branch=body, else_branch=body))
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 1, 4, 4])]
    outputs = [helper.make_tensor_value_info("z", TensorProto.BFLOAT16, None)]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, [kernel])
    return {"conv": helper.make_model(graph).SerializeToString()}


def pictures() -> dict[str, bytes]:
    from PIL import Image

    rgb = Image.fromarray(PICTURE.transpose(1, 2, 0))
    images = {mode: rgb.convert(mode) for mode in ("L", "LA", "RGB", "RGBA", "1", "I;16")}
    palette = rgb.convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    palette.info["transparency"] = 1
    encoded = {}
    for mode, image in {**images, "P": palette}.items():
        out = io.BytesIO()
        image.save(out, "PNG")
        encoded[mode.replace(";", "")] = out.getvalue()
    return encoded


FILES: list[Callable[[str], None]] = [
    torch,
    tensorboardx,
    tensorflow,
    tensorflow1,
    ours,
    restarted,
]


def main() -> None:
    shutil.rmtree(CORPUS, ignore_errors=True)
    for folder in ("files", "messages", "models", "pictures"):
        (CORPUS / folder).mkdir(parents=True)
    for write in FILES:
        with tempfile.TemporaryDirectory() as directory:
            write(directory)
            for number, path in enumerate(events.event_files(directory)):
                _keep("files", f"{write.__name__}-{number}", path.read_bytes())
                for payload in events.read_records(path):
                    _keep_message(write.__name__, payload)
    for folder, contents in (("models", models()), ("pictures", pictures())):
        for name, content in contents.items():
            _keep(folder, name, content)


def _keep(folder: str, name: str, content: bytes) -> None:
    if len(content) > MOST:
        print(f"{folder}/{name} has {len(content)} bytes, too many")
        return
    (CORPUS / folder / name).write_bytes(content)


def _keep_message(writer: str, payload: bytes) -> None:
    """Keeps an event whose fields differ from those kept already."""
    fields = _shape(payload)
    digest = hashlib.sha256(repr(fields).encode()).hexdigest()[:8]
    path = CORPUS / "messages" / f"{writer}-{digest}"
    if not path.exists():
        _keep("messages", path.name, payload)


def _shape(message: bytes, depth: int = 0) -> object:
    """Which fields a message has, and those in them."""
    if depth == 4:
        return None
    try:
        fields = list(events.fields(message))
    except (IndexError, KeyError, AssertionError):
        return None
    shapes = {
        number: _shape(value, depth + 1) if isinstance(value, bytes) else None
        for number, value in fields
    }
    return sorted(shapes.items())


if __name__ == "__main__":
    main()
