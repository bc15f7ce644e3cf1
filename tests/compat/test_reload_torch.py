"""A log that is reloaded while torch's writer writes."""

from growing import follow_a_writer
from peers import peer

peer("torch.utils.tensorboard")


def test_torchs_writer_at_work(tmp_path):
    follow_a_writer(tmp_path / "run", "torch.utils.tensorboard")
