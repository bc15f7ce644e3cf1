"""Images, boxes and figures: the pixels are those that another PNG decoder reads."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image

import events
import scripts
import tfevents
from tfevents import SummaryWriter


def decoded(summary: tfevents.summary.Summary) -> tuple[np.ndarray, dict[int, object]]:
    """The pixels, and the fields of `Summary.Image` by number."""
    (value,) = dict(events.fields(summary.SerializeToString())).values()
    image = dict(events.fields(events.Value.parse(value).image))
    with Image.open(io.BytesIO(image[4])) as png:
        assert png.format == "PNG"
        return np.asarray(png), image


def pixels(tensor, dataformats="HWC", **options):
    return decoded(tfevents.summary.image("a", tensor, dataformats=dataformats, **options))[0]


shapes = npst.array_shapes(min_dims=3, max_dims=3, max_side=9).filter(lambda s: s[2] in (2, 3, 4))


@given(npst.arrays(np.uint8, shapes))
def test_bytes_are_stored_as_they_are(array):
    found, fields = decoded(tfevents.summary.image("a", array, dataformats="HWC"))
    np.testing.assert_array_equal(found, array)
    height, width, channels = array.shape
    assert (fields[1], fields[2], fields[3]) == (height, width, channels)


@given(
    npst.arrays(np.uint8, npst.array_shapes(min_dims=4, max_dims=4, max_side=10)),
    st.permutations("NCHW"),
)
def test_a_batch_is_laid_out_eight_in_a_row_in_whatever_order_of_axes(array, order):
    array = array[:, : array.shape[1] % 4 + 1]
    batch = array.transpose(["NCHW".index(axis) for axis in order])
    found = pixels(batch, "".join(order))
    count, channels, height, width = array.shape
    if channels == 1:
        array = array.repeat(3, axis=1)
    columns = min(count, 8)
    rows = -(-count // columns)
    assert found.shape == (rows * height, columns * width, array.shape[1])
    for number in range(rows * columns):
        top, left = number // columns * height, number % columns * width
        tile = found[top : top + height, left : left + width]
        expected = array[number].transpose(1, 2, 0) if number < count else 0
        np.testing.assert_array_equal(tile, np.broadcast_to(expected, tile.shape))


@pytest.mark.parametrize("dataformats", ["HW", "WH", "hw", "CHW", "chw", "WCH", "NHWC", "wnhc"])
def test_grey_is_stored_as_rgb(dataformats):
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    axes = dataformats.upper()
    array = grey if axes.index("H") < axes.index("W") else grey.T
    array = np.expand_dims(array, [axes.index(axis) for axis in axes if axis in "NC"])
    np.testing.assert_array_equal(pixels(array, dataformats), np.stack([grey] * 3, 2))


FLOATS = np.array([0.0, 0.1, 0.5, 0.999, 1.0, 1.5, -0.5, np.nan, np.inf, -np.inf, 1e-45, 1e30])


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", ">f8", "g"])
def test_floats_are_intensities_cut_off_and_truncated(dtype):
    with np.errstate(over="ignore"):
        array = FLOATS.astype(dtype)
    with np.errstate(invalid="ignore"):
        scaled = np.nan_to_num(array.astype(np.float32) * 255).clip(0, 255).astype(np.uint8)
    expected = np.stack([scaled[None]] * 3, 2)
    np.testing.assert_array_equal(pixels(array[None], "HW"), expected)


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u2", "u4", "u8", ">i4", ">u2"])
def test_integers_are_values_up_to_255(dtype):
    limits = np.iinfo(dtype)
    array = np.array([limits.min, 0, 1, 100, 127, min(255, limits.max), limits.max], dtype)
    expected = np.array([max(limits.min, 0), 0, 1, 100, 127, min(255, limits.max)] * 2)[:7]
    expected[6] = min(255, limits.max)
    np.testing.assert_array_equal(pixels(array[None], "HW")[0, :, 0], expected)


def test_true_is_white():
    assert pixels(np.array([[True, False]]), "HW")[0].tolist() == [[255] * 3, [0] * 3]


def test_bfloat16():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    array = np.array([[0.5, 1.0, 2.0, 1e-30]], ml_dtypes.bfloat16)
    assert pixels(array, "HW")[0, :, 0].tolist() == [127, 255, 255, 0]


@given(npst.arrays(np.float32, (5, 7, 3), elements=st.floats(0, 1, width=32)), st.data())
def test_views_in_any_memory_order(array, data):
    step = data.draw(st.sampled_from([1, 2, -1, -2]))
    views = array[::step], array[:, ::step], array[:, :, :: -abs(step)][:, :, :1]
    misaligned = np.frombuffer(b"\0" + array.tobytes(), np.float32, offset=1).reshape(array.shape)
    for view in (*views, np.asfortranarray(array), misaligned, np.broadcast_to(array, array.shape)):
        np.testing.assert_array_equal(pixels(view), pixels(view.copy()))


def test_lists_are_taken():
    assert pixels([[0.0, 1.0]], "HW").tolist() == [[[0] * 3, [255] * 3]]


def test_what_is_logged_is_what_was_there_at_the_call(tmp_path):
    array = np.zeros((200, 200), np.uint8)
    with SummaryWriter(tmp_path) as writer:
        for step in range(100):
            array[:] = step
            writer.add_image("a", array, step, dataformats="HW")
        array[:] = 255
    found = images(tmp_path)
    assert [(step, int(np.unique(png).item())) for step, png in found] == [
        (step, step) for step in range(100)
    ]


def images(directory) -> list[tuple[int, np.ndarray]]:
    """(step, pixels) of all images below a directory."""
    return [
        (event.step, np.asarray(Image.open(io.BytesIO(dict(events.fields(value.image))[4]))))
        for path in events.event_files(directory)
        for event in events.parse_file(path)
        for value in event.values
    ]


def test_add_images(tmp_path):
    batch = np.random.default_rng(0).integers(0, 256, (10, 3, 4, 5), dtype=np.uint8)
    with SummaryWriter(tmp_path) as writer:
        writer.add_images("batch", batch, 3, 4.5)
        writer.add_images("batch", batch.transpose(0, 2, 3, 1), 4, dataformats="NHWC")
    (step, first), (_, second) = images(tmp_path)
    assert step == 3
    assert events.parse_file(events.only_file(tmp_path))[1].wall_time == 4.5
    np.testing.assert_array_equal(first, second)
    assert first.shape == (8, 40, 3)


# Sizes.


@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize("rescale", [0.5, 2, 1.7, np.float32(0.25)])
def test_rescaled(channels, rescale):
    # Constant areas keep their value.
    array = np.full((20, 30, channels), 200, np.uint8)
    found, fields = decoded(tfevents.summary.image("a", array, rescale, "HWC"))
    assert found.shape == (int(20 * rescale), int(30 * rescale), channels)
    # The size is that of the tensor, as with torch.
    assert (fields[1], fields[2]) == (20, 30)
    assert abs(found.astype(int) - 200).max() <= 1


def test_a_picture_as_long_as_it_gets():
    assert pixels(np.zeros((1, 200_000), np.uint8), "HW").shape == (1, 200_000, 3)


# Boxes.


def boxed(array, boxes, **options):
    return decoded(tfevents.summary.image_boxes("a", array, boxes, dataformats="HWC", **options))[0]


def test_a_box_is_two_red_pixels_wide():
    found = boxed(np.zeros((12, 12, 3), np.uint8), [[2, 3, 8, 9]])
    expected = np.zeros((12, 12), bool)
    expected[2:11, 2:9] = True
    expected[4:9, 4:7] = False
    np.testing.assert_array_equal((found == [255, 0, 0]).all(axis=2), expected)
    np.testing.assert_array_equal((found == 0).all(axis=2), ~expected)


@given(
    npst.arrays(
        np.float64,
        st.tuples(st.integers(0, 4), st.just(4)),
        elements=st.floats(-20, 40) | st.sampled_from([-1e300, 1e300, 5.0]),
    ),
    st.integers(1, 4),
    st.text(max_size=8),
)
def test_boxes_and_labels_anywhere(boxes, channels, label):
    array = np.full((16, 16, channels), 7, np.uint8)
    labels = [label] * len(boxes)
    found = boxed(array, boxes, labels=labels)
    assert found.shape == (16, 16, 3 if channels == 1 else channels)
    if not len(boxes):
        assert (found == 7).all()


def test_boxes_are_drawn_into_a_copy():
    array = np.zeros((8, 8, 3), np.uint8)
    boxed(array, [[1, 1, 5, 5]], labels=["x"])
    assert not array.any()


def test_a_label_is_black_on_red_at_the_bottom_left():
    plain = boxed(np.full((60, 90, 3), 255, np.uint8), [[10, 5, 70, 50]])
    labelled = boxed(np.full((60, 90, 3), 255, np.uint8), [[10, 5, 70, 50]], labels="cat é")
    ys, xs = np.nonzero((plain != labelled).any(axis=2))
    assert ys.min() >= 50 - 18
    assert ys.max() <= 50
    assert xs.min() >= 10
    text = (labelled[32:50, 10:70] < 128).all(axis=2)
    assert 20 < text.sum() < 300
    assert (labelled[..., 1] == labelled[..., 2]).all()
    other = boxed(np.full((60, 90, 3), 255, np.uint8), [[10, 5, 70, 50]], labels=["dog é"])
    assert (other != labelled).any()
    unknown = [boxed(np.zeros((30, 30, 3)), [[0, 0, 29, 29]], labels=[c]) for c in ("犬", "?")]
    np.testing.assert_array_equal(*unknown)


def test_add_image_with_boxes(tmp_path):
    array = np.zeros((3, 40, 60), np.float32)
    with SummaryWriter(tmp_path) as writer:
        writer.add_image_with_boxes("a", array, [[5, 5, 20, 20]], 7, labels=["x"], rescale=2)
    ((step, found),) = images(tmp_path)
    assert step == 7
    assert found.shape == (80, 120, 3)
    assert found.any()


# Imports.


def test_nothing_but_numpy_is_imported():
    scripts.check("""
        import sys, tempfile
        import numpy as np
        from tfevents import SummaryWriter

        with SummaryWriter(tempfile.mkdtemp()) as writer:
            writer.add_image("a", np.zeros((3, 4, 5)))
            writer.add_images("a", np.zeros((2, 3, 4, 5)))
            writer.add_image_with_boxes("a", np.zeros((3, 4, 5)), np.ones((1, 4)), labels="x")
            writer.add_video("a", np.zeros((1, 2, 3, 4, 5)))
            writer.add_audio("a", np.zeros(8))
            try:
                writer.add_figure("a", 3)
            except TypeError:
                pass
        foreign = {"PIL", "matplotlib", "moviepy", "torch", "tensorboard", "google"}
        assert not foreign & {name.split(".")[0] for name in sys.modules}
    """)
