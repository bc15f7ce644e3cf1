"""Arguments of any type and value are taken or refused. Nothing panics, hangs or crashes.

Rust's panics are `BaseException`s, which no test here catches.
"""

import inspect
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tfevents
from tfevents import _native

INTS = [0, 1, -1, 2, 255, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63)]


class Hostile:
    """Answers every question with something useless."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def _give(self, *_: Any, **__: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    __float__ = __index__ = __int__ = __iter__ = __getitem__ = __call__ = _give
    __fspath__ = __array__ = __bool__ = __str__ = __repr__ = __eq__ = __contains__ = _give
    __enter__ = keys = items = item = detach = SerializeToString = _give

    def __hash__(self) -> int:
        return 0

    def __len__(self) -> Any:
        return self._give()

    @property
    def shape(self) -> Any:
        return self._give()


class Text(str):
    """A subclass of str."""


# These names do not lead out of the working directory, which belongs to the test.
texts = st.text(
    st.characters(exclude_characters="/.\\~", codec=None), max_size=8
) | st.sampled_from(
    ["", "\0", "\ud800", "a" * 70_000, "tag", "scalar", "kinds", "float32", "object", "raise"]
)
simple = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(INTS),
    st.integers(),
    st.floats(),
    texts,
    texts.map(Text),
    st.binary(max_size=20),
    st.binary(max_size=20).map(bytearray),
    st.binary(max_size=20).map(memoryview),
    st.complex_numbers(),
    st.sampled_from([object(), int, Hostile, ..., len, Path("nothing"), io.BytesIO(b"x")]),
)
dtypes = st.sampled_from(
    ["?", "i1", "u1", "i2", "i4", "i8", "u8", "f2", "f4", "f8", "c8", "O", "S3", "U3", "M8[s]"]
)
shapes = st.lists(st.integers(0, 4), max_size=6).map(tuple)
numbers = st.builds(lambda d, s: np.zeros(s, d), dtypes, shapes)
ordered = st.builds(lambda a: np.asfortranarray(a)[..., ::-1] if a.ndim else a, numbers)
hostile = st.one_of(
    simple,
    numbers,
    ordered,
    st.builds(Hostile, simple),
    st.builds(Hostile, st.sampled_from([ValueError("no"), RecursionError(), MemoryError()])),
    st.recursive(
        simple,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.lists(inner, max_size=4).map(tuple),
            st.dictionaries(texts, inner, max_size=3),
        ),
        max_leaves=8,
    ),
)
F32, F64, STEPS = np.zeros(3, "f4"), np.zeros(3), np.arange(3)
MESH = np.zeros((1, 3, 3), "f4")

# The arguments of each function.
FUNCTIONS: dict[str, list[Any]] = {
    "as_number": [1.0, "x"],
    "as_step": [1, "x"],
    "as_text": ["t", "x"],
    "as_wall_time": [1.0, "x"],
    "audio": ["t", np.zeros((4, 1), "i2"), 8000],
    "buckets": [[]],
    "custom_scalars": [[("c", [("t", ["a"]), ("m", ("a", "b", "c"))])]],
    "decode_png": [b"\x89PNG\r\n\x1a\n"],
    "decode_value": [b"\x0a\x03\x0a\x01t"],
    "find": [["."], False],
    "graph_nodes": [b"\x0a\x03\x0a\x01n"],
    "graph_of_meta_graph": [b"\x12\x00"],
    "graph_def": [[("n", "op", ["i"], [[1]], "text")]],
    "histogram": ["t", F32, 30],
    "histogram_in_bins": ["t", (3.0, 0.0, 1.0, 1.0, 1.0), np.arange(3.0), np.ones(2), 30],
    "histogram_raw": ["t", (3.0, 0.0, 1.0, 1.0, 1.0), np.arange(3.0), F64],
    "hparams": [[("a", 1.0, [1.0, 2.0])], ["m"]],
    "hparams_plugin_data": [b"\x12\x00"],
    "image": ["t", np.zeros((1, 2, 2, 3), "u1"), (1, 1), np.zeros((1, 4)), ["l"], (3, 3)],
    "instances": [Hostile, ["answer"], [[1, 2]]],
    "is_uri": ["s3://a"],
    "join_uri": ["s3://a", "b"],
    "layout": [b"\x12\x00"],
    "load_event": [b"\x10\x03"],
    "load_value": [_native.load_event(b"\x10\x03"), b"\x0a\x03\x0a\x01t"],
    "local_path": ["file:///a"],
    "mesh_plugin_data": [b"\x0a\x01n"],
    "node_attributes": [b"\x0a\x01n"],
    "mesh": ["t", MESH, MESH, MESH, "{}", "n", "d"],
    "onnx_graph_def": [b"\x08\x01", "model"],
    "pr_curve": ["t", F64, F32, F64, 5],
    "pr_curve_raw": ["t", np.zeros(30), 5],
    "repair_file": ["file", "copy"],
    "run_data": ["r", ["file"], False, [("t", "tensor", None, STEPS, F64, [b""] * 3)], []],
    "run_metadata": ["device"],
    "session_log": [b"\x08\x01"],
    "smooth": [F64, 0.6],
    "sync": [["file", "."]],
    "scalar": ["t", 1.0, False, False, "n", "d"],
    "tensor": ["t", "float32", [2], np.zeros(8, "u1")],
    "tensor_of_strings": ["t", [1], [b"x"]],
    "text": ["t", "x"],
    "verify_file": ["file"],
    "video": ["t", np.zeros((1, 2, 2, 2, 3), "u1"), (1, 1), 4.0, 3],
    "views": [np.zeros(5), np.array([0, 2, 5])],
    # Classes.
    "EventFollower": [True, False],
    "EventReader": [["file"], {"file"}, True, False],
    "EventTail": ["file"],
    "FileWriter": ["run", 10, 120.0, "suffix"],
    "Outage": ["warn"],
    "ArrowBatches": [[("a", "int64")], list],
    "LogData": [True, False, 1, None, ["scalar"], (0, 1), "raw"],
    "Rewriter": [print, ["scalar"], (0, 1), 1, "raw", [], True],
    "ScalarTable": [[], True],
    "Turn": ["doing"],
    "hasten": [int, object, None],
}
# Names that users can't call, or that end the process for this library.
INTERNAL = {
    "Control",
    "before_termination",
    "flush_at_exit",
    "Event",
    "EventWriter",
    "RunData",
    "Summary",
    "Value",
    "WideTable",
}


def test_every_function_is_tried() -> None:
    public = {name for name in _native.__all__ if callable(getattr(_native, name))}
    assert public == set(FUNCTIONS) | INTERNAL


@pytest.fixture
def _in_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with tfevents.SummaryWriter("log") as writer:
        writer.add_scalar("a", 1, 1)
        writer.add_histogram("h", F64, 1)
        writer.add_image("i", np.zeros((3, 2, 2)), 1)
        writer.add_audio("s", np.zeros((1, 4)), 1)
        writer.add_tensor("t", F64, 1)
        writer.add_text("x", "y", 1)
    (path,) = Path("log").iterdir()
    os.link(path, "file")


def replaced(valid: list[Any]) -> st.SearchStrategy[list[Any]]:
    """The arguments, of which one or more are hostile. In some cases there are fewer or more."""

    def put(places: dict[int, Any], count: int) -> list[Any]:
        arguments = [places.get(at, value) for at, value in enumerate(valid)]
        return (arguments + list(places.values()))[: max(0, len(valid) + count)]

    places = st.dictionaries(st.integers(0, max(len(valid) - 1, 0)), hostile, max_size=2)
    return st.builds(put, places, st.sampled_from([0] * 8 + [-1, 1]))


def remove(name: str) -> None:
    """Removes a file or a directory, if it exists."""
    if Path(name).is_dir():
        shutil.rmtree(name)
    Path(name).unlink(missing_ok=True)


def tried(function: Callable[..., Any], arguments: list[Any]) -> Any:
    """The result, unless it is an error."""
    try:
        return function(*arguments)
    except Exception:
        return None


@pytest.mark.usefixtures("_in_a_directory")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    function = getattr(_native, name)

    @given(arguments=replaced(FUNCTIONS[name]))
    def check(arguments: list[Any]) -> None:
        remove("copy")
        made = tried(function, arguments)
        # Values that are encoded later.
        for one in made if isinstance(made, tuple) else (made,):
            if isinstance(one, _native.Summary):
                tried(one.SerializeToString, [])
        if isinstance(made, (_native.EventReader, _native.EventFollower, _native.FileWriter)):
            tried(getattr(type(made), "__next__", type(made).close), [made])
            made.close()

    check()


@pytest.mark.parametrize(
    ("channels", "rate"), [(0, 8000), (1 << 16, 8000), (1, 0), (1, 2**31), (4, 2**29)]
)
def test_a_sound_that_no_wav_can_hold(channels, rate):
    with pytest.raises(ValueError, match="WAV"):
        _native.audio("t", np.zeros((4, channels), "i2"), rate)


@pytest.mark.parametrize(
    ("labels", "weights", "thresholds"), [(2, 3, 5), (3, 4, 5), (3, 3, 0), (3, 3, 2**53)]
)
def test_a_curve_of_what_does_not_fit(labels, weights, thresholds):
    with pytest.raises(ValueError, match=r"expected|can hold"):
        _native.pr_curve("t", np.zeros(labels), F32, np.zeros(weights), thresholds)


def objects() -> list[Any]:
    """An object of each class."""
    data = _native.LogData(True, True, None, None, None, (-(2**63), 2**63 - 1), "raw")
    ((_, run),) = data.update(_native.find(["log"], False)[0])
    events = list(_native.EventReader(["file"], set(), True, True))
    follower = _native.EventFollower(True, True)
    table = _native.ScalarTable([("r", run)], True)
    values = [value for event in events for value in event.values]
    writer = _native.FileWriter("out")
    writer.close()
    tail = _native.EventTail("file")
    assert _native.buckets([(run, run.indices("histogram")["h"], 0, 1)])[1][1].sum() == 3
    return [
        *(data, run, follower, table, table.pivot(["a"]), writer, tail),
        *(
            _native.EventReader(["file"], set(), True, True),
            _native.Turn("doing"),
            _native.EventWriter(),
            _native.Rewriter(lambda run, tag: None, None, (0, 9), 1, "raw", [], True),
        ),
        *(_native.text("t", "x"), events[0], *values),
    ]


@pytest.mark.usefixtures("_in_a_directory")
@pytest.mark.filterwarnings("ignore")
@given(arguments=st.lists(hostile, max_size=3), data=st.data())
def test_methods(arguments: list[Any], data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(objects()), "object")
    names = [name for name in dir(type(one)) if not name.startswith("__")]
    names += [
        name
        for name in (
            "__iter__",
            "__next__",
            "__enter__",
            "__exit__",
            "__repr__",
            "__arrow_c_stream__",
        )
        if hasattr(one, name)
    ]
    name = data.draw(st.sampled_from(names), "method")
    try:
        method = getattr(one, name)
    except Exception:
        return
    if callable(method):
        tried(method, arguments)
    for attribute in ("answer", name):
        with pytest.raises((AttributeError, TypeError)):
            setattr(one, attribute, None)
    tried(getattr(one, "close", None), [])


READERS = [tfevents.read, tfevents.iter_events, tfevents.follow, tfevents.verify, tfevents.repair]


@pytest.mark.usefixtures("_in_a_directory")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_readers(reader: Callable[..., Any]) -> None:
    names = list(inspect.signature(reader).parameters)[1:]
    paths = st.sampled_from(["file", "log", ["file", "log"]]) | hostile

    options = st.dictionaries(st.sampled_from(names or ["nothing"]), hostile, max_size=2)

    @given(path=paths, options=options)
    def check(path: Any, options: dict[str, Any]) -> None:
        if reader is tfevents.follow:
            options = {"timeout": 0} | options
            # It would wait as long as it is told to.
            if tried(float, [options["timeout"]]) != 0:
                options["timeout"] = 0
        elif reader is tfevents.repair:
            options.setdefault("output", "copy")
            remove("copy")
        try:
            found = reader(path, **options)
            if isinstance(found, (tfevents.Events, tfevents.Follower)):
                with found:
                    list(found)
            repr(found)
        except Exception:
            pass

    check()
