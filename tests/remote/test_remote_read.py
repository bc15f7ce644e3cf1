"""Reading under URIs gives the same as a local read of the same files."""

import json
import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest
from s3 import ACCESS_DENIED, DROP, INTERNAL_ERROR, SLOW_DOWN, TRUNCATE

import scripts
import tfevents
from peers import peer
from tfevents import SummaryWriter
from tfevents.remote.files import RemoteFile

fsspec = peer("fsspec")

GOLDEN = Path(__file__).parent.parent / "golden"
# This is larger than the blocks that are read at a time, and than the pieces that are checked.
LARGE = 5 << 20


def varint(number: int) -> bytes:
    head, rest = bytes([number & 0x7F]), number >> 7
    return bytes([head[0] | 0x80]) + varint(rest) if rest else head


class Picture:
    """A Summary of the tag "picture" with these bytes as an image."""

    def __init__(self, data: bytes) -> None:
        image = b"\x08\x01\x10\x01\x22" + varint(len(data)) + data
        value = b"\x0a\x07picture\x22" + varint(len(image)) + image
        self._message = b"\x0a" + varint(len(value)) + value

    def SerializeToString(self) -> bytes:
        return self._message


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """Runs of all kinds and sizes."""
    root = tmp_path_factory.mktemp("tree")
    for writer in "torch", "tensorboardx", "tensorflow":
        (root / "golden" / writer).mkdir(parents=True)
        file = GOLDEN / writer / "events.out.tfevents.golden"
        shutil.copy(file, root / "golden" / writer)
    with SummaryWriter(root / "big") as writer:
        writer.add_scalar_series("a", [float(i) for i in range(80_000)])
        writer.add_text("note", "é" * 10_000, 1)
        for step in range(20):
            writer.file_writer.add_summary(Picture(bytes([step]) * 100_000), step)
        writer.file_writer.add_summary(Picture(os.urandom(LARGE)), 20)
        writer.add_scalar_series("b", [0.5] * 40_000)
    for part in range(3):
        with SummaryWriter(root) as writer:
            writer.add_scalar("a", 1.0, part)
    (root / "empty").mkdir()
    (root / "empty" / "events.out.tfevents.1.host").touch()
    (root / "profiled").mkdir()
    (root / "profiled" / "events.out.tfevents.1.host.profile-empty").touch()
    (root / "notes").mkdir()
    (root / "notes" / "readme.txt").write_text("no events")
    return root


def upload(root: Path, uri: str) -> str:
    fs, path = fsspec.core.url_to_fs(uri)
    for file in root.rglob("*"):
        if file.is_file():
            fs.pipe_file(f"{path}/{file.relative_to(root).as_posix()}", file.read_bytes())
    return uri


def content(log: tfevents.Log, root: str = "") -> object:
    """The comparable content of a log. `root` is removed from the names."""
    runs = []
    for name, run in log.items():
        series = [
            (
                kind,
                tag,
                values.step.tobytes(),
                values.wall_time.tobytes(),
                [repr(value) for value in values[:3]],
                values.value.tobytes() if kind == "scalars" else None,
                [image.batch for image in values] if kind == "images" else None,
            )
            for kind in ("scalars", "texts", "histograms", "images", "tensors")
            for tag, values in getattr(run, kind).items()
        ]
        runs.append((name.removeprefix(root), run.tags, series))
    damage = [
        (damage.path.removeprefix(root), damage.offset, damage.length, damage.kind)
        for damage in log.damage
    ]
    return runs, damage


def same(tree: Path, uri: str, **options: object) -> tfevents.Log:
    log = tfevents.read(uri, **options)
    local = tfevents.read(tree, **options)
    assert content(log, uri) == content(local, str(tree))
    return log


OPTIONS = [
    {},
    {"verify": "none"},
    {"threads": 1},
    {"threads": 30},
    {"runs": "golden/*"},
    {"runs": re.compile("big|torch"), "kinds": "scalars", "steps": (10, 60_000)},
    {"tags": ["a", "picture"], "verify": "none"},
    {"kinds": ["images", "texts"]},
]


def test_every_option_gives_what_a_local_read_gives(uri, tree):
    upload(tree, uri)
    for options in OPTIONS:
        log = same(tree, uri, **options)
        assert any(len(run.tags) > 1 for run in log.values())


@pytest.mark.parametrize("verify", ["crc", "none"])
def test_damage_is_the_same(uri, tree, tmp_path, verify):
    damaged = tmp_path / "damaged"
    shutil.copytree(tree / "big", damaged)
    (file,) = damaged.iterdir()
    data = bytearray(file.read_bytes())
    for at in 1000, len(data) // 2, len(data) - 1000:
        data[at] ^= 0xFF
    file.write_bytes(data[:-3])
    upload(damaged, uri)
    log = same(damaged, uri, on_corrupt="skip", verify=verify)
    assert log.damage[0].path == f"{uri}/{file.name}"
    with pytest.raises(tfevents.CorruptFileError) as local:
        tfevents.read(damaged, verify=verify)
    with pytest.raises(tfevents.CorruptFileError) as remote:
        tfevents.read(uri, verify=verify)
    assert remote.value.path == f"{uri}/{file.name}"
    assert [remote.value.offset, remote.value.kind] == [local.value.offset, local.value.kind]


def test_a_file_and_a_run_and_a_list_of_both(uri, tree):
    upload(tree, uri)
    (name,) = os.listdir(tree / "big")
    file = same(tree / "big" / name, f"{uri}/big/{name}", kinds="scalars")
    assert file.runs == ["."]
    run = same(tree / "big", f"{uri}/big/", kinds="scalars")
    assert run.runs == ["."]
    log = tfevents.read([f"{uri}/big", tree / "golden", f"{uri}/big/{name}"], kinds="scalars")
    golden = ["tensorboardx", "tensorflow", "torch"]
    assert log.runs == [f"{uri}/big", *(str(tree / "golden" / writer) for writer in golden)]
    assert len(log[f"{uri}/big"].scalars["a"]) == 80_000


def test_names_with_signs_that_mean_something_elsewhere(uri, tree):
    run = "a b%20c#d[1]*"
    upload(tree / "golden" / "torch", f"{uri}/{run}")
    log = tfevents.read(uri)
    assert log.runs == [run]
    assert content(log)[0][0][1:] == content(tfevents.read(tree / "golden" / "torch"))[0][0][1:]


def test_a_directory_whose_name_is_also_a_glob(uri, tree):
    for run in ("[1]*", "1a", "[1]*b"):
        upload(tree / "golden" / "torch", f"{uri}/{run}")
    assert tfevents.read(f"{uri}/[1]*").runs == ["."]
    assert tfevents.read_run(f"{uri}/[1]*").name == "."
    assert tfevents.read(f"{uri}/1*").runs == ["1a"]


def test_a_sibling_with_the_same_beginning_is_no_part(uri, tree):
    upload(tree / "golden", f"{uri}/run")
    upload(tree / "golden", f"{uri}/run2")
    assert len(tfevents.read(f"{uri}/run")) == 3


def test_what_was_written_remotely_is_read_remotely(uri):
    with SummaryWriter(uri) as writer:
        writer.add_scalar("a", 0.5, 1)
        writer.add_scalars("m", {"x": 1.0}, 2)
        writer.flush()
        assert tfevents.read(uri).runs == [".", "m_x"]
        writer.add_scalar("a", 0.25, 2)
        writer.flush()
        assert tfevents.read(uri)["."].scalars["a"].value.tolist() == [0.5, 0.25]


def test_reload_reads_on(uri, tree):
    with SummaryWriter(uri) as writer:
        writer.add_scalar("a", 0.0, 0)
        writer.flush()
        log = tfevents.read(uri)
        before = log["."].scalars["a"]
        assert log.reload() == []
        for step in range(1, 4):
            writer.add_scalar("a", float(step), step)
            writer.flush()
            assert log.reload() == ["."]
            assert log["."].scalars["a"].step.tolist() == list(range(step + 1))
        assert before.step.tolist() == [0]
        upload(tree / "golden", f"{uri}/golden")
        assert len(log.reload()) == 3
        assert log.reload() == []
    fs, path = fsspec.core.url_to_fs(uri)
    (name,) = (name for name in fs.find(path) if "golden" not in name)
    fs.pipe_file(name, next((tree / "big").iterdir()).read_bytes())
    assert log.reload() == ["."]
    assert log["."].scalars["a"].step.tolist() == list(range(80_000))
    fs.rm(name)
    log.reload()
    assert "." not in log
    assert content(log) == content(tfevents.read(uri))


def test_reload_lists_once_however_many_runs_there_are(server, tree):
    for run in range(20):
        upload(tree / "golden" / "torch", f"s3://bucket/runs/{run}")
    log = tfevents.read("s3://bucket/runs")
    server.requests.clear()
    assert log.reload() == []
    assert [method for method, _ in server.requests] == ["GET"]


def test_export_to_json(uri, tmp_path):
    with SummaryWriter(uri) as writer:
        writer.add_scalar("a", 0.5, 1, walltime=2.0)
        writer.add_scalars("m", {"x": 1.0}, 2, walltime=3.0)
        writer.export_scalars_to_json(tmp_path / "all.json")
    assert json.loads((tmp_path / "all.json").read_text()) == {
        f"{uri}/a": [[2.0, 1, 0.5]],
        f"{uri}/m/x": [[3.0, 2, 1.0]],
    }


def test_nothing_is_a_file_not_found_error(uri):
    with pytest.raises(FileNotFoundError) as raised:
        tfevents.read(f"{uri}/nothing")
    assert raised.value.filename == f"{uri}/nothing"


def test_memory_that_reading_takes_is_bounded(server, tree, tmp_path):
    shutil.copytree(tree / "big", tmp_path / "big")
    (file,) = (tmp_path / "big").iterdir()
    for copy in range(1, 16):
        shutil.copy(file, f"{file}.{copy}")
    upload(tmp_path / "big", "s3://bucket/big")
    grown = scripts.check(
        """
        import resource, tfevents
        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        tfevents.read("s3://bucket/big", kinds="scalars", tags="nothing", runs="nothing")
        before = peak()
        log = tfevents.read("s3://bucket/big", kinds="texts")
        assert len(log["."].texts["note/text_summary"]) == 16
        print(peak() - before)
        """
    )
    # Of 200 MiB. s3fs buffers a little of it.
    assert int(grown) < 100


# Failures.


@pytest.mark.parametrize(
    "fault",
    [INTERNAL_ERROR, SLOW_DOWN, ACCESS_DENIED, DROP],
    ids=["500", "503", "403", "dropped"],
)
@pytest.mark.parametrize("when", ["listing", "reading"])
def test_a_failure_names_the_uri(server, tree, fault, when):
    uri = upload(tree / "golden", "s3://bucket/golden")
    if when == "listing":
        server.fault = lambda environ: fault
    else:
        server.fault = lambda environ: fault if ".golden" in environ["PATH_INFO"] else None
    with pytest.raises(OSError, match="listing failed" if when == "listing" else "offset 0") as it:
        tfevents.read(uri)
    assert it.value.errno
    assert it.value.filename.startswith(uri)
    if when == "reading":
        assert it.value.filename.endswith(".golden")


def test_an_interrupt_between_files_is_not_lost(tree):
    """Where a thread lets a file go, the main thread may run what Python does about it."""
    for run in range(100):
        upload(tree / "golden" / "torch", f"memory://interrupted/{run}")

    class Interrupt(BaseException):
        pass

    came = []

    def handler(*_):
        came.append(True)
        raise Interrupt

    before = signal.signal(signal.SIGALRM, handler)
    try:
        for attempt in range(10):
            came.clear()
            signal.setitimer(signal.ITIMER_REAL, 0.02 + attempt * 0.003)
            with pytest.raises(Interrupt):
                while not came:
                    tfevents.verify("memory://interrupted")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# The call ends while a thread still asks, which the interpreter ends then.
ENDS = """
    import signal, sys, time
    import fsspec, tfevents
    files = fsspec.filesystem("memory")
    files.pipe("/bucket/run/events.out.tfevents.1", open(sys.argv[1], "rb").read())
    def asks(*_, **__):
        while True:
            time.sleep(0.001)
    if sys.argv[2] == "file":
        type(files).cat_file = asks
    elif sys.argv[2] == "tag":
        tfevents.reader.selection.Matcher.__call__ = asks
    else:
        type(files).info = type(files).find = type(files).ls = asks
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        tfevents.read("memory://bucket", tags="a")
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.mark.parametrize("what", ["file", "listing", "tag"])
def test_a_program_that_ends_while_a_thread_still_asks(tree, what):
    (file,) = (tree / "golden" / "torch").iterdir()
    assert scripts.check(ENDS, file, what) == "interrupted\n"


def test_a_server_that_is_away(server):
    server.stop()
    with pytest.raises(OSError, match="listing failed") as raised:
        tfevents.read("s3://bucket/runs")
    assert raised.value.filename == "s3://bucket/runs"


def test_a_directory_that_may_not_be_listed_costs_itself(monkeypatch, tree):
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    upload(tree / "golden", "memory://golden")
    listing = type(memory).ls

    def ls(self, path, *arguments, **options):
        if path.endswith("/torch"):
            raise PermissionError(f"not for you: {path}")
        return listing(self, path, *arguments, **options)

    monkeypatch.setattr(type(memory), "ls", ls)
    with pytest.raises(PermissionError) as raised:
        tfevents.read("memory://golden")
    assert raised.value.filename == "memory://golden/torch"
    with pytest.raises(PermissionError, match="not for you"):
        tfevents.read("memory://golden/torch")
    denied = [("memory://golden/torch", "permission_denied")]
    log = tfevents.read("memory://golden", on_corrupt="skip")
    assert (log.skipped, "tensorflow" in log) == (denied, True)
    assert tfevents.read("memory://golden", runs="tensorflow").runs == ["tensorflow"]
    assert tfevents.read("memory://golden/tensor*").skipped == []
    assert tfevents.read("memory://golden/t*", on_corrupt="skip").skipped == denied
    assert tfevents.verify("memory://golden").skipped == denied


def test_a_listing_that_fails_in_a_directory_is_no_empty_directory(monkeypatch, tree):
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    upload(tree / "golden", "memory://golden")
    listing = type(memory).ls

    def ls(self, path, *arguments, **options):
        if path.endswith("/torch"):
            raise TimeoutError("too late")
        return listing(self, path, *arguments, **options)

    monkeypatch.setattr(type(memory), "ls", ls)
    with pytest.raises(TimeoutError, match="too late"):
        tfevents.read("memory://golden", on_corrupt="skip")


def test_an_answer_that_is_cut_off_is_asked_for_again_or_an_error(server, tree, monkeypatch):
    uri = upload(tree / "big", "s3://bucket/big")
    answers = iter([TRUNCATE])
    server.fault = lambda environ: (
        next(answers, None) if "tfevents" in environ["PATH_INFO"] else None
    )
    monkeypatch.setattr(peer("s3fs").S3FileSystem, "retries", 3)
    same(tree / "big", uri, kinds="scalars")
    server.fault = lambda environ: TRUNCATE if "tfevents" in environ["PATH_INFO"] else None
    with pytest.raises(OSError, match=r"reading \d+ bytes at offset 0 failed"):
        tfevents.read(uri)


def test_a_file_that_shrinks_while_it_is_read(uri, tree, monkeypatch):
    upload(tree / "big", uri)
    fs, path = fsspec.core.url_to_fs(uri)
    (name,) = fs.find(path)
    whole, fetch = fs.cat_file(name), RemoteFile._fetch

    def shrinks(self, start, length):
        data = fetch(self, start, length)
        fs.pipe_file(name, whole[:1_000_000])
        return data

    monkeypatch.setattr(RemoteFile, "_fetch", shrinks)
    with pytest.raises(OSError, match=r"reading \d+ bytes at offset \d+ failed") as raised:
        tfevents.read(uri)
    assert raised.value.filename.startswith(uri)


def test_a_picture_that_was_replaced_is_an_error(uri, tree):
    upload(tree / "big", uri)
    pictures = tfevents.read(uri, kinds="images")["."].images["picture"]
    assert pictures[5].data == bytes([5]) * 100_000
    fs, path = fsspec.core.url_to_fs(uri)
    (name,) = fs.find(path)
    fs.pipe_file(name, fs.cat_file(name)[::-1])
    with pytest.raises(tfevents.FileChangedError, match=re.escape(uri)):
        _ = pictures[5]
    fs.rm(name)
    with pytest.raises(FileNotFoundError) as raised:
        _ = pictures[5]
    assert raised.value.filename == f"{uri}/{os.path.basename(name)}"


# Arguments.


@pytest.mark.parametrize("path", [Path("s3://bucket/run"), "memory:/run", [Path("gs://b/r")]])
def test_a_mangled_uri_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"path: .*pathlib.*(s3|gs|memory)://"):
        tfevents.read(path)


def test_a_file_uri_is_a_local_path(tree):
    assert content(tfevents.read(f"file://{tree}")) == content(tfevents.read(tree))


@pytest.mark.parametrize("name", ["a b", "100%", "%41", "é#?", "a:b"])
def test_a_uri_of_any_local_path(name, tmp_path):
    path = tmp_path / "logs" / name
    uri = path.as_uri()
    with tfevents.SummaryWriter(uri) as writer:
        writer.add_scalar("a", 1, 1)
        writer.flush()
        assert [one.name for one in path.parent.iterdir()] == [name]
    assert len(tfevents.read(uri)["."].scalars["a"]) == 1
    assert tfevents.verify(path).ok
    assert tfevents.verify(uri).ok
    tfevents.repair(uri, (tmp_path / f"{name} copy").as_uri())
    assert len(tfevents.read(tmp_path / f"{name} copy")) == 1


def test_what_only_looks_like_a_uri_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("9x://dir", "://dir", "a b://dir", "::memory://dir"):
        with tfevents.SummaryWriter(name) as writer:
            writer.add_scalar("a", 1, 1)
        assert len(tfevents.read(name)) == 1
        assert Path(name).is_dir()


def test_what_is_not_there_is_named(monkeypatch):
    with pytest.raises(ValueError, match="nonsense"):
        tfevents.read("nonsense://bucket/run")
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ImportError, match=r"memory://run.*tfevents\[remote\]"):
        tfevents.read("memory://run")


def test_local_files_need_none_of_it(tree):
    scripts.check(
        """
        import sys, tfevents
        tfevents.read(sys.argv[1])
        with tfevents.SummaryWriter(sys.argv[2]) as writer:
            writer.add_scalar("a", 1.0, 1)
        assert not [name for name in sys.modules if "fsspec" in name or "tfevents.remote." in name
                    and name != "tfevents.remote.uri"]
        """,
        tree,
        tree.parent / "written",
    )
