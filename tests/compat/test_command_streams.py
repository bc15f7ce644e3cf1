"""The command where its output can't be written as it is, or not at all."""

import io
import json
import os
import subprocess
import sys

import pytest

import tfevents
from peers import peer
from tfevents import SummaryWriter

for name in ("typer", "rich", "plotille"):
    peer(name)
app = peer("tfevents.cli.app")

COMMAND = [sys.executable, "-m", "tfevents"]

# A name of no encoding, as any bytes but `/` may be one, and how it is escaped.
NAME, ESCAPED = "caf\udce9", r"caf\udce9"


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    root = tmp_path_factory.mktemp("logs") / "runs"
    for run in ("exp", NAME):
        try:
            with SummaryWriter(root / run) as writer:
                for step in range(3):
                    writer.add_scalar("größe", step / 2, step)
        except OSError as error:
            pytest.skip(f"this file system has no such names: {error}")
    return root


def printed(monkeypatch, encoding, *arguments):
    """The exit code of a command, and the bytes that it prints in an encoding."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, newline="\n", write_through=True)
    monkeypatch.setattr(sys, "stdout", out)
    code = app.main([os.fspath(argument) for argument in arguments])
    out.flush()
    return code, raw.getvalue()


JSON = [
    ("ls",),
    ("show",),
    ("plot", "größe"),
    ("verify",),
    ("tail", "--all", "--timeout", "0"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("command", JSON, ids=[one[0] for one in JSON])
def test_json_of_names_of_no_encoding(logs, monkeypatch, encoding, command):
    name, *more = command
    code, out = printed(monkeypatch, encoding, name, logs, *more, "--json")
    assert code == 0
    text = out.decode(encoding)
    lines = text.splitlines() if name == "tail" else [text]
    found = repr([json.loads(line) for line in lines])
    assert ESCAPED in found
    assert ("größe" in found) == (name in ("show", "tail"))


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_words_of_names_of_no_encoding(logs, tmp_path, monkeypatch, encoding):
    for number, (name, *more) in enumerate(
        [*JSON, ("rewrite", "-o", tmp_path / NAME), ("repair", "-o", tmp_path / f"2{NAME}")]
    ):
        code, out = printed(monkeypatch, encoding, name, logs, *more)
        assert (code, bool(out)) == (0, True), (number, name)


@pytest.mark.parametrize("wide", [[], ["--wide"]], ids=["long", "wide"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_tables_of_names_of_no_encoding(logs, tmp_path, form, wide):
    output = tmp_path / f"table.{form}"
    assert app.main(["export", os.fspath(logs), "-o", os.fspath(output), *wide]) == 0
    lines = output.read_text(encoding="utf-8").splitlines()
    if form == "jsonl":
        names = {json.loads(line)["run"] for line in lines}
        assert names == {"exp", NAME}
    else:
        assert {line.split(",")[0] for line in lines} == {"run", "exp", ESCAPED}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["ls", "{logs}"], ["--version"], ["run", "--help"]])
def test_an_output_that_is_full(logs, arguments, unbuffered):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, *(argument.format(logs=logs) for argument in arguments)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=100,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert (done.returncode, done.stderr) == (1, "tfevents: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's")
@pytest.mark.parametrize("closed", [">&-", "2>&- >/dev/null", ">&- 2>&-"])
def test_an_output_that_is_closed(logs, closed):
    command = f"exec {sys.executable} -m tfevents verify {logs} --runs exp {closed}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe's")
@pytest.mark.parametrize("arguments", [["ls", "{logs}"], ["--version"], ["run", "--help"]])
def test_a_reader_that_is_gone_before_it_begins(logs, arguments):
    command = [*COMMAND, *(argument.format(logs=logs) for argument in arguments)]
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as pipe:
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, timeout=100)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_log_keeps_its_names(logs):
    """What is escaped where it is shown is what it is elsewhere."""
    assert set(tfevents.read(logs)) == {"exp", NAME}
