"""The names of the package, and the kinds of values."""

import numpy as np
import pytest

import scripts
import tfevents
from events import only_file
from tfevents import SummaryWriter


def test_all_names_are_there():
    for name in tfevents.__all__:
        assert getattr(tfevents, name) is not None
    assert set(tfevents.__all__) < set(dir(tfevents))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tfevents.nothing


def test_values_say_their_kinds(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("scalars", 1)
        writer.add_scalar("new/scalars", 1, new_style=True)
        writer.add_histogram("histograms", np.arange(5.0))
        writer.add_image("images", np.zeros((3, 2, 2)))
        writer.add_audio("audio", np.zeros(10), sample_rate=8000)
        writer.add_text("texts", "text")
        writer.add_tensor("tensors", np.arange(3.0))
        writer.add_pr_curve("pr_curves", np.array([0, 1]), np.array([0.1, 0.9]))
        writer.add_mesh("meshes", np.zeros((1, 3, 3), "f4"))
        writer.add_custom_scalars({"a": {"b": ["Multiline", ["c"]]}})
        writer.add_hparams({"lr": 1.0}, {}, same_run=True)
    found = {
        value.tag: value.kind
        for event in tfevents.iter_events(only_file(tmp_path))
        if event.what == "summary"
        for value in event.values
    }
    run = tfevents.read(tmp_path)["."]
    kinds = ("scalars", "histograms", "images", "audio", "texts", "tensors", "pr_curves")
    expected = {tag: kind for kind in kinds for tag in getattr(run, kind)}
    expected |= {tag: "meshes" for name in run.meshes for tag in run.meshes[name].tags}
    expected["custom_scalars__config__"] = "custom_scalars"
    hparams = {tag: "hparams" for tag in found if tag.startswith("_hparams_/")}
    assert found == expected | hparams
    assert len(hparams) == 3


def test_once_it_is_imported_nothing_more_is(tmp_path):
    """A process may lose the right to read its modules, or have no descriptor left."""
    scripts.check(
        """
        import sys, tfevents
        sys.meta_path.clear()
        with tfevents.SummaryWriter(sys.argv[1]) as writer:
            writer.add_scalar("loss", 0.5, 1)
            writer.add_text("note", "text", 1)
        log = tfevents.read(sys.argv[1])
        assert len(log["."].scalars["loss"]) == 1
        assert len(list(tfevents.iter_events(sys.argv[1]))) == 3
        assert tfevents.verify(sys.argv[1]).ok
        assert next(tfevents.follow(sys.argv[1], start="beginning"))
        log.reload()
        """,
        tmp_path,
    )
