"""Runs the code of docs/tables.md, and compares the output with its comments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from peers import peer

for name in ("pandas", "polars", "pyarrow", "duckdb"):
    peer(name)

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^print\(.*\)  # (.+)$", re.MULTILINE)


def test_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    namespace: dict[str, object] = {"__name__": "page"}
    blocks = list(BLOCK.finditer(text))
    assert len(blocks) > 5
    for block in blocks:
        code = block.group(1)
        try:
            import matplotlib as mpl
        except ImportError:
            # This is skipped with other versions of the packages for tables.
            if "plot(" in code:
                continue
        else:
            mpl.use("agg")
        lines = "\n" * text.count("\n", 0, block.start(1))
        exec(compile(lines + code, str(PAGE), "exec"), namespace)
        printed = capsys.readouterr().out.splitlines()
        for shown in SHOWN.findall(code):
            assert shown in printed
