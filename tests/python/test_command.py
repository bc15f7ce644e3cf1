"""`python -m tfevents` runs unchanged programs with our writer in the place of others."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tfevents import _startup

PROGRAM = """
import atexit, sys
from tensorboardX import SummaryWriter
import __main__
assert __main__.sys is sys and __name__ == "__main__", __name__
print(SummaryWriter.__module__, sys.argv[1:], sys.path[0])
atexit.register(lambda: print("the end of", __main__.__name__))
"""


@pytest.fixture
def program(tmp_path):
    """A program that uses a package called tensorboardX."""
    package = tmp_path / "tensorboardX"
    package.mkdir()
    (package / "__init__.py").write_text("from .writer import SummaryWriter\n")
    (package / "writer.py").write_text("class SummaryWriter: pass\nclass FileWriter: pass\n")
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path / "program.py"


def python(*arguments, directory, **environment):
    environment = {**os.environ, "PYTHONPATH": "", **environment}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_script(program, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    code, out, err = python("-m", "tfevents", "run", program, "a", "-m", directory=other)
    assert (code, err) == (0, "")
    ours = "tfevents._stand_ins.tensorboardx"
    assert out == f"{ours} ['a', '-m'] {tmp_path}\nthe end of __main__\n"


def test_a_module(program, tmp_path):
    code, out, err = python("-m", "tfevents", "run", "-m", "program", "--x", directory=tmp_path)
    assert (code, err) == (0, "")
    assert out.startswith("tfevents._stand_ins.tensorboardx ['--x']")


def test_how_a_script_ends(tmp_path):
    (tmp_path / "exits.py").write_text("import sys; sys.exit(7)")
    (tmp_path / "raises.py").write_text("raise LookupError('lost')")
    assert python("-m", "tfevents", "run", "exits.py", directory=tmp_path)[0] == 7
    code, _, err = python("-m", "tfevents", "run", "raises.py", directory=tmp_path)
    assert code == 1
    assert "raises.py" in err
    assert "LookupError: lost" in err


AS_PYTHON = """
import dataclasses, os, sys
@dataclasses.dataclass
class Options:
    rate: float = 0.1
print(dataclasses.fields(Options)[0].type, sys.path[0], os.path.isabs(__file__))
print(type(__loader__).__name__, type(__builtins__).__name__, sys._getframe().f_code.co_filename)
"""


@pytest.mark.parametrize("flags", [[], ["-P"]])
@pytest.mark.parametrize("form", ["script", "directory", "archive"])
def test_a_program_sees_what_it_sees_in_python(tmp_path, form, flags):
    path = "program"
    if form == "script":
        (tmp_path / path).write_text(AS_PYTHON)
    elif form == "directory":
        (tmp_path / path).mkdir()
        (tmp_path / path / "__main__.py").write_text(AS_PYTHON)
    else:
        with zipfile.ZipFile(tmp_path / path, "w") as archive:
            archive.writestr("__main__.py", AS_PYTHON)
    expected = python(*flags, path, directory=tmp_path)
    if form != "script":
        # Only here `runpy` gives a module the builtins as a dict.
        expected = (*expected[:1], expected[1].replace(" module ", " dict "), *expected[2:])
    assert expected[0] == 0
    script = "from tfevents.__main__ import command; command()"
    assert python(*flags, "-c", script, "run", path, directory=tmp_path) == expected


@pytest.mark.parametrize("arguments", [["run"], ["run", "-m"], ["pth"]])
def test_wrong_arguments(tmp_path, arguments):
    code, out, err = python("-m", "tfevents", *arguments, directory=tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("usage: tfevents run")


WITHOUT = """
import sys
sys.modules["{missing}"] = None
from tfevents.__main__ import main
sys.exit(main(["ls", "."]))
"""


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_says_what_to_install(tmp_path, missing):
    # The error names one of several.
    pytest.importorskip("typer" if missing == "rich" else "rich")
    code, out, err = python("-c", WITHOUT.format(missing=missing), directory=tmp_path)
    assert (code, out) == (2, "")
    assert f"The other commands need {missing}: pip install 'tfevents[cli]'" in err


def test_a_module_from_the_console_script(tmp_path):
    """Modules are found in the working directory, as with `python -m`."""
    (tmp_path / "there.py").write_text("import sys; print(__name__, sys.argv[1:])")
    script = "import sys; from tfevents.__main__ import command; command()"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tfevents").write_text(script)
    command = tmp_path / "bin" / "tfevents", "run", "-m", "there", "--x"
    code, out, err = python(*command, directory=tmp_path)
    assert (code, out, err) == (0, "__main__ ['--x']\n", "")


def test_a_script_that_is_not_there(tmp_path):
    code, _, err = python("-m", "tfevents", "run", "none.py", directory=tmp_path)
    assert code == 1
    assert "none.py" in err


def test_the_startup_file(program, tmp_path, monkeypatch):
    site_packages = tmp_path / "site"
    monkeypatch.setattr(_startup, "_directories", lambda: [site_packages])
    path = _startup.write()
    assert path.parent == site_packages
    # The interpreter does this when it starts.
    code, out, err = python("-c", SITE.format(site_packages, tmp_path), directory=tmp_path)
    assert (code, out, err) == (0, "tensorboardX.writer\n", "")
    code, out, err = python(
        "-c", SITE.format(site_packages, tmp_path), directory=tmp_path, TFEVENTS_INSTALL="1"
    )
    assert (code, out, err) == (0, "tfevents._stand_ins.tensorboardx\n", "")
    assert _startup.remove() == [path]
    assert _startup.remove() == []
    assert not path.exists()


SITE = """
import site, sys
site.addsitedir("{0}")
assert "tfevents" not in sys.modules and "numpy" not in sys.modules
sys.path.insert(0, "{1}")
from tensorboardX import SummaryWriter
print(SummaryWriter.__module__)
"""


def test_a_startup_file_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    places = [tmp_path / "file" / "site", tmp_path / "user"]
    monkeypatch.setattr(_startup, "_directories", lambda: places)
    assert _startup.write() == tmp_path / "user" / "tfevents_install.pth"
    monkeypatch.setattr(_startup, "_directories", lambda: places[:1])
    with pytest.raises(OSError):
        _startup.write()


def test_where_the_file_goes():
    assert all(isinstance(path, Path) for path in _startup._directories())
