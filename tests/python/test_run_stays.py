"""A run stays where it was made, whatever the process changes later."""

import json
import os
import pickle

import numpy as np
import pytest

import tfevents
from tfevents import FileWriter, SummaryWriter


def files(path):
    return sorted(os.path.relpath(file, path) for file in path.rglob("*") if file.is_file())


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The process works in `first`. Calling the result changes to another directory, and returns
    it.
    """
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    monkeypatch.chdir(first)

    def go():
        monkeypatch.chdir(second)
        return second

    return go


def test_a_relative_directory(tmp_path, elsewhere):
    writer = SummaryWriter("runs/a")
    writer.add_scalar("loss", 0.5, 0)
    second = elsewhere()
    old = os.umask(0o077)
    try:
        writer.add_scalars("losses", {"train": 0.5}, 0)
        writer.add_hparams({"lr": 0.1}, {"accuracy": 0.9}, run_name="hparams")
        writer.add_embedding(np.eye(3))
        writer.close()
        writer.add_scalar("loss", 0.4, 1)
        copy = pickle.loads(pickle.dumps(writer))
        copy.add_scalar("copy", 0.5, 1)
        copy.close()
        child = os.fork()
        if child == 0:
            writer.add_scalar("child", 0.5, 1)
            writer.close()
            os._exit(0)
        os.waitpid(child, 0)
        writer.export_scalars_to_json("scalars.json")
        writer.close()
    finally:
        os.umask(old)
    assert files(second) == ["scalars.json"]
    assert writer.log_dir == writer.get_logdir() == "runs/a"
    assert all(path.startswith(f"{tmp_path}/first/runs/a/") for path in writer.paths)
    log = tfevents.read(tmp_path / "first" / "runs")
    assert set(log) == {"a", "a/losses_train", "a/hparams"}
    assert set(log["a"].scalars) == {"loss", "copy", "child"}
    exported = json.loads((second / "scalars.json").read_text())
    assert {"runs/a/loss", "runs/a/losses/train"} <= set(exported)


def test_the_default_directory(tmp_path, elsewhere):
    writer = SummaryWriter()
    second = elsewhere()
    writer.add_scalars("losses", {"train": 0.5}, 0)
    writer.close()
    assert files(second) == []
    assert len(files(tmp_path / "first")) == 2


def test_a_file_writer(tmp_path, elsewhere):
    writer = FileWriter("runs/a")
    writer.close()
    second = elsewhere()
    writer.reopen()
    writer.add_summary(tfevents.summary.scalar("loss", 0.5), 1)
    writer.close()
    assert files(second) == []
    assert len(files(tmp_path / "first")) == 2


def test_a_directory_that_is_gone(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    os.rmdir(tmp_path / "gone")
    with pytest.raises(OSError):
        SummaryWriter("runs/a")
    SummaryWriter("runs/a", write_to_disk=False).add_scalar("loss", 0.5, 0)
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", 0.5, 0)
    monkeypatch.chdir(tmp_path)
