"""Tells URIs from local paths."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from typing import Any, TypeAlias

from tfevents import _native

# A file system of fsspec, which has no types.
FileSystem: TypeAlias = Any

_SCHEMES = "abfs|abfss|adl|az|file|ftp|gcs|gs|hdfs|http|https|memory|oci|s3|s3a|sftp|ssh|webhdfs"
# A URI that pathlib or os.path.normpath has changed.
_MANGLED = re.compile(rf"(?P<scheme>{_SCHEMES}):/(?!/)(?P<rest>.*)", re.DOTALL)


def is_uri(path: object) -> bool:
    """Whether it is a str that begins with a scheme, as the native module has it."""
    return isinstance(path, str) and "\0" not in path and _native.is_uri(path)


def location(path: Any, argument: str) -> Any:
    """A URI as str, the local path of a `file://` URI, or anything else as it came.

    Raises:
        ValueError: what is left of a URI that went through `pathlib`, or a `file://` URI without a
            path.
    """
    text = path
    if isinstance(path, os.PathLike):
        # Some path classes of other packages download a file in `os.fspath`.
        text = str(path) if is_uri(str(path)) else os.fspath(path)
    if not isinstance(text, str):
        return path
    if is_uri(text):
        local = _native.local_path(text)
        if local == "":
            raise ValueError(f"{argument}: {text!r} has no path")
        return text if local is None else local
    mangled = _MANGLED.fullmatch(text)
    if mangled and not os.path.isdir(f"{mangled['scheme']}:"):
        # A local path begins with a slash of its own.
        root = "/" if mangled["scheme"] in ("file", "local") else ""
        meant = f"{mangled['scheme']}://{root}{mangled['rest']}"
        raise ValueError(
            f"{argument}: {text!r} is no path, and no URI: pathlib makes one slash of two; "
            f"pass the str {meant!r}"
        )
    return path


def below(uri: str, path: str) -> str:
    """The URI of what has this path below another one."""
    return _native.join_uri(uri, path)


def filesystem(uri: str) -> tuple[FileSystem, str]:
    """The file system of a URI, and the path there.

    Raises:
        ImportError: fsspec, or the package that it needs for this scheme, is not installed.
        ValueError: nobody knows the scheme, or what follows it can't be used.
        OSError: the file system can't be set up.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ImportError(
            f"{uri}: a path with a scheme needs fsspec: pip install 'tfevents[remote]'"
        ) from error
    try:
        fs, path = url_to_fs(uri)
    except ImportError as error:
        raise ImportError(f"{uri}: {_what_to_install(uri)}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{uri}: {_of_unknown_scheme(uri) or error}") from error
    except TypeError as error:
        # The constructor of the file system needs more options than the URI has.
        raise ValueError(f"{uri}: {error}; say it in fsspec.config.conf") from error
    except Exception as error:
        from tfevents.remote.errors import as_os_error

        raise as_os_error(error, "connecting failed", uri) from error
    return fs, path


def _schemes(uri: str) -> list[str]:
    """All of a chain."""
    return uri.partition("://")[0].split("::")


def _what_to_install(uri: str) -> str:
    from fsspec.registry import known_implementations

    for scheme in _schemes(uri):
        module = known_implementations.get(scheme, {}).get("class", "fsspec").partition(".")[0]
        if module != "fsspec" and find_spec(module) is None:
            return f"the scheme {scheme!r} needs a package: pip install {module}"
    return f"the scheme {_schemes(uri)[-1]!r} needs a package"


def _of_unknown_scheme(uri: str) -> str | None:
    from fsspec import available_protocols

    unknown = [scheme for scheme in _schemes(uri) if scheme not in available_protocols()]
    if not unknown:
        return None
    return (
        f"fsspec knows no scheme {unknown[0]!r}; where a package brings it, install that: "
        "`fsspec.available_protocols()` lists those that are known"
    )
