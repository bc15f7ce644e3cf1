"""Compares images, videos and audio with torch's for the same calls: all fields, and the decoded
values.

tests/python has the differences that docs/compatibility.md lists.
"""

import io
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from torch_events import comparable, floats, ours, steps, tags, torch, torchs, wall_times

import tfevents
from peers import peer

Image = peer("PIL.Image")
ImageSequence = peer("PIL.ImageSequence")
torch_summary = peer("torch.utils.tensorboard.summary")
torch_utils = peer("torch.utils.tensorboard._utils")
peer("moviepy.editor")


def taken_out(files):
    """Decodes the values, and removes what was decoded from them."""
    contents = []
    for event in (event for run in files.values() for event in run):
        for value in event.summary.value:
            contents.append(opened(value))
            for message in ("image", "audio"):
                if value.HasField(message):
                    getattr(value, message).ClearField(f"encoded_{message}_string")
    return contents


def opened(value):
    """The pixels of an image, the frames of a video, or the content of a WAV file."""
    if value.HasField("audio"):
        with wave.open(io.BytesIO(value.audio.encoded_audio_string)) as file:
            return file.getparams(), file.readframes(file.getnframes())
    picture = Image.open(io.BytesIO(value.image.encoded_image_string))
    frames = [np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)]
    return (picture.mode, np.array(picture)) if picture.format == "PNG" else frames


def both(calls):
    """The decoded values of ours and of torch's, after all other fields were compared."""
    mine, theirs = ours(calls), torchs(calls)
    contents = taken_out(mine), taken_out(theirs)
    assert comparable(mine, True) == comparable(theirs, True)
    assert len(contents[0]) == len(contents[1]) > 0
    return list(zip(*contents, strict=True))


def assert_equal(calls):
    for mine, theirs in both(calls):
        np.testing.assert_equal(mine, theirs)


# torch multiplies some other types by 255, which docs/compatibility.md lists.
dtypes = st.sampled_from(["u1", "?", "f2", "f4", "f8", ">f4", ">f8", "g"])
elements = {"f": floats | st.floats(0, 1) | st.floats(-0.5, 1.5)}


@st.composite
def tensors(draw, shape):
    dtype = np.dtype(draw(dtypes))
    of = elements["f"] if dtype.kind == "f" else npst.from_dtype(dtype)
    array = draw(npst.arrays(np.float64 if dtype.kind == "f" else dtype, shape, elements=of))
    with np.errstate(over="ignore"):
        array = array.astype(dtype)
    # With torch, NaN becomes whatever the processor makes of it.
    array = np.nan_to_num(array) if dtype.kind == "f" else array
    if dtype.isnative and dtype.char != "g" and draw(st.booleans()):
        return torch.tensor(array)
    return array


@st.composite
def pictures(draw):
    """A tensor and its dataformats, of those that torch takes."""
    sides = draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    axes = draw(st.sampled_from(["HW", "HWC", "NHWC"]))
    depth = draw(st.sampled_from([1, 3] if axes == "NHWC" else [1, 2, 3, 4]))
    sizes = {"N": draw(st.integers(1, 20)), "H": sides[0], "W": sides[1], "C": depth}
    order = "".join(draw(st.permutations(axes)))
    tensor = draw(tensors(tuple(sizes[axis] for axis in order)))
    return tensor, draw(st.sampled_from([order, order.lower()]))


@given(st.lists(st.tuples(tags, pictures(), steps, wall_times), min_size=1, max_size=4))
def test_add_image(calls):
    def run(writer):
        for number, (tag, (tensor, dataformats), step, walltime) in enumerate(calls):
            method = [writer.add_image, writer.add_images][number % 2]
            method(tag, tensor, step, walltime, dataformats)

    assert_equal(run)


def test_the_defaults_of_dataformats():
    picture = np.random.default_rng(0).random((3, 5, 6))

    def run(writer):
        writer.add_image("image", picture, walltime=1.0)
        writer.add_images("images", picture[None], walltime=1.0)
        writer.add_image_with_boxes("boxes", picture, np.ones((1, 4)), walltime=1.0)

    assert_equal(run)


corners = st.floats(-10, 30) | st.integers(-10, 30).map(float)


@given(
    npst.arrays(np.float64, st.tuples(st.integers(0, 3), st.just(4)), elements=corners),
    pictures().filter(lambda picture: len(picture[1]) < 4),
    steps,
)
def test_add_image_with_boxes(boxes, picture, step):
    tensor, dataformats = picture
    # The boxes reach over all of these pixels.
    tensor = np.asarray(tensor).repeat(3, 0).repeat(3, 1)
    if "c" in dataformats.lower()[:2]:
        return
    assert_equal(
        lambda w: w.add_image_with_boxes("a", tensor, boxes, step, 2.0, dataformats=dataformats)
    )


@pytest.mark.parametrize("rescale", [0.5, 0.7, 1.0, 1.5, 3])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_rescaled_pictures_are_the_same_within_rounding(rescale, channels):
    y, x, c = np.meshgrid(np.arange(40), np.arange(50), np.arange(channels), indexing="ij")
    array = (128 + 60 * np.sin(y / 5) * np.cos(x / (4 + c)) + 10 * c).astype(np.uint8)
    # Colours are weighted by their alpha, which is rounded once more.
    smooth = 2 if channels == 3 else 6
    for boxes, largest in (np.ones((0, 4)), smooth), (np.array([[3, 4, 30, 20]]), 25):
        ((mine, theirs),) = both(
            lambda w, boxes=boxes: w.add_image_with_boxes("a", array, boxes, 1, 2.0, rescale, "HWC")
        )
        assert mine[0] == theirs[0]
        assert mine[1].shape == theirs[1].shape
        difference = abs(mine[1].astype(int) - theirs[1])
        # Overshoot beside a hard edge is clipped after one direction, or after both.
        assert difference.max() <= largest
        assert difference.mean() < 0.7


@pytest.mark.parametrize("count", [None, 1, 3])
def test_add_figure(count):
    plt = peer("matplotlib.pyplot")
    plt.switch_backend("agg")

    def figure():
        figure, axes = plt.subplots(figsize=(2, 1.5))
        axes.plot([1, 3, 2])
        axes.set_title("Title")
        return figure

    def run(writer):
        figures = figure() if count is None else [figure() for _ in range(count)]
        writer.add_figure("a", figures, 1, walltime=2.0)

    others = plt.get_fignums()
    assert_equal(run)
    assert plt.get_fignums() == others


@given(
    st.tuples(st.integers(1, 20), *[st.integers(1, 6)] * 3).flatmap(
        lambda shape: tensors((shape[0], shape[1], 3, *shape[2:]))
    )
)
def test_the_layout_of_videos(tensor):
    # torch gives the frames to moviepy, which keeps frames of few colours unchanged.
    tensor = np.asarray(tensor) > 0.5
    frames = torch_utils._prepare_video(tensor.astype(np.float32)).astype(np.uint8) * 255
    video = tfevents.summary.video("a", tensor)
    value = peer("tensorboard.compat.proto.summary_pb2").Summary.FromString(
        video.SerializeToString()
    )
    np.testing.assert_array_equal(opened(value.value[0]), frames)


def natural(shape):
    """Smooth frames with more colours than a palette has."""
    n, t, c, y, x = np.indices(shape)
    return (0.5 + 0.45 * np.sin(y / 9 + n + c) * np.cos(x / (7 + c) - t / 3)).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 6, 3, 40, 50), (3, 4, 3, 20, 30), (5, 3, 3, 9, 8)])
@pytest.mark.parametrize("dtype", ["f4", "f8", "u1"])
def test_add_video(shape, dtype):
    array = natural(shape)
    array = (array * 255).astype("u1") if dtype == "u1" else array.astype(dtype)
    ((mine, theirs),) = both(lambda w: w.add_video("a", torch.tensor(array), 1, 10, 2.0))
    expected = torch_utils._prepare_video(array)
    expected = np.asarray(expected * 255).clip(0, 255)
    assert len(mine) == len(theirs) == shape[1]
    for one, other, frame in zip(mine, theirs, expected, strict=True):
        assert one.shape == other.shape == frame.shape
        # Each chooses a palette of its own. Ours must not be worse.
        assert abs(one - frame).mean() <= abs(other - frame).mean() + 0.5


@given(
    st.lists(
        st.tuples(
            tags,
            st.tuples(st.integers(2, 200)).flatmap(
                lambda shape: npst.arrays(
                    np.float64, shape, elements=st.floats(-1, 1) | st.floats(-3, 3)
                )
            ),
            # Ours scales integers by their type. For torch they are amplitudes.
            st.sampled_from(["f4", "f8"]),
            steps,
            st.sampled_from([8000, 22050, 44100, 1]),
            wall_times,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_add_audio(calls):
    def run(writer):
        for tag, array, dtype, step, rate, walltime in calls:
            tensor = torch.tensor(array.astype(dtype))
            for shaped in (tensor, tensor[None], tensor[:, None]):
                writer.add_audio(tag, shaped, step, rate, walltime)

    assert_equal(run)
