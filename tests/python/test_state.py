"""`Log.state` and `read(state=…)` continue where another process ended."""

import copy
import json
import os
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scripts
import tfevents
from events import event_files, only_file, put_in_order
from tfevents import SummaryWriter


def write(path, steps, tag="loss", **options):
    with SummaryWriter(path, **options) as writer:
        for step in steps:
            writer.add_scalar(tag, step, step)
    put_in_order(path)


def saved(log):
    """A state as another process gets it."""
    return json.loads(json.dumps(log.state(), allow_nan=False))


def steps(log, run=".", tag="loss"):
    return log[run].scalars[tag].step.tolist()


def test_another_process_goes_on(tmp_path):
    write(tmp_path / "runs" / "a", range(3))
    state = tmp_path / "state.json"
    script = """
        import json, sys, tfevents
        from pathlib import Path
        file = Path(sys.argv[2])
        state = json.loads(file.read_text()) if file.exists() else None
        log = tfevents.read(sys.argv[1], state=state)
        file.write_text(json.dumps(log.state()))
        print(json.dumps({
            name: {tag: series.step.tolist() for tag, series in run.scalars.items()}
            for name, run in log.items()
        }))
    """

    def read():
        return json.loads(scripts.check(script, tmp_path / "runs", state))

    assert read() == {"a": {"loss": [0, 1, 2]}}
    assert read() == {"a": {}}
    write(tmp_path / "runs" / "a", [3])
    write(tmp_path / "runs" / "b", [4])
    assert read() == {"a": {"loss": [3]}, "b": {"loss": [4]}}
    assert read() == {"a": {}, "b": {}}


def test_which_runs_are_continued(tmp_path):
    for run in "abc":
        write(tmp_path / run, range(3))
    first = tfevents.read(tmp_path)
    assert not any(run.continued for run in first.values())
    state = saved(first)
    write(tmp_path / "a", [3])
    other = tmp_path / "other"
    write(other, range(10, 20))
    os.replace(only_file(other), only_file(tmp_path / "b"))
    other.rmdir()
    write(tmp_path / "d", [4])
    log = tfevents.read(tmp_path, state=state)
    assert {name: run.continued for name, run in log.items()} == {
        "a": True,
        "b": False,
        "c": True,
        "d": False,
    }
    assert steps(log, "a") == [3]
    assert steps(log, "b") == list(range(10, 20))
    assert log["c"].tags == []
    assert steps(log, "d") == [4]


@pytest.mark.parametrize("change", ["cut", "removed", "cut and written on"])
def test_a_file_that_is_not_what_it_was_is_read_anew(tmp_path, change):
    write(tmp_path, range(5))
    write(tmp_path, [5])
    state = saved(tfevents.read(tmp_path))
    first, second = event_files(tmp_path)
    if change == "removed":
        second.unlink()
    else:
        os.truncate(first, first.stat().st_size - 10)
    if change == "cut and written on":
        with open(first, "ab") as file:
            file.write(b"\0" * 100)
    log = tfevents.read(tmp_path, state=state, on_corrupt="skip")
    assert not log["."].continued
    assert (
        steps(log)
        == {
            "removed": [0, 1, 2, 3, 4],
            "cut": [0, 1, 2, 3, 5],
            "cut and written on": [0, 1, 2, 3, 5],
        }[change]
    )


def test_the_directory_may_have_moved_and_the_path_may_be_another(tmp_path, monkeypatch):
    write(tmp_path / "here" / "a", range(3))
    state = saved(tfevents.read(tmp_path / "here"))
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    write(tmp_path / "there" / "a", [3])
    monkeypatch.chdir(tmp_path)
    log = tfevents.read("there", state=state)
    assert log["a"].continued
    assert steps(log, "a") == [3]


def test_a_record_that_was_not_written_yet(tmp_path):
    write(tmp_path, range(3))
    data = only_file(tmp_path).read_bytes()
    for size in range(len(data)):
        only_file(tmp_path).write_bytes(data[:size])
        log = tfevents.read(tmp_path)
        before = steps(log) if log["."].tags else []
        state = saved(log)
        with open(only_file(tmp_path), "ab") as file:
            file.write(data[size:])
        log = tfevents.read(tmp_path, state=state)
        assert log["."].continued
        assert before + steps(log) == [0, 1, 2]


def test_a_log_that_goes_on_is_reloaded_as_any_other(tmp_path):
    write(tmp_path / "a", range(3))
    log = tfevents.read(tmp_path, state=saved(tfevents.read(tmp_path)))
    assert log.reload() == []
    write(tmp_path / "a", [3])
    assert log.reload() == ["a"]
    assert steps(log, "a") == [3]
    assert log["a"].continued
    again = tfevents.read(tmp_path, state=saved(log))
    assert again["a"].tags == []
    assert again.state() == log.state()


def test_what_is_selected_may_be_something_else(tmp_path):
    write(tmp_path / "a", range(3))
    write(tmp_path / "b", range(3))
    state = saved(tfevents.read(tmp_path, runs="a", tags=[]))
    with SummaryWriter(tmp_path / "a") as writer:
        writer.add_scalar("loss", 3, 3)
        writer.add_scalar("accuracy", 4, 4)
        writer.add_text("note", "x", 4)
    log = tfevents.read(tmp_path, state=state, tags=["loss", "note*"], kinds="scalars")
    assert log["a"].tags == ["loss"]
    assert steps(log, "a") == [3]
    assert (log["b"].continued, steps(log, "b")) == (False, [0, 1, 2])


def test_values_that_stay_in_their_files(tmp_path):
    def picture(step):
        return np.random.default_rng(step).integers(0, 256, (3, 90, 90), np.uint8)

    with SummaryWriter(tmp_path) as writer:
        writer.add_image("picture", picture(0), 0)
        writer.flush()
        state = saved(tfevents.read(tmp_path))
        writer.add_image("picture", picture(1), 1)
    (image,) = tfevents.read(tmp_path, state=state)["."].images["picture"]
    assert image.step == 1
    assert (image.decode() == picture(1).transpose(1, 2, 0)).all()


def test_what_was_said_of_a_tag_before_is_known(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1, 1, display_name="Loss", summary_description="of **all**")
        writer.add_mesh("shape", np.zeros((1, 4, 3)), global_step=1)
        writer.flush()
        log = tfevents.read(tmp_path)
        state = saved(log)
        writer.add_scalar("loss", 2, 2)
        writer.add_mesh("shape", np.ones((1, 4, 3)), global_step=2)
    part = tfevents.read(tmp_path, state=state)
    assert part["."].metadata["loss"] == log["."].metadata["loss"]
    assert part["."].metadata["loss"].display_name == "Loss"
    assert part["."].meshes["shape"][0].vertices.tolist() == [[[1.0] * 3] * 4]


def test_restarts_hold_for_what_came(tmp_path):
    write(tmp_path, range(6))
    states = {
        restarts: saved(tfevents.read(tmp_path, restarts=restarts))
        for restarts in ("raw", "tensorboard", "last_wins")
    }
    write(tmp_path, [4, 5, 6, 7], purge_step=4)
    write(tmp_path, [6, 7, 8], purge_step=6)
    logs = {
        restarts: tfevents.read(tmp_path, restarts=restarts, state=state)
        for restarts, state in states.items()
    }
    assert {restarts: steps(log) for restarts, log in logs.items()} == {
        "raw": [4, 5, 6, 7, 6, 7, 8],
        "tensorboard": [4, 5, 6, 7, 8],
        "last_wins": [4, 5, 6, 7, 8],
    }
    # Restarts purge some of the earlier values.
    starts = [log.step for log in logs["tensorboard"]["."].session_logs if log.status == "start"]
    kept = [step for step in range(6) if step < min(starts)]
    assert kept + steps(logs["tensorboard"]) == steps(
        tfevents.read(tmp_path, restarts="tensorboard")
    )


def test_a_restart_before_the_state_holds_for_files_before_it(tmp_path):
    first = SummaryWriter(tmp_path, filename_suffix=".1")
    first.add_scalar("loss", 0, 0)
    first.flush()
    second = SummaryWriter(tmp_path, purge_step=5, filename_suffix=".2")
    second.flush()
    put_in_order(tmp_path)
    state = saved(tfevents.read(tmp_path, restarts="tensorboard"))
    for step in (4, 5, 6):
        first.add_scalar("loss", step, step)
    first.close()
    second.close()
    log = tfevents.read(tmp_path, restarts="tensorboard", state=state)
    assert steps(log) == [4]


def test_damage_is_told_of_once(tmp_path):
    write(tmp_path, range(5))
    data = bytearray(only_file(tmp_path).read_bytes())
    data[len(data) // 2] ^= 1
    only_file(tmp_path).write_bytes(data)
    log = tfevents.read(tmp_path, on_corrupt="skip")
    assert len(log.damage) == 1
    state = saved(log)
    write(tmp_path / "a", [1])
    assert tfevents.read(tmp_path, state=state).damage == []


def test_damage_at_the_end_may_be_mended(tmp_path):
    write(tmp_path, range(5))
    file = only_file(tmp_path)
    data = file.read_bytes()
    file.write_bytes(data[:-5] + bytes([255] * 5))
    log = tfevents.read(tmp_path, on_corrupt="skip")
    assert len(log.damage) == 1
    state = saved(log)
    file.write_bytes(data)
    os.utime(file, (1, 1))
    log = tfevents.read(tmp_path, state=state)
    assert log["."].continued
    assert steps(log) == [4]


def test_several_paths(tmp_path):
    write(tmp_path / "a", range(3))
    write(tmp_path / "b", range(3))
    paths = [tmp_path / "a", only_file(tmp_path / "b")]
    state = saved(tfevents.read(paths))
    write(tmp_path / "a", [3])
    log = tfevents.read(paths, state=state)
    assert steps(log, str(tmp_path / "a")) == [3]
    assert log[str(tmp_path / "b")].tags == []


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX only")
def test_names_that_are_not_utf_8(tmp_path):
    run = os.path.join(os.fsencode(tmp_path), b"\xff\xfe")
    write(tmp_path / "run", range(3))
    os.rename(tmp_path / "run", run)
    state = saved(tfevents.read(tmp_path))
    os.rename(only_file(os.fsdecode(run)), os.path.join(run, b"tfevents.\xff"))
    log = tfevents.read(tmp_path, state=saved(tfevents.read(tmp_path)))
    assert [(run.continued, run.tags) for run in log.values()] == [(True, [])]
    assert [run.continued for run in tfevents.read(tmp_path, state=state).values()] == [False]


# Invalid states.


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    path = tmp_path_factory.mktemp("example")
    with SummaryWriter(path, purge_step=1) as writer:
        writer.add_scalar("loss", 1, 1)
        writer.add_text("note", "x", 1)
    return path, tfevents.read(path).state()


@pytest.mark.parametrize("state", ["{}", 3, [], b"x"])
def test_a_state_of_another_type(tmp_path, state):
    with pytest.raises(TypeError, match="state: expected a mapping"):
        tfevents.read(tmp_path, state=state)


@pytest.mark.parametrize(
    ("state", "match"),
    [
        ({}, "expected what Log.state.. returned"),
        ({"format": "other"}, "expected what Log.state.. returned"),
        ({"format": "tfevents.state"}, "version None"),
        ({"format": "tfevents.state", "version": 1, "runs": {}}, "version 1"),
        ({"format": "tfevents.state", "version": 2}, "KeyError"),
        ({"format": "tfevents.state", "version": 2, "runs": []}, "AttributeError"),
        ({"format": "tfevents.state", "version": 2, "runs": {"a": {}}}, "KeyError"),
        ({"format": "tfevents.state", "version": 2, "runs": {3: {}}}, "no str"),
    ],
)
def test_a_state_of_something_else(tmp_path, state, match):
    with pytest.raises(ValueError, match=f"state: .*{match}"):
        tfevents.read(tmp_path, state=state)


def places(value, path=()):
    """The place of something in a state."""
    yield path
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "scalar", "\0"])
    | st.lists(st.integers(), max_size=5)
    | st.dictionaries(st.text(), st.integers(), max_size=2)
)


@pytest.mark.parametrize("metadata", [False, 0, "", [], {}])
def test_metadata_that_is_none(example, metadata):
    path, state = copy.deepcopy(example)
    (run,) = state["runs"].values()
    run["tags"]["loss"]["scalar"] = metadata
    with pytest.raises(ValueError, match=r"^state: not as Log\.state"):
        tfevents.read(path, state=state)


@given(data=st.data())
def test_a_state_that_was_tampered_with_is_an_error_or_harmless(example, data):
    path, state = example
    state = copy.deepcopy(state)
    for _ in range(data.draw(st.integers(1, 2))):
        *way, last = data.draw(st.sampled_from([place for place in places(state) if place]))
        at = state
        for key in way:
            at = at[key]
        if data.draw(st.booleans()) or isinstance(at, list):
            at[last] = data.draw(VALUES)
        else:
            del at[last]
    try:
        log = tfevents.read(path, state=state, on_corrupt="skip")
    except (TypeError, ValueError) as error:
        assert str(error).startswith("state: ")
    else:
        assert set(log) == {"."}
        assert log["."].tags in ([], ["loss", "note/text_summary"])
