"""MLflow's autologging of PyTorch, which patches torch's `FileWriter` and `add_hparams`."""

import pytest

from peers import peer
from trackers import WAYS, seen

peer("mlflow")
peer("sqlalchemy")
peer("pandas")

BEGINNING = """
    import logging, warnings
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    import mlflow, mlflow.pytorch

    mlflow.set_tracking_uri(f"sqlite:///{path}/mlflow.db")
    mlflow.pytorch.autolog(log_every_n_step=1, disable_for_unsupported_versions=False)
    run = mlflow.start_run()
"""

ENDING = """
    import json
    from mlflow.pytorch._pytorch_autolog import flush_metrics_queue

    flush_metrics_queue()
    mlflow.end_run()
    client = mlflow.MlflowClient()
    data = client.get_run(run.info.run_id).data
    points = {
        tag: sorted((m.step, m.value) for m in client.get_metric_history(run.info.run_id, tag))
        for tag in data.metrics
    }
    print(json.dumps([points, data.params], sort_keys=True))
"""


@pytest.mark.timeout(600)
def test_it_sees_what_it_sees_of_torchs_writer(tmp_path):
    theirs = seen(tmp_path, BEGINNING, ENDING, "torch")
    points, parameters = theirs
    assert [step for step, _ in points["loss"]] == list(range(12))
    assert parameters == {"lr": "0.5", "name": "net"}
    for way in WAYS:
        assert seen(tmp_path, BEGINNING, ENDING, way) == theirs, way
