"""export_scalars_to_json: the scalars are read back from the event files."""

import json
import os

import pytest

from tfevents import SummaryWriter


def test_all_scalars_are_there(tmp_path):
    log_dir = tmp_path / "run"
    with SummaryWriter(log_dir) as writer:
        for step in range(3):
            writer.add_scalar("train/loss", step / 2, step, 10.0 + step)
            writer.add_scalars("a/b", {"x": step, "y/z": -step}, step, 20.0)
        writer.add_scalars("same", {"x": 0.5}, 7, 30.0, same_run=True)
        writer.add_text("text", "no scalar")
        writer.add_hparams({"lr": 1}, {"acc": 0.5}, run_name="trial")
        writer.export_scalars_to_json(tmp_path / "scalars.json")
        # The file is read while it is written.
        writer.add_scalar("more", 1.0, 1, 1.0)
        writer.export_scalars_to_json(str(tmp_path / "more.json"))
    curves = json.loads((tmp_path / "scalars.json").read_text())
    assert {os.path.relpath(path, log_dir): curve for path, curve in curves.items()} == {
        "train/loss": [[10.0, 0, 0.0], [11.0, 1, 0.5], [12.0, 2, 1.0]],
        "a/b/x": [[20.0, 0, 0.0], [20.0, 1, 1.0], [20.0, 2, 2.0]],
        "a/b/y/z": [[20.0, 0, 0.0], [20.0, 1, -1.0], [20.0, 2, -2.0]],
        "same/x": [[30.0, 7, 0.5]],
    }
    more = json.loads((tmp_path / "more.json").read_text())
    assert more == {**curves, str(log_dir / "more"): [[1.0, 1, 1.0]]}


def test_after_close_and_of_nothing(tmp_path):
    writer = SummaryWriter(tmp_path / "run")
    writer.export_scalars_to_json(tmp_path / "nothing.json")
    assert json.loads((tmp_path / "nothing.json").read_text()) == {}
    writer.add_scalar("a", 1.0, 2, 3.0)
    writer.close()
    writer.export_scalars_to_json(tmp_path / "closed.json")
    curves = json.loads((tmp_path / "closed.json").read_text())
    assert list(curves.values()) == [[[3.0, 2, 1.0]]]


def test_what_cannot_be_written(tmp_path):
    with SummaryWriter(tmp_path / "run") as writer:
        with pytest.raises(OSError):
            writer.export_scalars_to_json(tmp_path / "no" / "file")
        with pytest.raises(TypeError):
            writer.export_scalars_to_json(None)
    with SummaryWriter(tmp_path / "none", write_to_disk=False) as writer:
        writer.add_scalar("a", 1.0)
        writer.export_scalars_to_json(tmp_path / "none.json")
        with pytest.raises(TypeError):
            writer.export_scalars_to_json(None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
