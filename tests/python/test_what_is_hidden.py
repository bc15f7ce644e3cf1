"""The call warns about values that TensorBoard will not show, before anything is written."""

import datetime

import numpy as np
import pytest

import events
import tfevents
from tfevents import SummaryWriter

HIDDEN = {
    "an empty tag": (lambda w: w.add_scalar("", 1.0, 1), "tag is empty"),
    "an empty tag in log": (lambda w: w.log({"": 1.0}, 1), "tag is empty"),
    "an empty tag of a histogram": (lambda w: w.add_histogram("", [1.0], 1), "tag is empty"),
    "thresholds": (
        lambda w: w.add_pr_curve("t", [0, 1], [0.5, 0.5], 1, num_thresholds=100_001),
        "num_thresholds",
    ),
    "a sprite": (
        lambda w: w.add_embedding(np.zeros((9, 2)), label_img=np.zeros((9, 1, 1, 2731))),
        "label_img: the projector shows no pictures of a sprite larger than 8192",
    ),
    "vectors": (
        lambda w: w.add_embedding(np.zeros((100_001, 1))),
        "mat: the projector shows the first 100000 of 100001",
    ),
}


@pytest.mark.parametrize("what", HIDDEN)
def test_it_is_told(tmp_path, what):
    call, message = HIDDEN[what]
    with SummaryWriter(tmp_path) as writer, pytest.warns(RuntimeWarning, match=message) as told:
        call(writer)
    assert told[0].filename == __file__


# pytest turns warnings into errors.
@pytest.mark.parametrize("what", HIDDEN)
def test_a_call_that_raises_has_written_nothing(tmp_path, what):
    call, message = HIDDEN[what]
    with SummaryWriter(tmp_path) as writer:
        for _ in range(2):
            with pytest.raises(RuntimeWarning, match=message):
                call(writer)
    assert len(events.parse_file(events.only_file(tmp_path))) == 1
    assert len(list(tmp_path.rglob("*"))) == 1


def test_hyperparameters_that_the_first_call_hides(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams({"lr": 0.1, "layers": 2}, {"loss": 1.0}, run_name="a")
        writer.add_hparams({"lr": 0.2}, {"loss": 0.5}, run_name="b")
        with pytest.raises(RuntimeWarning, match=r"\['accuracy', 'width'\] are not among them"):
            writer.add_hparams({"lr": 0.2, "width": 3}, {"accuracy": 0.5}, run_name="c")
        writer.add_hparams({"lr": 0.2}, {"loss": 0.25}, run_name="b")
        with pytest.raises(RuntimeWarning, match="first hyperparameters of a run"):
            writer.add_hparams({"lr": 0.3}, {"loss": 0.5}, run_name="b")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["a", "b"]


def test_nested_values_and_both_words_for_the_step(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        values = {"loss": {"train": 1.0, "test": {"a": np.float32(2)}}, "lr": 0.5, "none": {}}
        writer.log(values, global_step=3)
        writer.add_scalar("x", 1.0, step=4)
        for call in (
            lambda: writer.add_scalar("x", 1.0, 1, step=4),
            lambda: writer.log({"x": 1.0}, 1, global_step=4),
        ):
            with pytest.raises(TypeError, match="another word"):
                call()
        endless = {}
        endless["again"] = endless
        with pytest.raises(ValueError, match="values is nested too deeply"):
            writer.log(endless, 1)
    assert [(p.tag, p.step, p.value) for p in events.points(tmp_path)] == [
        ("loss/train", 3, 1.0),
        ("loss/test/a", 3, 2.0),
        ("lr", 3, 0.5),
        ("x", 4, 1.0),
    ]


@pytest.mark.parametrize(
    "time",
    [
        datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC),
        datetime.datetime(2024, 1, 1, 13, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
        datetime.datetime.fromtimestamp(1704110400.0),
        np.datetime64("2024-01-01T12"),
        np.datetime64("2024-01-01T12:00:00.000000000"),
        np.array("2024-01-01T12", "M8[s]"),
    ],
    ids=repr,
)
def test_times_are_wall_times(tmp_path, time):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", 1.0, 1, time)
        writer.log({"b": 1.0}, 1, time)
        writer.add_scalars("c", {"x": 1.0}, 1, time, same_run=True)
        writer.add_scalar_series("d", [1.0], None, [time])
        writer.add_histogram("e", [1.0], 1, walltime=time)
        writer.add_text("f", "text", 1, time)
        with pytest.raises(ValueError, match="walltime"):
            writer.add_scalar("a", 1.0, 1, np.datetime64("NaT", "s"))
    found = events.parse_file(events.only_file(tmp_path))[1:]
    assert [event.wall_time for event in found] == [1704110400.0] * 6


def test_errors_name_the_class_that_people_know(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for name in ("add_scalar", "add_scalars", "log", "add_histogram", "add_image", "add_mesh"):
            with pytest.raises(TypeError, match=rf"^SummaryWriter\.{name}\(\) missing"):
                getattr(writer, name)()
    with pytest.raises(TypeError, match=r"^SummaryWriter\.__init__\(\) got an unexpected"):
        SummaryWriter(tmp_path, unknown=1)
    assert tfevents.SummaryWriter.add_scalar.__qualname__ == "SummaryWriter.add_scalar"
