"""`display_name` and `summary_description` of add_scalar, and `logdir`, which tensorboardX has."""

import pytest

import events
from tfevents import SummaryWriter

# Readers list an empty tag, and TensorBoard does not.
pytestmark = pytest.mark.filterwarnings("ignore:.*tag is empty:RuntimeWarning")


@pytest.mark.parametrize("display_name", [None, "", "Loss", "损失"])
@pytest.mark.parametrize("summary_description", [None, "", "of the *training*", "x" * 1000])
@pytest.mark.parametrize("tag", ["loss", "", "x" * 200])
@pytest.mark.parametrize(
    ("options", "plugin", "dtype"),
    [
        ({}, None, None),
        ({"new_style": True}, "scalars", 1),
        ({"double_precision": True}, "scalars", 2),
    ],
)
def test_descriptions(tmp_path, tag, display_name, summary_description, options, plugin, dtype):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar(
            tag,
            0.5,
            7,
            **options,
            display_name=display_name,
            summary_description=summary_description,
        )
    (event,) = events.parse_file(events.only_file(tmp_path))[1:]
    (value,) = event.values
    assert (event.step, value.tag, value.number) == (7, tag, 0.5)
    assert (value.plugin, value.dtype) == (plugin, dtype)
    assert value.display_name == (display_name or "")
    assert value.description == (summary_description or "")


@pytest.mark.parametrize("argument", ["display_name", "summary_description"])
@pytest.mark.parametrize("text", [3, b"loss", ["loss"], "\ud800"], ids=repr)
def test_wrong_descriptions(tmp_path, argument, text):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises((TypeError, ValueError), match=argument):
            writer.add_scalar("loss", 1.0, **{argument: text})
        writer.add_scalar("after", 1.0)
    assert [p.tag for p in events.points(tmp_path)] == ["after"]


def test_logdir_is_another_word_for_log_dir(tmp_path):
    with SummaryWriter(logdir=tmp_path / "a") as writer:
        writer.add_scalar("loss", 1.0)
        assert writer.logdir == writer.log_dir == tmp_path / "a"
    assert [p.tag for p in events.points(tmp_path / "a")] == ["loss"]
    with pytest.raises(TypeError, match="logdir"):
        SummaryWriter(tmp_path / "b", logdir=tmp_path / "b")
    with pytest.raises(TypeError, match="log_dir"):
        SummaryWriter(logdir=3)
    assert not (tmp_path / "b").exists()
