"""PyTorch-Ignite's `TensorboardLogger`, which uses tensorboardX's writer if it is installed."""

import pytest

from clients import run_both
from peers import peer

peer("ignite")
peer("tensorboardX")

TRAINING = """
    from ignite.engine import Engine, Events
    from ignite.handlers.tensorboard_logger import (
        OptimizerParamsHandler, TensorboardLogger, WeightsHistHandler, WeightsScalarHandler,
    )

    model = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def update(engine, batch):
        optimizer.zero_grad()
        loss = (model(batch) - batch.sum(1, keepdim=True)).square().mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    trainer = Engine(update)
    with TensorboardLogger(log_dir=path) as logger:
        logger.attach_output_handler(
            trainer, Events.ITERATION_COMPLETED, tag="training stage: 1",
            output_transform=lambda loss: {"batch loss": loss},
        )
        logger.attach(
            trainer, OptimizerParamsHandler(optimizer), event_name=Events.ITERATION_COMPLETED
        )
        logger.attach(trainer, WeightsScalarHandler(model), event_name=Events.EPOCH_COMPLETED)
        logger.attach(trainer, WeightsHistHandler(model), event_name=Events.EPOCH_COMPLETED)
        trainer.run(list(torch.rand(4, 8, 4)), max_epochs=2)
"""


@pytest.mark.timeout(400)
def test_the_logger_logs_what_it_logs_with_tensorboardx_s_writer(tmp_path):
    theirs, mine = run_both(tmp_path, TRAINING)
    assert mine.scalars == theirs.scalars
    assert mine.histograms == theirs.histograms
    (run,) = mine.scalars.values()
    # tensorboardX allows fewer characters in tags.
    assert len(run["training_stage__1/batch_loss"]) == 8
