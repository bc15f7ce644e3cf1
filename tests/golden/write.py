"""Writes the golden files, each with the package that its directory is named after.

    python tests/golden/write.py torch tensorboardx tensorflow

Each directory gets one event file, and `expected.json`, its content by TensorBoard's reader.
"""

import importlib
import json
import math
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "compat")]

VALUES = [0.1, -2.5, 0.0, math.inf, -math.inf, math.nan, 3e38, 1e-45]


def torch(directory: str) -> None:
    from torch.utils.tensorboard import SummaryWriter

    _torch_style(SummaryWriter(directory), new_style=True)


def tensorboardx(directory: str) -> None:
    from tensorboardX import SummaryWriter

    _torch_style(SummaryWriter(directory, write_to_disk=True), new_style=False)


def _torch_style(writer, new_style):
    for step, value in enumerate(VALUES):
        writer.add_scalar("loss/train", value, step * 1000 - 2000, walltime=1.7e9 + step / 4)
        writer.add_scalar("no step", value, walltime=1.7e9)
        if new_style:
            writer.add_scalar("tensor", value, step, 1.7e9, new_style=True)
            writer.add_scalar("double", value, step, 1.7e9, new_style=True, double_precision=True)
        writer.add_text("note", f"**{value}**, grüße", step, walltime=1.7e9)
    writer.add_histogram("weights", __import__("numpy").arange(10.0), 1, walltime=1.7e9)
    writer.close()


def tensorflow(directory: str) -> None:
    import tensorflow as tf

    with tf.summary.create_file_writer(directory).as_default():
        for step, value in enumerate(VALUES):
            tf.summary.scalar("loss/train", value, step * 1000)
            for dtype in (tf.float16, tf.bfloat16, tf.float64):
                tf.summary.scalar(dtype.name, tf.cast(value, dtype), step)
            tf.summary.scalar("integer", tf.constant(step - 3, tf.int64), step)
            tf.summary.scalar("bool", tf.constant(step % 2 == 0), step)
            tf.summary.text("note", f"**{value}**, grüße", step)
        tf.summary.text("table", [["a", "b"], ["c", "d"]], 1)
        tf.summary.histogram("weights", tf.range(10.0), 1)


def main() -> None:
    from tensorboard_reader import tensorboard_rows

    for name in sys.argv[1:]:
        directory = HERE / name
        directory.mkdir(exist_ok=True)
        for old in directory.iterdir():
            old.unlink()
        globals()[name](str(directory))
        (file,) = directory.iterdir()
        # The host and the process do not matter.
        file.rename(directory / "events.out.tfevents.golden")
        scalars, texts = tensorboard_rows(directory)
        expected = {"scalars": scalars, "texts": texts}
        (directory / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
        module = importlib.import_module({"tensorboardx": "tensorboardX"}.get(name, name))
        print(name, module.__version__)


if __name__ == "__main__":
    main()
