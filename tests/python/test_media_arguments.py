"""Invalid pictures, videos and sounds: the error names the argument, and nothing is lost."""

import itertools
import math

import numpy as np
import pytest

import events
from tfevents import SummaryWriter, summary

WRONG = (TypeError, ValueError)
PICTURE, BOX = np.zeros((3, 4, 5)), np.ones((1, 4))
VIDEO, SOUND = np.zeros((1, 2, 3, 4, 5)), np.zeros(8)
# An array of the greatest size, which takes no memory.
HUGE = np.broadcast_to(np.zeros((1, 1, 1), np.float16), (3, 2**16, 2**16))
LONG = np.broadcast_to(np.zeros(1, np.float16), 2**31)


@pytest.fixture
def refuses(tmp_path):
    """Checks that `call(writer)` raises, names `argument`, and leaves the events around it as they
    are.
    """

    numbers = itertools.count()

    def check(argument, call, errors=WRONG):
        directory = tmp_path / str(next(numbers))
        with SummaryWriter(directory) as writer:
            writer.add_scalar("before", 1.0, 1)
            with pytest.raises(errors) as raised:
                call(writer)
            writer.add_scalar("after", 2.0, 2)
        message = str(raised.value)
        assert message.startswith(argument), message
        assert [(p.tag, p.step, p.value) for p in events.points(directory)] == [
            ("before", 1, 1.0),
            ("after", 2, 2.0),
        ]

    return check


class NoArray:
    """Fails in its own way when it is converted to an array."""

    def __array__(self, *_):
        raise AttributeError("nothing here")


NO_NUMBERS = [
    pytest.param("path.png", id="str"),
    pytest.param(None, id="none"),
    pytest.param(np.zeros((3, 4, 5), complex), id="complex"),
    pytest.param(np.array([[["a"]]]), id="strings"),
    pytest.param([[1.0], [1.0, 2.0]], id="ragged"),
    pytest.param(np.array([[[None]]]), id="objects"),
    pytest.param(np.zeros((3, 4, 5), "M8[s]"), id="dates"),
    pytest.param(NoArray(), id="no-array"),
]


@pytest.mark.parametrize("tensor", NO_NUMBERS)
def test_no_array_of_numbers(refuses, tensor):
    refuses("img_tensor", lambda w: w.add_image("a", tensor))
    refuses("img_tensor", lambda w: w.add_images("a", tensor))
    refuses("img_tensor", lambda w: w.add_image_with_boxes("a", tensor, BOX))
    refuses("box_tensor", lambda w: w.add_image_with_boxes("a", PICTURE, tensor))
    refuses("vid_tensor", lambda w: w.add_video("a", tensor))
    refuses("snd_tensor", lambda w: w.add_audio("a", tensor))


@pytest.mark.parametrize(
    ("shape", "dataformats"),
    [
        ((), "HW"),
        ((5,), "HW"),
        ((4, 5), "CHW"),
        ((1, 3, 4, 5), "CHW"),
        ((3, 4, 5), "NCHW"),
        ((2, 1, 3, 4, 5), "NCHW"),
        ((0, 5), "HW"),
        ((3, 4, 0), "CHW"),
        ((0, 4, 5), "CHW"),
        ((0, 3, 4, 5), "NCHW"),
        ((5, 4, 5), "CHW"),
        ((4, 5, 256), "HWC"),
        ((2, 5, 4, 5), "NCHW"),
    ],
)
def test_shapes_of_no_picture(refuses, shape, dataformats):
    tensor = np.zeros(shape)
    options = {"dataformats": dataformats}
    refuses("img_tensor", lambda w: w.add_image("a", tensor, **options), ValueError)
    refuses("img_tensor", lambda w: w.add_images("a", tensor, **options), ValueError)
    boxed = lambda w: w.add_image_with_boxes("a", tensor, BOX, **options)  # noqa: E731
    refuses("img_tensor", boxed, ValueError)


@pytest.mark.parametrize(
    "dataformats",
    [
        *[None, 3, b"CHW", "", "C", "H", "CH", "CHWW", "HWHW", "CcHW", "XHW", "CHWX", "NHW"],
        *["NTCHW", "ＨＷ", "CHW ", "ıHW"],
    ],
)
def test_dataformats_of_no_picture(refuses, dataformats):
    refuses("dataformats", lambda w: w.add_image("a", PICTURE, dataformats=dataformats))
    refuses("dataformats", lambda w: w.add_images("a", PICTURE, dataformats=dataformats))
    refuses(
        "dataformats", lambda w: w.add_image_with_boxes("a", PICTURE, BOX, dataformats=dataformats)
    )


@pytest.mark.parametrize("dataformats", [None, "", "CHW", "NCHW", "NTCHWW", "NNCHW", "NTCHX"])
def test_dataformats_of_no_video(refuses, dataformats):
    refuses("dataformats", lambda w: w.add_video("a", VIDEO, dataformats=dataformats))


@pytest.mark.parametrize("shape", [(), (4,), (1, 3), (1, 5), (2, 1, 4), (0,)])
def test_shapes_of_no_boxes(refuses, shape):
    refuses("box_tensor", lambda w: w.add_image_with_boxes("a", PICTURE, np.zeros(shape)))


@pytest.mark.parametrize("corner", [math.nan, math.inf, -math.inf])
def test_boxes_without_a_place(refuses, corner):
    boxes = [[0, 0, 1, corner]]
    refuses("box_tensor", lambda w: w.add_image_with_boxes("a", PICTURE, boxes), ValueError)


@pytest.mark.parametrize("labels", [[], ["a", "b"], [3], [None], [b"a"], "", 3, ["\ud800"], {"a"}])
def test_labels(refuses, labels):
    boxes = [*BOX, *BOX] if labels == "" else BOX
    refuses("labels", lambda w: w.add_image_with_boxes("a", PICTURE, boxes, labels=labels))


@pytest.mark.parametrize(
    "rescale",
    [0, -1, 0.1, math.nan, math.inf, "2", None, 1j, 1e9, False, [2, 2], np.ones(2), np.ones(0)],
    ids=repr,
)
def test_rescale(refuses, rescale):
    refuses("rescale", lambda w: w.add_image_with_boxes("a", PICTURE, BOX, rescale=rescale))
    with pytest.raises(WRONG, match="rescale"):
        summary.image("a", PICTURE, rescale, "CHW")


@pytest.mark.parametrize(
    "shape",
    [
        (2, 3, 4, 5),
        (1, 1, 2, 3, 4, 5),
        (0, 2, 3, 4, 5),
        (1, 0, 3, 4, 5),
        (1, 2, 3, 0, 5),
        (1, 2, 2, 4, 5),
        (1, 2, 5, 4, 5),
        (1, 1, 3, 65536, 1),
        (1, 1, 3, 1, 65536),
        (2, 1, 1, 1, 40000),
    ],
)
def test_shapes_of_no_video(refuses, shape):
    refuses("vid_tensor", lambda w: w.add_video("a", np.zeros(shape, np.uint8)), ValueError)


@pytest.mark.parametrize("fps", [0, -1, 0.001, math.nan, math.inf, "4", None, 1j, [4, 5]], ids=repr)
def test_fps(refuses, fps):
    refuses("fps", lambda w: w.add_video("a", VIDEO, fps=fps))


@pytest.mark.parametrize("shape", [(), (0,), (1, 0), (3, 8), (8, 3), (2, 2, 8), (2, 2, 2)])
def test_shapes_of_no_sound(refuses, shape):
    refuses("snd_tensor", lambda w: w.add_audio("a", np.zeros(shape)), ValueError)


@pytest.mark.parametrize("rate", [0, -1, 0.5, 2**32, 2**31, math.nan, "44100", None, [1, 2]])
def test_sample_rates(refuses, rate):
    refuses("sample_rate", lambda w: w.add_audio("a", SOUND, sample_rate=rate))


def test_too_large(refuses):
    refuses("img_tensor", lambda w: w.add_image("a", HUGE), ValueError)
    refuses("img_tensor", lambda w: w.add_image_with_boxes("a", HUGE, BOX), ValueError)
    batch = np.broadcast_to(HUGE, (2, *HUGE.shape))
    refuses("img_tensor", lambda w: w.add_images("a", batch), ValueError)
    frames = np.broadcast_to(HUGE[:, :1000, :1000], (1, 1000, 3, 1000, 1000))
    refuses("vid_tensor", lambda w: w.add_video("a", frames), ValueError)
    refuses("snd_tensor", lambda w: w.add_audio("a", LONG), ValueError)


@pytest.mark.parametrize("figure", [None, 3, "figure", [], [3], object(), PICTURE])
def test_what_is_no_figure(refuses, figure):
    refuses("figure", lambda w: w.add_figure("a", figure))


def methods(tag="a", step=None, walltime=None):
    """A call of each method."""
    return [
        lambda w: w.add_image(tag, PICTURE, step, walltime),
        lambda w: w.add_images(tag, PICTURE[None], step, walltime),
        lambda w: w.add_image_with_boxes(tag, PICTURE, BOX, step, walltime),
        lambda w: w.add_video(tag, VIDEO, step, walltime=walltime),
        lambda w: w.add_audio(tag, SOUND, step, walltime=walltime),
    ]


@pytest.mark.parametrize("tag", [None, 3, b"a", "\ud800"], ids=repr)
def test_tags(refuses, tag):
    for call in methods(tag=tag):
        refuses("tag", call)


@pytest.mark.parametrize("step", ["1", 1.5, 2**63])
def test_steps(refuses, step):
    for call in methods(step=step):
        refuses("global_step", call)


@pytest.mark.parametrize("walltime", ["now", [1.0, 2.0]])
def test_wall_times(refuses, walltime):
    for call in methods(walltime=walltime):
        refuses("walltime", call)


def test_builders_name_their_own_arguments():
    for argument, call in [
        ("tensor", lambda: summary.image("a", "x")),
        ("tensor_image", lambda: summary.image_boxes("a", "x", BOX)),
        ("tensor_boxes", lambda: summary.image_boxes("a", PICTURE, "x")),
        ("tensor", lambda: summary.video("a", "x")),
        ("tensor", lambda: summary.audio("a", "x")),
    ]:
        with pytest.raises(TypeError, match=rf"^{argument}:"):
            call()


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("dataformats", lambda w, long: w.add_image("i", PICTURE, dataformats=long)),
        ("labels", lambda w, long: w.add_image_with_boxes("i", PICTURE, BOX, labels=[long])),
        ("figure", lambda w, long: w.add_figure("f", [str(long)])),
        ("max_bins", lambda w, long: w.add_histogram("h", [1.0], max_bins=long)),
        ("num_thresholds", lambda w, long: w.add_pr_curve("p", [1], [0.5], num_thresholds=long)),
    ],
)
def test_what_came_is_shown_in_short(refuses, argument, call):
    refuses(argument, lambda writer: call(writer, list(range(1000))))
    with SummaryWriter(write_to_disk=False) as writer, pytest.raises(WRONG) as raised:
        call(writer, list(range(1000)))
    assert "0, 1, 2" in str(raised.value)
    assert len(str(raised.value)) < 200
