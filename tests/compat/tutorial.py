"""Runs the code samples of a tutorial one after the other, as a reader would in a notebook.

    python tutorial.py tutorial.txt <module of SummaryWriter>

Sample n runs in ./sample-n. All samples share one namespace. `adapted` changes some of them.
"""

import ast
import importlib
import os
import random
import re
import struct
import sys
import time
from pathlib import Path

IMPORT = "from torch.utils.tensorboard import SummaryWriter"
# 100 epochs take minutes. From the second epoch on, all log the same way.
EPOCHS = ("for epoch in range(100):", "for epoch in range(2):")


def samples(tutorial: Path) -> list[str]:
    """Its Python blocks, in order."""
    return re.findall(r"^```python\n(.*?)^```", tutorial.read_text(), re.M | re.S)


def adapted(sample: str, module: str) -> tuple[str, list[str]]:
    """The sample with its writer from `module`, and other changes.

    Notebook commands are left out, since they install packages that are installed. A method's
    signature in the place of code is left out, since a call of it names nothing that is defined.
    """
    changes = []
    lines = []
    for line in sample.replace(IMPORT, f"from {module} import SummaryWriter").splitlines():
        if line.startswith("%"):
            changes.append("command")
        elif re.match(r"add_\w+\(", line):
            ast.parse(line)  # it is the whole of the statement
            changes.append("signature")
        elif line == EPOCHS[0]:
            changes.append("epochs")
            lines.append(EPOCHS[1])
        else:
            lines.append(line)
    return "\n".join(lines), changes


def write_mnist(folder: Path) -> None:
    """Files in MNIST's format, where torchvision looks before it downloads: 256 blots of noise."""
    import numpy as np

    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, count in {"train": 256, "t10k": 64}.items():
        labels = rng.integers(0, 10, count, np.uint8)
        row, column = np.mgrid[:28, :28] - 14
        blot = 1 / (1 + np.hypot(row, column) / (labels + 3)[:, None, None] ** 2)
        images = (blot * rng.integers(0, 256, (count, 28, 28))).astype(np.uint8)
        head = struct.pack(">IIII", 0x803, count, 28, 28)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        head = struct.pack(">II", 0x801, count)
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())


def main() -> None:
    tutorial, module = Path(sys.argv[1]).resolve(), sys.argv[2]
    import matplotlib

    matplotlib.use("Agg")
    import numpy as np
    import torch

    from peers import torchvision

    torchvision()
    torch.set_num_threads(1)  # sums in one order
    root = Path.cwd()
    writer_class = importlib.import_module(module).SummaryWriter
    writers = {}
    namespace = {"__name__": "__main__"}
    for number, sample in enumerate(samples(tutorial)):
        code, _ = adapted(sample, module)
        folder = root / f"sample-{number}"
        folder.mkdir()
        for place in re.findall(r"MNIST\(\s*[\"'](.*?)[\"']", code):
            write_mnist(folder / place / "MNIST" / "raw")
        before = Path.cwd()
        os.chdir(folder)
        # Some samples use the writer of an earlier one, whose run stays where it was made.
        for name, value in list(namespace.items()):
            if isinstance(value, writer_class):
                value.close()
                namespace[name] = writer_class(os.path.relpath(before / value.log_dir, before))
        if "SummaryWriter()" in code:
            # Its run is named after the second, and must not have the name of an earlier sample's.
            time.sleep(1 - time.time() % 1)
        random.seed(number)
        np.random.seed(number)
        torch.manual_seed(number)
        exec(compile(code, f"sample {number}", "exec"), namespace)
        for value in namespace.values():
            if isinstance(value, writer_class):
                writers[id(value)] = value
                value.flush()
    # A sample may leave its writer open.
    for writer in writers.values():
        writer.close()


if __name__ == "__main__":
    main()
