"""add_text: text arrives as TensorBoard's text plugin expects it."""

import tempfile

import events
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfevents import SummaryWriter

DT_STRING = 7


def test_a_text_is_a_string_tensor_of_the_text_plugin(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_text("notes", "# Heading", 3, 12.5)
    (_, event) = events.parse_file(events.only_file(tmp_path))
    (value,) = event.values
    assert (event.step, event.wall_time) == (3, 12.5)
    assert (value.tag, value.plugin, value.dtype) == ("notes/text_summary", "text", DT_STRING)
    assert value.tensor == [b"# Heading"]


@pytest.mark.parametrize("text", ["", "a\0b", "多行\n文本", "\N{ROCKET}" * 1000, "x" * 1_000_000])
def test_any_text(tmp_path, text):
    with SummaryWriter(tmp_path) as writer:
        writer.add_text(tag="t", text_string=text, global_step=1)
    assert events.texts(events.only_file(tmp_path)) == [("t/text_summary", 1, text)]


def test_texts_and_scalars_share_a_file_in_the_order_of_the_calls(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 0)
        writer.add_text("notes", "one", 1)
        writer.add_scalar("loss", 2.0, 2)
        writer.add_text("notes", "two", 3)
    written = events.parse_file(events.only_file(tmp_path))[1:]
    assert [(e.step, e.values[0].tag) for e in written] == [
        (0, "loss"),
        (1, "notes/text_summary"),
        (2, "loss"),
        (3, "notes/text_summary"),
    ]


@given(st.lists(st.tuples(st.text(), st.text(), st.integers(-(2**63), 2**63 - 1)), max_size=50))
def test_any_list_of_texts_is_read_back_equal(written):
    with tempfile.TemporaryDirectory() as directory:
        with SummaryWriter(directory) as writer:
            for tag, text, step in written:
                writer.add_text(tag, text, step)
        read = events.texts(events.only_file(directory))
    assert read == [(f"{tag}/text_summary", step, text) for tag, text, step in written]
