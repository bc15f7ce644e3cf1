"""TensorBoard reads the files that `rewrite` makes from those of TensorFlow, torch and
tensorboardX.
"""

from pathlib import Path

import pytest
from tensorboard_reader import accumulated_by_plugin, our_rows, tensorboard_rows

import tfevents
from events import only_file
from peers import peer

GOLDEN = Path(__file__).parents[1] / "golden"
GOLDEN_RUNS = sorted({path.parent for path in GOLDEN.rglob("*tfevents*")})


@pytest.mark.parametrize("run", GOLDEN_RUNS, ids=lambda run: str(run.relative_to(GOLDEN)))
def test_of_others_files(run, tmp_path):
    report = tfevents.rewrite(run, tmp_path / "copy", on_corrupt="skip")
    assert report.records == report.copied
    tfevents.rewrite(run, tmp_path / "new", rename=("^", "new/"), on_corrupt="skip")
    for way in ("copy", "new"):
        before, after = accumulated_by_plugin(run), accumulated_by_plugin(tmp_path / way)
        prefix = "new/" if way == "new" else ""
        # Hyperparameters and layouts keep their tags, and refer to the new names of others.
        plugin_of = {
            tag: metadata.plugin_data.plugin_name
            for tag, metadata in before.AllSummaryMetadata().items()
        }
        kept = {tag for tag, it in plugin_of.items() if it in ("hparams", "custom_scalars")}
        assert set(after.AllSummaryMetadata()) == {
            tag if tag in kept else prefix + tag for tag in before.AllSummaryMetadata()
        }
        for tag in before.AllSummaryMetadata():
            new = tag if tag in kept else prefix + tag
            if way == "new" and tag in kept:
                continue
            assert before.SummaryMetadata(tag).plugin_data == after.SummaryMetadata(new).plugin_data
            events = [(it.step, it.wall_time, it.tensor_proto) for it in before.Tensors(tag)]
            assert [(it.step, it.wall_time, it.tensor_proto) for it in after.Tensors(new)] == events


def test_the_page_of_hyperparameters_finds_metrics_that_are_renamed(tmp_path):
    metrics = peer("tensorboard.plugins.hparams.plugin_data_pb2").HParamsPluginData
    with peer("torch.utils.tensorboard").SummaryWriter(tmp_path / "run") as writer:
        writer.add_hparams({"lr": 0.1}, {"acc": 0.5, "loss": 2.0}, run_name=".")
    tfevents.rewrite(tmp_path / "run", tmp_path / "out", rename=("^", "new/"))
    after = accumulated_by_plugin(tmp_path / "out")
    content = after.SummaryMetadata("_hparams_/experiment").plugin_data.content
    infos = metrics.FromString(content).experiment.metric_infos
    assert [info.name.tag for info in infos] == ["new/acc", "new/loss"]
    assert {info.name.tag for info in infos} <= set(after.AllSummaryMetadata())


@pytest.mark.parametrize("cast", ["tensor", "simple_value"])
def test_casts(cast, tmp_path):
    tf = peer("tensorflow")
    with tf.summary.create_file_writer(str(tmp_path / "run")).as_default():
        for step in range(5):
            tf.summary.scalar("new", step / 8, step)
    with peer("torch.utils.tensorboard").SummaryWriter(tmp_path / "run") as writer:
        for step in range(5):
            writer.add_scalar("old", step / 8, step)
    tfevents.rewrite(tmp_path / "run", tmp_path / "out", cast=cast, merge=True)
    assert only_file(tmp_path / "out")
    before, _ = tensorboard_rows(tmp_path / "run")
    after, _ = tensorboard_rows(tmp_path / "out")
    assert before == after
    (run,) = tfevents.read(tmp_path / "out").values()
    assert our_rows(run)[0] == after
    values = [
        value.what
        for event in tfevents.iter_events(tmp_path / "out")
        if event.what == "summary"
        for value in event.values
    ]
    assert values == [cast] * 10
