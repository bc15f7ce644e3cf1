"""Checks in which direction the Rust sources import: folders only from below, files in no circle.

    python .ci/layers.py [ROOT]

It reads `use` declarations and paths within the code. What is re-exported counts as what it is
re-exported from, and a module that is imported as what is taken from it. A module that only shows
what is in its own files does not import it. Tests import what they like.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

Layers = list[list[str]]

# The modules of the core, bottom up. Those of one line may not import from the next ones.
CORE: Layers = [
    ["sys", "cancel", "forks", "error", "crc32c", "text"],
    ["record"],
    ["wire"],
    ["proto"],
    ["summary"],
    ["graph", "projector"],
    ["writer"],
    ["storage"],
    ["logdir"],
    ["scan"],
    ["columns"],
    ["rewrite"],
    ["reader"],
]
# Those of the bindings.
BINDINGS: Layers = [
    ["call"],
    ["remote"],
    ["summary", "graph", "projector"],
    ["writer"],
    ["reader"],
    ["repair", "rewrite", "proto", "tables"],
    ["events"],
]

# The parts of a path from the crate's root.
Parts = tuple[str, ...]
Imports = dict[Parts, set[Parts]]

_NOISE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|b?"(?:\\.|[^"\\])*"|r(?P<hash>\#*)".*?"(?P=hash)|'(?:\\.|[^'\\])'""",
    re.DOTALL,
)
_TESTS = re.compile(r"#\[cfg\(test\)\]\s*mod\s+(?P<name>\w+)\s*(?P<end>[;{])")
_USE = re.compile(r"(?P<shown>\bpub(?:\([^)]*\))?\s+)?\buse\s+(?P<tree>[^;]+);")
_INNER = re.compile(r"\bmod\s+\w+\s*\{")
_PARENT = re.compile(r"(?<![\w:])super::")
_DECLARED = re.compile(r"\bmod\s+\w+\s*;")
_PATH = re.compile(r"(?<![\w:])\w+(?:::\w+)+")
_ITEM = r"\b(?:struct|enum|trait|type|fn|const|static|mod|union)\s+"


class Crate:
    """The modules of a crate and what they import."""

    def __init__(self, source: Path) -> None:
        self._code: dict[Parts, str] = {}
        tests: set[Parts] = set()
        for path in sorted(source.rglob("*.rs")):
            parts = path.relative_to(source).with_suffix("").parts
            module = parts[:-1] if parts[-1] in ("lib", "mod") else parts
            code, names = _without_tests(_NOISE.sub(" ", path.read_text(encoding="utf-8")))
            self._code[module] = _flat(code)
            tests.update((*module, name) for name in names)
        for module in tests:
            self._code.pop(module, None)
        # Where the names come from that each module has by a `use`, and the modules of globs.
        self._names: dict[Parts, dict[str, Parts]] = {}
        self._globs: dict[Parts, list[Parts]] = {}
        for module, code in self._code.items():
            uses = [(self._absolute(module, used), name) for used, name, _ in _uses(code)]
            inside = [(used, name) for used, name in uses if used is not None]
            self._names[module] = {name: used for used, name in inside if name != "*"}
            self._globs[module] = [used for used, name in inside if name == "*"]

    def imports(self) -> Imports:
        """The modules that each module imports from."""
        return {
            module: {self._home(used) for used in self._used(module, code)} - {module}
            for module, code in self._code.items()
        }

    def _used(self, module: Parts, code: str) -> Iterator[Parts]:
        body, taken = _DECLARED.sub(" ", _USE.sub(" ", code)), set()
        for found in _PATH.findall(body):
            first, *rest = found.split("::")
            origin = self._names[module].get(first)
            if origin is not None:
                taken.add(first)
                yield (*origin, *rest)
            elif (path := self._absolute(module, (first, *rest))) is not None:
                yield path
        for used, name, is_shown in _uses(code):
            path = self._absolute(module, used)
            if path is None or (path in self._code and name in taken):
                continue
            is_own = is_shown and path[: len(module)] == module
            if not is_own or (name != "*" and re.search(rf"\b{name}\b", body)):
                yield path

    def _absolute(self, module: Parts, path: Parts) -> Parts | None:
        """A path from the crate's root; None if it leads elsewhere."""
        if path[0] == "crate":
            return path[1:]
        if (*module, path[0]) in self._code:
            return (*module, *path)
        if path[0] not in ("self", "super"):
            return None
        while path and path[0] in ("self", "super"):
            module, path = module[:-1] if path[0] == "super" else module, path[1:]
        return (*module, *path)

    def _home(self, path: Parts, seen: frozenset[Parts] = frozenset()) -> Parts:
        """The module that has what a path leads to."""
        module: Parts = ()
        for at, name in enumerate(path):
            if (*module, name) in self._code:
                module = (*module, name)
                continue
            origins = (
                [self._names[module].get(name, ())]
                if name in self._names[module]
                else [(*glob, name) for glob in self._globs[module] if self._has(glob, name)]
            )
            onward = [(*origin, *path[at + 1 :]) for origin in origins]
            return self._home(onward[0], seen | {path}) if onward and path not in seen else module
        return module

    def _has(self, module: Parts, name: str) -> bool:
        code = self._code.get(module, "")
        return name in self._names.get(module, ()) or bool(re.search(rf"{_ITEM}{name}\b", code))


def _without_tests(code: str) -> tuple[str, list[str]]:
    """The code without the modules of tests in it, and the names of those in other files."""
    names = []
    while found := _TESTS.search(code):
        end = found.end()
        if found["end"] == ";":
            names.append(found["name"])
        depth = int(found["end"] == "{")
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        code = code[: found.start()] + code[end:]
    return code, names


def _flat(code: str) -> str:
    """The code with what its own inner modules import said from where the file is."""
    for found in reversed(list(_INNER.finditer(code))):
        start = end = found.end()
        depth = 1
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        code = code[:start] + _PARENT.sub("self::", code[start:end]) + code[end:]
    return code


def _uses(code: str) -> Iterator[tuple[Parts, str, bool]]:
    """The path of each `use`, its name here, of globs `*`, and whether that is shown to others."""
    for found in _USE.finditer(code):
        tree = "".join(re.sub(r"\s+as\s+", "=", found["tree"]).split())
        for path, name in _leaves((), tree):
            yield path, name, bool(found["shown"])


def _leaves(prefix: Parts, tree: str) -> Iterator[tuple[Parts, str]]:
    head, braces, rest = tree.partition("{")
    path = (*prefix, *filter(None, head.split("::")))
    if not braces:
        (*parent, last), (last, _, name) = path, path[-1].partition("=")
        if last in ("*", "self") and parent:
            yield tuple(parent), "*" if last == "*" else name or parent[-1]
        else:
            yield (*parent, last), name or last
        return
    depth, start = 0, 0
    body = rest[: rest.rindex("}")] + ","
    for at, sign in enumerate(body):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if sign == "," and not depth:
            if at > start:
                yield from _leaves(path, body[start:at])
            start = at + 1


def upward(imports: Imports, layers: Layers) -> Iterator[str]:
    """Where a module imports from one in a higher layer."""
    height = {name: at for at, layer in enumerate(layers) for name in layer}
    for module, used in sorted(imports.items()):
        if not module:  # The crate's root shows them all.
            continue
        if module[0] not in height:
            yield f"{_name(module)} is in no layer: this script has to say in which"
            continue
        for other in sorted(used):
            if other and height.get(other[0], 0) > height[module[0]]:
                yield f"{_name(module)} imports from above: {_name(other)}"


def circles(imports: Imports) -> Iterator[str]:
    """Modules that import each other, each in one shortest way around."""
    shown: set[Parts] = set()
    for module in sorted(imports):
        way = [] if module in shown else _around(imports, module)
        if way:
            yield "a circle: " + " -> ".join(map(_name, way))
            shown.update(way)


def _around(imports: Imports, start: Parts) -> list[Parts]:
    ways, seen = [[start]], set()
    for way in ways:
        for other in sorted(imports.get(way[-1], ())):
            if other == start:
                return [*way, start]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def _name(module: Parts) -> str:
    return "::".join(("crate", *module))


def check(root: Path) -> Iterator[str]:
    """What is wrong in the sources below a root."""
    for crate, layers in (("core", CORE), ("bindings", BINDINGS)):
        imports = Crate(root / "rust" / crate / "src").imports()
        yield from (f"{crate}: {line}" for line in (*upward(imports, layers), *circles(imports)))


if __name__ == "__main__":
    root = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent.parent
    wrong = list(check(root))
    print(*wrong, sep="\n", end="\n" * bool(wrong))
    sys.exit(bool(wrong))
