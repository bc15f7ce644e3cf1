"""The exceptions for damaged and changed event files."""

from __future__ import annotations


class Error(Exception):
    """The base of the errors that only this package raises."""


class CorruptFileError(Error):
    """The bytes of an event file are not what they should be.

    Attributes:
        path: the file.
        offset: where the bad record begins, in bytes from the file's beginning.
        kind: `"length_checksum"`, `"data_checksum"`, `"message"` (a record that is no `Event`) or
            `"not_an_event_file"`.
        record: the index of the bad record in the file, counted from 0.
    """

    path: str
    offset: int | None
    kind: str
    record: int | None

    def __init__(self, path: str, offset: int | None, kind: str, record: int | None = None) -> None:
        # All arguments go to the base class, so that the error can be pickled.
        super().__init__(path, offset, kind, record)
        self.path = path
        self.offset = offset
        self.kind = kind
        self.record = record

    def __str__(self) -> str:
        where = "" if self.offset is None else f" at offset {self.offset} (record {self.record})"
        return f"{self.path}: {_MEANINGS.get(self.kind, self.kind)}{where}"


class FileChangedError(Error):
    """A value that was left in its file is not there any more: the file was changed.

    Attributes:
        path: the file.
        offset: where the value was, in bytes from the file's beginning.
    """

    path: str
    offset: int

    def __init__(self, path: str, offset: int) -> None:
        super().__init__(path, offset)
        self.path = path
        self.offset = offset

    def __str__(self) -> str:
        return f"{self.path}: the file was changed after it was read, at offset {self.offset}"


_MEANINGS = {
    "length_checksum": "the checksum of a record's length does not match",
    "data_checksum": "the checksum of a record's data does not match",
    "message": "a record is not a well-formed Event message",
    "not_an_event_file": "this is not an event file, it holds no valid record",
}
