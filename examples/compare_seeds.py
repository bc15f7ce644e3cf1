"""30 configurations of 5 seeds each: from the raw logs to a plot with bands and the best trials.

    python examples/compare_seeds.py [DIRECTORY]

It logs the runs as a training would, answers by tfevents, and then, where tbparse and pandas are
installed, by these, and says how long each took and that both found the same. The plot is left in
`compare_seeds.png`. Needs `tfevents[pandas,plot]`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import tfevents

RATES, SIZES, SEEDS, STEPS = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001), (16, 32, 64, 128, 256), 5, 500


def train(root: Path) -> None:
    """Logs what 150 trainings would."""
    for lr in RATES:
        for size in SIZES:
            for seed in range(SEEDS):
                rng = np.random.default_rng([int(lr * 1e4), size, seed])
                best = (
                    0.9
                    + rng.normal(0, 0.015)
                    - 0.04 * abs(np.log10(lr / 0.03))
                    - 0.02 * abs(np.log2(size / 64))
                )
                speed = 30 * (1 + abs(np.log10(lr / 0.1)))
                steps = np.arange(0, STEPS, 2 if seed % 2 else 1)
                accuracy = best * (1 - np.exp(-(steps + 1) / speed)) + rng.normal(
                    0, 0.02, len(steps)
                )
                with tfevents.SummaryWriter(root / f"lr{lr}-bs{size}" / f"seed{seed}") as writer:
                    writer.add_scalar_series("val/acc", accuracy, steps)
                    writer.add_scalar_series("train/loss", 1 - accuracy, steps)
                    writer.add_hparams({"lr": lr, "batch_size": size, "seed": seed}, {})


# --8<-- ten lines
def by_tfevents(root: Path, picture: Path) -> tuple[Any, Any]:
    log = tfevents.read(root, kinds=["scalars", "hparams"])
    trials = log.hparams.to_pandas({"val/acc": "max"})
    best = trials.groupby(["lr", "batch_size"])["val/acc"].mean().nlargest(5)
    curves = log.aggregate("val/acc", by=["lr", "batch_size"], align="interp").to_pandas()
    shown = log.filter(runs=[f"lr{lr:g}-bs{size:.0f}/*" for lr, size in best.index])
    ax = shown.plot("val/acc", by=["lr", "batch_size"], smooth=0.6, align="interp")
    ax.get_figure().savefig(picture)
    return best, curves


# --8<-- and thirty
def by_tbparse(root: Path, picture: Path) -> tuple[Any, Any]:
    import pandas as pd
    from matplotlib import pyplot as plt
    from tbparse import SummaryReader

    reader = SummaryReader(str(root), extra_columns={"dir_name"})
    hparams = reader.hparams
    # add_hparams logs to a run of its own, which is called as the time is.
    hparams["run"] = hparams.dir_name.str.rsplit("/", n=1).str[0]
    hparams = hparams.pivot(index="run", columns="tag", values="value").reset_index()
    for column in ("lr", "batch_size", "seed"):
        hparams[column] = hparams[column].astype(float)
    scalars = reader.scalars
    scalars = scalars[scalars.tag == "val/acc"].rename(columns={"dir_name": "run"})
    merged = scalars.merge(hparams, on="run")
    config = ["lr", "batch_size"]
    best = merged.groupby([*config, "run"]).value.max().groupby(config).mean().nlargest(5)

    frames = []
    for key, group in merged.groupby(config):
        # Some seeds have every other step only.
        wide = group.pivot(index="step", columns="run", values="value")
        wide = wide.interpolate(method="index", limit_area="inside")
        stats = pd.DataFrame({"mean": wide.mean(axis=1), "std": wide.std(axis=1)})
        stats[config] = key
        frames.append(stats.reset_index())
    curves = pd.concat(frames)

    _, ax = plt.subplots()
    for key in best.index:
        stats = curves[(curves.lr == key[0]) & (curves.batch_size == key[1])]
        weight, last, smooth = 0.6, 0.0, []
        for i, value in enumerate(stats["mean"]):
            last = last * weight + (1 - weight) * value
            smooth.append(last / (1 - weight ** (i + 1)))
        smooth = np.array(smooth)
        ax.plot(stats["step"], smooth, label=str(key))
        ax.fill_between(stats["step"], smooth - stats["std"], smooth + stats["std"], alpha=0.2)
    ax.legend()
    ax.get_figure().savefig(picture)
    return best, curves


# --8<-- end
def main(root: Path) -> None:
    start = perf_counter()
    train(root / "runs")
    print(f"{len(RATES) * len(SIZES) * SEEDS} runs were logged in {perf_counter() - start:.1f} s")
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot  # noqa: F401
    import pandas  # noqa: F401

    start = perf_counter()
    best, curves = by_tfevents(root / "runs", Path("compare_seeds.png"))
    ours = perf_counter() - start
    print(best)
    print(f"tfevents: {ours:.2f} s; the plot is compare_seeds.png")
    try:
        import tbparse  # noqa: F401
    except ImportError:
        print("tbparse is not installed")
        return
    start = perf_counter()
    other, frames = by_tbparse(root / "runs", root / "tbparse.png")
    theirs = perf_counter() - start
    assert best.index.tolist() == other.index.tolist()
    assert np.allclose(best.to_numpy(), other.to_numpy())
    columns = ["lr", "batch_size", "step"]
    both = curves.sort_values(columns), frames.sort_values(columns)
    assert np.allclose(*(one[["mean", "std"]].to_numpy() for one in both))
    print(f"tbparse and pandas: {theirs:.2f} s, the same table; {theirs / ours:.0f} times as long")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as directory:
            main(Path(directory))
