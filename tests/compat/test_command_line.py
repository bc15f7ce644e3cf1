"""The command `tfevents`: exit codes, JSON, filters, URIs, terminals, and how it is interrupted."""

import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import tfevents
from events import event_files, record
from peers import peer
from tfevents import SummaryWriter
from tfevents.proto import Event, Summary, TensorProto
from tfevents.proto.hparams import HParamsPluginData

for name in ("typer", "rich", "plotille"):
    peer(name)
app = peer("tfevents.cli.app")

COMMAND = [sys.executable, "-m", "tfevents"]


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    root = tmp_path_factory.mktemp("logs") / "runs"
    rng = np.random.default_rng(0)
    for number, run in enumerate(("exp1", "exp2", "other/deep")):
        with SummaryWriter(root / run) as writer:
            for step in range(20):
                writer.add_scalar("train/loss", (number + 1) / (step + 1), step, walltime=step + 1)
            writer.add_scalar("val/loss", float("nan"), 19, walltime=20)
            writer.add_text("note", "first line\n\nsecond line", 3)
            writer.add_histogram("weight", rng.normal(size=100), 5)
            writer.add_image("picture", rng.random((3, 8, 8)), 5)
            writer.add_audio("sound", rng.random(100), 5, sample_rate=8000)
            writer.add_hparams({"lr": number / 10}, {"best": 1 - number}, same_run=True)
    return root


@pytest.fixture
def call(capsys):
    """Runs a command. Returns its exit code, standard output and standard error."""

    def call(*arguments):
        code = app.main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


def test_ls(call, logs):
    code, out, err = call("ls", logs, "--json")
    assert (code, err) == (0, "")
    rows = json.loads(out)
    assert [row["run"] for row in rows] == ["exp1", "exp2", "other/deep"]
    log = tfevents.read(logs)
    for row in rows:
        assert row["tags"] == len(log[row["run"]].tags)
        assert (row["first_step"], row["last_step"]) == (0, 19)
        assert row["size"] == sum(path.stat().st_size for path in event_files(logs / row["run"]))
    code, out, _ = call(
        "ls", logs, "--runs", "exp*", "--tags", "/loss$/", "-k", "scalars", "--json"
    )
    rows = json.loads(out)
    assert [(row["run"], row["tag"]) for row in rows] == [
        (run, tag) for run in ("exp1", "exp2") for tag in ("train/loss", "val/loss")
    ]
    assert [row["values"] for row in rows] == [20, 1, 20, 1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["ls", "nowhere"], 1, "nowhere: there is nothing"),
        (["ls", "{logs}", "--runs", "none"], 1, "there are no runs of these names"),
        (["show", "{logs}", "none"], 1, "there is no tag 'none'"),
        (
            ["export", "{logs}", "-o", "x.csv", "--tags", "none"],
            1,
            "nothing matches ['none']; there",
        ),
        (["show", "{logs}", "weights"], 1, "there is no tag 'weights'; close: 'weight'"),
        (["show", "{logs}", "-k", "meshes"], 1, "there is no value that is selected"),
        (["show", "{logs}", "-s", "99:", "-k", "texts"], 1, "there is no value that is selected"),
        (["plot", "{logs}", "none"], 1, "there are no such scalars"),
        (["plot", "{logs}", "train/loss", "-o", "none/x.png"], 1, "there is no directory none"),
        (["plot", "{logs}", "val/loss", "-s", ":1"], 1, "no value of 'val/loss' that is selected"),
        (["show", "{logs}", "weight", "-k", "images"], 1, "no value of 'weight' that is selected"),
        (["plot", "{logs}", "val/loss", "-o", "s3://x/y.png"], 2, "can't be written to a URI"),
        (["plot", "{logs}", "train/los"], 1, "no tag 'train/los'; close: 'train/loss'"),
        (["plot", "{logs}", "weight"], 1, "there is no tag 'weight'"),
        (["hparams", "{logs}", "--sort", "none"], 2, "--sort: there is no 'none'; there are best"),
        (["hparams", "{logs}", "--tags", "bes"], 1, "no trial has such a metric"),
        (["ls", "{logs}", "--steps", "3"], 2, "--steps: expected LO:HI"),
        (["ls", "{logs}", "--kinds", "scalar"], 2, "kinds: there is no kind 'scalar'"),
        (["ls", "{logs}", "--tags", "/(/"], 2, "is no regular expression"),
        (["ls", "{logs}", "--restarts", "all"], 2, "restarts must be"),
        (["ls"], 2, "Missing argument"),
        (["ls", "{logs}", "--none"], 2, "No such option"),
        (["fly"], 2, "No such command"),
        (["diff", "{logs}", "{logs}"], 2, "both are the same path"),
        (["export", "{logs}", "-o", "{logs}/x.xlsx"], 2, "no format ends in '.xlsx'"),
        (["export", "{logs}", "-o", "{logs}"], 1, "there is something already"),
        (["export", "{logs}", "-o", "none/x.csv"], 1, "--output: there is no directory none"),
        (["export", "{logs}", "-o", "x", "--wide"], 2, "--wide: only a table has columns"),
        (["export", "{logs}", "-o", "x", "--engine", "dask", "--wide"], 2, "--wide can't be with"),
        (["export", "{logs}", "-o", "x", "--engine", "spark"], 2, "--engine: expected dask"),
        (["rewrite", "{logs}", "-o", "x", "--rename", "a"], 2, "--rename: expected OLD=NEW"),
        (["rewrite", "{logs}", "-o", "x", "--rename", r"/(a)/=\2"], 2, "is no replacement"),
        (["rewrite", "{logs}", "-o", "x", "--runs", "typo"], 1, "nothing matches ['typo']; there"),
        (["rewrite", "{logs}", "-o", "x", "--tags", "typo"], 1, "nothing matches ['typo']; there"),
        (["rewrite", "{logs}", "-o", "{logs}"], 2, "output must not lie in path"),
        (["tail", "{logs}", "--plot", "--json"], 2, "--plot can't be with --json"),
        (["repair", "{logs}", "-o", "{logs}/x"], 2, "output must not lie in path"),
        (["repair", "{logs}", "-o", ""], 2, "output must not be empty"),
        (["diff", "{logs}", "{logs}/exp1", "--rtol", "inf"], 2, "--rtol: expected a finite number"),
    ],
)
def test_exit_codes(call, logs, tmp_path, monkeypatch, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    given = [argument.format(logs=logs) for argument in arguments]
    found, out, err = call(*given)
    assert (found, out) == (code, "")
    assert message in err
    # Warnings about tags are not repeated.
    assert err.count("there is no tag") + err.count("tags: nothing matches") <= 1


def test_help_of_every_command(call):
    _, out, _ = call("--help")
    for name in app.COMMANDS:
        assert f"\n  {name} " in out
        code, text, _ = call(name, "--help")
        assert code == 0
        # One example of each.
        assert f"\n  tfevents {name} " in text
    assert "\n  run  " in out
    assert call()[0] == 2


def test_show(call, logs):
    code, out, _ = call("show", logs / "exp1")
    assert code == 0
    for text in ("train/loss  (scalars, 20)", "step 19", "first line", "8 × 8", "lr = 0"):
        assert text in out
    _, out, _ = call("show", logs, "note/text_summary", "--runs", "exp2")
    assert "      first line\n\n      second line\n" in out
    _, out, _ = call("show", logs, "weight", "--runs", "exp2", "--json")
    (one,) = json.loads(out)
    histogram = tfevents.read(logs)["exp2"].histograms["weight"][-1]
    assert one["values"][0]["counts"] == histogram.counts.tolist()
    assert one["values"][0]["sum_squares"] == histogram.sum_squares
    _, out, _ = call("show", logs, "val/loss", "--runs", "exp1", "--json")
    # JSON has no NaN.
    assert json.loads(out)[0]["values"] == [{"step": 19, "wall_time": 20.0, "value": None}]


def test_what_a_file_says_commands_no_terminal(call, tmp_path):
    evil = "\x1b[2Jloss\nx\x07"
    with SummaryWriter(tmp_path / "runs") as writer:
        writer.add_scalar(evil, 1.0, 0)
        writer.add_text("note", evil, 0)
        writer.add_hparams({evil: evil}, {}, same_run=True)
    for arguments in (
        ["ls", tmp_path, "--tags", "*"],
        ["show", tmp_path],
        ["show", tmp_path, "note"],
        ["tail", tmp_path, "--all", "--timeout", "0"],
        ["hparams", tmp_path],
        ["plot", tmp_path],
    ):
        code, out, _ = call(*arguments)
        assert code == 0
        assert not {"\x1b", "\x07"} & set(out)
        assert r"\x1b[2Jloss" in out


@pytest.mark.parametrize(
    ("edges", "counts", "rows"),
    [
        ([0, 0, 1], [5, 12], ["0 to 0.08333 6", "0.08333 to 0.1667 1"]),
        ([0, 1, np.inf], [1, 2], ["0 to 1 1", "1 to inf 2"]),
        ([0, 1, 2, 3], [1, np.nan, 2], ["0 to 1 1", "1 to 2 nan", "2 to 3 2"]),
        ([-1.7e308, 0, 1.7e308], [1, 2], ["-1.7e+308 to 0 1", "0 to 1.7e+308 2"]),
        ([*range(24), np.inf], [1] * 24, ["0 to 2 2", "2 to 4 2"]),
    ],
)
def test_histograms_of_any_numbers(call, tmp_path, edges, counts, rows):
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_histogram_raw("h", edges[0], edges[-1], 3, 1, 1, edges[1:], counts, 0)
    code, out, err = call("show", tmp_path / "run", "h")
    assert (code, err) == (0, "")
    shown = [re.sub(r" +[█▏▎▍▌▋▊▉]* ", " ", line).strip() for line in out.splitlines()[3:]]
    assert [re.sub(r" to +", " to ", line) for line in shown[: len(rows)]] == rows


def test_show_takes_the_names_that_it_shows(call, tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_text("note", "a text", 0)
        writer.add_mesh("mesh", np.zeros((1, 3, 3)), np.full((1, 3, 3), 7), [[[0, 1, 2]]])
    (mesh,) = json.loads(call("show", tmp_path, "mesh", "--json")[1])
    assert mesh["tag"] == "mesh"
    assert "faces" in mesh["values"][0]["value"]
    (note,) = json.loads(call("show", tmp_path, "note", "--json")[1])
    assert note["values"][0]["value"] == "a text"


def test_plot(call, logs, tmp_path):
    code, out, _ = call("plot", logs, "train/loss", "--log-y")
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("⠤")] == [
        f"⠤{letter}⠤ {run}"
        for letter, run in zip("abc", ("exp1", "exp2", "other/deep"), strict=True)
    ]
    _, out, _ = call("plot", logs / "exp1", "train/loss", "--json", "--smooth", "0.5")
    (line,) = json.loads(out)
    expected, last = [], 0.0
    for step in range(20):
        last = 0.5 * last + 0.5 * float(np.float32(1 / (step + 1)))
        expected.append(last / (1 - 0.5 ** (step + 1)))
    assert line["y"] == pytest.approx(expected)
    peer("matplotlib")
    for name, beginning in (("loss.png", b"\x89PNG"), ("loss.svg", b"<?xml")):
        assert call("plot", logs, "train/loss", "-o", tmp_path / name)[0] == 0
        assert (tmp_path / name).read_bytes().startswith(beginning)
    code, _, err = call("plot", logs, "train/loss", "-o", tmp_path / "loss")
    assert code == 2
    assert "says no format; it must end in .png, say" in err
    assert call("plot", logs, "val/loss")[0] == 1  # nothing but NaN
    # Both are written.
    code, out, _ = call("plot", logs, "train/loss", "--json", "-o", tmp_path / "both.png")
    assert code == 0
    assert len(json.loads(out)) == 3
    assert (tmp_path / "both.png").exists()


def test_a_plot_of_any_names(call, tmp_path):
    peer("matplotlib")
    names = ("_hidden", r"$\frac$", "caf\udce9")
    for name in names:
        with SummaryWriter(tmp_path / "runs" / name) as writer:
            writer.add_scalar("loss", 1.0, 0)
    assert call("plot", tmp_path / "runs", "loss", "-o", tmp_path / "plot.svg")[0] == 0
    drawn = (tmp_path / "plot.svg").read_text()
    for name in ("_hidden", r"$\frac$", r"caf\udce9"):
        assert f"<!-- {name} -->" in drawn


def test_a_plot_of_many_runs_in_a_file(call, tmp_path):
    pyplot = peer("matplotlib.pyplot")
    for number in range(100):
        with SummaryWriter(tmp_path / "runs" / f"run{number:02}") as writer:
            writer.add_scalar("loss", number, 0)
    # Warnings are errors here, and matplotlib warns if a legend leaves no room.
    assert call("plot", tmp_path / "runs", "loss", "-o", tmp_path / "plot.png")[0] == 0
    pixels = pyplot.imread(tmp_path / "plot.png")[..., :3]
    # There is no line from one point to another, but the points are seen.
    colours = {tuple(colour) for colour in (pixels[:, :600] * 255).astype(int).reshape(-1, 3)}
    assert (31, 119, 180) in colours


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("", "output must not be empty"),
        ("memory://there", "--engine dask"),
        ("memory://t.csv", "URI"),
    ],
)
def test_export_writes_nowhere_else(call, logs, tmp_path, monkeypatch, output, why):
    monkeypatch.chdir(tmp_path)
    code, _, err = call("export", logs, "-o", output)
    assert code == 2
    assert why in err
    assert os.listdir() == []


def test_a_plot_shows_the_point_of_the_last_step(call, tmp_path, monkeypatch):
    for run, step in {"first": 0, "last": 30}.items():
        with SummaryWriter(tmp_path / run) as writer:
            writer.add_scalar("loss", step, step)
    for columns in ("30", "80", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        _, out, _ = call("plot", tmp_path, "loss")
        drawn = [line.partition("|")[2] for line in out.splitlines() if "|" in line]
        assert any("a" in line for line in drawn), out
        assert any("b" in line for line in drawn), out


def test_axes_of_any_numbers(call, tmp_path):
    values = {"small": [-1.2345e-5, -9.9e-5], "large": [-1e308, 1e308], "log": [1e-300, 1e308]}
    with SummaryWriter(tmp_path) as writer:
        for tag, numbers in values.items():
            for number, step in zip(numbers, (0, 10**18), strict=True):
                writer.add_scalar(tag, number, step, new_style=True, double_precision=True)
    for tag in values:
        log_y = ["--log-y"] if tag == "log" else []
        code, out, err = call("plot", tmp_path, tag, *log_y)
        assert (code, err) == (0, "")
        *rows, _axis, labels, _ = out.splitlines()
        ticks = [float(row.partition("|")[0]) for row in rows]
        assert ticks == sorted(ticks, reverse=True), out
        assert np.diff([float(label) for label in labels.split()[1:]]).min() > 0
        if tag == "small":
            assert min(ticks) < -9.9e-5 < -1.2345e-5 < max(ticks) < 1e-4


def test_a_plot_of_times_that_are_none(call, tmp_path):
    with SummaryWriter(tmp_path / "run") as writer:
        for step, time in enumerate((7200.0, float("nan"), float("inf"), 10800.0)):
            writer.add_scalar("loss", step, step, walltime=time)
    for x in ("wall", "relative"):
        code, out, err = call("plot", tmp_path / "run", "--x", x)
        assert (code, err) == (0, "")
        assert "(hours)" in out


def test_hparams(call, logs):
    _, out, _ = call("hparams", logs, "--sort", "best", "--json")
    rows = json.loads(out)
    assert [row["run"] for row in rows] == ["other/deep", "exp2", "exp1"]
    assert [row["metrics"] for row in rows] == [{"best": -1.0}, {"best": 0.0}, {"best": 1.0}]
    assert rows[0]["hparams"] == {"lr": 0.2}


def test_hparams_of_a_part_of_a_run(call, tmp_path):
    for number in range(2):
        with SummaryWriter(tmp_path / f"exp{number}") as writer:
            writer.add_scalar_series("acc", [0.0, number], [0, 1])
            writer.add_hparams({"lr": 0.1}, {"best": 1.0})
    _, out, _ = call("hparams", tmp_path, "--tags", "acc", "--sort", "acc", "--desc", "--json")
    rows = json.loads(out)
    assert [row["run"] for row in rows] == ["exp1", "exp0"]
    assert [row["metrics"] for row in rows] == [{"acc": 1.0}, {"acc": 0.0}]
    assert all(row["trial"].startswith(f"{row['run']}/") for row in rows)
    table = tfevents.read(tmp_path).hparams.table()
    _, out, _ = call("hparams", tmp_path)
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [
        list(names) for names in zip(table["trial"], table["run"], strict=True)
    ]


def test_diff(call, logs, tmp_path):
    tfevents.rewrite(logs, tmp_path / "copy")
    assert call("diff", logs, tmp_path / "copy")[:2] == (0, "")
    tfevents.rewrite(
        logs, tmp_path / "other", steps=(0, 15), rename={"weight": "weights"}, runs="exp*"
    )
    code, out, _ = call("diff", logs, tmp_path / "other", "--json", "--runs", "exp1")
    rows = {row.pop("tag"): row for row in json.loads(out)}
    assert code == 1
    assert rows["train/loss"]["steps_only_in_a"] == 5
    assert rows["train/loss"]["first_step"] == 15
    assert rows["val/loss"]["only_in"] == "A"
    assert (rows["weight"]["only_in"], rows["weights"]["only_in"]) == ("A", "B")
    assert "note/text_summary" not in rows
    code, out, _ = call("diff", logs / "exp1", logs / "exp2")
    assert code == 1
    assert "20 values differ, first at step 0" in out
    assert call("diff", logs / "exp1", logs / "exp2", "--rtol", 2, "-t", "*loss")[0] == 0


def test_numbers_that_are_none_do_not_differ(call, tmp_path):
    for run in "ab":
        with SummaryWriter(tmp_path / run) as writer:
            # The sum of squares of a histogram of TensorFlow is not known.
            writer.add_histogram_raw("raw", 0, 1, 2, 1, float("nan"), [1, 2], [1, 1], 0)
            writer.add_histogram_raw("other", 0, 1, 2, ord(run), 1, [1, 2], [1, 1], 0)
            writer.add_scalar("loss", float("nan"), 0)
    code, out, _ = call("diff", tmp_path / "a", tmp_path / "b", "--json")
    assert (code, [row["tag"] for row in json.loads(out)]) == (1, ["other"])


def test_metadata_make_no_difference(call, tmp_path):
    event_pb2 = peer("tensorboard.compat.proto.event_pb2")
    for run, says in {"a": (True, True), "b": (True, False)}.items():
        records = []
        for step, says_kind in enumerate(says):
            event = event_pb2.Event(step=step)
            value = event.summary.value.add(tag="vector")
            value.tensor.dtype = 1
            value.tensor.tensor_shape.dim.add(size=2)
            value.tensor.float_val.extend([step, float("nan")])
            if says_kind:
                value.metadata.plugin_data.plugin_name = "mine"
            records.append(record(event.SerializeToString()))
        (tmp_path / run).mkdir()
        (tmp_path / run / "events.tfevents").write_bytes(b"".join(records))
    assert call("diff", tmp_path / "a", tmp_path / "b") == (0, "", "")


def test_equal_values_of_different_bytes_do_not_differ(call, tmp_path):
    """Hyperparameters say when a session began, and writers encode pictures differently."""
    pillow = peer("PIL.Image")
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    for level, run in ((0, "a"), (9, "b")):
        png = io.BytesIO()
        pillow.fromarray(pixels).save(png, "PNG", compress_level=level)
        started = HParamsPluginData()
        names = ("lr", "size") if run == "a" else ("size", "lr")
        for name in names:
            started.session_start_info.hparams[name].number_value = float("nan")
        started.session_start_info.start_time_secs = ord(run)
        value = tensor("_hparams_/session_start_info", "hparams", 0, [])
        value.metadata.plugin_data.content = started.SerializeToString()
        # One element may stand for all.
        numbers = [1.0] if run == "a" else [1.0] * 3
        values = [value, tensor("ones", "mine", 1, [3], float_val=numbers)]
        values.append(Summary.Value(tag="picture"))
        values[-1].image.encoded_image_string = png.getvalue()
        with SummaryWriter(tmp_path / run) as writer:
            writer.file_writer.add_summary(Summary(value=values), 0)
            scale = 1 + 1e-9 * (run == "b")
            writer.add_histogram("weights", np.arange(9.0) * scale, 1)
            writer.add_tensor("numbers", np.arange(9.0) * scale, 1)
    for tolerance, tags in (("0", ["weights", "numbers"]), ("1e-6", [])):
        code, out, _ = call("diff", tmp_path / "a", tmp_path / "b", "--json", "--rtol", tolerance)
        assert [row["tag"] for row in json.loads(out)] == tags
        assert code == int(bool(tags))


def test_other_hyperparameters_and_pictures_differ(call, tmp_path):
    for number, run in enumerate("ab"):
        with SummaryWriter(tmp_path / run) as writer:
            writer.add_image("picture", np.full((3, 4, 4), number, np.uint8), 0)
            writer.add_hparams({"lr": number}, {"loss": 1}, same_run=True)
    code, out, _ = call("diff", tmp_path / "a", tmp_path / "b", "--json")
    found = [row["tag"] for row in json.loads(out)]
    assert (code, found) == (1, ["picture", "_hparams_/session_start_info"])


def test_export_tables(call, logs, tmp_path):
    log = tfevents.read(logs)
    rows = sum(len(series) for run in log.values() for series in run.scalars.values())
    _, out, _ = call("export", logs, "-o", tmp_path / "long.csv")
    assert out == f"{rows} rows in {tmp_path / 'long.csv'}\n"
    with open(tmp_path / "long.csv", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == rows
    assert (found[3]["run"], found[3]["tag"], found[3]["step"]) == ("exp1", "train/loss", "3")
    assert float(found[3]["value"]) == log["exp1"].scalars["train/loss"].value[3]
    call("export", logs, "-o", tmp_path / "long.jsonl", "--tags", "train/loss")
    lines = [json.loads(line) for line in (tmp_path / "long.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [*range(20)] * 3
    call("export", logs, "-o", tmp_path / "wide.csv", "--wide", "--runs", "exp*")
    with open(tmp_path / "wide.csv", newline="") as file:
        wide = list(csv.DictReader(file))
    assert wide[0].keys() == {"run", "step", "train/loss", "val/loss", "best"}
    assert (wide[0]["best"], wide[1]["best"]) == ("1.0", "")
    parquet, feather = peer("pyarrow.parquet"), peer("pyarrow.feather")
    for name, read in (("t.parquet", parquet.read_table), ("t.arrow", feather.read_table)):
        assert call("export", logs, "-o", tmp_path / name, "--tags", "train/loss")[0] == 0
        expected = tfevents.read(logs, tags="train/loss").scalars.to_arrow()
        assert read(tmp_path / name).equals(expected)
    # Existing files stay.
    assert call("export", logs, "-o", tmp_path / "t.arrow")[0] == 1
    assert call("export", logs, "-o", tmp_path / "t.arrow", "--overwrite")[0] == 0


def test_tags_of_any_characters_are_one_cell(call, tmp_path):
    tags = ["a\rb", "a\nb", "a\r", "a,b", 'a"b', " a"]
    with SummaryWriter(tmp_path / "run") as writer:
        for tag in tags:
            writer.add_scalar(tag, 1, 0)
    assert call("export", tmp_path / "run", "-o", tmp_path / "a.csv")[0] == 0
    with open(tmp_path / "a.csv", encoding="utf-8", newline="") as file:
        assert [row["tag"] for row in csv.DictReader(file)] == tags
    assert (tmp_path / "a.csv").read_bytes().startswith(b"run,tag,step,wall_time,value\n")


def test_wide_tables_of_tags_that_are_called_as_other_columns(call, tmp_path):
    with SummaryWriter(tmp_path / "runs/exp") as writer:
        writer.log({"run": 5.0, "step": 6.0}, 1)
    for name in ("x.csv", "x.jsonl"):
        assert call("export", tmp_path / "runs", "-o", tmp_path / name, "--wide")[0] == 0
    (row,) = map(json.loads, (tmp_path / "x.jsonl").read_text().splitlines())
    assert row == {"run": "exp", "step": 1, "run_": 5.0, "step_": 6.0}
    assert (tmp_path / "x.csv").read_text() == "run,step,run_,step_\nexp,1,5.0,6.0\n"


def test_export_replaces_nothing_else(call, logs, tmp_path):
    (tmp_path / "t.csv.part").write_text("mine")
    assert call("export", logs, "-o", tmp_path / "t.csv")[0] == 0
    assert call("export", logs, "-o", tmp_path / "u.csv", "--steps", "1000:")[0] == 1
    assert sorted(os.listdir(tmp_path)) == ["t.csv", "t.csv.part"]
    assert (tmp_path / "t.csv.part").read_text() == "mine"


def test_export_replaces_no_device_and_no_link(call, logs, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    code, out, err = call("export", logs, "-o", tmp_path / "pipe.csv", "--overwrite")
    assert (code, out) == (1, "")
    assert "is no file that can be replaced" in err
    (tmp_path / "there.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("there.csv")
    assert call("export", logs, "-o", tmp_path / "link.csv", "--overwrite")[0] == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "there.csv").read_text().startswith("run,tag,step")


def test_export_files(call, logs, tmp_path):
    code, out, _ = call("export", logs, "-o", tmp_path / "files", "--json")
    assert (code, json.loads(out)["files"]) == (0, 12)
    run = tfevents.read(logs)["other/deep"]
    root = tmp_path / "files" / "other" / "deep"
    assert (root / "picture" / "5.png").read_bytes() == run.images["picture"][0].data
    assert (root / "sound" / "5.wav").read_bytes() == run.audio["sound"][0].data
    assert (root / "note" / "text_summary" / "3.md").read_text() == "first line\n\nsecond line"


def ply(content):
    """A mesh's vertices with their colours, and its faces, read by separate code."""
    header, _, body = content.partition(b"end_header\n")
    lines = header.decode().splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    counts, names = {}, []
    for line in lines[2:]:
        what, *rest = line.split()
        if what == "element":
            counts[rest[0]] = int(rest[1])
        elif rest[0] != "list":
            names.append((rest[1], {"float": "<f4", "double": "<f8", "uchar": "u1"}[rest[0]]))
    vertices = np.frombuffer(body, names, counts["vertex"])
    faces = np.frombuffer(body[vertices.nbytes :], "u1, <3i4", counts.get("face", 0))
    assert vertices.nbytes + faces.nbytes == len(body)
    return vertices, faces["f1"]


def test_export_files_of_all_kinds(call, tmp_path):
    rng = np.random.default_rng(0)
    vertices, faces = rng.random((2, 5, 3), "f4"), rng.integers(0, 5, (2, 4, 3), "i4")
    colors = rng.integers(0, 256, (2, 5, 3), "u1")
    numbers = rng.random((2, 3), "f4")
    with SummaryWriter(tmp_path / "runs/exp") as writer:
        writer.add_text("text", "one", 1)
        writer.add_text("text", "again", 1)
        writer.add_histogram("weights", numbers, 2)
        writer.add_tensor("numbers", numbers, 3)
        writer.add_tensor("words", np.array([["ä", "b"]], object), 3)
        writer.add_pr_curve("curve", rng.integers(0, 2, 50), rng.random(50), 4)
        writer.add_mesh("shape", vertices, colors, faces, global_step=5)
        writer.add_mesh("cloud", vertices[:1].astype("f8"), global_step=6)
    code, out, err = call("export", tmp_path / "runs", "-o", tmp_path / "out", "--json")
    assert (code, err) == (0, "")
    root = tmp_path / "out" / "exp"
    found = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert found == {
        "text/text_summary/1.md",
        "text/text_summary/1-1.md",
        "weights/2.csv",
        "numbers/3.npy",
        "words/3.json",
        "curve/4.csv",
        "shape/5.0.ply",
        "shape/5.1.ply",
        "cloud/6.ply",
    }
    assert json.loads(out)["files"] == len(found)
    run = tfevents.read(tmp_path / "runs")["exp"]
    assert (root / "text/text_summary/1-1.md").read_text() == "again"
    (histogram,) = run.histograms["weights"]
    rows = np.genfromtxt(root / "weights/2.csv", delimiter=",", names=True)
    assert rows.dtype.names == ("left", "right", "count")
    np.testing.assert_array_equal(rows["left"], histogram.edges[:-1])
    np.testing.assert_array_equal(rows["right"], histogram.edges[1:])
    np.testing.assert_array_equal(rows["count"], histogram.counts)
    np.testing.assert_array_equal(np.load(root / "numbers/3.npy"), numbers)
    assert json.loads((root / "words/3.json").read_text(encoding="utf-8")) == [["ä", "b"]]
    rows = np.genfromtxt(root / "curve/4.csv", delimiter=",", names=True)
    (curve,) = run.pr_curves["curve"]
    np.testing.assert_array_equal(rows["threshold"], curve.thresholds)
    np.testing.assert_array_equal(rows["precision"].astype("f4"), curve.precision)
    for at in (0, 1):
        points, corners = ply((root / f"shape/5.{at}.ply").read_bytes())
        np.testing.assert_array_equal(np.stack([points[axis] for axis in "xyz"], 1), vertices[at])
        names = ("red", "green", "blue")
        np.testing.assert_array_equal(np.stack([points[name] for name in names], 1), colors[at])
        np.testing.assert_array_equal(corners, faces[at])
    points, corners = ply((root / "cloud/6.ply").read_bytes())
    assert (points.dtype.names, len(corners)) == (("x", "y", "z"), 0)


def tensor(tag, plugin, dtype, shape, **fields):
    """A value with a tensor, however wrong."""
    value = Summary.Value(tag=tag)
    value.metadata.plugin_data.plugin_name = plugin
    value.tensor.dtype = dtype
    for size in shape:
        value.tensor.tensor_shape.dim.add(size=size)
    for name, numbers in fields.items():
        getattr(value.tensor, name).extend(numbers)
    return value


def test_pictures_and_sounds_of_a_batch_are_all_shown_and_exported(call, tmp_path):
    pictures, sounds = [b"\x89PNG 0", b"RIFF....WEBP 1"], [b"RIFF....WAVE 0", b"", b"RIFF 1", b""]
    values = [
        tensor("pictures", "images", 7, [4], string_val=[b"2", b"3", *pictures]),
        tensor("sounds", "audio", 7, [2, 2], string_val=sounds),
        tensor("none", "images", 7, [2], string_val=[b"2", b"3"]),
    ]
    with SummaryWriter(tmp_path / "run") as writer:
        for value in values:
            writer.file_writer.add_summary(Summary(value=[value]), 5)
    code, out, err = call("export", tmp_path / "run", "-o", tmp_path / "out", "--json")
    assert (code, json.loads(out)["files"], err) == (0, 4, "")
    for name, content in {
        "pictures/5.0.png": pictures[0],
        "pictures/5.1.webp": pictures[1],
        "sounds/5.0.wav": sounds[0],
        "sounds/5.1.wav": sounds[2],
    }.items():
        assert (tmp_path / "out" / name).read_bytes() == content
    code, out, err = call("show", tmp_path / "run")
    assert (code, err) == (0, "")
    assert "2 × 3, 6 bytes, 14 bytes\n" in out
    assert "2 × 3, none\n" in out
    assert "batch 2, bytes 20\n" in out


def test_what_can_not_be_had_hides_nothing_else(call, tmp_path):
    """A tensor whose shape lies, and messages that are malformed."""
    hparams = tensor("_hparams_/session_start_info", "hparams", 0, [])
    hparams.metadata.plugin_data.content = b"\xff\xff"
    wrong = tensor("wrong", "mine", 1, [10**9, 10**9], float_val=[1.0])
    with SummaryWriter(tmp_path / "runs/bad") as writer:
        for value in (wrong, hparams):
            writer.file_writer.add_summary(Summary(value=[value]), 5)
        writer.add_text("note", "text", 6)
    with SummaryWriter(tmp_path / "runs/good") as writer:
        writer.add_hparams({"lr": 1}, {"loss": 2}, same_run=True)
    root, said = tmp_path / "runs", "run 'bad', tag 'wrong' at step 5: a tensor of one element"
    malformed = "run 'bad', tag '_hparams_/session_start_info': left out"
    for arguments, lines, shown in (
        (["show", root], [said, malformed], "text"),
        (["show", root, "--json"], [said, malformed], '"text"'),
        (["tail", root, "--all", "--timeout", "0"], [said], "(texts) text"),
        (["export", root, "-o", tmp_path / "out"], [said], "1 file in"),
        (["hparams", root], [malformed], "good  1   2"),
    ):
        code, out, err = call(*arguments)
        assert code == 1
        assert shown in out
        assert err.count("\n") == len(lines)
        assert all(line in err for line in lines)


def test_meshes_that_fit_no_file_are_exported_in_parts(tmp_path):
    from tfevents.cli.files import _meshes
    from tfevents.series.meshes import Mesh

    vertices, faces = np.zeros((1, 4, 2), "f4"), np.zeros((1, 1, 3), "i4")
    parts = _meshes(Mesh(0, 0.0, vertices, faces, None, None))
    assert [name for name, _ in parts] == [".vertices.npy", ".faces.npy"]


def test_graphs_are_exported(call, tmp_path):
    node = peer("tensorboard.compat.proto.node_def_pb2").NodeDef(name="x", op="Const")
    graph = peer("tensorboard.compat.proto.graph_pb2").GraphDef(node=[node])
    event = peer("tensorboard.compat.proto.event_pb2").Event(graph_def=graph.SerializeToString())
    (tmp_path / "run").mkdir()
    (tmp_path / "run/events.tfevents.1").write_bytes(record(event.SerializeToString()))
    assert call("export", tmp_path / "run", "-o", tmp_path / "out", "-k", "graph")[0] == 0
    assert (tmp_path / "out/graph.pb").read_bytes() == graph.SerializeToString()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["verify", "--tags", "a"], "--tags: what is damaged has no tag"),
        (["verify", "--kinds", "a"], "--kinds: what is damaged has no tag"),
        (["repair", "-o", "x", "--steps", "1:"], "--steps: what is damaged has no tag"),
        (["hparams", "--kinds", "images"], "--kinds: a trial is made of hparams and scalars"),
        (["plot", "--kinds", "images"], "--kinds: a curve is made of scalars"),
    ],
)
def test_options_that_mean_nothing_say_why(call, logs, arguments, why):
    command, *rest = arguments
    code, out, err = call(command, logs, *rest)
    assert (code, out) == (2, "")
    assert why in err


def test_repair_chooses_runs(call, logs, tmp_path):
    assert call("repair", logs, "-o", tmp_path / "out", "--runs", "exp*")[0] == 0
    for command in (["verify", logs], ["repair", logs, "-o", tmp_path / "none"]):
        code, out, err = call(*command, "--runs", "typo")
        assert (code, out.split(",")[0]) == (1, "0 files")
        assert "there are no runs of these names" in err
    assert sorted(tfevents.read(tmp_path / "out")) == ["exp1", "exp2"]


def test_hparams_of_some_steps(call, logs):
    code, out, _ = call("hparams", logs, "--tags", "train/loss", "--steps", ":10", "--json")
    assert code == 0
    assert [row["metrics"]["train/loss"] for row in json.loads(out)] == [
        pytest.approx((number + 1) / 10) for number in range(3)
    ]


def test_a_tag_leads_nowhere_else(call, tmp_path):
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_text("../../up", "x")
    assert call("export", tmp_path / "run", "-o", tmp_path / "a" / "b")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "run"]


def test_tags_whose_names_become_the_same_are_all_exported(call, tmp_path):
    tags = ("a:b", "a_b", "A_b", "a/b", "a//b")
    with SummaryWriter(tmp_path / "runs/exp") as writer:
        for tag in tags:
            for step in (0, 1):
                writer.add_image(tag, np.random.default_rng(0).random((3, 2, 2)), step)
    assert call("export", tmp_path / "runs", "-o", tmp_path / "out")[0] == 0
    found = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(found) == 2 * len(tags)


def test_tags_whose_names_are_those_of_files_are_all_exported(call, tmp_path):
    with SummaryWriter(tmp_path / "run") as writer:
        for tag in ("a", "a/0.png", "b/0.png", "b", "long" * 100, "ä" * 150, "layers/0.weight"):
            writer.add_image(tag, np.zeros((3, 2, 2)), 0)
        # Values of one step, whose files end in the same way.
        writer.add_histogram("c", [1.0, 2.0], 0)
        writer.add_pr_curve("c", [0, 1], [0.1, 0.9], 0)
    code, out, _ = call("export", tmp_path / "run", "-o", tmp_path / "out")
    assert (code, out.split()[:2]) == (0, ["9", "files"])
    found = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(found) == 9
    assert tmp_path / "out" / "layers" / "0.weight" / "0.png" in found
    for name, header in ("0.csv", "left,"), ("0-1.csv", "threshold,"):
        assert (tmp_path / "out" / "c" / name).read_text().startswith(header)


def test_damage(call, logs, tmp_path, monkeypatch):
    tfevents.rewrite(logs, tmp_path / "runs")
    path = event_files(tmp_path / "runs")[0]
    data = bytearray(path.read_bytes())
    data[120] ^= 1
    path.write_bytes(data[:-3])
    code, out, err = call("ls", tmp_path / "runs", "--json")
    assert code == 1
    assert "damaged bytes" in err
    assert [row["damaged"] > 0 for row in json.loads(out)] == [True, False, False]
    monkeypatch.chdir(tmp_path)
    for given in ("runs", "./runs/exp1", "runs/../runs"):
        assert json.loads(call("ls", given, "--json")[1])[0]["damaged"] > 0
    assert call("hparams", tmp_path / "runs")[0] == 1
    assert call("tail", tmp_path / "runs", "--all", "--timeout", "0")[0] == 1
    code, out, _ = call("verify", tmp_path / "runs", "--json")
    report = json.loads(out)
    assert (code, report["ok"]) == (1, False)
    assert report["files"][0]["damage"][0]["kind"] == "data_checksum"
    _, out, _ = call("verify", tmp_path / "runs")
    rest = report["files"][0]["truncated"]
    assert f"{len(data) - 3 - rest}" in out
    assert call("verify", tmp_path / "runs", "--runs", "exp2")[0] == 0
    assert call("repair", tmp_path / "runs", "-o", tmp_path / "new")[0] == 1
    assert call("verify", tmp_path / "new")[0] == 0
    code, _, err = call("rewrite", tmp_path / "runs", "-o", tmp_path / "rewritten")
    assert (code, "checksum of a record's data" in err) == (1, True)
    assert not (tmp_path / "rewritten").exists()
    options = "-o", tmp_path / "rewritten", "--skip-damage", "--json"
    code, out, _ = call("rewrite", tmp_path / "runs", *options)
    assert (code, len(json.loads(out)["damage"])) == (1, 1)
    assert call("verify", tmp_path / "rewritten")[0] == 0


def test_rewrite(call, logs, tmp_path):
    code, out, _ = call(
        *("rewrite", logs, "-o", tmp_path / "out", "--drop", "weight", "--every", 5),
        *(
            "--rename",
            r"/^(\w+)\/loss$/=loss/\1",
            "--merge-runs",
            "exp1=a",
            "--merge-runs",
            "exp2=a",
        ),
    )
    assert code == 0
    assert "left out by tags: 3 values" in out
    log = tfevents.read(tmp_path / "out")
    assert log.runs == ["a", "other/deep"]
    assert log["a"].scalars["loss/train"].step.tolist() == [0, 5, 10, 15, 0, 5, 10, 15]


def test_rewrite_swaps_tags(call, logs, tmp_path):
    swap = ["--rename", "train/loss=val/loss", "--rename", "val/loss=train/loss"]
    assert call("rewrite", logs, "-o", tmp_path / "out", *swap)[0] == 0
    scalars = tfevents.read(tmp_path / "out")["exp1"].scalars
    assert (len(scalars["val/loss"]), len(scalars["train/loss"])) == (20, 1)


def test_uris(call, logs, tmp_path):
    fsspec = peer("fsspec")
    memory = fsspec.filesystem("memory")
    try:
        memory.put(str(logs), "/command/runs", recursive=True)
        local, remote = (
            json.loads(call("ls", path, "--json")[1]) for path in (logs, "memory://command/runs")
        )
        assert local == remote
        uri = "memory://command/out"
        code, _, _ = call("rewrite", "memory://command/runs", "-o", uri, "--kinds", "scalars")
        assert code == 0
        assert tfevents.read(uri)["exp1"].tags == ["train/loss", "val/loss", "best"]
        assert call("rewrite", "memory://command/runs", "-o", uri)[0] == 1
        assert call("verify", uri)[0] == 0
        assert "20 values differ" in call("diff", "memory://command/runs/exp1", logs / "exp2")[1]
        for source, output in (
            (logs.as_uri(), tmp_path.as_uri() + "/out"),
            (
                "memory://command/runs",
                "memory://command/repaired",
            ),
        ):
            assert call("repair", source, "-o", output)[0] == 0
            assert tfevents.read(output).runs == tfevents.read(logs).runs
    finally:
        memory.store.clear()


def test_tail_shows_values_soon(tmp_path):
    writer = SummaryWriter(tmp_path / "run")
    writer.add_scalar("loss", 1, 1)
    writer.flush()
    process = subprocess.Popen(
        [*COMMAND, "tail", str(tmp_path), "--json"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    delays = []
    try:
        # The first output shows that it listens.
        step = 1
        os.set_blocking(process.stdout.fileno(), False)
        while not process.stdout.readline():
            step += 1
            writer.add_scalar("loss", 1, step)
            writer.flush()
            time.sleep(0.05)
        os.set_blocking(process.stdout.fileno(), True)
        time.sleep(0.3)
        for step in range(1000, 1010):
            writer.add_scalar("loss", 1, step)
            writer.flush()
            start = time.monotonic()
            while json.loads(process.stdout.readline())["step"] != step:
                pass
            delays.append(time.monotonic() - start)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        print(f"delays of {min(delays):.3f} to {max(delays):.3f} s, ended in", end=" ")
        print(f"{time.monotonic() - start:.3f} s")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        writer.close()
    # The bound is loose, since the machine may be busy.
    assert sorted(delays)[len(delays) // 2] < 1


def test_tail_knows_what_was_said_before_it_began(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_text("note", "first", 0)
    event = Event(step=1)
    event.summary.value.add(tag="note/text_summary").tensor.CopyFrom(
        TensorProto(dtype="DT_STRING", string_val=[b"then"])
    )
    process = subprocess.Popen(
        [*COMMAND, "tail", str(tmp_path), "--kinds", "texts", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        end = time.monotonic() + 30
        while not select.select([process.stdout], [], [], 0.1)[0]:
            assert time.monotonic() < end, "nothing came"
            with event_files(tmp_path)[0].open("ab") as file:
                file.write(record(event.SerializeToString()))
        assert json.loads(process.stdout.readline())["kind"] == "texts"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_tail_shows_texts_and_no_messages(call, tmp_path):
    with SummaryWriter(tmp_path / "run") as writer:
        value = tensor("texts", "text", 7, [2], string_val=[b"one", b"\xff"])
        writer.file_writer.add_summary(Summary(value=[value]), 5)
        writer.add_custom_scalars({"category": {"chart": ["Multiline", ["loss"]]}})
    code, out, _ = call("tail", tmp_path / "run", "--all", "--timeout", 0, "--json")
    assert code == 0
    assert [json.loads(line)["value"] for line in out.splitlines()] == [["one", "\ufffd"], None]


def test_tail_what_was_written_before(call, logs):
    code, out, _ = call(
        "tail", logs, "--all", "--timeout", 0, "-t", "train/*", "-s", "18:", "--json"
    )
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(row["run"], row["step"]) for row in rows] == [
        (run, step) for run in ("exp1", "exp2", "other/deep") for step in (18, 19)
    ]
    _, out, _ = call("tail", logs, "--all", "--timeout", 0, "--kinds", "texts", "--runs", "exp1")
    assert out.rstrip().endswith("note/text_summary  (texts) first line second line")
    _, out, _ = call("tail", logs, "--plot", "--timeout", 0, "--runs", "exp*", "-t", "train/loss")
    assert "⠤b⠤ exp2 train/loss" in out


def test_a_reader_that_has_seen_enough(logs):
    command = f"{sys.executable} -m tfevents ls {logs} --tags '*' | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=100)
    assert done.stderr == ""
    assert done.stdout.startswith("run")


def terminal(arguments, columns, **environment):
    """The output of a command to a terminal with this number of columns."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.environ.update(environment, COLUMNS=str(columns), LINES="30")
        os.execv(COMMAND[0], [*COMMAND, *map(str, arguments)])
    parts = []
    while True:
        try:
            part = os.read(descriptor, 1 << 16)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.waitpid(pid, 0)
    os.close(descriptor)
    return b"".join(parts).decode()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_terminals(logs):
    one = logs / "exp1"
    wide = terminal(["ls", logs], 160, TERM="xterm-256color")
    assert "\x1b[1mrun" in wide
    narrow = terminal(["ls", logs], 40, TERM="xterm-256color", NO_COLOR="1")
    assert max(map(len, narrow.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines())) <= 40
    for command in (["ls", logs], ["ls", logs, "-t", "*"], ["hparams", logs], ["diff", logs, one]):
        lines = terminal(command, 20, TERM="dumb").splitlines()
        assert max(map(len, lines)) <= 20, command
    for options, column in ([], "train/loss"), (["--sort", "best"], "best"):
        lines = terminal(["hparams", logs, *options, "-t", "*"], 30, TERM="dumb").splitlines()
        assert column in lines[0].split()
    for options, column in ([], "train/loss"), (["--sort", "best"], "best"):
        lines = terminal(["hparams", logs, *options, "-t", "*"], 30, TERM="dumb").splitlines()
        assert column in lines[0].split()
    colours = terminal(["plot", logs, "train/loss"], 80, TERM="xterm-256color")
    assert "\x1b[36m" in colours
    plain = terminal(["plot", logs, "train/loss"], 80, TERM="xterm-256color", NO_COLOR="1")
    assert "\x1b[3" not in plain
    assert "⠤a⠤ exp1" in plain
    picture = terminal(["show", logs, "picture"], 80, TERM="xterm", COLORTERM="truecolor")
    assert picture.count("▀") == 3 * 8 * 4


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_characters_that_take_two_columns(tmp_path):
    cell_len = peer("rich.cells").cell_len
    with SummaryWriter(tmp_path / ("猫" * 40)) as writer:
        writer.add_scalar("犬" * 40, 1.0, 0)
    for command in (["ls"], ["plot"], ["tail", "--all", "--timeout", "0"]):
        lines = terminal([*command, tmp_path], 60, TERM="dumb").splitlines()
        assert max(map(cell_len, lines)) <= 60, command


def test_ctrl_c_ends_an_export_to_parquet_between_two_pieces(call, logs, tmp_path, monkeypatch):
    parquet = peer("pyarrow.parquet")
    monkeypatch.setattr("tfevents.cli.export._PIECE", 10)
    assert call("export", logs, "-o", tmp_path / "a.parquet", "-t", "train/loss")[0] == 0
    assert parquet.read_metadata(tmp_path / "a.parquet").num_row_groups == 6
    whole = tfevents.read(logs, tags="train/loss").scalars.to_arrow()
    assert parquet.read_table(tmp_path / "a.parquet").to_pylist() == whole.to_pylist()

    write = parquet.ParquetWriter.write_table
    pieces = []

    def interrupted(self, table, **options):
        pieces.append(table.num_rows)
        if len(pieces) == 3:
            signal.raise_signal(signal.SIGINT)
        return write(self, table, **options)

    monkeypatch.setattr(parquet.ParquetWriter, "write_table", interrupted)
    # Who starts the tests may have the signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert call("export", logs, "-o", tmp_path / "b.parquet")[0] == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert pieces == [10, 10, 10]
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_names_between_colons_are_no_pictures(tmp_path):
    with SummaryWriter(tmp_path / "runs/lr:fire:1") as writer:
        writer.add_hparams({":key:": 1}, {"a:fire:b": 1}, same_run=True)
    for command in (["show"], ["hparams"], ["ls", "--tags", "*"]):
        shown = terminal([*command, tmp_path / "runs"], 100, TERM="xterm-256color")
        assert all(name in shown for name in ("lr:fire:1", "a:fire:b")), command
        assert command != ["hparams"] or ":key:" in shown


def test_export_with_dask_writes_a_data_set_and_goes_on(tmp_path):
    dataset = peer("pyarrow.dataset")
    peer("distributed")
    for run in "ab":
        with tfevents.SummaryWriter(tmp_path / "runs" / run) as writer:
            writer.add_scalar_series("loss", [3.0, 2.0, 1.0])
    out = tmp_path / "out"
    for expected in ("1 piece ", "0 pieces "):
        # The workers of Dask are processes, which import the script.
        done = subprocess.run(
            [*COMMAND, "export", tmp_path / "runs", "-o", out, "--engine", "dask"],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert done.stdout.startswith(expected)
    found = dataset.dataset(out, partitioning="hive").to_table().to_pydict()
    assert sorted(zip(found["run"], found["step"], found["value"], strict=True)) == [
        (run, step, 3.0 - step) for run in "ab" for step in range(3)
    ]
    # As in other commands, damage is stepped over and reported, even if nothing is written.
    (file,) = event_files(tmp_path / "runs" / "a")
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    for _ in range(2):
        done = subprocess.run(
            [*COMMAND, "export", tmp_path / "runs", "-o", tmp_path / "other", "--engine", "dask"],
            check=False,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.returncode == 1
        assert "damaged bytes at" in done.stderr.splitlines()[-1]
        assert str(file) in done.stderr
    runs = dataset.dataset(tmp_path / "other", partitioning="hive").to_table().to_pydict()["run"]
    assert runs.count("b") == 3
    assert runs.count("a") == 2
