"""Videos: the frames are those that another GIF decoder reads."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image, ImageSequence

import events
import tfevents
from tfevents import SummaryWriter


def decoded(summary):
    """Frames [T, H, W, 3], their milliseconds, the GIF and the fields of `Summary.Image`."""
    (value,) = dict(events.fields(summary.SerializeToString())).values()
    return parsed(events.Value.parse(value).image)


def parsed(message):
    fields = dict(events.fields(message))
    gif = Image.open(io.BytesIO(fields[4]))
    frames, durations = [], []
    for frame in ImageSequence.Iterator(gif):
        frames.append(np.asarray(frame.convert("RGB")))
        durations.append(frame.info["duration"])
    return np.stack(frames), durations, gif, fields


def frames(tensor, dataformats="NTCHW"):
    return decoded(tfevents.summary.video("a", tensor, dataformats=dataformats))[0]


def few_colours(shape, seed=0):
    """Frames of up to 64 colours, which a palette holds exactly."""
    return (np.random.default_rng(seed).integers(0, 4, shape) * 85).astype(np.uint8)


@given(
    npst.array_shapes(min_dims=4, max_dims=4, max_side=9),
    st.sampled_from([1, 3, 4]),
    st.permutations("NTCHW"),
)
def test_videos_are_laid_out_in_powers_of_two(shape, channels, order):
    count, length, height, width = shape
    array = few_colours((count, length, channels, height, width))
    # The frames differ, so that none can be left out.
    array[:, :, 0, 0, 0] = np.arange(length) * 20
    videos = array.transpose(["NTCHW".index(axis) for axis in order])
    found, _, _, fields = decoded(
        tfevents.summary.video("a", videos, dataformats="".join(order).lower())
    )
    padded = 1 << (count - 1).bit_length()
    rows = 1 << (count.bit_length() - 1) // 2
    columns = padded // rows
    assert found.shape == (length, rows * height, columns * width, 3)
    assert (fields[1], fields[2], fields[3]) == (rows * height, columns * width, channels)
    rgb = array[:, :, :3] if channels > 1 else array.repeat(3, axis=2)
    for number in range(padded):
        top, left = number // columns * height, number % columns * width
        tile = found[:, top : top + height, left : left + width]
        expected = rgb[number].transpose(0, 2, 3, 1) if number < count else 0
        np.testing.assert_array_equal(tile, np.broadcast_to(expected, tile.shape))


def test_floats_integers_and_booleans():
    array = few_colours((1, 3, 3, 4, 5))
    for other in (array / 255, (array / 255).astype(np.float32), array.astype(np.int64)):
        assert abs(frames(other).astype(int) - frames(array)).max() <= 1
    np.testing.assert_array_equal(frames(array > 99), frames((array > 99) * np.uint8(255)))


def test_every_frame_has_colours_of_its_own():
    # 256 reds, greens and blues: no single palette has these 766 colours.
    array = np.zeros((1, 3, 3, 16, 16), np.uint8)
    for channel in range(3):
        array[0, channel, channel] = np.arange(256).reshape(16, 16)
    np.testing.assert_array_equal(frames(array), array[0].transpose(0, 2, 3, 1))


def test_more_colours_than_a_palette_has_are_near_to_what_they_were():
    y, x, t = np.meshgrid(np.arange(64), np.arange(64), np.arange(3), indexing="ij")
    rgb = np.stack([x * 4, y * 4, (x + y + 20 * t) % 256]).astype(np.uint8)  # [C, H, W, T]
    found = frames(rgb[None], "NCHWT")
    difference = abs(found.astype(int) - rgb.transpose(3, 1, 2, 0))
    assert difference.mean() < 4


@pytest.mark.parametrize("fps", [1, 4, 12.5, 24, 25, 30, 50, np.float32(10), 0.5])
def test_frames_last_what_fps_says(fps):
    array = few_colours((1, 60, 3, 4, 5))
    _, durations, gif, _ = decoded(tfevents.summary.video("a", array, fps))
    assert len(durations) == 60
    assert sum(durations) == pytest.approx(60_000 / fps, abs=5)
    assert max(durations) - min(durations) <= 10
    assert gif.info["loop"] == 0


def test_equal_frames_are_all_there():
    found, durations, _, _ = decoded(tfevents.summary.video("a", np.zeros((1, 5, 3, 4, 4)), 10))
    assert (len(found), durations) == (5, [100] * 5)


def test_add_video(tmp_path):
    array = few_colours((2, 4, 3, 6, 8))
    with SummaryWriter(tmp_path) as writer:
        writer.add_video("a", array, 5, 10, 2.5)
        writer.add_video("b", array.transpose(0, 1, 3, 4, 2), 6, dataformats="NTHWC")
    one, two = (event for event in events.parse_file(events.only_file(tmp_path)) if event.values)
    assert (one.step, one.wall_time, two.step) == (5, 2.5, 6)
    first, durations, _, _ = parsed(one.values[0].image)
    np.testing.assert_array_equal(first, parsed(two.values[0].image)[0])
    assert first.shape == (4, 6, 16, 3)
    assert durations == [100] * 4
