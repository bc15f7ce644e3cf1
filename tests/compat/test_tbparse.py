"""Compares `tfevents.compat.tbparse.SummaryReader` with tbparse's, table by table."""

import contextlib
import functools
import inspect
import io
import itertools
import os
import pickle
import tempfile
import warnings
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import events
import scripts
import tfevents
from peers import peer
from tfevents.compat.tbparse import EVENT_TYPES, EXTRA_COLUMNS, SummaryReader

pd = peer("pandas")
peer("tensorflow")  # tbparse decodes images and sounds with it.
tbparse = peer("tbparse")
event_pb2 = peer("tensorboard.compat.proto.event_pb2")
hparams_pb2 = peer("tensorboard.plugins.hparams.plugin_data_pb2")
tensor_util = peer("tensorboard.util.tensor_util")
record_writer = peer("tensorboard.summary.writer.record_writer")

RANDOM = np.random.default_rng(0)
ALL = set(EXTRA_COLUMNS)
EXTRAS = [set(), {"sum", "min", "num"}, {"max", "width", "content_type", "wall_time"}]
EXTRAS += [ALL, ALL - {"dir_name"}, ALL - {"file_name"}]
PLACES = [set(), {"wall_time"}, {"dir_name"}, {"dir_name", "file_name"}, ALL]

# TensorBoard 2.21 has no such types any more, so tbparse reads no integers, booleans or complex
# numbers.
dtypes = peer("tensorboard.compat.tensorflow_stub.dtypes")
for missing in ("int4", "uint4"):
    if not hasattr(dtypes, missing):
        setattr(dtypes, missing, object())


@contextlib.contextmanager
def stably() -> Iterator[None]:
    """Makes tbparse keep the order of values with the same step. pandas' default depends on the
    machine.
    """
    sort = functools.partialmethod(pd.DataFrame.sort_values, kind="stable")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pd.DataFrame, "sort_values", sort)
        yield


@pytest.fixture
def stable() -> Iterator[None]:
    with stably():
        yield


def original(path: Path, **options: Any) -> Any:
    return tbparse.SummaryReader(str(path), **options)


def table(reader: Any, event_type: str) -> Any:
    with warnings.catch_warnings():
        if isinstance(reader, tbparse.SummaryReader):
            # It uses features that pandas 4 will remove.
            warnings.simplefilter("ignore", pd.errors.PandasChangeWarning)
        return reader.get_events(event_type)


def assert_same(path: Path, **options: Any) -> None:
    """Checks that both return the same from every property."""
    mine, theirs = SummaryReader(path, **options), original(path, **options)
    assert_readers_same(mine, theirs)
    for event_type in options.get("event_types", EVENT_TYPES):
        tables = table(mine, event_type), table(theirs, event_type)
        assert_tables_same(*tables)
        if len(tables[0]):
            # Each access gives a new table.
            tables[0]["another"] = 0
            assert_tables_same(table(mine, event_type), tables[1])


def assert_readers_same(mine: Any, theirs: Any) -> None:
    assert list(mine.children) == list(theirs.children)
    for event_type in EVENT_TYPES:
        tags = [reader.get_tags(event_type) for reader in (mine, theirs)]
        if event_type == "hparams":
            # tbparse has them in the order of protobuf's maps.
            tags = list(map(sorted, tags))
        assert tags[0] == tags[1], event_type
        assert sorted(mine.tags[event_type]) == sorted(theirs.tags[event_type])
    assert list(mine.tags) == list(theirs.tags)
    for name in mine.children:
        assert_readers_same(mine[name], theirs[name])


def assert_tables_same(mine: Any, theirs: Any) -> None:
    pd.testing.assert_frame_equal(mine, theirs, rtol=0, atol=0)
    for name in mine.columns[[dtype.kind == "O" for dtype in mine.dtypes]]:
        assert [plain(cell) for cell in mine[name]] == [plain(cell) for cell in theirs[name]]


def plain(cell: Any) -> Any:
    """A cell for comparisons, with its types.

    All numbers are floats, since tbparse converts integers to floats sooner or later.
    """
    if isinstance(cell, np.ndarray):
        return cell.dtype, cell.shape, [plain(item) for item in cell.ravel().tolist()]
    if isinstance(cell, list):
        return [plain(item) for item in cell]
    if isinstance(cell, np.generic):
        cell = cell.item()
    if type(cell) is int:
        cell = float(cell)
    return type(cell), repr(cell)


def fill(writer: Any, steps: Any = range(3)) -> None:
    """Logs a value of each kind that all writers have."""
    for step in steps:
        writer.add_scalar("loss", 1 / (step + 1), step)
        writer.add_scalar("acc/train", step, step)
        writer.add_histogram("weights", RANDOM.normal(size=30), step)
        writer.add_text("text", f"**step** {step}", step)
        writer.add_text("more/text", "ü", step)
        writer.add_pr_curve("curve", RANDOM.integers(0, 2, 9), RANDOM.random(9), step)
        writer.add_image("picture", RANDOM.integers(0, 255, (3, 5, 6)).astype(np.uint8), step)
        writer.add_image("grey", RANDOM.random((1, 4, 3)), step)
    writer.add_scalar("acc/train", 0.5, 1)


def fill_more(writer: Any) -> None:
    for step in (2, 1):
        writer.add_audio("sound", RANDOM.uniform(-1, 1, (1, 50)).astype(np.float32), step, 8000)
    writer.add_hparams({"lr": 0.1, "name": "x", "flag": True}, {"acc": 0.5}, run_name="trial")
    writer.add_hparams({"lr": 0.2, "name": "y"}, {"acc": 0.7}, run_name="trial/2")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of torch, tensorboardX, TensorFlow and ours. Some are nested, and some have many
    files.
    """
    root = tmp_path_factory.mktemp("tree")
    torch = peer("torch")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(root / "a" / "torch")) as writer:
        fill(writer)
        fill_more(writer)
        writer.add_tensor("vector", torch.arange(3.0), 1)
        writer.add_tensor("vector", torch.arange(3.0), 2)
        writer.add_tensor("number", torch.tensor(7), 2)
        writer.add_custom_scalars({"one": {"a": ["Multiline", ["x"]]}})
    for part in (range(5, 8), range(2)):
        with tfevents.SummaryWriter(root / "a" / "ours") as writer:
            fill(writer, part)
            writer.add_scalar("nan", np.nan, part[0])
            writer.add_scalar("loss", np.nan, 1)
            writer.add_video("film", RANDOM.integers(0, 255, (1, 3, 3, 8, 8)).astype(np.uint8), 4)
            fill_more(writer)
    with peer("tensorboardX").SummaryWriter(str(root / "tensorboardX")) as writer:
        fill(writer)
        writer.add_hparams({"lr": 0.1, "name": "x"}, {"acc": 0.5}, name="trial")
    tf = peer("tensorflow")
    with tf.summary.create_file_writer(str(root / "tensorflow")).as_default():
        for step in range(3):
            tf.summary.scalar("loss", step / 2, step)
            tf.summary.histogram("weights", RANDOM.normal(size=20), step)
            tf.summary.text("text", f"step {step}", step)
            tf.summary.image("picture", RANDOM.random((2, 4, 5, 3)), step)
            tf.summary.audio("sound", RANDOM.random((1, 50, 1)).astype(np.float32), 8000, step)
    (root / "empty").mkdir()
    (root / "notes.txt").write_text("no events")
    (root / "a" / "events.out.tfevents.1.host.profile-empty").touch()
    return root


@pytest.mark.usefixtures("stable")
@pytest.mark.parametrize("pivot", [False, True])
@pytest.mark.parametrize("extra_columns", EXTRAS, ids=lambda it: f"{len(it)}{min(it, default='')}")
def test_a_tree(tree: Path, pivot: bool, extra_columns: set[str]) -> None:
    assert_same(tree, pivot=pivot, extra_columns=extra_columns)


@pytest.mark.usefixtures("stable")
@pytest.mark.parametrize("pivot", [False, True])
def test_each_directory_and_file(tree: Path, pivot: bool) -> None:
    for path in tree.rglob("*"):
        for extra_columns in PLACES:
            assert_same(path, pivot=pivot, extra_columns=extra_columns)


@pytest.mark.parametrize("pivot", [False, True])
def test_the_order_of_pandas_itself(tree: Path, pivot: bool) -> None:
    """Without a stable sort, only the order within lists shows it, and there are few lists."""
    for path in (tree / "a" / "torch", tree / "tensorboardX", tree / "tensorflow"):
        assert_same(path, pivot=pivot, extra_columns={"dir_name", "file_name"})


@pytest.mark.usefixtures("stable")
def test_event_types(tree: Path) -> None:
    pairs = itertools.combinations(EVENT_TYPES, 2)
    for types in [*({it} for it in EVENT_TYPES if it != "text"), *map(set, pairs)]:
        if types & {"text", "tensors"} != {"text"}:
            assert_same(tree, event_types=types, pivot=False, extra_columns={"wall_time"})
    reader = SummaryReader(tree, event_types={"scalars"})
    with pytest.raises(ValueError, match="isn't read"):
        _ = reader.text


def test_texts_alone_are_all_there(tree: Path) -> None:
    """In this case tbparse keeps one value of each tag of a file."""
    alone = SummaryReader(tree, event_types={"text"}, extra_columns=ALL).text
    assert_tables_same(alone, table(original(tree, extra_columns=ALL), "text"))
    few = table(original(tree, event_types={"text"}), "text")
    assert len(few) < len(alone)


def test_raw_tags_and_events(tree: Path) -> None:
    for path in events.event_files(tree):
        mine, theirs = SummaryReader(path), original(path)
        assert mine.raw_tags == theirs.raw_tags
        for event_type in [*EVENT_TYPES, "graph", "meta_graph", "run_metadata"]:
            assert mine.get_raw_tags(event_type) == theirs.get_raw_tags(event_type)
        assert plain_events(mine.raw_events) == plain_events(theirs.raw_events)
        for tag in theirs.get_raw_tags("scalars"):
            found = [plain_events(it.get_raw_events("scalars", tag)) for it in (mine, theirs)]
            assert found[0] == found[1]
        with pytest.raises(KeyError):
            mine.get_raw_events("scalars", "there is none")
        with pytest.raises(ValueError, match="tag"):
            mine.get_raw_events(None, "loss")
        with pytest.raises(KeyError):
            mine.get_raw_events("graph")
    for method in ("get_raw_tags", "get_raw_events"):
        with pytest.raises(ValueError, match="directory"):
            getattr(SummaryReader(tree), method)()


def plain_events(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain_events(item) for key, item in value.items()}
    if isinstance(value, list):
        return [repr(item) for item in value]
    return repr(value)


def test_the_surface_is_the_same() -> None:
    theirs = tbparse.SummaryReader
    public = [name for name in vars(theirs) if not name.startswith("_")]
    assert not [name for name in public if not hasattr(SummaryReader, name)]
    for name in [*public, "__init__"]:
        both = [getattr(it, name) for it in (SummaryReader, theirs)]
        if callable(both[1]):
            parameters = [
                [(it.name, it.kind, it.default) for it in inspect.signature(f).parameters.values()]
                for f in both
            ]
            assert parameters[0] == parameters[1], name
    module = inspect.getmodule(theirs)
    assert set(EVENT_TYPES) == module.ALL_EVENT_TYPES
    assert set(EXTRA_COLUMNS) == module.ALL_EXTRA_COLUMNS


def test_arguments(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="log_path"):
        SummaryReader(tmp_path / "nothing")
    with pytest.raises(KeyError, match="colour"):
        SummaryReader(tmp_path, extra_columns={"colour", "width"})
    with pytest.raises(KeyError, match="graph"):
        SummaryReader(tmp_path, event_types={"graph"})
    with pytest.raises(TypeError, match="extra_columns"):
        SummaryReader(tmp_path, extra_columns="wall_time")
    with pytest.raises(TypeError, match="event_types"):
        SummaryReader(tmp_path, event_types=3)
    reader = SummaryReader(tree, extra_columns=["dir_name"], event_types=("scalars",))
    assert list(reader.scalars) == ["step", "tag", "value", "dir_name"]
    for get in (reader.get_events, reader.get_tags):
        with pytest.raises(ValueError, match="event_type"):
            get("graph")
    assert repr(reader) == repr(original(tree))
    assert reader.log_path == tree
    with pytest.raises(KeyError):
        reader["nothing"]
    assert SummaryReader(tmp_path).scalars.shape == (0, 0)


def test_a_reader_is_pickled(tree: Path) -> None:
    reader = SummaryReader(tree)
    copy = pickle.loads(pickle.dumps(reader))
    for event_type in EVENT_TYPES:
        assert_tables_same(copy.get_events(event_type), reader.get_events(event_type))


def test_what_the_file_holds_is_read_once(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        fill(writer)
    reader = SummaryReader(tmp_path)
    os.remove(events.only_file(tmp_path))
    assert len(reader.images) == 6
    assert len(reader.scalars) == 7


def write(path: Path, made: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        writer = record_writer.RecordWriter(file)
        for event in [event_pb2.Event(file_version="brain.Event:2"), *made]:
            writer.write(event.SerializeToString())


def tensor(tag: str, step: int, value: Any, plugin: str = "") -> Any:
    event = event_pb2.Event(step=step, wall_time=step / 4)
    one = event.summary.value.add(tag=tag, tensor=tensor_util.make_tensor_proto(value))
    if plugin:
        one.metadata.plugin_data.plugin_name = plugin
    return event


def scalar(tag: str, step: int, value: float) -> Any:
    event = event_pb2.Event(step=step, wall_time=step / 4)
    event.summary.value.add(tag=tag, simple_value=value)
    return event


def session(values: dict[str, Any]) -> Any:
    """The start of a session with these hyperparameters."""
    data = hparams_pb2.HParamsPluginData(version=0)
    data.session_start_info.SetInParent()
    for name, value in values.items():
        kind = {bool: "bool_value", str: "string_value"}.get(type(value), "number_value")
        setattr(data.session_start_info.hparams[name], kind, value)
    event = event_pb2.Event(wall_time=1)
    one = event.summary.value.add(tag="_hparams_/session_start_info")
    one.metadata.plugin_data.plugin_name = "hparams"
    one.metadata.plugin_data.content = data.SerializeToString()
    return event


tags = st.sampled_from(["a", "b", "a/c"])
steps = st.integers(-2, 5)
# Without booleans, which tbparse converts to numbers if others are numbers.
values = st.one_of(
    st.integers(-3, 3),
    st.floats(width=32),
    st.binary(max_size=2),
    st.lists(st.integers(0, 9), min_size=2, max_size=2),
    st.just(np.zeros((1, 2))),
)
made = st.one_of(
    st.builds(scalar, tags, steps, st.floats(width=32)),
    st.builds(tensor, tags, steps, values),
    # Most are of one kind, which decides the dtype.
    st.builds(tensor, st.just("number"), steps, st.integers(-3, 3)),
    st.builds(tensor, st.just("note"), steps, st.text(max_size=3).map(str.encode), st.just("text")),
    st.builds(session, st.dictionaries(tags, st.one_of(st.floats(), st.text()))),
)
files = st.dictionaries(
    st.sampled_from(["a.tfevents", "b.tfevents", "x/a.tfevents", "x/y/a.tfevents", "z/a.tfevents"]),
    st.lists(made, max_size=8),
    max_size=4,
)


@settings(max_examples=40)
@given(files, st.booleans(), st.sampled_from(PLACES))
def test_any_files(found: dict[str, list[Any]], pivot: bool, extra_columns: set[str]) -> None:
    with tempfile.TemporaryDirectory() as directory, stably():
        for name, content in found.items():
            write(Path(directory, name), content)
        assert_same(Path(directory), pivot=pivot, extra_columns=extra_columns)


# Mistakes of tbparse.


def test_texts_of_several_strings(tmp_path: Path) -> None:
    path = tmp_path / "a.tfevents"
    write(path, [tensor("note", 1, [["a", "b"], ["c", "d"]], "text")])
    with pytest.raises(ValueError):
        original(path)
    (cell,) = SummaryReader(path).text.value
    assert cell.tolist() == [["a", "b"], ["c", "d"]]


def test_texts_that_are_no_unicode(tmp_path: Path) -> None:
    path = tmp_path / "a.tfevents"
    write(path, [tensor("note", 1, b"\xff", "text")])
    with pytest.raises(UnicodeDecodeError):
        original(path)
    assert SummaryReader(path).text.value.tolist() == ["\ufffd"]


def test_tensors_that_tensorboard_does_not_read(tmp_path: Path) -> None:
    torch = peer("torch")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_tensor("half", torch.tensor([0.5, -1.0], dtype=torch.float16), 1)
    with pytest.raises((ValueError, OverflowError)):
        original(tmp_path)
    (cell,) = SummaryReader(tmp_path).tensors.value
    assert (cell.dtype, cell.tolist()) == (np.float16, [0.5, -1.0])


def test_a_tag_with_the_name_of_a_column(tmp_path: Path) -> None:
    path = tmp_path / "a.tfevents"
    write(path, [scalar("step", 3, 0.5), scalar("wall_time", 4, 0.25)])
    found = SummaryReader(path, pivot=True, extra_columns={"wall_time"}).scalars
    assert found.to_dict("list") == {
        "step": [3, 4],
        "step_": [0.5, pytest.approx(np.nan, nan_ok=True)],
        "wall_time_": [pytest.approx(np.nan, nan_ok=True), 0.25],
        "wall_time": [0.75, 1.0],
    }


def test_hyperparameters_that_are_no_scalars(tmp_path: Path) -> None:
    path = tmp_path / "a.tfevents"
    start = session({"lr": 0.5})
    data = hparams_pb2.HParamsPluginData.FromString(
        start.summary.value[0].metadata.plugin_data.content
    )
    data.session_start_info.hparams["list"].list_value.values.add(number_value=1)
    data.session_start_info.hparams["none"].null_value = 0
    data.session_start_info.hparams["unset"].SetInParent()
    start.summary.value[0].metadata.plugin_data.content = data.SerializeToString()
    write(path, [start])
    with pytest.raises(AssertionError):
        original(path)
    found = SummaryReader(path).hparams
    assert dict(zip(found.tag, found.value, strict=True)) == {
        "list": [1.0],
        "lr": 0.5,
        "none": None,
        "unset": None,
    }


def test_texts_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "a.tfevents"
    made = [tensor("a", 1, b"x", "text"), tensor("a/text_summary", 2, b"y", "text")]
    write(path, made)
    assert table(original(path), "text").value.tolist() == ["y"]
    assert SummaryReader(path).text.to_dict("list") == {
        "step": [1, 2],
        "tag": ["a", "a"],
        "value": ["x", "y"],
    }


def test_booleans_beside_integers(tmp_path: Path) -> None:
    write(tmp_path / "a.tfevents", [tensor("number", 0, 3)])
    write(tmp_path / "b.tfevents", [tensor("flag", 0, False)])
    assert [*map(repr, table(original(tmp_path), "tensors").value)] == ["0", "3"]
    assert [*map(repr, SummaryReader(tmp_path).tensors.value)] == ["False", "3"]


def media(tag: str, kind: str, encoded: bytes) -> Any:
    event = event_pb2.Event(step=1)
    event.summary.value.add(tag=tag, **{kind: {f"encoded_{kind}_string": encoded}})
    return event


def test_what_can_not_be_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.tfevents"
    write(path, [scalar("a", 1, 0.5), media("b", "image", b"no"), media("c", "audio", b"no")])
    with pytest.raises(Exception, match=r"(?i)image|wav"):
        original(path)
    reader = SummaryReader(path)
    assert reader.scalars.value.tolist() == [0.5]
    for event_type in ("images", "audio"):
        with pytest.raises(ValueError):
            reader.get_events(event_type)


def test_jpeg(tmp_path: Path) -> None:
    pil = peer("PIL.Image")
    encoded = io.BytesIO()
    gradient = np.add.outer(np.arange(32), np.arange(48)).astype(np.uint8) * 3
    pil.fromarray(np.stack([gradient, gradient[::-1], gradient[:, ::-1]], -1)).save(encoded, "JPEG")
    path = tmp_path / "a.tfevents"
    write(path, [media("a", "image", encoded.getvalue())])
    (mine,), (theirs,) = SummaryReader(path).images.value, table(original(path), "images").value
    assert (mine.shape, mine.dtype) == (theirs.shape, theirs.dtype)
    np.testing.assert_allclose(mine, theirs.astype(float), atol=16)


def test_without_tensorflow(tree: Path) -> None:
    out = scripts.check(
        """
        import sys
        sys.modules.update(dict.fromkeys(["tensorflow", "tensorboard", "google.protobuf"]))
        from tfevents.compat.tbparse import SummaryReader
        reader = SummaryReader(sys.argv[1])
        print(len(reader.images), len(reader.audio), len(reader.tensors), len(reader.hparams))
        """,
        tree,
    )
    reader = original(tree)
    lengths = [len(table(reader, it)) for it in ("images", "audio", "tensors", "hparams")]
    assert list(map(int, out.split())) == lengths


def test_many_values_of_one_step_stay_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.tfevents"
    count = 1000
    write(path, [scalar("a", at % 3, at) for at in range(count)])
    found = SummaryReader(path, pivot=True).scalars
    assert found.a.tolist() == [list(map(float, range(step, count, 3))) for step in range(3)]


# Results computed from histograms and tensors.


def histograms(reader: Any) -> Iterator[tuple[Any, Any]]:
    table = reader.histograms
    yield from zip(table.counts, table.limits, strict=True)


def test_histograms_in_other_bins(tree: Path) -> None:
    found = [it for it in histograms(SummaryReader(tree)) if it[0][0] == 0]
    assert found
    x = np.linspace(-4, 4, 41)
    for counts, limits in found:
        for at in (x, np.sort(np.unique(limits))):
            args = counts, limits, at
            mine, theirs = SummaryReader, tbparse.SummaryReader
            np.testing.assert_allclose(mine.histogram_to_cdf(*args), theirs.histogram_to_cdf(*args))
        args = counts, limits, x
        for a, b in zip(mine.histogram_to_pdf(*args), theirs.histogram_to_pdf(*args), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-12)
        for bounds in [(), (-2, 2), (None, 1), (0, 0), (1, 1), (limits[0], limits[-1], 7)]:
            args = counts, limits, *bounds
            mine_bins, their_bins = mine.histogram_to_bins(*args), theirs.histogram_to_bins(*args)
            for a, b in zip(mine_bins, their_bins, strict=True):
                np.testing.assert_allclose(a, b, atol=1e-12)
    with pytest.raises(ValueError, match="increasing"):
        SummaryReader.histogram_to_cdf([0, 1], [0, 1], [1, 1])
    with pytest.raises(ValueError, match="equally long"):
        SummaryReader.histogram_to_cdf([0, 1], [0], [1])
    with pytest.raises(ValueError, match="first of counts"):
        SummaryReader.histogram_to_bins([1, 1], [0, 1])


def test_tensors_of_tensorflow(tree: Path) -> None:
    rows = table(original(tree / "tensorflow"), "tensors")
    for name, tag in (("histogram", "weights"), ("image", "picture"), ("audio", "sound")):
        for value in rows[rows.tag == tag].value:
            found = [
                getattr(it, f"tensor_to_{name}")(value)
                for it in (SummaryReader, tbparse.SummaryReader)
            ]
            assert list(found[0]) == list(found[1])
            for key in found[0]:
                a, b = (np.asarray(it[key]) for it in found)
                assert (a.dtype, a.shape) == (b.dtype, b.shape), key
                np.testing.assert_array_equal(a, b)
    weights = rows[rows.tag == "weights"].value.iloc[0]
    assert SummaryReader.buckets_to_histogram_dict(weights)["num"] == 20
    with pytest.raises(ValueError, match=r"\[buckets, 3\]"):
        SummaryReader.tensor_to_histogram(np.zeros(3))


def test_sounds_of_all_widths(tmp_path: Path) -> None:
    samples = np.array([-(1 << 31), 0, 1 << 30], "<i4")
    for width in (1, 2, 3, 4):
        encoded = io.BytesIO()
        with wave.open(encoded, "wb") as file:
            file.setparams((1, width, 8000, 0, "NONE", ""))
            top = samples.view(np.uint8).reshape(-1, 4)[:, 4 - width :]
            file.writeframes(((top ^ 128) if width == 1 else top).tobytes())
        value = np.array([[encoded.getvalue(), b""]], object)
        found = SummaryReader.tensor_to_audio(value)
        assert found["audio"].ravel().tolist() == [-1, 0, 0.5]
        assert found["audio"].dtype == np.float32
        if width != 2:
            with pytest.raises(Exception, match=r"(?i)bits|wav"):
                tbparse.SummaryReader.tensor_to_audio(value)
