"""`.ci/layers.py` finds imports from layers above, and circles."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "layers.py"


def wrong(root: Path, core: dict[str, str], bindings: dict[str, str] | None = None) -> list[str]:
    """The output of the script for these files, which must end with this status."""
    for folder, files in {"core": core, "bindings": bindings or {}}.items():
        (root / "rust" / folder / "src").mkdir(parents=True)
        for name, code in files.items():
            path = root / "rust" / folder / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code)
    command = [sys.executable, SCRIPT, root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert (done.stderr, done.returncode) == ("", int(bool(lines)))
    return lines


RIGHT = {
    "lib.rs": "pub mod scan;\npub mod storage;\npub use scan::Scanner;",
    "error.rs": "pub struct Error;",
    "storage/mod.rs": "mod open;\nmod source;\npub use open::open;\npub use source::*;",
    "storage/source.rs": "pub trait Source {}\n#[cfg(test)]\nmod tests { use crate::scan::A; }",
    "storage/open.rs": "use crate::error;\nuse crate::storage::Source;\npub fn open() { error::E }",
    "scan/mod.rs": "mod scanner;\npub use scanner::{Scanner};\n#[cfg(test)]\nmod tests;",
    "scan/scanner.rs": "use crate::storage::{self, Source as Bytes};\nfn f() { storage::open() }",
    "scan/tests.rs": "use crate::reader::Log;",
    "reader.rs": 'use crate::{Scanner, error::Error};\n// crate::reader\nconst A: &str = "{ //";',
}


def test_what_is_right(tmp_path: Path) -> None:
    assert wrong(tmp_path, RIGHT) == []


@pytest.mark.parametrize(
    ("name", "code", "found"),
    [
        ("error.rs", "use crate::scan::Scanner;", "error -> crate::scan::scanner"),
        ("error.rs", "use crate::{storage::{self, open}, text};", "error -> crate::storage::open"),
        ("error.rs", "use super::Scanner;", "error -> crate::scan::scanner"),
        ("error.rs", "pub use crate::storage::Source;", "error -> crate::storage::source"),
        ("error.rs", "fn f() -> crate::reader::Log {}", "error -> crate::reader"),
        ("storage/open.rs", "use super::super::reader;", "storage::open -> crate::reader"),
        (
            "storage/open.rs",
            "fn f(a: super::super::Scanner) {}",
            "storage::open -> crate::scan::scanner",
        ),
        (
            "storage/open.rs",
            "use crate::reader as r;\nfn f() { r::g() }",
            "storage::open -> crate::reader",
        ),
    ],
)
def test_imports_from_above(tmp_path: Path, name: str, code: str, found: str) -> None:
    module, above = found.split(" -> ")
    lines = wrong(tmp_path, {**RIGHT, name: code})
    assert f"core: crate::{module} imports from above: {above}" in lines


def test_a_module_without_a_layer(tmp_path: Path) -> None:
    (line,) = wrong(tmp_path, {**RIGHT, "more.rs": ""})
    assert line.startswith("core: crate::more is in no layer")


@pytest.mark.parametrize(
    ("files", "around"),
    [
        (
            {"a.rs": "use crate::b::B;", "b.rs": "use super::c;", "c.rs": "use crate::a::{A};"},
            "crate::a -> crate::b -> crate::c -> crate::a",
        ),
        # Also through names that a module exports, however it is written.
        (
            {
                "m/mod.rs": "mod x;\nmod y;\npub use x::X;\npub use self::y::Y as Z;",
                "m/x.rs": "use crate::m::Z;",
                "m/y.rs": "fn f() -> super::X {}",
            },
            "crate::m::x -> crate::m::y -> crate::m::x",
        ),
        # A module that defines a name of its own, and a module in it.
        (
            {"m/mod.rs": "mod x;\nuse x::X;\npub struct M(X);", "m/x.rs": "use super::M;"},
            "crate::m -> crate::m::x -> crate::m",
        ),
        (
            {"m/mod.rs": "mod x;\npub use x::X;\npub struct M(X);", "m/x.rs": "use super::M;"},
            "crate::m -> crate::m::x -> crate::m",
        ),
    ],
)
@pytest.mark.parametrize(("crate", "layer"), [("core", "scan"), ("bindings", "events")])
def test_circles(
    tmp_path: Path, files: dict[str, str], around: str, crate: str, layer: str
) -> None:
    around = around.replace("crate::", f"crate::{layer}::")
    assert within(tmp_path, crate, layer, files) == [f"{crate}: a circle: {around}"]


def within(root: Path, crate: str, layer: str, files: dict[str, str]) -> list[str]:
    """The output for these files in the folder of a layer, where imports have no direction."""
    inside = {
        f"{layer}/{name}": code.replace("crate::", f"crate::{layer}::")
        for name, code in files.items()
    }
    inside.setdefault(f"{layer}/mod.rs", "")
    return wrong(root, **{"core": {}, crate: inside})


def test_imports_from_above_in_the_bindings(tmp_path: Path) -> None:
    files = {"call/mod.rs": "use crate::events::Event;", "events/mod.rs": "pub struct Event;"}
    (line,) = wrong(tmp_path, RIGHT, files)
    assert line == "bindings: crate::call imports from above: crate::events"


def test_the_parent_of_an_inner_module_is_its_file(tmp_path: Path) -> None:
    files = {"mod.rs": "mod a;\nfn f() { a::g() }", "a.rs": "fn g() {}\nmod b { use super::g; }"}
    assert within(tmp_path, "bindings", "events", files) == []


def test_a_module_that_only_shows_another_is_in_no_circle(tmp_path: Path) -> None:
    files = {"m/mod.rs": "mod x;\npub use x::{X};\npub struct M;", "m/x.rs": "use super::M;"}
    assert within(tmp_path, "bindings", "events", files) == []
