"""Files of tensorboardX are read as TensorBoard reads them."""

from pathlib import Path

from tensorboard_reader import assert_read_equal

import tfevents
from peers import peer

tensorboardx = peer("tensorboardX")


def test_scalars_and_texts(tmp_path: Path) -> None:
    with tensorboardx.SummaryWriter(str(tmp_path)) as writer:
        for step in range(200):
            writer.add_scalar("loss", step / 3, step)
            writer.add_scalar("acc", -step, step, walltime=step / 8)
            if step % 9 == 0:
                writer.add_text("note", f"step {step} of ☃", step)
        writer.add_scalar("never a step", float("nan"))
        writer.add_histogram("weights", [1.0, 2.0], 1)
    run = tfevents.read(tmp_path)["."]
    assert_read_equal(tmp_path, run)
    assert "weights" in run.tags
