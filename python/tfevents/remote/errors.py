"""Converts the exceptions of the packages behind fsspec to `OSError`."""

from __future__ import annotations

import errno
from collections.abc import Iterator


def as_os_error(error: BaseException, what: str, uri: str) -> OSError:
    """The error of a file system as an `OSError` that has an errno and names the URI.

    The packages behind fsspec raise errors of their own kinds, and errors without an errno.
    """
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    failure = OSError(code_of(error), f"{what}: {why}", uri)
    failure.__cause__ = error
    return failure


def code_of(error: BaseException) -> int:
    """The errno that says best what happened: `EIO` where nothing is known."""
    return next((code for each in _chain(error) if (code := _code(each)) is not None), errno.EIO)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    # An exception's cause may say more. Botocore's exception says only that it could not connect,
    # and its cause says that the connection was refused.
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _code(error: BaseException) -> int | None:
    code = getattr(error, "errno", None)
    if isinstance(error, OSError) and isinstance(code, int):
        # s3fs raises EBUSY if a service is too busy, and EREMOTEIO if it is broken.
        return code
    status = _status(error)
    if status in _STATUS:
        return _STATUS[status]
    names = {kind.__name__ for kind in type(error).__mro__}
    by_name = next((code for name, code in _NAMES.items() if name in names), None)
    if by_name is not None:
        return by_name
    return next((code for kind, code in _KINDS if isinstance(error, kind)), None)


def _status(error: BaseException) -> int | None:
    """The status of HTTP that an error holds, wherever its package puts that."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        response = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    for holder in (error, response):
        for name in ("status", "status_code", "code"):
            if isinstance(status := getattr(holder, name, None), int):
                return status
    return response if isinstance(response, int) else None


_STATUS = {
    401: errno.EACCES,
    403: errno.EACCES,
    404: errno.ENOENT,
    408: errno.ETIMEDOUT,
    410: errno.ENOENT,
    416: errno.EINVAL,
    429: errno.EBUSY,
    503: errno.EBUSY,
    504: errno.ETIMEDOUT,
}
_NAMES = {
    "NoCredentialsError": errno.EACCES,
    "ClientAuthenticationError": errno.EACCES,
    "DefaultCredentialsError": errno.EACCES,
    "ResourceNotFoundError": errno.ENOENT,
    "ConnectTimeoutError": errno.ETIMEDOUT,
    "ReadTimeoutError": errno.ETIMEDOUT,
}
_KINDS = (
    (FileNotFoundError, errno.ENOENT),
    (PermissionError, errno.EACCES),
    (IsADirectoryError, errno.EISDIR),
    (NotADirectoryError, errno.ENOTDIR),
    (TimeoutError, errno.ETIMEDOUT),
    (ConnectionRefusedError, errno.ECONNREFUSED),
    (ConnectionError, errno.ECONNRESET),
)
