"""Weights & Biases without a server, with `sync_tensorboard=True`. It is told each directory."""

from typing import Any

import pytest

from peers import peer
from trackers import seen

peer("wandb")

BEGINNING = """
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_CACHE_DIR=path)
    import wandb

    run = wandb.init(project="p", sync_tensorboard=True, dir=path)
"""

ENDING = """
    run.finish()
    # Waits for the process that writes the file.
    wandb.teardown()
    import glob, json

    (file,) = glob.glob(path + "/wandb/offline*/*.wandb")
    data = open(file, "rb").read()
    # Its reader may come to a point of a sub-run twice, or once, with torch's writer too.
    there = [tag in data for tag in (b"main_a/main", b"main_b/main", b"accuracy")]
    print(json.dumps([data.count(b"loss"), *there]))
"""


@pytest.mark.timeout(600)
def test_it_sees_what_it_sees_of_torchs_writer(tmp_path):
    # On a busy machine it may end before it has read everything, also with torch's writer.
    def in_time(way: str, expected: list[Any] | None = None) -> list[Any]:
        for attempt in range(3):
            found = seen(tmp_path / str(attempt), BEGINNING, ENDING, way)
            if found == expected or (expected is None and found[0] >= 12):
                break
        return found

    theirs = in_time("torch")
    assert theirs[0] >= 12
    for way in ("import", "install"):
        assert in_time(way, theirs) == theirs, way
