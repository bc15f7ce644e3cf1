"""skorch's `TensorBoard` callback, which is given our writer."""

import pytest

from clients import run_both, without_times
from peers import peer

peer("skorch")

TRAINING = """
    import numpy as np
    from skorch import NeuralNetRegressor
    from skorch.callbacks import TensorBoard

    if which == "torch":
        from torch.utils.tensorboard import SummaryWriter
    else:
        from tfevents import SummaryWriter

    class Log(TensorBoard):
        def on_epoch_end(self, net, **kwargs):
            weight = net.module_.weight
            self.writer.add_histogram("weight", weight, len(net.history))
            super().on_epoch_end(net, **kwargs)

    torch.manual_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    net = NeuralNetRegressor(
        torch.nn.Linear, module__in_features=4, module__out_features=1, max_epochs=3, lr=0.05,
        iterator_train__shuffle=False, callbacks=[Log(SummaryWriter(path))], verbose=0,
    )
    net.fit(x, x.sum(1, keepdims=True))
"""


@pytest.mark.timeout(400)
def test_the_callback_logs_what_it_logs_with_torchs_writer(tmp_path):
    theirs, mine = run_both(tmp_path, TRAINING, swap="pass")
    assert without_times(mine, "dur") == without_times(theirs, "dur")
    assert mine.histograms == theirs.histograms
    (run,) = mine.scalars.values()
    assert [step for step, _ in run["Loss/train_loss"]] == [1, 2, 3]
