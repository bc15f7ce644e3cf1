"""Files of torch are read as TensorBoard reads them."""

from pathlib import Path

import numpy as np
from tensorboard_reader import assert_read_equal

import tfevents
from peers import peer

torch_tensorboard = peer("torch.utils.tensorboard")


def test_scalars_in_every_style_and_texts(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    with torch_tensorboard.SummaryWriter(str(tmp_path)) as writer:
        for step in range(300):
            value = random.normal()
            writer.add_scalar("simple", value, step)
            writer.add_scalar("tensor", value, step, new_style=True)
            writer.add_scalar("double", value, step, new_style=True, double_precision=True)
            if step % 7 == 0:
                writer.add_scalar("now and then", value, -step, walltime=step)
                writer.add_text("note", f"step {step}\n\nof ☃", step)
        writer.add_scalar("never a step", 1.0)
        writer.add_scalar("nan", float("nan"), 1)
        writer.add_scalar("inf", float("-inf"), 1)
        writer.add_histogram("weights", random.normal(size=100), 1)
        writer.add_hparams({"lr": 0.1}, {"hparam/loss": 1.0}, run_name=".")
    run = tfevents.read(tmp_path)["."]
    assert_read_equal(tmp_path, run)
    assert {"weights", "_hparams_/experiment"} <= set(run.tags)


def test_runs_of_add_scalars(tmp_path: Path) -> None:
    with torch_tensorboard.SummaryWriter(str(tmp_path)) as writer:
        for step in range(10):
            writer.add_scalars("loss", {"train": step, "val": -step}, step)
    log = tfevents.read(tmp_path)
    assert log.runs == [".", "loss_train", "loss_val"]
    for name, run in log.items():
        assert_read_equal(tmp_path / name, run)


def test_a_run_of_many_files(tmp_path: Path) -> None:
    for part in range(4):
        suffix = f".{part}"
        with torch_tensorboard.SummaryWriter(str(tmp_path), filename_suffix=suffix) as writer:
            for step in range(50):
                writer.add_scalar("loss", step * part, step, new_style=part % 2 == 0)
    assert_read_equal(tmp_path, tfevents.read(tmp_path)["."])
