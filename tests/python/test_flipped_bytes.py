"""A flipped byte costs its own record, and no other."""

from pathlib import Path

import numpy as np
import pytest

import events
import tfevents
from tfevents import SummaryWriter


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small file with a value of every kind, and all other events."""
    directory = tmp_path_factory.mktemp("kinds")
    two = np.array([0.25, 1.0], np.float32)
    with SummaryWriter(directory) as writer:
        writer.add_scalar("scalar", 1, 1)
        writer.add_scalar("tensor scalar", 1, 1, new_style=True)
        writer.add_histogram("histogram", two, 2)
        writer.add_image("image", np.zeros((1, 2, 2)), 3)
        writer.add_video("video", np.zeros((1, 2, 1, 2, 2)), 3)
        writer.add_audio("sound", two, 4)
        writer.add_text("text", "words", 5)
        writer.add_tensor("tensor", two, 6)
        writer.add_pr_curve("curve", np.array([0, 1]), two, 7, num_thresholds=3)
        writer.add_mesh("mesh", np.zeros((1, 3, 3)), global_step=8)
        writer.add_custom_scalars({"c": {"t": ["Multiline", ["scalar"]]}})
        writer.add_hparams({"lr": 0.1}, {"scalar": 1}, same_run=True)
    graph = b"\x0a\x06\x0a\x01n\x12\x01o"
    others = {
        4: graph,
        6: b"\x08\x02\x12\x05words",
        7: b"\x08\x01",
        8: b"\x0a\x01t\x12\x02\x0a\x00",
        9: b"\x12\x08" + graph,
    }
    more = [bytes([field << 3 | 2, len(message)]) + message for field, message in others.items()]
    return events.only_file(directory).read_bytes() + b"".join(map(events.record, more))


@pytest.mark.parametrize("bit", [1, 128])
def test_each_costs_one_record(every_kind: bytes, tmp_path: Path, bit: int) -> None:
    payloads, rest = events.split_records(every_kind)
    assert not rest
    assert len(payloads) > 20
    ends = np.cumsum([len(payload) + 16 for payload in payloads])
    path = tmp_path / "events.out.tfevents.1"
    for offset in range(len(every_kind)):
        wrong = bytearray(every_kind)
        wrong[offset] ^= bit
        path.write_bytes(wrong)
        hit = int(np.searchsorted(ends, offset, "right"))
        found = tfevents.iter_events(path, on_corrupt="skip")
        assert [event.raw for event in found] == payloads[:hit] + payloads[hit + 1 :], offset
        # The last record may have a length beyond the end. Then it counts as not written yet.
        is_whole = hit < len(payloads) - 1 or not ends[-2] <= offset < ends[-2] + 8
        assert len(found.damage) == 1 or not is_whole, offset
        log = tfevents.read(path, on_corrupt="skip")
        assert [(it.offset, it.kind) for it in log.damage] == [
            (it.offset, it.kind) for it in found.damage
        ], offset
