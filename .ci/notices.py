"""Writes THIRD-PARTY-NOTICES.txt: the licences of what is compiled into the wheels.

    python .ci/notices.py [--check]

With `--check` it writes nothing, and fails if the file is not what it would write.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOTICES = ROOT / "THIRD-PARTY-NOTICES.txt"
# The systems that wheels are for; a crate may be for one of them alone.
SYSTEMS = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
]
# Of several licences that a crate offers, the first of these is taken.
FILES = ["LICENSE-MIT", "LICENSE-MIT.md", "license-mit", "LICENSE.md", "LICENSE", "license"]
HEAD = """\
tfevents is licensed under Apache-2.0 or MIT. Its wheels contain the Rust standard library (MIT or
Apache-2.0, Copyright (c) The Rust Project Contributors) and the crates below, under these licences.
"""


def crates(system: str) -> Iterator[tuple[str, str, Path]]:
    """Name, version and folder of each crate that is linked into the extension there."""
    command = ["cargo", "metadata", "--format-version=1", "--locked", "--filter-platform", system]
    found = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in found["packages"]}
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    waiting = [id for id, package in packages.items() if package["name"] == "tfevents-python"]
    seen = set(waiting)
    while waiting:
        id = waiting.pop()
        package = packages[id]
        if any("proc-macro" in target["kind"] for target in package["targets"]):
            continue  # It runs in the compiler.
        if package["source"] is not None:
            yield package["name"], package["version"], Path(package["manifest_path"]).parent
        for dependency in nodes[id]["deps"]:
            is_linked = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if is_linked and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                waiting.append(dependency["pkg"])


def notices() -> str:
    parts = [HEAD]
    for name, version, folder in sorted({crate for system in SYSTEMS for crate in crates(system)}):
        file = next((folder / file for file in FILES if (folder / file).is_file()), None)
        if file is None:
            sys.exit(f"error: {name} {version} comes without a licence's text")
        text = file.read_text(encoding="utf-8").replace("\r\n", "\n").strip()
        parts.append(f"{'=' * 80}\n{name} {version}\n{'=' * 80}\n\n{text}\n")
    font = (Path(__file__).parent / "noto-sans-mono.txt").read_text(encoding="utf-8")
    return "\n".join([*parts, f"{'=' * 80}\n{font}"])


if __name__ == "__main__":
    wanted = notices()
    if "--check" not in sys.argv[1:]:
        NOTICES.write_text(wanted, encoding="utf-8")
    elif not NOTICES.is_file() or NOTICES.read_text(encoding="utf-8") != wanted:
        sys.exit(f"error: {NOTICES.name} is not up to date: run python .ci/notices.py")
