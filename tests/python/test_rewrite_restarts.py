"""`rewrite` where restarts take values back and bytes are damaged: two passes have to agree."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tfevents
from events import event_files, only_file
from tfevents import SummaryWriter, rewrite


@pytest.fixture(scope="module")
def restarted(tmp_path_factory):
    """The bytes of a run that went back once, and where its records begin."""
    data = b""
    for start, stop in ((0, 12), (6, 18)):
        root = tmp_path_factory.mktemp("restarted")
        with SummaryWriter(root, purge_step=start) as writer:
            for step in range(start, stop):
                writer.add_scalar("loss", start + step, step, walltime=step + 1.0)
                writer.add_scalar("accuracy", -step, step, walltime=step + 1.0)
        data += only_file(root).read_bytes()
    begins = [0]
    while begins[-1] < len(data):
        begins.append(begins[-1] + 16 + int.from_bytes(data[begins[-1] :][:8], "little"))
    return data, begins[:-1]


def flipped(restarted, places) -> bytes:
    data, begins = bytearray(restarted[0]), restarted[1]
    for record, at, bit in places:
        begin = begins[record % len(begins)]
        end = begins[begins.index(begin) + 1] if begin != begins[-1] else len(data)
        data[begin + at % (end - begin)] ^= 1 << bit
    return bytes(data)


def scalars(path: Path) -> dict[str, tuple[list[int], list[float]]]:
    series = tfevents.read(path)["."].scalars
    return {tag: (list(one.step), list(one.value)) for tag, one in series.items()}


places = st.lists(
    st.tuples(st.integers(1, 50), st.integers(0, 80), st.integers(0, 7)), min_size=0, max_size=3
)


@pytest.mark.parametrize("restarts", ["last_wins", "tensorboard"])
@given(places=places)
def test_damage_takes_nothing_back(restarted, tmp_path_factory, restarts, places):
    root = tmp_path_factory.mktemp("damaged")
    source = root / "run" / "events.out.tfevents.1"
    source.parent.mkdir()
    source.write_bytes(flipped(restarted, places))
    # First without what is damaged, then without what was taken back: nothing has to agree there.
    plain = rewrite(source.parent, root / "good", on_corrupt="skip")
    twice = rewrite(root / "good", root / "expected", restarts=restarts)
    once = rewrite(source.parent, root / "once", restarts=restarts, on_corrupt="skip")
    assert scalars(root / "once") == scalars(root / "expected")
    assert only_file(root / "once").read_bytes() == only_file(root / "expected").read_bytes()
    assert (once.damage, once.truncated) == (plain.damage, plain.truncated)
    assert (once.records, once.left_out) == (twice.records, twice.left_out)
    assert len(event_files(root / "once")) == 1


@pytest.mark.parametrize("restarts", ["last_wins", "tensorboard"])
@given(places=places.filter(bool))
def test_the_first_damage_is_told(restarted, tmp_path_factory, restarts, places):
    root = tmp_path_factory.mktemp("damaged")
    source = root / "run" / "events.out.tfevents.1"
    source.parent.mkdir()
    source.write_bytes(flipped(restarted, places))
    told = []
    for way in ("raw", restarts):
        try:
            rewrite(source.parent, root / way, restarts=way)
        except tfevents.CorruptFileError as error:
            told.append((error.offset, error.kind))
            assert not (root / way).exists()
        else:
            told.append(None)
    # Flips may undo one another.
    assert told[0] == told[1]


def test_a_bar_counts_what_is_read_anew_once(restarted, tmp_path):
    from tfevents.rewriting import Rewriting

    source = tmp_path / "run" / "events.out.tfevents.1"
    source.parent.mkdir()
    # The step of a record in the middle.
    source.write_bytes(flipped(restarted, [(20, 22, 3)]))
    rewriting = Rewriting(
        source.parent,
        tmp_path / "out",
        restarts="last_wins",
        on_corrupt="skip",
        **dict.fromkeys(("runs", "tags", "kinds", "steps", "drop", "rename", "split", "cast")),
        every=1,
        merge=False,
        overwrite=False,
    )
    total = rewriting.total()
    assert len(rewriting.run().damage) == 1
    assert rewriting.done() == total


@pytest.mark.parametrize("merge", [False, True])
def test_restarts_take_back_what_was_split_off(tmp_path, merge):
    """Also of a tag that the session did not come to."""
    with SummaryWriter(tmp_path / "logs") as writer:
        for step in range(10):
            for tag in ("train/loss", "val/loss", "other"):
                writer.add_scalar(tag, step, step)
    with SummaryWriter(tmp_path / "logs", purge_step=5) as writer:
        for step in range(5, 8):
            writer.add_scalar("train/loss", -step, step)
    rewrite(tmp_path / "logs", tmp_path / "out", split=("^(train|val)/", r"\1"), merge=merge)
    whole = tfevents.read(tmp_path / "logs", restarts="tensorboard")["."].scalars
    found = tfevents.read(tmp_path / "out", restarts="tensorboard")
    for run, tag in ((".", "other"), ("train", "train/loss"), ("val", "val/loss")):
        assert found[run].scalars[tag].value.tolist() == whole[tag].value.tolist()
    assert len(event_files(tmp_path / "out")) == (3 if merge else 6)
