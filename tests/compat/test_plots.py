"""Plots, as matplotlib has them."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfevents
from peers import peer
from tfevents import SummaryWriter
from tfevents.series import Image

mpl = peer("matplotlib")
mpl.use("agg")
plt = peer("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def log(tmp_path: Path) -> tfevents.Log:
    for lr in (0.1, 0.2):
        for seed in range(3):
            with SummaryWriter(tmp_path / f"{lr}-{seed}") as writer:
                writer.add_scalar_series("acc", np.arange(10) * lr + seed, np.arange(10))
                writer.add_hparams({"lr": lr}, {}, same_run=True)
                if seed == 0:
                    for step in range(5):
                        rng = np.random.default_rng(step)
                        writer.add_histogram("w", rng.normal(step, 1, 200), step)
                        writer.add_pr_curve("pr", rng.integers(0, 2, 50), rng.random(50), step)
    return tfevents.read(tmp_path)


def test_a_line_a_run(log: tfevents.Log) -> None:
    ax = log.plot("acc")
    assert [line.get_label() for line in ax.lines] == list(log)
    for line, series in zip(ax.lines, log.tag("acc").values(), strict=True):
        assert np.array_equal(line.get_xdata(), series.step)
        assert np.array_equal(line.get_ydata(), series.value)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "acc")
    smoothed = log.filter(runs="0.1-0").plot("acc", smooth=0.6)
    series = log["0.1-0"].scalars["acc"]
    drawn = [line.get_ydata() for line in smoothed.lines]
    assert np.array_equal(drawn[0], series.smooth(0.6).value)
    assert np.array_equal(drawn[1], series.value)


def test_names_are_no_formulas_and_all_in_the_legend(tmp_path: Path) -> None:
    names = ["$a$", "$\\frac$b", "_c", "d$"]
    for name in names:
        with SummaryWriter(tmp_path / name) as writer:
            writer.add_scalar("$\\loss$", 1.0, 0)
            writer.add_hparams({"$lr$": name}, {}, same_run=True)
    log = tfevents.read(tmp_path)
    bare = plt.figure().subplots()
    bare.plot([1], label="mine")
    for ax in (log.plot("$\\loss$", ax=bare), log.plot("$\\loss$", by="$lr$", smooth=0.5)):
        ax.figure.canvas.draw()
        legend = ax.get_legend()
        # Behind a backslash, a dollar is a dollar.
        texts = [text.get_text().replace("\\$", "$") for text in legend.get_texts()]
        assert sorted(texts) == sorted(names + ["mine"] * (ax is bare))
        assert ax.get_ylabel() == "\\$\\loss\\$"
    assert legend.get_title().get_text() == "\\$lr\\$"


def test_a_legend_leaves_room_for_the_lines(tmp_path: Path) -> None:
    for number in range(40):
        with SummaryWriter(tmp_path / f"run{number:02}") as writer:
            writer.add_scalar_series("loss", [1.0, 2.0])
            writer.add_scalar("test", 3.0, 7)
    log = tfevents.read(tmp_path)
    for tag, by in (("loss", None), ("test", lambda run: run.name)):
        ax = log.plot(tag, by=by)
        ax.figure.canvas.draw()
        assert len(ax.lines) == 40
        # A single point is seen, though there is no line.
        assert {line.get_marker() for line in ax.lines} == {"None" if tag == "loss" else "."}
        *names, rest = (text.get_text() for text in ax.get_legend().get_texts())
        assert names == log.runs[: len(names)]
        assert rest == f"… and {40 - len(names)} more"
        assert ax.get_legend().get_window_extent().height < ax.get_window_extent().height
    (line,) = log["run00"].scalars["test"].plot().lines
    assert line.get_marker() == "."


@pytest.mark.parametrize(("band", "width"), [("std", 2.0), ("sem", 2 / 3**0.5), ("minmax", 2.0)])
def test_a_band_a_group(log: tfevents.Log, band: Any, width: float) -> None:
    ax = log.plot("acc", by="lr", band=band)
    assert [line.get_label() for line in ax.lines] == ["0.1", "0.2"]
    for line, lr in zip(ax.lines, (0.1, 0.2), strict=True):
        assert np.allclose(line.get_ydata(), np.arange(10) * lr + 1, atol=1e-6)
    for area in ax.collections:
        (path,) = area.get_paths()
        at_five = path.vertices[path.vertices[:, 0] == 5][:, 1]
        assert np.ptp(at_five) == pytest.approx(width, abs=1e-5)
    assert ax.get_legend().get_title().get_text() == "lr"
    assert not log.plot("acc", by="lr", band=None).collections
    with pytest.raises(ValueError, match="band must be"):
        log.plot("acc", by="lr", band="iqr")  # type: ignore[arg-type]


def test_a_ridge_a_step(log: tfevents.Log) -> None:
    histograms = log["0.1-0"].histograms["w"]
    ax = histograms.plot()
    assert len(ax.lines) == len(histograms)
    # The mode moves with the step. The first step is the highest line.
    modes = [line.get_xdata()[np.argmax(line.get_ydata())] for line in ax.lines]
    assert modes[-1] > modes[0] + 2
    bases = [line.get_ydata()[0] for line in ax.lines]
    assert bases == [4, 3, 2, 1, 0]
    assert len(histograms.plot(most=3).lines) == 3


def test_wrong_arguments_leave_no_figure(log: tfevents.Log) -> None:
    run = log["0.1-0"]
    acc, weights, curves = run.scalars["acc"], run.histograms["w"], run.pr_curves["pr"]
    for plot, wrong in (
        *((plot, {"smooth": 2}) for plot in (partial(log.plot, "acc"), acc.plot)),
        *((view.plot, {"most": -1}) for view in (weights, curves)),
        (partial(log.plot, "acc", by="lr"), {"smooth": -1}),
        (partial(log.plot, "acc"), {"align": "nearest"}),
        (partial(log.plot, "acc"), {"every": 2}),
        (partial(log.plot, "acc", align="bin"), {"every": 0}),
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            plot(**wrong)
    with pytest.raises(TypeError, match="most: expected an integer"):
        weights.plot(most=2.5)  # type: ignore[arg-type]
    assert not plt.get_fignums()


def test_precision_over_recall(log: tfevents.Log) -> None:
    curves = log["0.1-0"].pr_curves["pr"]
    (line,) = curves[2].plot().lines
    assert np.array_equal(line.get_xdata(), curves[2].recall)
    assert np.array_equal(line.get_ydata(), curves[2].precision)
    assert [line.get_label() for line in curves.plot(most=2).lines] == ["step 0", "step 4"]
    none = tfevents.read_run(log["0.1-0"].path, steps=(99, None)).pr_curves["pr"]
    assert not none.plot().lines


def test_pictures_side_by_side(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with SummaryWriter(tmp_path) as writer:
        for step in range(9):
            writer.add_image("colour", rng.random((3, 4, 5)), step)
        writer.add_video("film", rng.random((1, 4, 3, 8, 8)), 0)
    images = tfevents.read_run(tmp_path).images
    drawn = images["colour"].plot(most=5)
    assert [ax.get_title() for ax in drawn] == [f"step {step}" for step in (0, 2, 4, 6, 8)]
    assert drawn[0].figure.axes == drawn
    for ax, step in zip(drawn, (0, 2, 4, 6, 8), strict=True):
        assert np.array_equal(ax.images[0].get_array(), images["colour"][step].decode())
    assert images["film"][0].decode().ndim == 4
    ax = plt.subplots()[1]
    assert images["film"][0].plot(ax=ax) is ax
    assert ax.images[0].get_array().shape == (8, 8, 3)
    assert tfevents.read_run(tmp_path, steps=(20, 30)).images["colour"].plot() == []


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_picture(mode: str) -> None:
    pixels = np.arange(100, 100 + 6 * len(mode), dtype=np.uint8).reshape(2, 3, len(mode))
    file = io.BytesIO()
    peer("PIL.Image").fromarray(pixels.squeeze()).save(file, "png")
    ax = Image(3, 0.0, 3, 2, (file.getvalue(),)).plot()
    (drawn,) = ax.images
    assert np.array_equal(drawn.get_array().reshape(2, 3, -1)[..., 0], pixels[..., 0])
    if mode == "L":
        # The shade does not depend on the darkest pixel.
        assert drawn.get_clim() == (0, 255)
    else:
        assert np.array_equal(drawn.get_array()[..., 3], pixels[..., 1])


def test_sounds_one_below_the_other(tmp_path: Path) -> None:
    wave = np.sin(np.arange(800) / 5) / 2
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_audio("tone", wave, step, sample_rate=400)
        writer.add_audio("both", np.stack([wave, -wave], axis=1), 0, sample_rate=400)
    audio = tfevents.read_run(tmp_path).audio
    drawn = audio["tone"].plot(most=2)
    assert [ax.get_title() for ax in drawn] == ["step 0", "step 2"]
    (line,) = drawn[1].lines
    assert np.allclose(line.get_ydata(), wave, atol=1e-4)
    assert np.array_equal(line.get_xdata(), np.arange(800) / 400)
    assert len(audio["both"][0].plot().lines) == 2


def test_matplotlib_is_asked_for_where_it_is_missing(log: tfevents.Log) -> None:
    script = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import tfevents\n"
        f"tfevents.read({str(next(iter(log.values())).path)!r}).plot('acc')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "pip install 'tfevents[plot]'" in done.stderr


def test_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways give the same result for fewer runs."""
    peer("pandas")
    peer("tbparse")
    example = Path(__file__).parents[2] / "examples"
    monkeypatch.syspath_prepend(example)
    monkeypatch.chdir(tmp_path)
    import compare_seeds

    for name, value in {"RATES": (0.1, 0.01), "SIZES": (32, 64), "SEEDS": 2}.items():
        monkeypatch.setattr(compare_seeds, name, value)
    compare_seeds.train(tmp_path)
    best, _ = compare_seeds.by_tfevents(tmp_path, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 10_000
    assert best.index[0] == (0.1, 64) or best.index[0] == (0.01, 64)
    code = example.joinpath("compare_seeds.py").read_text().split("# --8<--")
    ours = [line for line in code[1].splitlines() if line.startswith("    ")]
    assert len(ours) <= 10
