"""Any scheme that fsspec knows. Here it is gs://, which the test implements itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import events
import tfevents
from peers import peer

fsspec = peer("fsspec")
memory = peer("fsspec.implementations.memory")
registry = peer("fsspec.registry")


class Bucket(memory.MemoryFileSystem):
    """Google's storage as a dict, which notes its requests."""

    protocol = ("gs", "gcs")
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    asked: ClassVar[list[tuple[str, str]]] = []

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        for scheme in cls.protocol:
            path = path.removeprefix(f"{scheme}://")
        return super()._strip_protocol(path)

    def cat_file(self, path: str, *arguments: Any, **options: Any) -> bytes:
        self.asked.append(("read", path))
        return super().cat_file(path, *arguments, **options)

    def put_file(self, lpath: str, rpath: str, *arguments: Any, **options: Any) -> None:
        self.asked.append(("write", rpath))
        super().put_file(lpath, rpath, *arguments, **options)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Bucket]]:
    for scheme in Bucket.protocol:
        monkeypatch.setitem(registry._registry, scheme, Bucket)
    Bucket.store.clear()
    Bucket.asked.clear()
    yield Bucket
    Bucket.clear_instance_cache()


@pytest.mark.parametrize("scheme", ["gs", "gcs"])
def test_what_is_written_is_read(bucket: type[Bucket], scheme: str, tmp_path: Path) -> None:
    uri = f"{scheme}://bucket/runs"
    with tfevents.SummaryWriter(f"{uri}/exp") as writer:
        assert writer.log_dir == f"{uri}/exp"
        writer.add_scalar("loss", 0.5, 1)
        writer.add_embedding(np.eye(2), ["a", "b"])
        writer.flush()
        log = tfevents.read(uri)
        assert log["exp"].scalars["loss"].value.tolist() == [0.5]
        writer.add_scalar("loss", 0.25, 2)
        writer.flush()
        assert log.reload() == ["exp"]
        assert log["exp"].scalars["loss"].value.tolist() == [0.5, 0.25]
    assert {kind for kind, _ in bucket.asked} == {"read", "write"}
    assert all(path.startswith("/bucket/runs/exp/") for path in bucket.store)
    assert "/bucket/runs/exp/projector_config.pbtxt" in bucket.store

    assert [event.step for event in tfevents.iter_events(uri)] == [0, 1, 2]
    assert tfevents.verify(uri).ok
    tfevents.repair(uri, tmp_path / "copies")
    assert events.steps(tmp_path / "copies") == [1, 2]
    # No local directory was made.
    assert [path.name for path in tmp_path.iterdir() if "gs" in path.name or ":" in path.name] == []
