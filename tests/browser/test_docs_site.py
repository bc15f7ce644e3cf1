"""The documentation in a browser: pages fit wide and narrow screens, and its search finds answers.

A screenshot of each goes to the directory that TFEVENTS_SCREENSHOTS names, if it is set.
"""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from peers import peer

playwright = peer("playwright.sync_api")
pytest.importorskip("sphinx", reason="sphinx is of the group `docs`")
pytest.importorskip("myst_parser")
pytest.importorskip("furo")

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[2]
PATIENCE = 60_000
# Words that a user types, and the page with the answer. docs/questions.md has the questions.
SEARCHES = {
    "read without tensorflow": "quickstart",
    "export csv": "how-to/export",
    "pandas dataframe": "quickstart",
    "eventaccumulator samples": "migration",
    "eventaccumulator slow": "explanation/speed",
    "mean seeds": "how-to/compare_seeds",
    "average runs": "migration",
    "extract images": "how-to/media",
    "histogram buckets": "how-to/media",
    "corrupted record": "how-to/mend",
    "crash resume": "how-to/resume",
    "job killed lost": "explanation/promises",
    "watch training": "how-to/watch_live",
    "summarywriter without pytorch": "quickstart",
    "add_hparams": "how-to/trials",
    "hyperparameters table": "how-to/trials",
    "many processes": "how-to/many_processes",
    "s3": "how-to/remote",
    "file format": "reference/file_format",
    "delete tag": "how-to/mend",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site. Warnings of the build, such as broken links within it, are
    errors.
    """
    built = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, ROOT / "docs", built, "-d", built / ".doctrees"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=built)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        if os.environ.get("TFEVENTS_REQUIRE_CHROMIUM") == "1":
            pytest.fail("no Chromium is installed", pytrace=False)
        pytest.skip("no Chromium is installed (Debian's package is `chromium`)")
    with playwright.sync_playwright() as driver:
        # Root needs --no-sandbox.
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [1400, 390])
def test_pages_fit(site: str, browser: Any, width: int, tmp_path: Path) -> None:
    shots = Path(os.environ.get("TFEVENTS_SCREENSHOTS") or tmp_path)
    shots.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(PATIENCE)
    for name in ("index", "quickstart", "platforms", "benchmarks", "reference/api"):
        page.goto(f"{site}/{name}.html")
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), name
        assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)"), name
        page.screenshot(path=shots / f"docs-{name.replace('/', '-')}-{width}.png")
    page.close()


def test_the_search_finds_the_answers(site: str, browser: Any) -> None:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    missed = {}
    for words, answer in SEARCHES.items():
        page.goto(f"{site}/search.html?q={words.replace(' ', '+')}")
        # The search is done when it tells how many pages it found.
        page.wait_for_function(
            "/found|did not match/.test(document.querySelector('.search-summary')?.textContent)"
        )
        links = "[...document.querySelectorAll('#search-results li > a')].map(a => a.pathname)"
        found = page.evaluate(links)
        if f"/{answer}.html" not in found:
            missed[words] = found
    page.close()
    assert not missed
    assert len(SEARCHES) >= 20
