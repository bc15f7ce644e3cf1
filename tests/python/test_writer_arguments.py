"""Wrong arguments: the error names the argument, and the file does not change."""

import math

import numpy as np
import pytest

import events
from peers import peer
from tfevents import FileWriter, SummaryWriter

WRONG = (TypeError, ValueError)


def refuses(directory, argument, call, errors=WRONG):
    """Checks that `call(writer)` raises, names `argument`, and leaves the events around it as they
    are.
    """
    with SummaryWriter(directory) as writer:
        writer.add_scalar("before", 1.0, 1)
        with pytest.raises(errors) as raised:
            call(writer)
        writer.add_scalar("after", 2.0, 2)
    assert argument in str(raised.value)
    assert [(p.tag, p.step, p.value) for p in events.points(directory)] == [
        ("before", 1, 1.0),
        ("after", 2, 2.0),
    ]
    return str(raised.value)


class Shouts:
    """Raises whenever it is asked for a number."""

    def _fail(self, *_, **__):
        raise RuntimeError("boom")

    __array__ = __float__ = __index__ = _fail


class NotANumber:
    """Answers, but not with a number."""

    def __repr__(self):
        return "NotANumber()"

    def __array__(self, dtype=None, copy=None):
        return np.array("three")

    def __float__(self):
        return "three"

    def __index__(self):
        return "three"


NO_SCALARS = [
    None,
    "1.5",
    "loss",
    np.str_("1.5"),
    b"1.5",
    1j,
    np.complex64(1),
    np.array(1j),
    [1.0],
    (1.0,),
    {"a": 1.0},
    ...,
    np.array([1.0, 2.0]),
    np.ones((2, 1)),
    np.array([]),
    np.array("1.5"),
    np.array(["1.5"]),
    NotANumber(),
    10**400,
]


@pytest.mark.parametrize("value", NO_SCALARS, ids=lambda v: repr(v)[:30])
@pytest.mark.parametrize("options", [{}, {"new_style": True}, {"double_precision": True}], ids=str)
def test_a_value_that_is_no_scalar(tmp_path, value, options):
    refuses(tmp_path, "scalar_value", lambda w: w.add_scalar("loss", value, 1, **options))


def test_the_error_tells_what_came(tmp_path):
    assert "str" in refuses(tmp_path / "str", "scalar_value", lambda w: w.add_scalar("a", "1.5"))
    message = refuses(tmp_path / "3", "scalar_value", lambda w: w.add_scalar("a", np.ones(3)))
    assert "3" in message


def test_what_a_value_s_own_code_raises_is_not_lost(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("before", 1.0, 1)
        with pytest.raises((RuntimeError, *WRONG)) as raised:
            writer.add_scalar("loss", Shouts(), 1)
        writer.add_scalar("after", 2.0, 2)
    chain = [raised.value, raised.value.__cause__, raised.value.__context__]
    assert any("boom" in str(error) for error in chain)
    assert [p.tag for p in events.points(tmp_path)] == ["before", "after"]


@pytest.mark.parametrize("tag", [None, 3, 1.5, b"loss", ["loss"], ..., "\ud800"], ids=repr)
def test_a_tag_that_is_no_text(tmp_path, tag):
    refuses(tmp_path / "scalar", "tag", lambda w: w.add_scalar(tag, 1.0, 1))
    refuses(tmp_path / "text", "tag", lambda w: w.add_text(tag, "text", 1))
    refuses(tmp_path / "series", "tag", lambda w: w.add_scalar_series(tag, [1.0]))
    refuses(tmp_path / "scalars", "main_tag", lambda w: w.add_scalars(tag, {"a": 1.0}, 1))


@pytest.mark.parametrize("step", [1.5, -0.5, np.float64(1.5), np.float32(2.25), math.nan, math.inf])
def test_a_step_that_is_no_whole_number(tmp_path, step):
    message = refuses(tmp_path, "global_step", lambda w: w.add_scalar("loss", 1.0, step))
    assert "integer" in message


def test_a_float_step_with_a_fraction_is_a_type_error(tmp_path):
    refuses(tmp_path, "global_step", lambda w: w.add_scalar("loss", 1.0, 1.5), TypeError)


@pytest.mark.parametrize(
    "step",
    [2**63, -(2**63) - 1, 10**400, np.uint64(2**63), 1e19, -1e300],
    ids=lambda v: str(v)[:20],
)
def test_a_step_beyond_64_bits(tmp_path, step):
    refuses(tmp_path, "global_step", lambda w: w.add_scalar("loss", 1.0, step))


@pytest.mark.parametrize(
    "step", ["1", b"1", [1], 1j, ..., np.array([1, 2]), NotANumber()], ids=lambda v: repr(v)[:30]
)
def test_a_step_that_is_no_number(tmp_path, step):
    refuses(tmp_path / "scalar", "global_step", lambda w: w.add_scalar("loss", 1.0, step))
    refuses(tmp_path / "text", "global_step", lambda w: w.add_text("t", "text", step))
    refuses(tmp_path / "scalars", "global_step", lambda w: w.add_scalars("t", {"a": 1.0}, step))
    refuses(tmp_path / "log", "step", lambda w: w.log({"a": 1.0}, step))
    refuses(tmp_path / "file", "global_step", lambda w: w.file_writer.add_summary(Bytes(b""), step))
    refuses(tmp_path / "event", "step", lambda w: w.file_writer.add_event(Bytes(b""), step))


@pytest.mark.parametrize(
    "walltime",
    ["now", np.str_("1"), b"1", [1.0], 1j, ..., np.ones(2), np.ma.masked, NotANumber()],
    ids=lambda v: repr(v)[:30],
)
def test_a_wall_time_that_is_no_number(tmp_path, walltime):
    refuses(tmp_path / "scalar", "walltime", lambda w: w.add_scalar("loss", 1.0, 1, walltime))
    refuses(tmp_path / "text", "walltime", lambda w: w.add_text("t", "text", 1, walltime))
    refuses(tmp_path / "scalars", "walltime", lambda w: w.add_scalars("t", {"a": 1}, 1, walltime))
    refuses(tmp_path / "log", "walltime", lambda w: w.log({"a": 1.0}, 1, walltime))
    refuses(
        tmp_path / "event", "walltime", lambda w: w.file_writer.add_event(Bytes(b""), 1, walltime)
    )


@pytest.mark.parametrize("text", [None, 3, 1.5, ["a"], ..., "\udfff"], ids=repr)
def test_a_text_that_is_none(tmp_path, text):
    refuses(tmp_path, "text_string", lambda w: w.add_text("t", text, 1))


# In a mapping, another key has the numbers.
NO_VALUES = [value for value in NO_SCALARS if not isinstance(value, dict)]


@pytest.mark.parametrize("value", [*NO_VALUES, {"a": None}, {3: 1.0}], ids=lambda v: repr(v)[:30])
def test_one_wrong_value_in_log_writes_none_of_them(tmp_path, value):
    message = refuses(tmp_path, "values", lambda w: w.log({"fine": 1.0, "wrong": value}, 1))
    assert "wrong" in message


@pytest.mark.parametrize(
    "values", [None, 3, "loss", [1.0], [("a", 1.0)], {3: 1.0}, {"\ud800": 1.0}], ids=repr
)
def test_log_of_what_is_no_mapping_from_tags(tmp_path, values):
    refuses(tmp_path, "values", lambda w: w.log(values, 1))


@pytest.mark.parametrize("values", [None, 3, "loss", [1.0], {3: 1.0}, {"\ud800": 1.0}], ids=repr)
def test_add_scalars_of_what_is_no_mapping_from_keys(tmp_path, values):
    refuses(tmp_path, "tag_scalar_dict", lambda w: w.add_scalars("t", values, 1))


def test_missing_superfluous_and_unknown_arguments(tmp_path):
    refuses(tmp_path / "none", "tag", lambda w: w.add_scalar(), TypeError)
    refuses(tmp_path / "one", "scalar_value", lambda w: w.add_scalar("loss"), TypeError)
    refuses(tmp_path / "name", "stepp", lambda w: w.add_scalar("loss", 1.0, stepp=3), TypeError)
    refuses(tmp_path / "twice", "tag", lambda w: w.add_scalar("loss", 1.0, tag="loss"), TypeError)
    refuses(
        tmp_path / "many", "", lambda w: w.add_scalar("a", 1.0, 1, 1.0, True, True, 7), TypeError
    )


class Bytes:
    """The methods of every protobuf message, and nothing else."""

    def __init__(self, serialized):
        self.serialized = serialized

    def __repr__(self):
        return f"Bytes({self.serialized!r})"

    def SerializeToString(self):
        return self.serialized


@pytest.mark.parametrize(
    "message", [None, 3, "event", b"\x10\x01", ..., Bytes("text"), Bytes(None)], ids=repr
)
def test_what_is_no_message(tmp_path, message):
    refuses(tmp_path / "event", "event", lambda w: w.file_writer.add_event(message))
    refuses(tmp_path / "summary", "summary", lambda w: w.file_writer.add_summary(message))


def test_what_is_too_large_for_an_event(tmp_path):
    # Readers would take the rest of the file for damaged.
    text = "a" * 2**31
    refuses(tmp_path / "text", "text_string", lambda w: w.add_text("t", text, 1), ValueError)
    message = Bytes(bytes(2**31))
    refuses(
        tmp_path / "summary",
        "summary",
        lambda w: w.file_writer.add_summary(message),
        ValueError,
    )


@pytest.mark.parametrize(
    "pair", [None, Bytes(b""), (), (Bytes(b""),), (None, Bytes(b"")), (Bytes(b""), 3)], ids=repr
)
def test_what_is_no_graph(tmp_path, pair):
    # Both events are logged, or neither. The good part of a pair must not be logged alone.
    refuses(tmp_path, "graph_profile", lambda w: w.file_writer.add_graph(pair))


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("log_dir", 3),
        ("log_dir", ...),
        ("comment", 3),
        ("purge_step", "ten"),
        ("purge_step", 1.5),
        ("purge_step", 2**63),
        ("max_queue", "ten"),
        ("flush_secs", "ten"),
        ("filename_suffix", 3),
        ("on_error", "ignore"),
        ("on_error", None),
    ],
)
def test_constructor_arguments(tmp_path, monkeypatch, argument, value):
    monkeypatch.chdir(tmp_path)
    arguments = {} if argument == "comment" else {"log_dir": tmp_path / "run"}
    with pytest.raises(WRONG, match=argument):
        SummaryWriter(**{**arguments, argument: value})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("log_dir", 3),
        ("log_dir", None),
        ("max_queue", "ten"),
        ("flush_secs", "ten"),
        ("filename_suffix", 3),
        ("on_error", "ignore"),
    ],
)
def test_constructor_arguments_of_a_file_writer(tmp_path, monkeypatch, argument, value):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WRONG, match=argument):
        FileWriter(**{"log_dir": tmp_path / "run", argument: value})
    assert list(tmp_path.iterdir()) == []


def test_a_torch_tensor_without_data_or_with_too_much(tmp_path):
    torch = peer("torch")
    for name, tensor in {
        "meta": torch.empty((), device="meta"),
        "many": torch.ones(2),
        "none": torch.ones(0),
        "complex": torch.tensor(1j),
    }.items():
        refuses(tmp_path / name, "scalar_value", lambda w, t=tensor: w.add_scalar("loss", t, 1))


def test_a_value_may_log_or_close_while_it_is_asked_for_its_number(tmp_path):
    with SummaryWriter(tmp_path) as writer:

        class Logs:
            def __float__(self):
                writer.add_scalar("inner", 1.0, 1)
                return 2.0

        class Closes:
            def __float__(self):
                writer.close()
                return 3.0

        writer.add_scalar("outer", Logs(), 2)
        writer.add_scalar("after close", Closes(), 3)
        writer.log({"in log": Logs(), "too": 4.0}, 4)
        writer.add_scalars("main", {"in scalars": Logs()}, 5)
    assert sorted((p.tag, p.step) for p in events.points(tmp_path)) == [
        ("after close", 3),
        ("in log", 4),
        ("inner", 1),
        ("inner", 1),
        ("inner", 1),
        ("main", 5),
        ("outer", 2),
        ("too", 4),
    ]
