"""tensorboard-reducer, which reads event files and writes their mean."""

import pytest

from clients import run_both
from peers import peer

peer("tensorboard_reducer")

REDUCTION = """
    import shutil
    import tensorboard_reducer
    from torch.utils.tensorboard import SummaryWriter

    runs = [f"{path}-runs/{seed}" for seed in range(3)]
    for seed, run in enumerate(runs):
        with SummaryWriter(run) as writer:
            for step in range(5):
                writer.add_scalar("loss", (seed + 1) / (step + 1), step)
    events = tensorboard_reducer.load_tb_events(runs)
    reduced = tensorboard_reducer.reduce_events(events, ["mean", "std", "min", "max"])
    tensorboard_reducer.write_tb_events(reduced, f"{path}/reduced")
"""


@pytest.mark.timeout(400)
def test_it_writes_what_it_writes_with_torchs_writer(tmp_path):
    theirs, mine = run_both(tmp_path, REDUCTION)
    assert mine.scalars == theirs.scalars
    assert {len(run["loss"]) for run in mine.scalars.values()} == {5}
    assert len(mine.scalars) == 5
