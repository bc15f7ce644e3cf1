"""The documentation: examples run and print what their comments say, links lead somewhere."""

import contextlib
import importlib
import io
import re
import shlex
import tomllib
import traceback
from pathlib import Path

import pytest

import tfevents
from tfevents import series, summary

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
# The site is built in target, so its pages are not found here.
PAGES = sorted(DOCS.rglob("*.md"))
# These have tests of their own.
ELSEWHERE = {"tables.md", "tensorboard.md", "many_machines.md", "command.md"}
# A Python block, and the packages that it needs.
BLOCK = re.compile(
    r"^(?:<!-- needs: (?P<needs>[\w. ]+) -->\n\n)?```python\n(?P<code>.*?)^```$", re.M | re.S
)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
INLINE = re.compile(r"`((?:pip|make|python -m tfevents) [^`\n]+)`")
# A line that prints, and the output in its comment.
SHOWN = re.compile(r"^ *print\(.*\)  # (.+)$", re.M)
LINK = re.compile(r"!?\[[^]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.M)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [p for p in PAGES if p.name not in ELSEWHERE], ids=name)
def test_examples(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples run from top to bottom, in one namespace."""
    monkeypatch.chdir(tmp_path)
    run(page, page.read_text(encoding="utf-8"))


def run(page: Path, text: str) -> None:
    namespace: dict[str, object] = {"__name__": "example"}
    missing: set[str] = set()
    for block in BLOCK.finditer(text):
        absent = {package for package in (block["needs"] or "").split() if not installed(package)}
        missing |= absent
        if absent:
            continue
        # Blank lines before it make a traceback show the page's line.
        first_line = text.count("\n", 0, block.start("code"))
        code = compile("\n" * first_line + block["code"], str(page), "exec")
        with contextlib.redirect_stdout(io.StringIO()) as out:
            try:
                exec(code, namespace)
            except Exception:
                pytest.fail(f"{name(page)}\n{traceback.format_exc()}")
        printed = [line.strip() for line in out.getvalue().splitlines()]
        for shown in SHOWN.findall(block["code"]):
            assert shown.strip() in printed, f"{name(page)}: not printed: {shown}"
    if missing:
        pytest.skip(f"the examples with {', '.join(sorted(missing))} were left out")


def installed(package: str) -> bool:
    try:
        importlib.import_module(package)
    except ImportError:
        return False
    return True


@pytest.mark.parametrize("page", [README, ROOT / "CONTRIBUTING.md", *PAGES], ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{name(page)}: {target}"
        if anchor:
            headings = HEADING.findall(there.read_text(encoding="utf-8"))
            slugs = [re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in headings]
            assert anchor in slugs, f"{name(page)}: {target}"


@pytest.mark.parametrize("page", [README, *PAGES], ids=name)
def test_command_lines(page: Path) -> None:
    """Each extra that is installed exists, and so does each target of make."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    known = extras["project"]["optional-dependencies"]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    text = page.read_text(encoding="utf-8")
    lines = [line for block in SHELL.findall(text) for line in block.splitlines()]
    for line in lines + INLINE.findall(text):
        words = shlex.split(line, comments=True)
        for extra in re.findall(r"tfevents\[([\w,]+)\]", line):
            assert set(extra.split(",")) <= set(known), f"{name(page)}: {line}"
        if words[:1] == ["make"]:
            made = [word for word in words[1:] if "=" not in word and "*" not in word]
            assert set(made) <= set(targets), f"{name(page)}: {line}"


def test_the_reference_has_every_public_name() -> None:
    text = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
    there = set(re.findall(r"^\.\. auto\w+:: tfevents\.(\S+)$", text, re.M))
    listed = {name for name in tfevents.__all__ if name != "__version__"}
    listed |= {f"summary.{name}" for name in summary.__all__}
    items = {f"series.{name}" for name in series.__all__ if name[0].isupper()}
    assert listed <= there
    assert items <= there | {f"series.{name}" for name in listed}


def test_every_page_is_in_the_navigation() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = {
        line
        for block in re.findall(r"```{toctree}\n(.*?)```", index, re.S)
        for line in block.split("\n")
    }
    pages = {page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES} - {"index"}
    assert pages <= listed
