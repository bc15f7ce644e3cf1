"""A bucket in memory, `counted://`, that counts requests and bytes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from fsspec.asyn import AsyncFileSystem
from fsspec.registry import register_implementation


class Counted(AsyncFileSystem):
    """It behaves like an object store: a listing gives everything below a path, and files are
    whole.

    Attributes:
        distance: the seconds until an answer comes, and those for each of its bytes.
    """

    protocol = "counted"
    cachable = True
    store: ClassVar[dict[str, tuple[bytes, int]]] = {}
    requests: ClassVar[Counter[str]] = Counter()
    sent: ClassVar[int] = 0
    received: ClassVar[int] = 0
    distance: ClassVar[tuple[float, float]] = (0.0, 0.0)

    def _of(self, path: str) -> tuple[bytes, int]:
        try:
            return self.store[self._strip_protocol(path)]
        except KeyError:
            raise FileNotFoundError(path) from None

    async def _info(self, path: str, **_: Any) -> dict[str, Any]:
        self.requests["HEAD"] += 1
        data, version = self._of(path)
        return _info(self._strip_protocol(path), data, version)

    async def _find(self, path: str, *_: Any, **__: Any) -> dict[str, dict[str, Any]]:
        self.requests["LIST"] += 1
        path = self._strip_protocol(path)
        return {
            name: _info(name, *held)
            for name, held in sorted(self.store.items())
            if name == path or name.startswith(f"{path}/")
        }

    async def _cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **_: Any
    ) -> bytes:
        self.requests["GET"] += 1
        data = self._of(path)[0][start:end]
        type(self).sent += len(data)
        seconds, for_byte = self.distance
        await asyncio.sleep(seconds + for_byte * len(data))
        return data

    async def _put_file(self, lpath: str, rpath: str, *_: Any, **__: Any) -> None:
        self.requests["PUT"] += 1
        with open(lpath, "rb") as file:
            data = file.read()
        type(self).received += len(data)
        self.put(rpath, data)

    @classmethod
    def put(cls, path: str, data: bytes) -> None:
        """Puts a file into the bucket without counting it."""
        path = cls._strip_protocol(path)
        _, version = cls.store.get(path, (b"", 0))
        cls.store[path] = (data, version + 1)


def _info(name: str, data: bytes, version: int) -> dict[str, Any]:
    return {"name": name, "size": len(data), "type": "file", "ETag": str(version)}


register_implementation("counted", Counted, clobber=True)


class Cost:
    """The requests that were made.

    Attributes:
        requests: their number.
        read, written: the bytes that were downloaded and uploaded.
    """

    requests = read = written = 0

    def __str__(self) -> str:
        parts = [f"{self.requests:,} requests"]
        parts += [f"{self.read / 1e6:.1f} MB read"] if self.read else []
        parts += [f"{self.written / 1e6:.1f} MB written"] if self.written else []
        return ", ".join(parts)


@contextmanager
def counting() -> Iterator[Cost]:
    """The cost of a block, which is known at its end."""
    Counted.requests.clear()
    Counted.sent = Counted.received = 0
    cost = Cost()
    yield cost
    cost.requests = Counted.requests.total()
    cost.read, cost.written = Counted.sent, Counted.received
