"""The functions for scalars and texts make what the methods log."""

import numpy as np
import pytest

import events
from tfevents import SummaryWriter, summary


def test_builders_give_what_the_methods_log(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for style in (), (True,), (True, True), (False, True):
            writer.add_scalar("loss", 0.1, None, 1.0, *style)
            writer.file_writer.add_summary(summary.scalar("loss", 0.1, None, *style), walltime=1.0)
        titles = {"display_name": "Loss", "summary_description": "of *training*"}
        writer.add_scalar("loss", 0.1, walltime=1.0, **titles)
        writer.file_writer.add_summary(summary.scalar("loss", 0.1, **titles), walltime=1.0)
        writer.add_text("notes", "ü", walltime=1.0)
        writer.file_writer.add_summary(summary.text("notes", "ü"), walltime=1.0)
    (_, *records) = events.read_records(events.only_file(tmp_path))
    assert len(records) == 12
    assert records[::2] == records[1::2]


@pytest.mark.parametrize(
    ("kind", "build", "named"),
    [
        (TypeError, lambda: summary.scalar(None, 1.0), "tag"),
        (TypeError, lambda: summary.scalar("a", "1.0"), "tensor"),
        (ValueError, lambda: summary.scalar("a", np.zeros(2)), "tensor"),
        (TypeError, lambda: summary.scalar("a", 1.0, display_name=3), "display_name"),
        (TypeError, lambda: summary.text(b"a", "b"), "tag"),
        (TypeError, lambda: summary.text("a", 3), "text"),
        (ValueError, lambda: summary.text("a", "\ud800"), "text"),
    ],
)
def test_bad_arguments_are_named(kind, build, named):
    with pytest.raises(kind, match=f"^{named}"):
        build()
