"""MMEngine's `TensorboardVisBackend`, for which `install` swaps the writer."""

import pytest

from clients import run_both
from peers import peer

peer("mmengine.visualization")

TRAINING = """
    import numpy as np
    from mmengine.config import Config
    from mmengine.visualization import TensorboardVisBackend

    backend = TensorboardVisBackend(path)
    backend.add_config(Config({"lr": 0.1, "model": {"depth": 2}}))
    rng = np.random.default_rng(0)
    for step in range(4):
        backend.add_scalar("loss", torch.tensor(1 / (step + 1)), step)
        backend.add_scalars({"train/acc": step / 4, "train/lr": np.float32(0.1)}, step=step)
        backend.add_image("noise", rng.integers(0, 256, (8, 9, 3), dtype=np.uint8), step)
    backend.close()
"""


@pytest.mark.timeout(400)
def test_the_backend_logs_what_it_logs_with_torchs_writer(tmp_path):
    theirs, mine = run_both(tmp_path, TRAINING)
    assert mine.scalars == theirs.scalars
    assert mine.texts == theirs.texts
    assert mine.images == theirs.images
    (run,) = mine.scalars.values()
    assert [step for step, _ in run["train/acc"]] == list(range(4))
