"""MONAI's handlers of ignite's engines and its slices of volumes."""

import pytest

from clients import run_both
from peers import peer

peer("monai")
peer("ignite")

TRAINING = """
    import warnings
    warnings.simplefilter("ignore")
    from ignite.engine import Engine
    from monai.handlers import TensorBoardImageHandler, TensorBoardStatsHandler
    from monai.visualize import plot_2d_or_3d_image
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(path)
    engine = Engine(lambda engine, batch: batch.mean().item())

    @engine.on("EPOCH_COMPLETED")
    def measure(engine):
        engine.state.metrics["dice"] = 1 / engine.state.epoch

    TensorBoardStatsHandler(writer, output_transform=lambda loss: loss).attach(engine)
    engine.run(list(torch.rand(3, 4)), max_epochs=2)
    volume = torch.rand(1, 1, 8, 9, 10)
    plot_2d_or_3d_image(volume[..., 0], 1, writer, tag="slice")
    plot_2d_or_3d_image(volume, 2, writer, tag="volume")
    writer.close()
"""


@pytest.mark.timeout(400)
def test_the_handlers_log_what_they_log_with_torchs_writer(tmp_path):
    theirs, mine = run_both(tmp_path, TRAINING)
    assert mine.scalars == theirs.scalars
    assert mine.images == theirs.images
    (run,) = mine.scalars.values()
    assert len(run["Loss"]) == 6
    (images,) = mine.images.values()
    assert len(images) >= 2
