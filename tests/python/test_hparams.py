"""Hyperparameters: every value keeps its meaning, or is refused by name."""

import argparse
import dataclasses
import datetime
import decimal
import enum
import functools
import math
import os
import pathlib
import re
import struct
import types
import typing
from collections import OrderedDict
from collections.abc import Mapping

import ml_dtypes
import numpy as np
import pytest

import events
import tfevents
from tfevents import SummaryWriter


def value_of(message):
    """A google.protobuf.Value."""
    ((number, raw),) = events.fields(message)
    return {2: lambda: struct.unpack("<d", raw)[0], 3: lambda: raw.decode(), 4: lambda: bool(raw)}[
        number
    ]()


def sessions(directory):
    """The hyperparameters of each run in `directory` and below it."""
    found = {}
    for path in events.event_files(directory):
        for event in events.parse_file(path):
            for value in event.values:
                if value.tag == "_hparams_/session_start_info":
                    run = os.path.relpath(path.parent, directory)
                    found.setdefault(run, {}).update(start_info(value.content))
    return found


def start_info(content):
    ((number, start),) = events.fields(content)
    assert number == 3
    entries = [dict(events.fields(entry)) for _, entry in events.fields(start)]
    return {entry[1].decode(): value_of(entry[2]) for entry in entries}


def logged(hparams):
    _, start, _ = tfevents.summary.hparams(hparams, {})
    ((_, value),) = events.fields(start.SerializeToString())
    return start_info(events.Value.parse(value).content)


class Color(enum.Enum):
    RED = 1


class Name(enum.StrEnum):
    ADAM = "adam"


class Mixed(str, enum.Enum):  # noqa: UP042, as programs have it that are older than StrEnum
    ADAM = "adam"


class Level(enum.IntEnum):
    HIGH = 3


class Parts(enum.Flag):
    HEAD = 1
    BODY = 2


class Broken:
    def __str__(self):
        raise RuntimeError("boom")

    __repr__ = __str__

    def method(self):
        pass

    def to_dict(self):
        raise RuntimeError("boom")


@dataclasses.dataclass
class Optimizer:
    name: str = "sgd"
    lr: float = 0.1


class Point(typing.NamedTuple):
    x: int
    y: int


class Configuration:
    """A class like those of transformers."""

    def to_dict(self):
        return {"layers": 2, "heads": {0: [1, 2]}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        (np.True_, True),
        (np.array([False]), False),
        (0, 0.0),
        (3, 3.0),
        (-(2**40), -(2.0**40)),
        (1.5, 1.5),
        (math.inf, math.inf),
        (np.float32(0.5), 0.5),
        (np.float16(0.5), 0.5),
        (np.int64(3), 3.0),
        (np.array([[0.25]]), 0.25),
        (ml_dtypes.bfloat16(0.5), 0.5),
        (np.array([0.5], ml_dtypes.bfloat16), 0.5),
        (decimal.Decimal("0.25"), 0.25),
        (Level.HIGH, 3.0),
        ("", ""),
        ("adam", "adam"),
        ("损失", "损失"),
        (np.str_("adam"), "adam"),
        (Name.ADAM, "adam"),
        (Mixed.ADAM, "adam"),
        (Parts.HEAD | Parts.BODY, "HEAD|BODY"),
        (Parts(0), "Parts(0)"),
        (Color.RED, "RED"),
        (None, "None"),
        (pathlib.PurePosixPath("a/b"), "a/b"),
        (math.tanh, "tanh"),
        (Color, "Color"),
        (list[int], "list[int]"),
        (typing.Literal[1], "typing.Literal[1]"),
        ([], "[]"),
        ([0.9, 0.999], "[0.9, 0.999]"),
        ((1, 2), "[1, 2]"),
        (range(3), "[0, 1, 2]"),
        ([1, True, None, "ü", [2.5]], '[1, true, null, "ü", [2.5]]'),
        ([np.int32(1), np.float32(0.5), np.bool_(True)], "[1, 0.5, true]"),
        ([np.array([1, 2]), np.array(3)], "[[1, 2], 3]"),
        ([{"a": np.int8(1), 2: None}], '[{"a": 1, "2": null}]'),
        ([pathlib.PurePosixPath("a"), Color.RED, math.tanh], '["a", "RED", "tanh"]'),
        (np.arange(4).reshape(2, 2), "[[0, 1], [2, 3]]"),
        (np.zeros(0), "[]"),
        (np.array([0.5, 1], ml_dtypes.bfloat16), "[0.5, 1.0]"),
        (np.array([0.5, 1], np.longdouble), "[0.5, 1.0]"),
        ({}, "{}"),
        (object(), "<object object>"),
        (b"x", "x"),
        (1j, "1j"),
        ({2, 1}, "[1, 2]"),
        (frozenset({"b", "a"}), '["a", "b"]'),
        (..., "Ellipsis"),
        ("a\ud800", "a?"),
        (10**400, str(10**400)),
        (np.array(["x"]), "x"),
        (np.array(["x", "y"]), '["x", "y"]'),
        (np.bytes_(b"x"), "x"),
        (np.array(["2024-01-01", "NaT"], "M8[D]"), '["2024-01-01", "NaT"]'),
        (np.array([1, 2], "m8[s]"), '["1 seconds", "2 seconds"]'),
        (np.array([1j, 2]), '["1j", "(2+0j)"]'),
        (np.array(1j), "1j"),
        (np.zeros(1, [("a", "f4")]), "[(0.,)]"),
        (np.dtype("float32"), "float32"),
        (np.float32, "float32"),
        (np.datetime64("2024-01-01"), "2024-01-01"),
        (np.timedelta64(3, "s"), "3 seconds"),
        (datetime.datetime(2024, 1, 1, 12), "2024-01-01 12:00:00"),
        (datetime.date(2024, 1, 1), "2024-01-01"),
        (datetime.timedelta(seconds=3), "0:00:03"),
        (re.compile("a+"), "re.compile('a+')"),
        (functools.partial(Broken.method, 1), "functools.partial(<function Broken.method>, 1)"),
        ([object(), b"x", {1}], '["<object object>", "x", [1]]'),
        ([Optimizer(), Point(1, 2)], '[{"name": "sgd", "lr": 0.1}, {"x": 1, "y": 2}]'),
        (np.ma.masked, math.nan),
        (np.ma.array([0.5, 1.5], mask=[0, 1]), "[0.5, null]"),
        (np.array([1, 2], object), "[1, 2]"),
    ],
)
def test_a_value(value, expected):
    found = logged({"x": value})
    assert found == {
        "x": pytest.approx(expected, nan_ok=True) if expected != expected else expected
    }
    assert type(found["x"]) is type(expected)


def test_an_object_that_can_t_be_shown_is_its_class():
    assert logged({"x": Broken()}) == {"x": "<Broken>"}
    assert logged({"x": [Broken()]}) == {"x": '["<Broken>"]'}


def test_an_integer_too_long_for_decimals():
    assert logged({"x": 10**6000}) == {"x": hex(10**6000)}
    assert logged({"x": [10**6000]}) == {"x": f'["{hex(10**6000)}"]'}


class Unwilling(Mapping):
    """A mapping without items, whose attributes all raise."""

    def __getattr__(self, name):
        raise RuntimeError("boom")

    def __getitem__(self, key):
        raise KeyError(key)

    def __iter__(self):
        return iter(["a"])

    def __len__(self):
        return 1


def test_an_object_that_can_t_be_asked_is_shown():
    assert logged({"x": Unwilling()}) == {"x": f"<{__name__}.Unwilling object>"}
    assert logged({"x": [Unwilling()]}) == {"x": f'["<{__name__}.Unwilling object>"]'}


def test_what_contains_itself_is_shown_as_python_shows_it():
    mapping = {"lr": 0.5}
    mapping["self"] = mapping
    items = [1]
    items.append(items)
    assert logged(mapping) == {"lr": 0.5, "self": "{'lr': 0.5, 'self': {...}}"}
    assert logged({"x": mapping}) == {"x/lr": 0.5, "x/self": "{'lr': 0.5, 'self': {...}}"}
    assert logged({"x": items}) == {"x": '[1, "[1, [...]]"]'}
    same = [1]
    assert logged({"x": [same, same]}) == {"x": "[[1], [1]]"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Optimizer(lr=0.5), {"name": "sgd", "lr": 0.5}),
        (Point(1, 2), {"x": 1.0, "y": 2.0}),
        (argparse.Namespace(lr=0.5, layers=[1, 2]), {"lr": 0.5, "layers": "[1, 2]"}),
        (types.SimpleNamespace(lr=0.5), {"lr": 0.5}),
        (Configuration(), {"layers": 2.0, "heads/0": "[1, 2]"}),
        ({None: 1, Color.RED: 2, (1, 2): 3}, {"None": 1.0, "Color.RED": 2.0, "(1, 2)": 3.0}),
    ],
)
def test_objects_that_are_mappings_by_another_name_are_flattened(value, expected):
    assert logged({"x": value}) == {f"x/{name}": item for name, item in expected.items()}
    if not isinstance(value, dict):
        assert logged(value) == expected


def test_nested_mappings_are_flattened():
    given = {
        "lr": 0.1,
        "opt": OrderedDict(name="adam", betas=[0.9, 0.99], more=types.MappingProxyType({"a": 1})),
        "layers": {0: {"size": 3}, 1: {"size": 4}},
        "empty": {},
    }
    assert logged(given) == {
        "lr": 0.1,
        "opt/name": "adam",
        "opt/betas": "[0.9, 0.99]",
        "opt/more/a": 1.0,
        "layers/0/size": 3.0,
        "layers/1/size": 4.0,
        "empty": "{}",
    }


def test_a_run_below_this_one_with_the_metrics_as_scalars(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams({"lr": 0.1}, {"acc": 0.5, "loss": np.float32(2)}, run_name="a/b")
        writer.add_hparams({"lr": 0.2}, {"acc": 0.25}, run_name="c", global_step=7)
    assert sessions(tmp_path) == {"a/b": {"lr": 0.1}, "c": {"lr": 0.2}}
    for run, step, metrics in [("a", 0, {"acc": 0.5, "loss": 2.0}), ("c", 7, {"acc": 0.25})]:
        found = events.parse_file(events.only_file(tmp_path / run))[1:]
        values = [v for e in found for v in e.values]
        assert {e.step for e in found} == {step}
        assert [v.tag for v in values] == [
            "_hparams_/experiment",
            "_hparams_/session_start_info",
            "_hparams_/session_end_info",
            *metrics,
        ]
        assert {v.tag: v.number for v in values[3:]} == metrics


def test_a_run_is_closed_at_once(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for i in range(20):
            writer.add_hparams({"i": i}, {"m": i}, run_name=f"{i}")
            assert list(writer.all_writers) == [str(tmp_path)]
        assert sessions(tmp_path) == {str(i): {"i": i} for i in range(20)}


def test_run_names_are_joined_as_paths(tmp_path):
    """Some users choose the directory by an absolute path below the log directory."""
    with SummaryWriter(tmp_path / "a") as writer:
        writer.add_hparams({"x": 1}, {}, run_name=str(tmp_path / "a" / "b"))
        writer.add_hparams({"x": 2}, {}, run_name=".")
        writer.add_hparams({"x": 3}, {}, name="tensorboardX's")
        writer.add_hparams({"x": 4}, {}, run_name="c/../d")
        writer.add_hparams({"x": 5}, {}, run_name=str(tmp_path / "a"))
    assert sessions(tmp_path) == {
        "a": {"x": 5.0},
        "a/b": {"x": 1.0},
        "a/tensorboardX's": {"x": 3.0},
        "a/d": {"x": 4.0},
    }


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("../../x", "%../%../x"),
        ("..", "%.."),
        ("a/../../b", "a/%../%../b"),
        ("../ab", "%../ab"),
        ("/elsewhere/x", "elsewhere/x"),
        ("//elsewhere", "elsewhere"),
    ],
)
def test_no_run_name_leads_out_of_the_log_directory(tmp_path, name, run):
    with SummaryWriter(tmp_path / "a") as writer:
        writer.add_hparams({"x": 1}, {}, run_name=name)
    assert sessions(tmp_path) == {f"a/{run}": {"x": 1.0}}
    assert os.listdir(tmp_path) == ["a"]


def test_by_default_the_run_goes_by_the_time(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams({"x": 1}, {})
        writer.add_hparams({"x": 2}, {}, run_name="")
    runs = sessions(tmp_path)
    assert list(runs.values()) == [{"x": 1.0}, {"x": 2.0}]
    assert all(float(run) > 1e9 for run in runs)


def test_same_run_writes_one_file_in_order(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 3)
        writer.add_hparams({"lr": 0.1}, {"acc": 0.5}, global_step=5, same_run=True)
    assert sessions(tmp_path) == {".": {"lr": 0.1}}
    found = events.parse_file(events.only_file(tmp_path))[1:]
    assert [(v.tag, e.step) for e in found for v in e.values] == [
        ("loss", 3),
        ("_hparams_/experiment", 5),
        ("_hparams_/session_start_info", 5),
        ("_hparams_/session_end_info", 5),
        ("acc", 5),
    ]


def refuses(directory, argument, *hparams, **options):
    with SummaryWriter(directory) as writer:
        writer.add_scalar("before", 1.0, 1)
        with pytest.raises((TypeError, ValueError)) as raised:
            writer.add_hparams(*hparams, **options)
        writer.add_scalar("after", 2.0, 2)
    assert argument in str(raised.value)
    assert [p.tag for p in events.points(directory)] == ["before", "after"]
    # There is not even an empty run.
    assert [path.parent for path in events.event_files(directory)] == [directory]
    assert [path for path in directory.rglob("*") if path.is_dir()] == []


BAD_HPARAMS = [
    (None, "hparam_dict"),
    (3, "hparam_dict"),
    ([("lr", 0.1)], "hparam_dict"),
    ({3: 0.1}, "hparam_dict"),
    ({None: 0.1}, "hparam_dict"),
    ({"\ud800": 0.1}, "hparam_dict"),
    ({"opt": {"lr": 1}, "opt/lr": 2}, "opt/lr"),
]


@pytest.mark.parametrize(("hparams", "argument"), BAD_HPARAMS, ids=lambda v: repr(v)[:40])
@pytest.mark.parametrize("same_run", [False, True])
def test_wrong_hyperparameters(tmp_path, hparams, argument, same_run):
    refuses(tmp_path, argument, hparams, {"acc": 1}, same_run=same_run)


@pytest.mark.parametrize(
    ("metrics", "argument"),
    [
        (None, "metric_dict"),
        ([1.0], "metric_dict"),
        ({3: 1.0}, "metric_dict"),
        ({"\udfff": 1.0}, "metric_dict"),
        ({"fine": 1.0, "acc": None}, "metric_dict['acc']"),
        ({"acc": "0.5"}, "metric_dict['acc']"),
        ({"acc": np.ones(2)}, "metric_dict['acc']"),
    ],
    ids=repr,
)
def test_wrong_metrics(tmp_path, metrics, argument):
    refuses(tmp_path, argument, {"lr": 1}, metrics)


@pytest.mark.parametrize(
    ("domains", "argument"),
    [
        (3, "hparam_domain_discrete"),
        (["lr"], "hparam_domain_discrete"),
        ("name", "hparam_domain_discrete"),
        ({"momentum": [1]}, "hparam_domain_discrete['momentum']"),
        ({"lr": 0.1}, "hparam_domain_discrete['lr']"),
        ({"lr": "ab"}, "hparam_domain_discrete['lr']"),
        ({"lr": ["ab"]}, "hparam_domain_discrete['lr']"),
        ({"lr": [0.1, True]}, "hparam_domain_discrete['lr']"),
        ({"lr": [0.1, object()]}, "hparam_domain_discrete['lr'][1]"),
        ({"opt": ["adam", 1]}, "hparam_domain_discrete['opt']"),
        ({"flag": [0, 1]}, "hparam_domain_discrete['flag']"),
    ],
)
def test_wrong_domains(tmp_path, domains, argument):
    hparams = {"lr": 0.1, "opt": "adam", "flag": True}
    refuses(tmp_path, argument, hparams, {}, domains)


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"run_name": 3}, "run_name"),
        ({"run_name": b"run"}, "run_name"),
        ({"run_name": "a\0b"}, "run_name"),
        ({"run_name": "\ud800"}, "run_name"),
        ({"run_name": "a", "name": "b"}, "run_name"),
        ({"run_name": "a", "same_run": True}, "run_name"),
        ({"global_step": 1.5}, "global_step"),
        ({"global_step": "1"}, "global_step"),
        ({"global_step": 2**63}, "global_step"),
    ],
    ids=repr,
)
def test_wrong_options(tmp_path, options, argument):
    refuses(tmp_path, argument, {"lr": 0.1}, {"acc": 1}, **options)


def test_a_run_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(OSError):
            writer.add_hparams({"lr": 0.1}, {}, run_name="file")
        writer.add_scalar("after", 1.0)
    assert [p.tag for p in events.points(tmp_path)] == ["after"]
