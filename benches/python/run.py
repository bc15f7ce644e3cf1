"""Side-by-side benchmarks: tfevents and its peers in one run. The results are checked.

    python benches/python/run.py [--quick] [--only NAME]... [--markdown FILE] [--json FILE]

Every figure compares two contenders that do the same job in turn. It is the median of the ratios of
all pairs, with the least and the greatest ratio. Times are medians too. Everything that is written
or read is checked. A wrong result ends with exit code 1. A figure that misses its goal does not,
since the machine may be the reason.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import report
from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row
from workloads import WORKLOADS


def main() -> int:
    options = arguments()
    rows: list[Row] = []
    with TemporaryDirectory(prefix="tfevents-bench-") as scratch:
        bench = sizes(options, Path(scratch))
        for name in options.only or WORKLOADS:
            # Each runs in a process of its own, so that it is not slowed by another's modules, heap
            # and threads.
            with ProcessPoolExecutor(1, get_context("spawn")) as process:
                rows += process.submit(measured, name, bench).result()
    write(rows, options)
    return int(any(row.wrong for row in rows))


def measured(name: str, bench: Bench) -> list[Row]:
    """The rows of a workload, shown as soon as they are known, since a whole run takes minutes."""
    rows: list[Row] = []
    try:
        for row in WORKLOADS[name](bench):
            rows.append(row)
            parts = row.figure, row.peer, row.ratio or row.ours or row.note, report.verdict(row)
            print(" | ".join(filter(None, parts)), file=sys.stderr)
    except WrongResult as error:
        rows.append(Row(f"{name}: WRONG RESULT", "", note=str(error), wrong=True))
    return rows


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures tfevents side by side with its peers.")
    parser.add_argument("--quick", action="store_true", help="fewer points and repetitions")
    parser.add_argument("--points", type=int, help="points of each workload (1,000,000)")
    parser.add_argument("--repetitions", type=int, help="of each pair")
    parser.add_argument("--only", action="append", choices=WORKLOADS, help="one workload")
    parser.add_argument("--without-peers", action="store_true", help="need no other package")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table here too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample here")
    return parser.parse_args()


def sizes(options: argparse.Namespace, scratch: Path) -> Bench:
    points = options.points or (100_000 if options.quick else 1_000_000)
    repetitions = options.repetitions or (7 if options.quick else 21)
    return Bench(
        points=points,
        slow_points=max(points // 10, 100),
        repetitions=repetitions,
        slow_repetitions=max(repetitions // 3, 1),
        scratch=scratch,
        peers=not options.without_peers,
    )


def write(rows: list[Row], options: argparse.Namespace) -> None:
    table = report.markdown(rows)
    print(table, end="")
    if options.markdown:
        options.markdown.write_text(table, encoding="utf-8")
    if options.json:
        options.json.write_text(report.as_json(rows), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
