"""Compares TensorBoard's page with our reader and with its own, for several versions of
TensorBoard.

    python tests/compat/tensorboard_versions.py [VERSION]...

Each version gets an environment of its own below .venv. The log is written by this environment,
which has torch.
"""

import os
import subprocess
import sys
import tempfile
import venv
import warnings
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import every_plugin  # noqa: E402
import hostile  # noqa: E402
import tfevents  # noqa: E402

VERSIONS = ("2.14", "2.16", "2.18", "2.20", "2.21")
# Packages that versions before 2.19 and 2.20 need without asking for them.
NEEDS = ["numpy<2", "setuptools<81", "protobuf<5"]


def environment(version: str) -> Path:
    """The interpreter of the version's environment, which is made if it does not exist."""
    directory = ROOT / ".venv" / f"tensorboard-{version}"
    python = directory / "bin" / "python"
    done = directory / "done"
    if not done.exists():
        venv.create(directory, with_pip=True, clear=True)
        needs = NEEDS if int(version.split(".")[1]) < 19 else ["setuptools<81"]
        install = [python, "-m", "pip", "install", "--quiet", f"tensorboard=={version}.*", *needs]
        subprocess.run(install, check=True)
        done.touch()
    return python


def logs(directory: Path) -> list[Path]:
    """A log of all kinds: one of torch's writer, and those of others."""
    from torch.utils.tensorboard import SummaryWriter

    every_plugin.log(directory / "torch", SummaryWriter)
    every_plugin.log_video(directory / "torch", tfevents.SummaryWriter)
    found = [directory / "torch", ROOT / "tests" / "golden"]
    for file in sorted(hostile.CORPUS.iterdir()):
        run = directory / file.name / "run"
        run.mkdir(parents=True)
        (run / "events.out.tfevents.1.x").write_bytes(file.read_bytes())
        found.append(run.parent)
    return found


def main() -> int:
    warnings.simplefilter("ignore")
    failed = []
    with tempfile.TemporaryDirectory() as scratch:
        directories = logs(Path(scratch))
        for version in sys.argv[1:] or VERSIONS:
            crawl = Path(__file__).with_name("tensorboard_crawl.py")
            done = subprocess.run(
                [environment(version), crawl, *directories],
                env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
                capture_output=True,
                text=True,
                check=False,
            )
            requests = [line for line in done.stderr.splitlines() if "requests" in line]
            print(f"TensorBoard {version}: {'differs' if done.returncode else 'the same'}")
            print("\n".join(f"    {line.replace(scratch, '')}" for line in requests))
            if done.returncode:
                failed.append(version)
                print(done.stdout[-6000:], done.stderr[-2000:])
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
