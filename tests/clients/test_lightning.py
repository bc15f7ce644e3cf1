"""Lightning's `TensorBoardLogger`, for which `install` swaps the writer."""

import pytest

from clients import run_both
from peers import peer

peer("lightning")

TRAINING = """
    import warnings
    warnings.simplefilter("ignore")
    import lightning
    from lightning.pytorch.loggers import TensorBoardLogger
    from torch.utils.data import DataLoader, TensorDataset

    class Model(lightning.LightningModule):
        def __init__(self, lr=0.1, sizes=(4, 1)):
            super().__init__()
            self.save_hyperparameters()
            self.example_input_array = torch.zeros(1, 4)
            self.layer = torch.nn.Linear(*sizes)

        def forward(self, x):
            return self.layer(x)

        def training_step(self, batch, index):
            x, y = batch
            loss = torch.nn.functional.mse_loss(self(x), y)
            self.log("train/loss", loss)
            self.logger.experiment.add_histogram("weight", self.layer.weight, self.global_step)
            self.logger.experiment.add_image("x", x[None].clip(0, 1), self.global_step)
            return loss

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), self.hparams.lr)

    lightning.seed_everything(0)
    x = torch.rand(32, 4)
    loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=4)
    trainer = lightning.Trainer(
        max_epochs=2, log_every_n_steps=1, enable_checkpointing=False, accelerator="cpu",
        enable_progress_bar=False, enable_model_summary=False,
        logger=TensorBoardLogger(path, name="run", version="", log_graph=True,
                                 default_hp_metric=True),
    )
    trainer.fit(Model(), loader)
    trainer.logger.log_metrics({"final": 1.5}, 16)
    trainer.logger.save()
"""


@pytest.mark.timeout(400)
def test_the_logger_logs_what_it_logs_with_torchs_writer(tmp_path):
    theirs, mine = run_both(tmp_path, TRAINING)
    assert mine.scalars == theirs.scalars
    assert mine.hparams == theirs.hparams
    (run,) = mine.scalars.values()
    assert [step for step, _ in run["train/loss"]] == list(range(16))
    assert run["final"] == [(16, 1.5)]
