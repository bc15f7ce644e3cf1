"""The `.pth` file that makes Python processes with `TFEVENTS_INSTALL=1` call `install`."""

from __future__ import annotations

import os
import site
import sysconfig
from pathlib import Path

_NAME = "tfevents_install.pth"

# Each Python process runs this when it starts, before all paths are known. So it imports nothing
# until one of these modules is imported.
_CODE = """
class Awaiting:
    names = {names}
    def find_spec(self, name, path, target=None):
        if name not in self.names or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        try:
            import tfevents
            tfevents.install()
        except Exception as error:
            print('TFEVENTS_INSTALL=1 does nothing:', repr(error), file=sys.stderr)
        specs = (finder.find_spec(name, path, target) for finder in tuple(sys.meta_path))
        return next((spec for spec in specs if spec is not None), None)
sys.meta_path.insert(0, Awaiting())
"""
_AWAITED = (
    "torch.utils.tensorboard",
    "tensorboardX",
    "tensorboard.backend.event_processing.event_accumulator",
    "tbparse",
)


def write() -> Path:
    """Writes the file among the packages of this Python, or of its user; where it is.

    Raises:
        OSError: neither can be written.
    """
    code = f"exec({_CODE.format(names=_AWAITED)!r}, {{'sys': sys}})"
    line = f"import os, sys; os.environ.get('TFEVENTS_INSTALL') == '1' and {code}\n"
    failure: OSError | None = None
    for directory in _directories():
        try:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / _NAME).write_text(line)
        except OSError as error:
            failure = failure or error
        else:
            return directory / _NAME
    raise failure or FileNotFoundError("this Python has no directory for packages")


def remove() -> list[Path]:
    """Removes the file wherever `write` may have put it; where it was."""
    removed = []
    for directory in _directories():
        path = directory / _NAME
        if path.exists():
            path.unlink()
            removed.append(path)
    return removed


def _directories() -> list[Path]:
    user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [Path(os.fspath(path)) for path in (sysconfig.get_path("purelib"), *user)]
