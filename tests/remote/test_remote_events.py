"""Events, checks and copies of files under URIs: the same as for local files."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from s3 import ACCESS_DENIED

import events
import tfevents
from peers import peer
from tfevents import SummaryWriter

fsspec = peer("fsspec")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Runs in a tree. One is damaged in two places and cut short."""
    root = tmp_path / "runs"
    for name in (".", "a", "a/b"):
        with SummaryWriter(root / name) as writer:
            writer.add_scalar_series("loss", np.arange(30_000.0))
            writer.add_text("note", "é" * 300_000, 1)
            writer.add_histogram("weights", np.arange(9.0), 2)
    file = events.only_file(root / "a" / "b")
    data = bytearray(file.read_bytes())
    for at in (10, len(data) // 2):
        data[at] ^= 0xFF
    file.write_bytes(data[:-3])
    (root / "a" / "notes.txt").write_text("no events")
    return root


def put(root: Path, uri: str) -> str:
    fs, path = fsspec.core.url_to_fs(uri)
    for file in root.rglob("*"):
        if file.is_file():
            fs.pipe_file(f"{path}/{file.relative_to(root).as_posix()}", file.read_bytes())
    return uri


def files_of(uri: str) -> dict[str, bytes]:
    """The files at a URI, by their paths below it."""
    fs, path = fsspec.core.url_to_fs(uri)
    fs.invalidate_cache()
    return {name[len(path) + 1 :]: fs.cat_file(name) for name in fs.find(path)}


def local_files(root: Path) -> dict[str, bytes]:
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in root.rglob("*")
        if file.is_file()
    }


def said(report: tfevents.Report, root: str, output: str = "") -> list[object]:
    """The content of a report, with paths relative to the roots."""
    return [
        (
            file.path.removeprefix(root),
            file.records,
            file.size,
            [(it.path.removeprefix(root), *it[1:]) for it in file.damage],
            file.truncated,
            file.output and file.output.removeprefix(output),
        )
        for file in report
    ]


def test_events(uri: str, runs: Path) -> None:
    put(runs, uri)
    for options in ({"on_corrupt": "skip"}, {"on_corrupt": "skip", "verify": "none"}):
        local, remote = (tfevents.iter_events(it, **options) for it in (runs, uri))
        assert [event.raw for event in remote] == [event.raw for event in local]
        assert [it[1:] for it in remote.damage] == [it[1:] for it in local.damage]
        assert {it.path.removeprefix(uri) for it in remote.damage} == {
            it.path.removeprefix(str(runs)) for it in local.damage
        }
    with pytest.raises(tfevents.CorruptFileError) as raised:
        list(tfevents.iter_events(uri))
    assert raised.value.path.startswith(uri)
    with pytest.raises(FileNotFoundError):
        tfevents.iter_events(f"{uri}/nothing")


def test_verify(uri: str, runs: Path) -> None:
    put(runs, uri)
    report = tfevents.verify(uri)
    assert said(report, uri) == said(tfevents.verify(runs), str(runs))
    assert not report.ok
    assert tfevents.verify([f"{uri}/a/b", runs]).records
    file = report[-1].path
    assert said(tfevents.verify(file), uri) == said(report[-1:], uri)
    with pytest.raises(FileNotFoundError):
        tfevents.verify(f"{uri}/nothing")


def test_repair(uri: str, runs: Path, tmp_path: Path, spools: Path) -> None:
    put(runs, f"{uri}/runs")
    here = tfevents.repair(runs, tmp_path / "copies")
    copies = local_files(tmp_path / "copies")
    assert list(copies) != list(local_files(runs))
    expected = said(here, str(runs), str(tmp_path / "copies"))

    down = tfevents.repair(f"{uri}/runs", tmp_path / "down")
    assert local_files(tmp_path / "down") == copies
    assert said(down, f"{uri}/runs", str(tmp_path / "down")) == expected
    up = tfevents.repair(runs, f"{uri}/up")
    assert files_of(f"{uri}/up") == copies
    assert said(up, str(runs), f"{uri}/up") == expected
    across = tfevents.repair(f"{uri}/runs/", f"{uri}/across/it/")
    assert files_of(f"{uri}/across/it") == copies
    assert [file.records for file in across] == [file.records for file in here]
    assert across[0].output is not None
    assert across[0].output.startswith(f"{uri}/across/it/")

    file = here[-1].path.removeprefix(str(runs))
    (one,) = tfevents.repair(f"{uri}/runs{file}", f"{uri}/one")
    fs, path = fsspec.core.url_to_fs(f"{uri}/one")
    assert fs.cat_file(path) == copies[file.lstrip("/")]
    assert one.output == f"{uri}/one"
    assert list(spools.iterdir()) == []


def test_nothing_is_overwritten_or_mixed_up(uri: str, runs: Path) -> None:
    put(runs, f"{uri}/runs")
    before = files_of(uri)
    file = events.only_file(runs / "a" / "b")
    for path, output in [
        (f"{uri}/runs/a/b/{file.name}", f"{uri}/runs/a/notes.txt"),
        (f"{uri}/runs/a/b/{file.name}", f"{uri}/runs"),
        (runs, f"{uri}/runs"),
    ]:
        with pytest.raises(FileExistsError) as raised:
            tfevents.repair(path, output)
        assert raised.value.filename.startswith(output)
    for output in (f"{uri}/runs/a", f"{uri}/runs"):
        with pytest.raises(ValueError, match="output must not lie in path"):
            tfevents.repair(f"{uri}/runs", output)
    assert files_of(uri) == before
    shutil.rmtree(runs / "a")
    # A sibling whose name begins the same is another place.
    tfevents.repair(f"{uri}/runs/a", f"{uri}/runs/a2")


def test_what_is_rewritten_replaces_all_that_was_there(
    uri: str, runs: Path, tmp_path: Path
) -> None:
    shutil.rmtree(runs / "a")
    put(runs, f"{uri}/in")
    with SummaryWriter(tmp_path / "old" / "b") as writer:
        writer.add_scalar("loss", 1.0, 0)
    put(tmp_path / "old", f"{uri}/out")
    with pytest.raises(FileExistsError):
        tfevents.rewrite(f"{uri}/in", f"{uri}/out")
    report = tfevents.rewrite(f"{uri}/in", f"{uri}/out/", overwrite=True)
    assert files_of(f"{uri}/out") == local_files(runs)
    assert len(report.files) == 1
    (tmp_path / "old" / "notes.txt").write_text("mine")
    put(tmp_path / "old", f"{uri}/out")
    with pytest.raises(FileExistsError, match=r"notes\.txt"):
        tfevents.rewrite(f"{uri}/in", f"{uri}/out", overwrite=True)
    # A file is no directory.
    with pytest.raises(FileExistsError):
        tfevents.rewrite(f"{uri}/in", report.files[0], overwrite=True)
    with pytest.raises(FileExistsError):
        tfevents.rewrite(events.only_file(runs), f"{uri}/out", overwrite=True)


def test_a_copy_that_can_not_be_uploaded(server, runs: Path) -> None:
    server.fault = lambda environ: ACCESS_DENIED if environ["REQUEST_METHOD"] == "PUT" else None
    with pytest.raises(PermissionError) as raised:
        tfevents.repair(runs, "s3://bucket/copies")
    assert raised.value.filename.startswith("s3://bucket/copies/")
