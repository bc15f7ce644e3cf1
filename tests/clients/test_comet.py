"""Comet without a server. It wraps methods of torch's `SummaryWriter` when its module is
imported.
"""

import pytest

from peers import peer
from trackers import WAYS, seen

peer("comet_ml")

# It must be imported before torch.
BEGINNING = """
    os.environ.pop("COMET_DISABLE_AUTO_LOGGING")
    import comet_ml

    experiment = comet_ml.OfflineExperiment(
        offline_directory=path, project_name="p", workspace="w", api_key="x", log_code=False,
        log_env_details=False, parse_args=False, log_git_metadata=False, auto_output_logging=False,
    )
"""

ENDING = """
    experiment.end()
    import glob, json, zipfile

    (archive,) = glob.glob(path + "/*.zip")
    lines = zipfile.ZipFile(archive).read("messages.json").decode().splitlines()
    payloads = [json.loads(line)["payload"] for line in lines]
    metrics = [p["metric"] for p in payloads if "metric" in p]
    print(json.dumps([
        sorted((m["metricName"], m["step"], m["metricValue"]) for m in metrics
               if m["metricName"] not in ("process duration", "accuracy")),
        sorted({p["param"]["paramName"] for p in payloads if "param" in p}),
    ]))
"""


@pytest.mark.timeout(600)
def test_it_sees_what_it_sees_of_torchs_writer(tmp_path):
    theirs = seen(tmp_path, BEGINNING, ENDING, "torch")
    assert [step for tag, step, _ in theirs[0] if tag == "loss"] == list(range(12))
    assert "trial_lr" in theirs[1]
    # If `install` comes later, the module is patched already, and ours is patched as well.
    for way in WAYS:
        assert seen(tmp_path, BEGINNING, ENDING, way) == theirs, way
