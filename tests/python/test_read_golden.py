"""Golden files of other packages are read as TensorBoard's reader reads them; see tests/golden."""

import json
from pathlib import Path

import numpy as np
import pytest

import tfevents

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.mark.parametrize("name", ["torch", "tensorboardx", "tensorflow"])
def test_golden(name: str) -> None:
    run = tfevents.read(GOLDEN / name)["."]
    expected = json.loads((GOLDEN / name / "expected.json").read_text())
    assert set(run.scalars) == set(expected["scalars"])
    assert set(run.texts) == set(expected["texts"])
    assert "weights" in run.tags
    for tag, rows in expected["scalars"].items():
        steps, wall_times, values = zip(*rows, strict=True)
        np.testing.assert_array_equal(run.scalars[tag].step, steps)
        np.testing.assert_array_equal(run.scalars[tag].wall_time, wall_times)
        np.testing.assert_array_equal(run.scalars[tag].value, np.array(values, dtype=float))
    for tag, rows in expected["texts"].items():
        steps, wall_times, values = zip(*rows, strict=True)
        np.testing.assert_array_equal(run.texts[tag].step, steps)
        np.testing.assert_array_equal(run.texts[tag].wall_time, wall_times)
        ours = [v if isinstance(v, str) else v.tolist() for v in run.texts[tag].value]
        assert ours == list(values)
