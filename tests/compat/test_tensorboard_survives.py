"""TensorBoard's page with our reader survives unexpected content of a log."""

import json
import os
import re
import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard_provider import CTX, RunTagFilter, add, points, runs, started, writing

import scripts
import tfevents
from every_plugin import when
from peers import peer

NotFoundError = peer("tensorboard.errors").NotFoundError
make_tensor_proto = peer("tensorboard.util.tensor_util").make_tensor_proto
meshes = peer("tensorboard.plugins.mesh.metadata")
curves = peer("tensorboard.plugins.pr_curve.metadata")
summary_pb2 = peer("tensorboard.compat.proto.summary_pb2")

Content = meshes.plugin_data_pb2.MeshPluginData


def asked(method: Any, plugin: str, run: str, **more: Any) -> Any:
    """The data of a run from a method of the provider, by tag."""
    which = {"experiment_id": "", "plugin_name": plugin, "run_tag_filter": RunTagFilter([run])}
    return method(CTX, **which, **more).get(run, {})


def add_tensor(directory: Path, tag: str, values: Any, metadata: Any) -> None:
    """Logs tensors of a plugin, one for each step."""
    with closing(tfevents.FileWriter(directory)) as writer:
        for step, value in enumerate(values):
            summary = summary_pb2.Summary()
            summary.value.add(tag=tag, tensor=make_tensor_proto(value), metadata=metadata)
            writer.add_summary(summary, step)


def test_a_restart_that_takes_all_pictures(tmp_path: Path) -> None:
    """Dashboards use the greatest number of pictures of a step, which does not exist here."""
    for purge_step in (None, 0):
        with tfevents.SummaryWriter(tmp_path, purge_step=purge_step) as writer:
            if purge_step is None:
                writer.add_image("gone", np.zeros((3, 4, 4), np.uint8), 5)
            writer.add_image("stays", np.zeros((3, 4, 4), np.uint8), 5)
    provider = started(tmp_path)
    when(lambda: runs(provider), bool, 10)
    listed = asked(provider.list_blob_sequences, "images", ".")
    assert {tag: series.max_length for tag, series in listed.items()} == {"stays": 3}


def test_a_file_that_was_changed_after_it_was_read(tmp_path: Path) -> None:
    """Large values stay in the file."""
    noise = np.random.default_rng(0).integers(0, 256, (3, 64, 64), np.uint8)
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_image("picture", noise, 0)
        writer.add_scalar("loss", 1, 0)
    provider = started(tmp_path, reload_interval=0, reload_task="blocking")
    (datum,) = asked(provider.read_blob_sequences, "images", ".", downsample=9)["picture"]
    _, _, reference = datum.values
    assert provider.read_blob(CTX, blob_key=reference.blob_key).startswith(b"\x89PNG")
    (file,) = tmp_path.iterdir()
    file.write_bytes(bytes(file.stat().st_size))
    with pytest.raises(NotFoundError, match="changed"):
        provider.read_blob(CTX, blob_key=reference.blob_key)
    assert points(provider, ".") == [(0, 1.0)]


@pytest.mark.parametrize("key", ["?", "W10", "", "é", "W1tb" * 99_999])
def test_keys_that_name_no_blob(tmp_path: Path, key: str) -> None:
    with pytest.raises(NotFoundError):
        started(tmp_path).read_blob(CTX, blob_key=key)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_directory_whose_name_is_no_text(tmp_path: Path) -> None:
    with writing(tmp_path / "run") as (writer,):
        add(writer, 0, 1)
    try:
        (tmp_path / "run").rename(tmp_path / os.fsdecode(b"run\xff"))
    except OSError:
        pytest.skip("names are text on this file system")
    provider = started(tmp_path)
    assert runs(provider) == ["run\\udcff"]
    assert points(provider, "run\\udcff") == [(0, 1.0)]


# The user may not enter every directory.
DENIED = """
    import os, sys
    from tfevents.tensorboard.log import Log

    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    log = Log({sys.argv[1]: None}, "latest", None)
    for _ in range(2):
        list(log.load())
    print(*log.runs)
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no such permissions")
def test_what_may_not_be_entered() -> None:
    # Only their owner may enter pytest's directories.
    with tempfile.TemporaryDirectory() as directory:
        log_dir = Path(directory)
        log_dir.chmod(0o755)
        for name in ("closed", "open"):
            with writing(log_dir / name) as (writer,):
                add(writer, 0, 1)
        (log_dir / "closed").chmod(0)
        done = scripts.run(DENIED, log_dir)
        (log_dir / "closed").chmod(0o700)
    assert done.stdout.split() == ["open"], done.stderr
    assert done.stderr.count(f"{log_dir / 'closed'} is left out: permission_denied") == 1


@pytest.mark.parametrize(
    ("log_dir", "message"),
    [("none", "There is no .*none yet"), ("nosuch://x", "Runs can't be found: nosuch://x: ")],
)
def test_it_is_said_once_that_there_is_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, log_dir: str, message: str
) -> None:
    if "://" in log_dir:
        peer("fsspec")
    else:
        log_dir = str(tmp_path / log_dir)
    provider = started(tmp_path, logdir=log_dir)
    for _ in range(3):
        assert runs(provider) == []
    (record,) = caplog.records
    assert record.exc_info is None
    assert re.match(message, record.getMessage())


@pytest.mark.parametrize(
    ("content_type", "values", "shown"),
    [
        (Content.VERTEX, np.float32([-1, 0, np.inf]), True),
        (Content.FACE, np.int32([0, 1, 2]), True),
        (Content.FACE, np.int64([0, 1, 2**40]), False),
        (Content.COLOR, np.uint8([0, 1, 255]), True),
        (Content.COLOR, np.int32([0, 1, 256]), False),
        (Content.COLOR, np.float32([0, 1, np.nan]), False),
    ],
)
def test_meshes_that_the_plugin_can_not_send(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    content_type: Any,
    values: Any,
    shown: bool,
) -> None:
    metadata = meshes.create_summary_metadata("mesh", "", content_type, 0, (1, 1, 3), None)
    tag = f"{content_type} of {values.dtype}"
    add_tensor(tmp_path, tag, [values.reshape(1, 1, 3)], metadata)
    provider = started(tmp_path)
    when(lambda: runs(provider), bool, 10)
    for _ in range(2):
        (found,) = asked(provider.read_tensors, "mesh", ".", downsample=9).values()
        assert [datum.numpy.tolist() for datum in found] == [[[values.tolist()]]][:shown]
    assert caplog.text.count(f"A value of {tag!r} of run '.' can't be shown") == (not shown)


def test_several_meshes_at_one_step(tmp_path: Path) -> None:
    """The plugin requests them by their step, and can't send several of different sizes."""
    with tfevents.SummaryWriter(tmp_path) as writer:
        for count in (5, 4):
            writer.add_mesh("mesh", np.full((1, count, 3), count, np.float32))
    provider = started(tmp_path)
    when(lambda: runs(provider), bool, 10)
    (found,) = asked(provider.read_tensors, "mesh", ".", downsample=9).values()
    assert [datum.numpy.shape for datum in found] == [(1, 4, 3)]


def test_a_curve_without_a_tag(tmp_path: Path) -> None:
    """The plugin itself fails for an empty tag."""
    metadata = curves.create_summary_metadata("", "", 2)
    for tag in ("", "curve"):
        add_tensor(tmp_path, tag, [np.zeros((6, 2), np.float32)], metadata)
    provider = started(tmp_path)
    when(lambda: runs(provider), bool, 10)
    assert list(asked(provider.list_tensors, "pr_curves", ".")) == ["curve"]


# The projector's routes over our reader, in a process without TensorFlow, while a file is mended.
PROJECTOR = """
    import json, pathlib, sys
    sys.modules["tensorflow"] = None
    from tensorboard import default, program
    from werkzeug.test import Client
    found = program.TensorBoard(default.get_plugins(), server_class=lambda app, flags: app)
    flags = ["--reload_interval=0", "--reload_task=blocking", "--reader=tfevents"]
    found.configure(["tensorboard", f"--logdir={sys.argv[1]}", *flags])
    client = Client(found._make_server())

    def runs():
        answer = client.get("/data/plugin/projector/runs")
        return answer.status_code, sorted(json.loads(answer.data))

    before = runs()
    info = client.get("/data/plugin/projector/info?run=good")
    pathlib.Path(sys.argv[2]).write_text("1\\t2\\n")
    info = json.loads(info.data)
    name = info["embeddings"][0]["tensorName"]
    told = client.get(f"/data/plugin/projector/metadata?run=good&name={name}")
    print(json.dumps([before, info, runs(), [told.status_code, b"decode" in told.data]]))
"""


def test_embeddings_that_can_not_be_read_hide_no_others(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path / "good") as writer:
        writer.add_embedding(np.arange(6.0).reshape(3, 2), ["a", "b", "c"], tag="points")
    (labels,) = (tmp_path / "good").rglob("metadata.tsv")
    labels.write_bytes(b"\xff\xfe\n")
    config = (tmp_path / "good" / "projector_config.pbtxt").read_text()
    bad = {
        "malformed": ("embeddings {", "1\t2\n"),
        "gone": (config, None),
        "empty": (config, ""),
        "ragged": (config, "1\t2\n3\n"),
        "texts": (config, "a\tb\n"),
        "binary": (config, b"\xff\xfe\xfd"),
    }
    (tensors,) = (tmp_path / "good").rglob("tensors.tsv")
    place = tensors.relative_to(tmp_path / "good")
    for name, (said, values) in bad.items():
        shutil.copytree(tmp_path / "good", tmp_path / name)
        (tmp_path / name / "projector_config.pbtxt").write_text(said)
        if values is None:
            (tmp_path / name / place).unlink()
        else:
            content = values if isinstance(values, bytes) else values.encode()
            (tmp_path / name / place).write_bytes(content)
    printed = scripts.check(PROJECTOR, str(tmp_path), str(tmp_path / "gone" / place))
    before, info, after, told = json.loads(printed.splitlines()[-1])
    assert before == [200, ["good"]]
    assert [embedding["tensorShape"] for embedding in info["embeddings"]] == [[3, 2]]
    assert after == [200, ["gone", "good"]]
    assert told == [400, True]
