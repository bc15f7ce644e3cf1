"""Readers that run while writers of other packages write."""

import pytest

from growing import follow_a_writer
from peers import peer


@pytest.mark.parametrize("package", ["torch.utils.tensorboard", "tensorboardX"])
def test_another_writer_at_work(tmp_path, package):
    peer(package)
    follow_a_writer(tmp_path / "run", package)
