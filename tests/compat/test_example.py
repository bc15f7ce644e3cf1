"""examples/train_video.py, with few videos and one epoch."""

import runpy
from pathlib import Path

import pytest

import tfevents
from peers import peer

torch = peer("torch")

EXAMPLE = Path(__file__).parents[2] / "examples" / "train_video.py"


@pytest.mark.timeout(300)
def test_the_example_logs_what_it_says(tmp_path, monkeypatch, capsys):
    arguments = ["--epochs=1", "--videos=12", "--batch=6", f"--logdir={tmp_path}"]
    monkeypatch.setattr("sys.argv", [str(EXAMPLE), *arguments])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert f"logged to {tmp_path}" in capsys.readouterr().out

    (run,) = tfevents.read(tmp_path).values()
    assert run.scalars["train/loss"].step.tolist() == [0, 1]
    assert len(run.scalars["train/learning rate"]) == 2
    assert 0 <= run.scalars["validation/accuracy"].value[-1] <= 1
    kinds = {tag.split("/")[0] for tag in run.histograms}
    assert kinds == {"gradients", "parameters"}
    assert run.histograms["parameters/frame.0.weight"].num.tolist() == [12 * 3 * 3 * 3]
    assert run.images["attention"][0].decode().shape == (4 * 16, 10 * 16, 3)
    assert run.images["predictions"][0].data.startswith(b"GIF89a")
    assert set(run.pr_curves) == {"left", "right", "up", "down", "grows"}
    assert run.hparams["optimizer"] == "AdamW"
    assert any("LSTM" in node.name for node in run.graph.nodes)
