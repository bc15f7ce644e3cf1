"""Compares `Scalars.smooth` with the function by which TensorBoard's page smooths."""

import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peers import peer
from tfevents import Scalars

tensorboard = peer("tensorboard")
playwright = peer("playwright.sync_api")

SMOOTH = """([source, values, weight]) => {
    const chart = new Function(`return ({${source}})`)();
    chart.smoothingWeight = weight;
    chart.yValueAccessor = (datum) => datum.y;
    const data = values.map((y) => ({y}));
    chart.resmoothDataset({data: () => data});
    return data.map((datum) => datum.smoothed);
}"""


@pytest.fixture(scope="module")
def source() -> str:
    """TensorBoard's method, as it is in the page's script."""
    files = Path(tensorboard.__file__).with_name("webfiles.zip")
    script = zipfile.ZipFile(files).read("index.js").decode()
    (found,) = re.findall(r"(resmoothDataset\(\w+\)\{.*?\})getDataset\(", script)
    return found


def test_to_the_last_digit(source: str) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        if os.environ.get("TFEVENTS_REQUIRE_CHROMIUM") == "1":
            pytest.fail("no Chromium is installed", pytrace=False)
        pytest.skip("no Chromium is installed")
    rng = np.random.default_rng(0)
    series: list[Any] = [
        rng.normal(size=2000),
        1 / np.arange(1, 300),
        np.r_[1.0, np.nan, 3.0, np.inf, rng.normal(size=50), -np.inf, 2.0],
        np.r_[np.nan, 1.0, 2.0],
        np.full(20, 0.1),
        np.array([5.0]),
        np.array([]),
        rng.normal(size=100) * 1e300,
    ]
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page()
        for values in series:
            for weight in (0.0, 0.6, 0.9, 0.999, 1.0):
                shown = page.evaluate(SMOOTH, [source, values.tolist(), weight])
                steps = np.arange(len(values))
                ours = Scalars(steps, steps * 1.0, values).smooth(weight)
                # A series may have a NaN of its own. All other values must have the same bits.
                assert np.array_equal(np.array(shown, float), ours.value, equal_nan=True)
        chromium.close()
