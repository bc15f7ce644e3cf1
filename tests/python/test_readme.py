"""The README's Python blocks run, one after the other, and print what their comments say."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A line that prints, and what it is said to print.
SHOWN = re.compile(r"^print\(.*\)  # (.+)$", re.MULTILINE)


def test_code_blocks_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = README.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "readme"}
    blocks = list(BLOCK.finditer(text))
    assert blocks
    for block in blocks:
        code = block.group(1)
        # Blank lines before it, so that a traceback shows the README's line.
        first_line = text.count("\n", 0, block.start(1))
        exec(compile("\n" * first_line + code, str(README), "exec"), namespace)
        printed = capsys.readouterr().out.splitlines()
        for shown in SHOWN.findall(code):
            assert shown in printed
