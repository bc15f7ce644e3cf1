"""Telling URIs from local paths."""

from __future__ import annotations

import errno
import os
import re
from typing import Any, TypeAlias

# fsspec's, which has no types.
FileSystem: TypeAlias = Any

# Chains such as `simplecache::s3://bucket/run` are fsspec's.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(::[A-Za-z][A-Za-z0-9+.-]*)*://")
_SCHEMES = "abfs|abfss|adl|az|file|ftp|gcs|gs|hdfs|http|https|memory|oci|s3|s3a|sftp|ssh|webhdfs"
# What pathlib and os.path.normpath leave of a URI.
_MANGLED = re.compile(rf"(?P<scheme>{_SCHEMES}):/(?!/)(?P<rest>.*)", re.DOTALL)


def is_uri(path: object) -> bool:
    """Whether it is a str that begins with a scheme."""
    return isinstance(path, str) and _URI.match(path) is not None


def location(path: Any, argument: str) -> Any:
    """A URI as str, the local path of a `file://` URI, or anything else as it came.

    Raises:
        ValueError: what is left of a URI that went through `pathlib`.
    """
    text = path
    if isinstance(path, os.PathLike):
        # Of the path classes of other packages, some download when they are asked for a path.
        text = str(path) if is_uri(str(path)) else os.fspath(path)
    if not isinstance(text, str):
        return path
    if text.startswith("file://"):
        return text.removeprefix("file://")
    if is_uri(text):
        return text
    mangled = _MANGLED.fullmatch(text)
    if mangled and not os.path.isdir(f"{mangled['scheme']}:"):
        meant = f"{mangled['scheme']}://{mangled['rest']}"
        raise ValueError(
            f"{argument}: {text!r} is no path, and no URI: pathlib makes one slash of two; "
            f"pass the str {meant!r}"
        )
    return path


def below(uri: str, path: str) -> str:
    """The URI of what has this path below another one."""
    return f"{uri}{path}" if uri.endswith("/") else f"{uri}/{path}"


def filesystem(uri: str) -> tuple[FileSystem, str]:
    """The file system of a URI, and the path there.

    Raises:
        ImportError: fsspec, or the package that it needs for this scheme, is not installed.
        ValueError: nobody knows the scheme.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ImportError(
            f"{uri}: a path with a scheme needs fsspec: pip install 'tfevents[remote]'"
        ) from error
    fs, path = url_to_fs(uri)
    return fs, path


def as_os_error(error: Exception, what: str, uri: str) -> OSError:
    """The error of a file system as an `OSError` that names the URI.

    The packages behind fsspec raise errors of their own kinds, and errors without an errno.
    """
    code = getattr(error, "errno", None)
    if not isinstance(code, int):
        codes = (code for kind, code in _CODES if isinstance(error, kind))
        code = next(codes, errno.EIO)
    why = str(error) or type(error).__name__
    failure = OSError(code, f"{what}: {why}", uri)
    failure.__cause__ = error
    return failure


_CODES = (
    (FileNotFoundError, errno.ENOENT),
    (PermissionError, errno.EACCES),
    (TimeoutError, errno.ETIMEDOUT),
)
