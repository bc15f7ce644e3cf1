"""Runs the commands of docs/command.md in their order, and compares the output.

    TFEVENTS_WRITE_DOCS=1 pytest tests/compat/test_command_docs.py

writes the output into the page.
"""

import os
import re
import shlex
from pathlib import Path

import pytest

from peers import peer

DOCS = Path(__file__).parents[2] / "docs" / "command.md"
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Parts of the output that are different each time.
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|(?<=_time\": )[\d.]+|\b1\d{9}\.\d+")
SEEN = "2026-11-30 12:00:00"


def printed(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    main = peer("tfevents.cli.app").main
    program, *arguments = shlex.split(command)
    assert program == "tfevents"
    main(arguments)
    out, err = capsys.readouterr()
    text = TIME.sub(lambda found: SEEN if "-" in found[0] else "1796040000.0", out + err)
    # In the page, an empty line does not end the output.
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def test_the_commands_print_what_the_docs_say(tmp_path, monkeypatch, capsys):
    for name in ("typer", "rich", "plotille"):
        peer(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "24")
    text = DOCS.read_text(encoding="utf-8")
    namespace: dict[str, object] = {}
    new, at = [], 0
    for block in BLOCK.finditer(text):
        language, content = block.groups()
        new.append(text[at : block.start(2)])
        at = block.end(2)
        if language == "python":
            exec(compile(content, str(DOCS), "exec"), namespace)
            new.append(content)
            continue
        commands = re.findall(r"^\$ (.*)$", content, re.MULTILINE)
        assert commands
        shown = (f"$ {command}\n{printed(command, capsys)}" for command in commands)
        new.append("\n".join(shown))
    new.append(text[at:])
    found = "".join(new)
    if os.environ.get("TFEVENTS_WRITE_DOCS") == "1":
        DOCS.write_text(found, encoding="utf-8")
    assert found.splitlines() == DOCS.read_text(encoding="utf-8").splitlines()
