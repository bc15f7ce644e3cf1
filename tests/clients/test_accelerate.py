"""accelerate's TensorBoard tracker, for which `install` swaps the writer."""

import pytest

from clients import run_both
from peers import peer

peer("accelerate")

TRAINING = """
    from accelerate import Accelerator

    accelerator = Accelerator(log_with="tensorboard", project_dir=path, cpu=True)
    accelerator.init_trackers("run", config={"lr": 0.1, "layers": 2, "name": "net", "bias": True})
    for step in range(5):
        accelerator.log({"loss": 1 / (step + 1), "group": {"a": step, "b": 2.0 * step}}, step)
        accelerator.log({"note": f"step {step}"}, step)
    accelerator.get_tracker("tensorboard").log_images({"noise": torch.rand(2, 3, 8, 8)}, step)
    accelerator.end_training()
"""


@pytest.mark.timeout(400)
def test_the_tracker_logs_what_it_logs_with_torchs_writer(tmp_path):
    theirs, mine = run_both(tmp_path, TRAINING)
    # The run of the hyperparameters is named after the time.
    assert sorted(map(str, mine.scalars.values())) == sorted(map(str, theirs.scalars.values()))
    assert sorted(map(str, mine.texts.values())) == sorted(map(str, theirs.texts.values()))
    assert {run["loss"][4] for run in mine.scalars.values() if "loss" in run} == {
        (4, 0.20000000298023224)
    }
    hparams = [run for run in mine.hparams.values() if run]
    assert hparams == [{"lr": 0.1, "layers": 2.0, "name": "net", "bias": True}]
