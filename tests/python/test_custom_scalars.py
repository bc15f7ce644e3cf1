"""Layouts of charts."""

import types

import pytest

import events
from tfevents import SummaryWriter


def layouts(directory):
    """The layouts as [(category, [(title, kind, tags)])], in the order of their events."""
    found = []
    for event in events.parse_file(events.only_file(directory)):
        for value in event.values:
            assert (value.tag, value.plugin) == ("custom_scalars__config__", "custom_scalars")
            (layout,) = value.tensor
            found.append([category(raw) for _, raw in events.fields(layout)])
    return found


def category(message):
    charts = [chart(raw) for number, raw in events.fields(message) if number == 2]
    return dict(events.fields(message)).get(1, b"").decode(), charts


def chart(message):
    parts = dict(events.fields(message))
    title = parts.pop(1, b"").decode()
    ((number, content),) = parts.items()
    if number == 3:
        ((_, content),) = events.fields(content)
    tags = [tag.decode() for _, tag in events.fields(content)]
    return title, {2: "Multiline", 3: "Margin"}[number], tags


def test_layouts_and_single_charts(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_custom_scalars(
            {
                "losses": {
                    "all": ["Multiline", ["loss/.*"]],
                    "bounds": ("Margin", ("loss", "low", "high")),
                },
                "nothing": types.MappingProxyType({}),
            }
        )
        writer.add_custom_scalars_multilinechart(["a", "b"])
        writer.add_custom_scalars_marginchart(["a", "b", "c"], "bounds", "of a")
        writer.add_custom_scalars({"c": {"t": ["multiline", []], "u": ["MARGIN", ["a", "b", "c"]]}})
        writer.add_custom_scalars({})
    assert layouts(tmp_path) == [
        [
            (
                "losses",
                [("all", "Multiline", ["loss/.*"]), ("bounds", "Margin", ["loss", "low", "high"])],
            ),
            ("nothing", []),
        ],
        [("default", [("untitled", "Multiline", ["a", "b"])])],
        [("bounds", [("of a", "Margin", ["a", "b", "c"])])],
        [("c", [("t", "Multiline", []), ("u", "Margin", ["a", "b", "c"])])],
        [],
    ]


def refuses(directory, argument, call):
    with SummaryWriter(directory) as writer:
        writer.add_scalar("before", 1.0, 1)
        with pytest.raises((TypeError, ValueError)) as raised:
            call(writer)
        writer.add_scalar("after", 2.0, 2)
    assert argument in str(raised.value)
    assert [p.tag for p in events.points(directory)] == ["before", "after"]


@pytest.mark.parametrize(
    ("layout", "argument"),
    [
        (None, "layout"),
        ("layout", "layout"),
        ([("c", {})], "layout"),
        ({3: {}}, "layout: a key"),
        ({"c": None}, "layout['c']"),
        ({"c": ["Multiline", ["a"]]}, "layout['c']"),
        ({"c": {3: ["Multiline", ["a"]]}}, "layout['c']: a key"),
        ({"c": {"t": None}}, "layout['c']['t']"),
        ({"c": {"t": "Multiline"}}, "layout['c']['t']"),
        ({"c": {"t": ["Multiline"]}}, "layout['c']['t']"),
        ({"c": {"t": ["Multiline", ["a"], 3]}}, "layout['c']['t']"),
        ({"c": {"t": ["Multiline", "a"]}}, "layout['c']['t'][1]"),
        ({"c": {"t": ["Multiline", None]}}, "layout['c']['t'][1]"),
        ({"c": {"t": ["Multiline", ["a", 3]]}}, "layout['c']['t'][1][1]"),
        ({"c": {"t": ["Multiline", ["\ud800"]]}}, "layout['c']['t'][1][0]"),
        ({"c": {"t": ["Bars", ["a"]]}}, "Bars"),
        ({"c": {"t": [3, ["a"]]}}, "layout['c']['t'][0]"),
        ({"c": {"t": ["Margin", ["a", "b"]]}}, "layout['c']['t'][1]"),
        ({"c": {"t": ["Margin", ["a", "b", "c", "d"]]}}, "layout['c']['t'][1]"),
        ({"\ud800": {}}, "layout: a key"),
    ],
    ids=repr,
)
def test_wrong_layouts(tmp_path, layout, argument):
    refuses(tmp_path, argument, lambda w: w.add_custom_scalars(layout))


@pytest.mark.parametrize("tags", [None, "abc", 3, b"abc", [1, 2, 3], {"a": 1}], ids=repr)
def test_wrong_tags(tmp_path, tags):
    refuses(tmp_path / "1", "tags", lambda w: w.add_custom_scalars_multilinechart(tags))
    refuses(tmp_path / "2", "tags", lambda w: w.add_custom_scalars_marginchart(tags))


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_a_margin_takes_three_tags(tmp_path, count):
    refuses(tmp_path, "tags", lambda w: w.add_custom_scalars_marginchart(["a"] * count))


@pytest.mark.parametrize("text", [None, 3, b"x", "\ud800"], ids=repr)
@pytest.mark.parametrize("argument", ["category", "title"])
def test_wrong_titles(tmp_path, argument, text):
    refuses(
        tmp_path, argument, lambda w: w.add_custom_scalars_multilinechart(["a"], **{argument: text})
    )
