"""ClearML without a server. It patches `add_event` of torch's `FileWriter`."""

import pytest

from peers import peer
from trackers import seen

peer("clearml")

BEGINNING = """
    os.environ.update(CLEARML_OFFLINE_MODE="1", CLEARML_CACHE_DIR=path, CLEARML_LOG_LEVEL="ERROR")
    sys.modules["tensorflow"] = None
    from clearml import Task

    Task.set_offline(True)
    task = Task.init(
        "p", "t", output_uri=False, auto_resource_monitoring=False, auto_connect_arg_parser=False,
        auto_connect_frameworks={"tensorboard": True, "pytorch": False, "matplotlib": False},
    )
"""

ENDING = """
    folder = str(task.get_offline_mode_folder())
    task.close()
    import json

    lines = open(os.path.join(folder, "metrics.jsonl")).read().splitlines()
    points = [point for line in lines if line for point in json.loads(line)]
    print(json.dumps(sorted((p["metric"], p["variant"], p["iter"], p["value"]) for p in points)))
"""


@pytest.mark.timeout(600)
def test_it_sees_what_it_sees_of_torchs_writer(tmp_path):
    theirs = seen(tmp_path, BEGINNING, ENDING, "torch")
    assert [step for tag, _, step, _ in theirs if tag == "loss"] == list(range(12))
    for way in ("import", "install"):
        assert seen(tmp_path, BEGINNING, ENDING, way) == theirs, way
