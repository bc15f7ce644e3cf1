"""Ten thousand files are read with few descriptors, by every function."""

from pathlib import Path

import pytest

import scripts
from tfevents import SummaryWriter

resource = pytest.importorskip("resource")

FILES = 10_000

READ = f"""
import pathlib, resource, sys, tempfile
import tfevents

root = pathlib.Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
log = tfevents.read(root, threads=int(sys.argv[2]))
assert sum(len(run.scalars["loss"]) for run in log.values()) == 2 * {FILES}
assert len(log.scalars) == {FILES}

grown = sorted(root.rglob("*tfevents*"))[::100]
content = (root / "0" / "0" / "tfevents").read_bytes()
for path in grown:
    with path.open("ab") as file:
        file.write(content)
assert len(log.reload()) == len(grown)
assert sum(len(run.scalars["loss"]) for run in log.values()) == 2 * ({FILES} + len(grown))

events = tfevents.iter_events(root)
assert sum(1 for _ in events) == 3 * ({FILES} + len(grown))
assert tfevents.verify(root).ok
with tempfile.TemporaryDirectory() as output:
    # A hundred of them: each copy waits for the disk.
    assert tfevents.repair(root / "0", pathlib.Path(output) / "repaired").ok
"""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("threads", [1, 8])
def test_ten_thousand_files(tmp_path: Path, threads: int) -> None:
    with SummaryWriter(tmp_path / "made") as writer:
        for step in range(2):
            writer.add_scalar("loss", step, step)
    (made,) = (tmp_path / "made").iterdir()
    content = made.read_bytes()
    for number in range(FILES):
        run = tmp_path / "log" / str(number // 100) / str(number % 100)
        run.mkdir(parents=True)
        (run / "tfevents").write_bytes(content)
    scripts.check(READ, tmp_path / "log", threads)
