"""Answers of a log: tags over runs, parts of it, trials, groups of runs; and pickled logs."""

from __future__ import annotations

import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import every_plugin
import tfevents
from events import event_files
from tfevents import SummaryWriter
from tfevents.analysis.trials import trial_value, trials
from tfevents.reader.views import TABLES


@pytest.fixture
def seeds(tmp_path: Path) -> tfevents.Log:
    """Two configurations with three seeds. Seed 2 logs at other steps."""
    for lr in (0.1, 0.01):
        for seed in range(3):
            with SummaryWriter(tmp_path / f"lr{lr}" / f"seed{seed}") as writer:
                for step in range(seed == 2, 10, 2):
                    writer.add_scalar("acc", step * lr + seed, step)
                writer.add_hparams({"lr": lr, "seed": seed}, {"best": lr}, same_run=seed == 0)
    return tfevents.read(tmp_path)


def rows(table: Any) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name] for name in table.columns), strict=True))


def test_a_tag_over_runs(seeds: tfevents.Log) -> None:
    found = seeds.tag("acc")
    assert list(found) == [name for name in seeds if name.count("/") == 1]
    assert found["lr0.1/seed1"] is seeds["lr0.1/seed1"].scalars["acc"]
    with pytest.raises(KeyError, match="close: 'acc'"):
        seeds.tag("accc")
    with pytest.raises(KeyError, match="it is among its scalars"):
        seeds.tag("acc", "images")
    with pytest.raises(KeyError, match="it is among its hparams"):
        seeds.aggregate("_hparams_/experiment")
    with pytest.raises(ValueError, match=r"kind: expected one .*, images, .* got 'pictures'"):
        seeds.tag("acc", "pictures")  # type: ignore[arg-type]


def test_a_part_of_a_log(seeds: tfevents.Log) -> None:
    part = seeds.filter(runs="lr0.1/*", tags=re.compile("a"))
    assert all(name.startswith("lr0.1/") for name in part)
    assert part["lr0.1/seed0"].tags[:1] == ["acc"]
    assert list(part["lr0.1/seed0"].scalars) == ["acc"]
    assert part["lr0.1/seed0"].hparams["lr"] == 0.1
    assert seeds.filter(runs=lambda run: run.hparams.get("seed") == 0).runs == [
        "lr0.01/seed0",
        "lr0.1/seed0",
    ]
    with pytest.warns(RuntimeWarning, match=r"nothing matches 'lr7\*'; there are 10: "):
        assert not seeds.filter(runs="lr7*")
    assert not seeds.filter(runs=iter([]))
    assert seeds.filter(runs=iter(["lr0.1/seed0"])).runs == ["lr0.1/seed0"]


def test_what_there_is(seeds: tfevents.Log, tmp_path: Path) -> None:
    table = seeds.summary()
    assert rows(table)[0] == ("lr0.01/seed0", "acc", "scalars", 5, 0, 8, pytest.approx(0.08))
    with SummaryWriter(tmp_path / "back") as writer:
        writer.add_scalar_series("acc", [1.0, 2.0, 3.0], [7, 3, 5])
    back = tfevents.read(tmp_path / "back").summary()
    assert rows(back) == [(".", "acc", "scalars", 3, 3, 7, 3.0)]
    assert sum(table["count"][np.array(table["tag"]) == "acc"]) == 30
    with pytest.raises(KeyError, match="no column 'step'; there are run, tag, kind, "):
        table["step"]
    # It is no mapping.
    for wrong in (list, iter, lambda table: "run" in table):
        with pytest.raises(TypeError, match=r"'Columnar' .*is not iterable"):
            wrong(table)


def test_what_is_infinite_or_not_there(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "a") as writer:
        writer.add_hparams({"lr": 1.0}, {}, same_run=True)
        writer.add_scalar_series("loss", [1.0, float("inf")], [3, 4])
        writer.add_scalar_series("acc", [1.0, float("nan")], [3, 4])
    log = tfevents.read(tmp_path)
    summary = {row[1]: row[3:] for row in rows(log.summary())}
    assert summary["loss"] == (2, 3, 4, float("inf"))
    assert summary["acc"][:3] == (2, 3, 4)
    assert np.isnan(summary["acc"][3])
    trials = log.hparams.table("last")
    assert trials["loss"].tolist() == [float("inf")]
    assert np.isnan(trials["acc"].tolist()).all()
    empty = tfevents.read(tmp_path, steps=(10, None), kinds="scalars").summary()
    assert empty["count"].tolist() == [0, 0]
    # Of no values there is no step.
    assert empty["first_step"].tolist() == empty["last_step"].tolist() == [None, None]


def test_of_both_infinities_there_is_no_mean(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams({"lr": 1.0}, {}, same_run=True)
        writer.add_scalar_series("loss", [np.inf, -np.inf, 1.0])
    log = tfevents.read(tmp_path)
    least, mean = (log.hparams.table({"loss": of})["loss"].tolist() for of in ("min", "mean"))
    np.testing.assert_equal((least, mean), ([-np.inf], [np.nan]))
    assert np.isnan(log.aggregate("loss", align="bin", every=2)["mean"][0])


def test_seeds_at_the_ends_of_integers(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("loss", [1.0, 2.0], [2**62, -(2**63)])
    table = tfevents.read(tmp_path).aggregate("loss", align="interp", stats=["mean"])
    assert rows(table) == [(-(2**63), 2.0), (2**62, 1.0)]


def test_seeds_that_diverge(tmp_path: Path) -> None:
    for seed, values in enumerate([[1.0, np.inf, np.inf], [3.0, np.inf, 1.0]]):
        with SummaryWriter(tmp_path / f"seed{seed}") as writer:
            writer.add_scalar_series("loss", values)
    table = tfevents.read(tmp_path).aggregate("loss", stats=("mean", "std", "sem", "median"))
    np.testing.assert_allclose(table["mean"], [2.0, np.inf, np.inf])
    np.testing.assert_allclose(table["std"], [np.sqrt(2), np.nan, np.nan])
    np.testing.assert_allclose(table["sem"], [1.0, np.nan, np.nan])


def test_steps_that_came_again_count_once(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "a") as writer:
        writer.add_scalar_series("loss", [1.0, 2.0, 3.0, 4.0], [0, 1, 2, 3])
        writer.add_scalar_series("loss", [20.0, 30.0, 40.0], [1, 2, 3])
    log = tfevents.read(tmp_path)
    means = {
        "union": [1.0, 20.0, 30.0, 40.0],
        "interp": [1.0, 20.0, 30.0, 40.0],
        "bin": [10.5, 35.0],
    }
    for align, expected in means.items():
        every = 2 if align == "bin" else None
        table = log.aggregate("loss", align=align, every=every)  # type: ignore[arg-type]
        assert table["mean"].tolist() == expected


def test_trials(seeds: tfevents.Log, tmp_path: Path) -> None:
    table = seeds.hparams.table({"acc": "max", "best": "last"})
    assert table.columns == ["trial", "run", "lr", "seed", "acc", "best"]
    assert len(table) == 6
    # The runs of add_hparams belong to the runs above them.
    assert sorted(table["run"]) == sorted(name for name in seeds if name.count("/") == 1)
    for trial, run, lr, seed, acc, best in rows(table):
        assert trial == run if seed == 0 else trial.startswith(f"{run}/")
        assert best == pytest.approx(lr)
        assert acc == pytest.approx(seeds[run].scalars["acc"].max())
    assert seeds.hparams.table().columns == ["trial", "run", "lr", "seed", "best"]
    # They also do if the curves were not read.
    for options in ({"kinds": "hparams"}, {"tags": "best"}):
        part = tfevents.read(tmp_path, **options)  # type: ignore[arg-type]
        assert part.hparams.table()["run"] == table["run"]
    assert repr(seeds.hparams).splitlines()[1].endswith("  2 hyperparameters")
    assert "<th>hyperparameter</th>" in seeds.hparams._repr_html_()
    with pytest.raises(KeyError, match="close: 'best'"):
        seeds.hparams.table({"bes": "max"})
    with pytest.raises(ValueError, match="metrics: expected one of"):
        seeds.hparams.table({"acc": "median"})  # type: ignore[dict-item]


def test_trials_with_other_hyperparameters(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "a") as writer:
        writer.add_hparams({"lr": 1.0, "run": "x", "on": True}, {"loss": 3.0}, same_run=True)
        writer.add_scalar("loss", 1.0, 1)
    with SummaryWriter(tmp_path / "b") as writer:
        writer.add_hparams({"lr": "auto"}, {}, same_run=True)
    for part, value in (("train", 1.0), ("validation", 2.0)):
        with SummaryWriter(tmp_path / "b" / part) as writer:
            writer.add_scalar("epoch_loss", value, 0)
    table = tfevents.read(tmp_path).hparams.table({"loss": "best", "epoch_loss": "last"})
    assert table.columns == [
        *("trial", "run", "lr", "run_", "on", "loss"),
        *("train/epoch_loss", "validation/epoch_loss"),
    ]
    assert table["lr"] == ["1.0", "auto"]
    assert table["on"].tolist() == [True, None]
    assert table["loss"].tolist() == [1.0, None]
    assert table["validation/epoch_loss"].tolist() == [None, 2.0]


def test_a_value_that_is_nan_is_not_missing(tmp_path: Path) -> None:
    for run, value in {"a": 1.0, "b": np.nan, "c": None}.items():
        with SummaryWriter(tmp_path / run) as writer:
            writer.add_hparams({"lr": 1.0}, {}, same_run=True)
            if value is not None:
                writer.add_scalar("loss", value, 0)
    log = tfevents.read(tmp_path)
    for loss in (log.hparams.table()["loss"], log.filter(tags="loss").summary()["last_value"]):
        there = [value for value in loss.tolist() if value is not None]
        np.testing.assert_equal(there, [1.0, np.nan])
    assert log.hparams.table()["loss"].tolist()[2] is None
    assert repr(log.hparams.table()).splitlines()[2].endswith("nan")


def test_seeds_by_hyperparameters(seeds: tfevents.Log) -> None:
    with pytest.warns(RuntimeWarning, match="have points at different steps"):
        union = seeds.aggregate("acc", by="lr", stats=("mean", "count"))
    assert union.columns == ["lr", "step", "mean", "count"]
    by_step = {(lr, step): (mean, count) for lr, step, mean, count in rows(union)}
    assert by_step[0.1, 2] == (pytest.approx(0.7), 2)
    assert by_step[0.1, 3] == (pytest.approx(2.3), 1)

    interp = seeds.aggregate("acc", by=["lr"], align="interp")
    for lr, step, mean, std, low, high, count in rows(interp):
        assert count == (2 if step in (0, 9) else 3) or (step == 9 and count == 1)
        if count == 3:
            assert mean == pytest.approx(step * lr + 1)
            assert std == pytest.approx(1)
            assert (low, high) == (pytest.approx(step * lr), pytest.approx(step * lr + 2))

    binned = seeds.aggregate("acc", by=["lr"], align="bin")
    assert sorted(set(binned["step"].tolist())) == [0, 2, 4, 6, 8]
    assert set(binned["count"].tolist()) == {3}


@pytest.mark.filterwarnings("ignore:the [36] runs:RuntimeWarning")
def test_seeds_by_names_and_functions(seeds: tfevents.Log) -> None:
    named = seeds.aggregate("acc", by=re.compile(r"(?P<config>lr[\d.]+)/seed"))
    assert list(dict.fromkeys(named["config"])) == ["lr0.01", "lr0.1"]
    called = seeds.aggregate("acc", by=lambda run: run.name[-1] if "seed" in run.name else None)
    assert list(dict.fromkeys(called["group"])) == ["0", "1", "2"]
    everything = seeds.aggregate("acc", stats=("median", "sem", "count"))
    assert everything.columns == ["step", "median", "sem", "count"]
    with pytest.raises(TypeError, match="by: expected names of hyperparameters"):
        seeds.aggregate("acc", by=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="by: expected what can be a key, got list"):
        seeds.aggregate("acc", by=lambda run: [run.name])
    with pytest.raises(ValueError, match=r"by: no hyperparameter 'l' in any run; close: 'lr'"):
        seeds.aggregate("acc", by="l")
    with pytest.raises(ValueError, match="in any group"):
        seeds.aggregate("acc", by=re.compile("nothing"))
    with pytest.raises(KeyError, match="close: 'acc'"):
        seeds.aggregate("accu")
    for wrong in ({"align": "nearest"}, {"stats": ("mode",)}, {"every": 2}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            seeds.aggregate("acc", **wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="stats: expected several, got None"):
        seeds.aggregate("acc", stats=None)  # type: ignore[arg-type]


def test_what_add_hparams_repeats_is_no_seed(tmp_path: Path) -> None:
    for seed in range(3):
        with SummaryWriter(tmp_path / f"lr{seed % 2}" / f"seed{seed}") as writer:
            writer.add_scalar_series("acc", [0.0, 1.0], [0, 1])
            writer.add_hparams({"lr": seed % 2}, {"acc": 9.0})
            if seed == 2:
                # The program was started again.
                writer.add_hparams({"lr": 0}, {"acc": 9.0}, run_name="1700000000.5")
    log = tfevents.read(tmp_path)
    assert len(log) == 7
    for by in ("lr", lambda run: run.hparams.get("lr"), re.compile(r"lr(\d)")):
        table = log.aggregate("acc", by=by, stats=("max", "count"))
        assert rows(table) == [
            *((table[table.columns[0]][0], 0, 0, 2), (table[table.columns[0]][0], 1, 1, 2)),
            *((table[table.columns[0]][-1], 0, 0, 1), (table[table.columns[0]][-1], 1, 1, 1)),
        ]
    assert rows(log.aggregate("acc", stats=("max", "count"))) == [(0, 0, 3), (1, 1, 3)]


def test_a_curve_above_several_trials_is_of_none(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("acc", [5.0, 6.0], [0, 1])
        for lr in range(3):
            writer.add_hparams({"lr": lr}, {"acc": lr / 2})
    log = tfevents.read(tmp_path)
    expected = [(0, 0, 0, 1), (1, 0, 0.5, 1), (2, 0, 1, 1)]
    for by in ("lr", lambda run: run.hparams.get("lr")):
        assert rows(log.aggregate("acc", by=by, stats=("mean", "count"))) == expected
    assert rows(log.aggregate("acc", stats=("mean", "count"))) == [(0, 5, 1), (1, 6, 1)]


def test_bins_of_runs_without_steps(tmp_path: Path) -> None:
    for run in "ab":
        with SummaryWriter(tmp_path / run) as writer:
            writer.add_scalar("loss", 1.0)
            writer.add_scalar("loss", 3.0)
    table = tfevents.read(tmp_path).aggregate("loss", align="bin", stats=("mean", "count"))
    assert rows(table) == [(0, 3, 2)]


def test_statistics_leave_nans_out(tmp_path: Path) -> None:
    for run, value in {"a": 1.0, "b": 5.0, "c": np.nan}.items():
        with SummaryWriter(tmp_path / run) as writer:
            writer.add_scalar("x", value, 0)
            writer.add_scalar("x", np.nan, 1)
    stats = ("mean", "std", "sem", "median", "min", "max", "count")
    first, second = rows(tfevents.read(tmp_path).aggregate("x", stats=stats))
    deviation = np.std([1, 5], ddof=1)
    assert first == pytest.approx((0, 3, deviation, deviation / 2**0.5, 3, 1, 5, 2))
    assert second[0] == 1
    assert second[-1] == 0
    assert all(map(np.isnan, second[1:-1]))


def test_trials_whose_metrics_are_in_runs_below(tmp_path: Path) -> None:
    for i in range(2):
        with SummaryWriter(tmp_path / f"run{i}") as writer:
            writer.add_hparams({"lr": i}, {}, same_run=True)
        for part in ("train", "validation"):
            with SummaryWriter(tmp_path / f"run{i}" / part) as writer:
                writer.add_scalar_series("epoch_loss", [3.0, 1.0 + i, 2.0])
    log = tfevents.read(tmp_path)
    for table in (log.hparams.table("min"), log.hparams.table({"epoch_loss": "min"})):
        assert table.columns[2:] == ["lr", "train/epoch_loss", "validation/epoch_loss"]
        assert table["validation/epoch_loss"].tolist() == [1, 2]
    # A tag that was asked for has a column, even if no trial has a value of it.
    empty = tfevents.read(tmp_path, steps=(9, None)).hparams.table({"epoch_loss": "min"})
    assert empty.columns[2:] == ["lr", "epoch_loss"]


def test_metrics_that_are_named_for_the_experiment(tmp_path: Path) -> None:
    """TensorFlow's `hparams_config` logs them once, in a run above the trials."""
    experiment, _, _ = tfevents.summary.hparams({"lr": 0.0}, {"acc": 0, "epoch_loss": 0, "f1": 0})
    file = tfevents.FileWriter(str(tmp_path / "tuning"))
    file.add_summary(experiment)
    file.close()
    for i in range(2):
        run = tmp_path / "tuning" / f"run{i}"
        with SummaryWriter(run) as writer:
            writer.add_hparams({"lr": i}, {}, same_run=True)
            writer.add_scalar("acc", i)
            writer.add_scalar("other", i)
        with SummaryWriter(run / "validation") as writer:
            writer.add_scalar("epoch_loss", 2 + i)
    with SummaryWriter(tmp_path / "alone") as writer:
        writer.add_hparams({"lr": 2}, {}, same_run=True)
        writer.add_scalar("other", 5)
    table = tfevents.read(tmp_path).hparams.table()
    # TensorBoard has a column for `f1`, too, which nothing was logged for.
    assert table.columns == ["trial", "run", "lr", "other", "acc", "epoch_loss"]
    assert table["epoch_loss"].tolist() == [None, 2, 3]
    assert table["other"].tolist() == [5, None, None]
    # Where no run has any of them, as by Keras's callback, all scalars are metrics.
    assert tfevents.read(tmp_path, tags="other").hparams.table().columns[3:] == ["other"]


def test_the_runs_below_a_trial(tmp_path: Path) -> None:
    names = ["a", "a/b", "a/b/c", "a/b0", "a-b", "a0", "a/\u00fc", "b/d/e", "b/d", "."]
    for name in names:
        with SummaryWriter(tmp_path / name) as writer:
            writer.add_hparams({"lr": 1.0}, {}, same_run=True)
    log = tfevents.read(tmp_path)
    found = {trial.name: list(trial.below) for trial in trials(log)}
    for name in log:
        prefix = "" if name == "." else f"{name}/"
        below = [other for other in log if other.startswith(prefix) and other not in (name, ".")]
        assert found[name] == [other.removeprefix(prefix) for other in below]


def test_seeds_by_what_is_no_key_of_its_own(tmp_path: Path) -> None:
    for i, lr in enumerate([float("nan"), 10.0, 9.0, float("nan"), float("inf")]):
        with SummaryWriter(tmp_path / f"run{i}") as writer:
            writer.add_hparams({"lr": lr, "step": 7, "mean": "x"}, {}, same_run=True)
            writer.add_scalar("loss", i, 0)
    log = tfevents.read(tmp_path)
    assert log.aggregate("loss", by="lr")["count"].tolist() == [1, 1, 1, 2]
    # The columns of the answer keep their names.
    table = log.aggregate("loss", by=["step", "mean"])
    assert table.columns[:4] == ["step_", "mean_", "step", "mean"]
    assert rows(table)[0][:4] == (7, "x", 0, 2)

    def group(key: Any) -> Any:
        return log.aggregate("loss", by=lambda run: key(run.name[-1]))["group"]

    # Numbers that NumPy made are numbers, and integers stay integers.
    for found in (group(lambda digit: int(digit) + 8), group(lambda digit: np.uint8(digit) + 8)):
        assert found.tolist() == [8, 9, 10, 11, 12]
        assert found.dtype == np.int64
    assert group(lambda digit: np.float32(digit)).dtype == np.float64
    assert group(lambda digit: np.bool_(int(digit) > 2)).dtype == bool
    assert group(lambda digit: 2**70).tolist() == [2.0**70]


def test_statistics_of_an_iterator(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 0)
    table = tfevents.read(tmp_path).aggregate("loss", stats=iter(["min", "max"]))  # type: ignore[arg-type]
    assert rows(table) == [(0, 1.0, 1.0)]


def test_no_value_is_interpolated_to_nan(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "a") as writer:
        writer.add_scalar_series("loss", [np.nan, 1.0, np.nan, 3.0, np.nan])
    with SummaryWriter(tmp_path / "b") as writer:
        writer.add_scalar_series("loss", [np.nan] * 5)
    table = tfevents.read(tmp_path).aggregate("loss", align="interp", stats=["mean", "count"])
    assert table["count"].tolist() == [0, 1, 1, 1, 0]
    assert table["mean"][1:4].tolist() == [1, 2, 3]


def test_a_pickled_log_holds_the_same(tmp_path: Path) -> None:
    every_plugin.log(tmp_path / "run", SummaryWriter)
    log = tfevents.read(tmp_path)
    for protocol in (2, pickle.HIGHEST_PROTOCOL):
        again = pickle.loads(pickle.dumps(log, protocol))
        assert repr(again) == repr(log)
    for name, other in log.items():
        one = again[name]
        assert (one.tags, one.files, one.path) == (other.tags, other.files, other.path)
        assert (one.start_time, one.duration) == (other.start_time, other.duration)
        assert dict(one.hparams) == dict(other.hparams)
        assert dict(one.metadata) == dict(other.metadata)
        assert (one.graph is None) == (other.graph is None)
        if one.graph is not None and other.graph is not None:
            assert one.graph.raw == other.graph.raw
        for kind in ("scalars", "histograms", "texts", "images", "audio", "tensors", "pr_curves"):
            expected = getattr(other, kind).table()
            found = getattr(one, kind).table()
            assert repr(found) == repr(expected)
        assert set(one.meshes) == set(other.meshes)
    # Without the files, it stays what it was until it is reloaded.
    with SummaryWriter(tmp_path / "more") as writer:
        writer.add_scalar("x", 1.0, 0)
    assert again.runs == log.runs
    assert again.state() == log.state()
    assert again.reload() == ["more"]
    assert again.runs == ["more", *log.runs]
    assert again.state() == tfevents.read(tmp_path).state()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_views_and_tables_hold_the_same(tmp_path: Path, protocol: int) -> None:
    every_plugin.log(tmp_path / "run", SummaryWriter)
    log = tfevents.read(tmp_path)
    run = max(log.values(), key=lambda run: len(run.tags))
    held: list[Any] = [getattr(one, kind) for one in (log, run) for kind in ("scalars", *TABLES)]
    held += [log.scalars.table(columns=["value", "run"]), run.scalars.table(datetime="utc")]
    held += [view.table() for view in held[:10]]
    held += [log.aggregate(next(iter(run.scalars))), log.summary(), run.metadata]
    expected = [(type(one), repr(one)) for one in held]
    pickled = [pickle.dumps(one, protocol) for one in held]
    shutil.rmtree(tmp_path / "run")
    found = [pickle.loads(data) for data in pickled]
    assert [(type(one), repr(one)) for one in found] == expected
    assert found[1].keys() == held[1].keys()


def test_a_pickled_log_goes_on_where_it_was(tmp_path: Path) -> None:
    every_plugin.log(tmp_path / "written", SummaryWriter)
    with SummaryWriter(tmp_path / "before") as writer:
        writer.add_scalar_series("loss", [7.0, 8.0])
    data, earlier = (
        max((file.read_bytes() for file in event_files(tmp_path / name)), key=len)
        for name in ("written", "before")
    )
    for root, cut in (("logs", len(data) // 2), ("whole", len(data))):
        for run in ("grows", "stays"):
            (tmp_path / root / run).mkdir(parents=True)
            file = tmp_path / root / run / "events.out.tfevents.2"
            file.write_bytes(data[: cut if run == "grows" else len(data)])
    pickled = pickle.dumps(tfevents.read(tmp_path / "logs"))

    # What was read already is not looked at again, or else it would be damaged now.
    grown = bytearray(data)
    grown[len(data) // 4] ^= 1
    (tmp_path / "logs" / "grows" / "events.out.tfevents.2").write_bytes(grown)
    for root in ("logs", "whole"):
        (tmp_path / root / "grows" / "events.out.tfevents.1").write_bytes(earlier)
    log, expected = pickle.loads(pickled), tfevents.read(tmp_path / "whole")
    assert log.reload() == ["grows"]
    assert log["grows"].scalars["loss"].value[:2].tolist() == [7.0, 8.0]
    for name, run in expected.items():
        for kind in ("scalars", *TABLES):
            view, other = getattr(log[name], kind), getattr(run, kind)
            assert set(view) == set(other)
            for tag, series in other.items():
                assert list(map(repr, view[tag])) == list(map(repr, series))
        assert dict(log[name].metadata) == dict(run.metadata)
    assert log.reload() == []


def test_a_pickled_log_with_restarts_or_damage_is_read_anew(tmp_path: Path) -> None:
    for number, start in ((1, 0), (2, 2)):
        with SummaryWriter(tmp_path / "run", filename_suffix=f".{number}") as writer:
            writer.add_scalar_series("loss", np.arange(4.0), range(start, start + 4))
    for options in ({"restarts": "last_wins"}, {"on_corrupt": "skip"}):
        log = tfevents.read(tmp_path, **options)  # type: ignore[arg-type]
        if "on_corrupt" in options:
            assert log.damage
        again = pickle.loads(pickle.dumps(log))
        assert again.damage == log.damage
        assert again.reload() == ["run"]
        assert again.damage == log.damage
        found, expected = again["run"].scalars["loss"], log["run"].scalars["loss"]
        assert found.value.tolist() == expected.value.tolist()
        file = min((tmp_path / "run").iterdir())
        file.write_bytes(file.read_bytes()[:-1] + b"?")


def test_where_runs_are(seeds: tfevents.Log, tmp_path: Path) -> None:
    run = seeds["lr0.1/seed0"]
    assert Path(run.path) == tmp_path / "lr0.1" / "seed0"
    assert [Path(file).parent for file in run.files] == [Path(run.path)]
    assert tfevents.read_run(run.path).scalars["acc"].step.tolist() == [0, 2, 4, 6, 8]
    with pytest.raises(ValueError, match=r"no event files in .*, but in seed0, "):
        tfevents.read_run(tmp_path / "lr0.1")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "my.tfevents.txt").write_text("this is a text of more than a few bytes")
    with pytest.raises(ValueError, match=r"no .* left out: .*my\.tfevents\.txt' \(not_an_event"):
        tfevents.read_run(foreign)
    shutil.rmtree(foreign)
    assert tfevents.read(str(tmp_path / "lr0.1" / "seed[01]"), kinds="scalars").runs[:1] == [
        "seed0"
    ]
    base = tfevents.read({"base": tmp_path / "lr0.1", "other": tmp_path / "lr0.01" / "seed0"})
    assert "base/seed0" in base
    assert "other" in base
    # What is reached twice is read once. Two runs of one name are an error.
    twice = {"base": tmp_path / "lr0.1", "base/seed0": tmp_path / "lr0.1" / "seed0"}
    assert list(tfevents.read(twice)) == list(tfevents.read({"base": tmp_path / "lr0.1"}))
    with pytest.raises(ValueError, match=r"two runs would be called 'base/seed0': .* and .*seed1"):
        tfevents.read({**twice, "base/seed0": tmp_path / "lr0.1" / "seed1"})
    with pytest.raises(FileNotFoundError):
        tfevents.read(str(tmp_path / "nothing*"))
    with pytest.warns(RuntimeWarning, match="nothing matches 'lr9'; there are 10: 'lr0.01/seed0'"):
        assert not tfevents.read(tmp_path, runs="lr9")


@pytest.mark.parametrize("order", [1, -1])
def test_a_run_of_nothing_but_a_profile_hides_no_other(tmp_path: Path, order: int) -> None:
    profile = tmp_path / "profiled" / "seed0" / "events.out.tfevents.1.profile-empty"
    profile.parent.mkdir(parents=True)
    profile.touch()
    with SummaryWriter(tmp_path / "logged") as writer:
        writer.add_scalar("loss", 1.0, 0)
    paths = {"base": tmp_path / "profiled", "base/seed0": tmp_path / "logged"}
    log = tfevents.read(dict(list(paths.items())[::order]))
    assert list(log["base/seed0"].scalars) == ["loss"]


def test_a_glob_is_found_anew_when_it_is_reloaded(tmp_path: Path) -> None:
    for name in ("exp1", "other"):
        with SummaryWriter(tmp_path / name) as writer:
            writer.add_scalar("x", 1.0, 0)
    log = tfevents.read(f"{tmp_path}/exp*")
    assert log.runs == ["exp1"]
    with SummaryWriter(tmp_path / "exp2" / "deep") as writer:
        writer.add_scalar("x", 1.0, 0)
    assert log.reload() == ["exp2/deep"]


def test_texts_by_the_name_they_were_logged_under(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_text("note", "hello", 0)
        writer.add_scalar("loss", 1.0, 0)
    run = tfevents.read_run(tmp_path)
    assert run.texts["note"].value[0] == "hello"
    assert "note" in run.texts
    assert list(run.texts) == ["note/text_summary"]
    with pytest.raises(KeyError, match=r"no tag 'loss' of kind text in run '.': it is among"):
        run.texts["loss"]
    # The kind is named by that name, too.
    for ask in (run.scalars.__getitem__, tfevents.read(tmp_path).tag):
        with pytest.raises(KeyError, match="it is among its texts"):
            ask("note")


def test_meshes_are_asked_for_by_their_names(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_mesh("cloud", np.zeros((1, 3, 3)))
        writer.add_scalar("loss", 1.0, 0)
    log = tfevents.read(tmp_path)
    for ask in (log["."].scalars.__getitem__, log.tag, log.aggregate):
        with pytest.raises(KeyError, match="it is among its meshes"):
            ask("cloud")
    # They are not called as their parts are.
    for ask in (log["."].meshes.__getitem__, lambda tag: log.tag(tag, "meshes")):
        with pytest.raises(KeyError, match="close: 'cloud'"):
            ask("cloud_VERTEX")


def test_what_is_public() -> None:
    assert set(tfevents.__all__) <= set(dir(tfevents))
    assert "annotations" not in dir(tfevents)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tfevents.nothing


def test_asking_for_what_may_be_missing_makes_no_message(
    seeds: tfevents.Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_message(*_: object) -> str:
        raise AssertionError("a message was made")

    monkeypatch.setattr("tfevents.reader.run.missing", no_message)
    monkeypatch.setattr("tfevents.reader.runs.missing", no_message)
    run = seeds["lr0.1/seed0"]
    for mapping in (seeds, seeds.scalars, run.scalars, run.texts, run.meshes, run.metadata):
        assert mapping.get("accc") is None
        assert mapping.get("accc", 3) == 3  # type: ignore[attr-defined]
        assert "accc" not in mapping
    assert seeds.get("lr0.1/seed0") is run
    assert run.scalars.get("acc") is run.scalars["acc"]


def test_the_best_of_what_is_no_error() -> None:
    values = [tfevents.Scalars(np.arange(3), np.arange(3.0), np.array([2.0, 1.0, 3.0]))]
    for tag in (
        "val/err",
        "err_rate",
        "ValidationError",
        "train_loss",
        "test/RMSE",
        "val_mape",
        "msle",
        "calibration/ECE",
        "val_binary_crossentropy",
    ):
        assert trial_value(values, tag, "best") == 1
    for tag in ("terrain/acc", "interruptions/f1", "accuracy", "entropy"):
        assert trial_value(values, tag, "best") == 3
