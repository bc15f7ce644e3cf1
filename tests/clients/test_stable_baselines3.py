"""stable-baselines3's `TensorBoardOutputFormat`, for which `install` swaps the writer."""

import pytest

from clients import run_both, steps, without_times
from peers import peer

peer("stable_baselines3")
peer("gymnasium")

TRAINING = """
    import warnings
    warnings.simplefilter("ignore")
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.logger import Figure, HParam, Image

    class More(BaseCallback):
        def _on_training_start(self):
            hparam = HParam({"lr": self.model.learning_rate, "n": 2}, {"train/loss": 0})
            self.logger.record("hparams", hparam, exclude=("stdout", "log", "json", "csv"))

        def _on_step(self):
            return True

        def _on_rollout_end(self):
            image = Image(torch.rand(3, 8, 8), "CHW")
            self.logger.record("image", image, exclude=("stdout", "log", "json", "csv"))
            self.logger.record("words", "some text")
            self.logger.record("values", torch.arange(5.0))

    model = PPO(
        "MlpPolicy", "CartPole-v1", n_steps=32, batch_size=16, n_epochs=1, seed=0, device="cpu",
        tensorboard_log=path,
    )
    model.learn(96, callback=More(), log_interval=1)
    model.logger.close()
"""


@pytest.mark.timeout(400)
def test_the_output_format_logs_what_it_logs_with_torchs_writer(tmp_path):
    theirs, mine = run_both(tmp_path, TRAINING)
    assert steps(mine) == steps(theirs)
    assert without_times(mine, "fps", "time") == without_times(theirs, "fps", "time")
    assert mine.texts == theirs.texts
    assert mine.hparams == theirs.hparams
    assert any("train/loss" in tags for tags in mine.scalars.values())
