"""Each code sample of a tutorial of torch's SummaryWriter logs the same with ours as with torch's.

The tutorial is among the project's shared files, and its samples come from there.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from same_log import assert_same_log, kinds
from tutorial import IMPORT, adapted, samples

from peers import peer, torchvision

TUTORIAL = Path(__file__).parents[3] / "shared" / "000_0b4058c117410b15.txt"
if not TUTORIAL.exists():
    pytest.skip(f"the tutorial is not there: {TUTORIAL}", allow_module_level=True)
for name in ("torch.utils.tensorboard", "matplotlib", "PIL.Image"):
    peer(name)
torchvision()

pytestmark = pytest.mark.timeout(900)

# The number of values of each kind that each sample logs with torch.
# (The gradients of sample 15 are never logged, since it looks for them before there are any.)
LOGGED: dict[int, dict[str, int]] = {
    0: {"graph": 1, "image": 1},
    1: {},
    2: {"graph": 1, "image": 1},
    3: {"simple_value": 250},
    4: {"simple_value": 300},
    5: {"image": 12},
    6: {"image": 1},
    7: {"image": 1},
    8: {"text": 2},
    9: {"graph": 1},
    10: {},
    11: {"projector": 1},
    12: {"pr_curves": 1},
    13: {"mesh": 3},
    14: {"hparams": 15, "simple_value": 10},
    15: {"graph": 1, "histo": 64, "simple_value": 6},
}
# The changes to samples, besides the import.
CHANGED = {1: ["command"], 10: ["signature"], 11: ["signature"], 15: ["epochs"]}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The directory in which all samples ran, for each writer."""
    directories = {}
    for module in ("torch.utils.tensorboard", "tfevents"):
        directories[module] = tmp_path_factory.mktemp(module)
        done = subprocess.run(
            [sys.executable, Path(__file__).with_name("tutorial.py"), TUTORIAL, module],
            cwd=directories[module],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert done.returncode == 0, f"{module}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return directories


@pytest.mark.parametrize("number", range(16))
def test_sample(logs: dict[str, Path], number: int) -> None:
    ours, torchs = (logs[m] / f"sample-{number}" for m in ("tfevents", "torch.utils.tensorboard"))
    assert kinds(assert_same_log(ours, torchs)) == Counter(LOGGED[number])


def test_nothing_but_the_import_and_what_cannot_run_is_changed() -> None:
    found = [adapted(sample, "tfevents") for sample in samples(TUTORIAL)]
    assert len(found) == 16
    assert {number: changes for number, (_, changes) in enumerate(found) if changes} == CHANGED
    assert not any(IMPORT in code for code, _ in found)
