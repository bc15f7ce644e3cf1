"""Runs a program below an experiment tracker: with torch's writer, and with ours in each way of
replacing it.
"""

import json
from typing import Any

from clients import BEGINNING, has_torchvision
from scripts import check

# The beginning of the script: ours by import, or by `install` before or after the tracker's hooks.
WAYS = ("import", "install", "late install")

LOGGING = """
    if which == "late install":
        tfevents.install()
    if which == "import":
        from tfevents import SummaryWriter
    else:
        from torch.utils.tensorboard import SummaryWriter
    writer = SummaryWriter("runs/a")
    assert isinstance(writer, tfevents.SummaryWriter) == (which != "torch")
    for step in range(12):
        writer.add_scalar("loss", 1 / (step + 1), step)
    writer.add_scalars("main", {"a": 1.0, "b": 2.0}, 3)
    writer.add_hparams({"lr": 0.5, "name": "net"}, {"accuracy": 0.75}, run_name="trial")
    writer.close()
"""


def seen(tmp_path: Any, beginning: str, ending: str, which: str) -> Any:
    """The data that the tracker received, which `ending` prints as JSON."""
    path = tmp_path / which.replace(" ", "-")
    path.mkdir(parents=True)
    # `install` is part of the beginning. What comes later is part of the logging.
    first = BEGINNING.format(
        swap='tfevents.install() if which == "install" else None',
        has_torchvision=has_torchvision,
    ).replace('which == "tfevents"', "True")
    moved = "\n    os.chdir(path)\n    os.environ['HOME'] = path\n"
    out = check(first + moved + beginning + LOGGING + ending, which, path)
    return json.loads(out.splitlines()[-1])
