"""Features that only tensorboardX has give the same events as there."""

import json

import pytest
from torch_events import comparable, written

import events
import tfevents
from peers import peer

tensorboardx = peer("tensorboardX")


def same(mine, theirs, **options):
    mine = written(tfevents.SummaryWriter, mine, **options)
    theirs = written(tensorboardx.SummaryWriter, theirs, **options)
    assert comparable(mine, True) == comparable(theirs, True)


@pytest.mark.parametrize("display_name", ["", "Loss", "损失"])
@pytest.mark.parametrize("summary_description", ["", "of the *training*"])
def test_descriptions_of_scalars(display_name, summary_description):
    def run(writer):
        writer.add_scalar(
            "loss",
            0.5,
            7,
            5.0,
            display_name=display_name,
            summary_description=summary_description,
        )

    same(run, run)


def test_names_of_hparam_runs():
    def run(writer):
        writer.add_hparams({"lr": 0.1}, {"acc": 0.5}, name="trial")

    mine = written(tfevents.SummaryWriter, run)
    theirs = written(tensorboardx.SummaryWriter, run)
    assert comparable(mine, False) == comparable(theirs, False)


def test_booleans_among_hyperparameters():
    """Booleans are booleans in tensorboardX, unlike in torch."""

    def run(writer):
        writer.add_hparams({"flag": True}, {}, name="trial")

    mine = written(tfevents.SummaryWriter, run)
    theirs = written(tensorboardx.SummaryWriter, run)
    assert comparable(mine, False) == comparable(theirs, False)


def test_nothing_on_the_disk(tmp_path):
    for number, writer_class in enumerate([tfevents.SummaryWriter, tensorboardx.SummaryWriter]):
        directory = tmp_path / str(number)
        with writer_class(logdir=str(directory), write_to_disk=False) as writer:
            writer.add_scalar("loss", 1.0, 1)
            writer.add_scalars("losses", {"a": 1.0}, 1)
            writer.add_text("text", "text")
            assert writer.file_writer.get_logdir() == writer.logdir == str(directory)
        assert not directory.exists()
    assert events.event_files(tmp_path) == []


def test_exported_scalars(tmp_path):
    """The scalars of add_scalars, which tensorboardX exports, are among ours."""
    exports = []
    for writer_class in tfevents.SummaryWriter, tensorboardx.SummaryWriter:
        with writer_class(logdir=str(tmp_path / "run")) as writer:
            for step in range(3):
                writer.add_scalars("losses", {"a": step / 4, "b": -step}, step, 5.0)
            writer.export_scalars_to_json(str(tmp_path / "scalars.json"))
        exports.append(json.loads((tmp_path / "scalars.json").read_text()))
    assert exports[0] == exports[1]
