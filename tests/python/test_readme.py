"""Each Python block of the README runs alone, twice, and prints the text below it."""

import contextlib
import importlib.util
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"^(?:<!-- needs: (?P<needs>[\w ]+) -->\n\n)?```python\n(?P<code>.*?)^```$"
    r"(?:\n\n```text\n(?P<printed>.*?)^```$)?",
    re.M | re.S,
)
BLOCKS = list(BLOCK.finditer(README))


@pytest.mark.parametrize(
    "block", BLOCKS, ids=lambda block: f"line{README.count(chr(10), 0, block.start())}"
)
def test_block(block: re.Match[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in (block["needs"] or "").split():
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    # Blank lines before it make a traceback show the README's line.
    first_line = README.count("\n", 0, block.start("code"))
    code = compile("\n" * first_line + block["code"], "README.md", "exec")
    for _ in range(2):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(code, {"__name__": "readme"})
        assert out.getvalue() == (block["printed"] or "")


def test_the_measured_rows_are_those_of_the_benchmarks() -> None:
    full = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    table = README.partition("## Measured")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == 6
    for _, ours, theirs, ratio in rows:
        peer, time = theirs.strip().split(": ")
        shown = [line for line in full.splitlines() if f"| {ratio.strip()} (" in line]
        assert any(ours.strip() in line and time in line and peer in line for line in shown), ratio
