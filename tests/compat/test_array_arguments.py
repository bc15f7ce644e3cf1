"""Every argument that takes numbers, with every array-like: right, or an error that names the
argument.

The expected values come from the plain NumPy array of an array-like and from its mask, never from
the package under test. A scalar is the float32 of its number. A histogram has the moments of the
unmasked numbers. A picture has their bytes.
"""

import io
import math
import types
import wave
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import pytest

import events
import tfevents
from peers import peer
from tfevents import SummaryWriter

torch = peer("torch")
jnp = peer("jax.numpy")
pandas = peer("pandas")
polars = peer("polars")
arrow = peer("pyarrow")
scipy_sparse = peer("scipy.sparse")
Image = peer("PIL.Image")

pytestmark = pytest.mark.filterwarnings(
    # The types of torch, JAX and NumPy are taken from the packages themselves.
    "ignore:.*(quantiz|sparse|Sparse|nested|named|beta state|prototype).*",
    "ignore:the matrix subclass is not:PendingDeprecationWarning",
    "ignore:.*truncated to dtype.*",
    "ignore:values. NaN|.*NaN and infinite values are left out",
)


class Device:
    """Behaves like CuPy's arrays, which leave the device only by `get`."""

    __cuda_array_interface__ = types.MappingProxyType({"typestr": "<f8", "version": 3})

    def __init__(self, array):
        self.array = array
        self.shape, self.dtype = array.shape, array.dtype

    def __array__(self, *_, **__):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def get(self):
        return self.array

    def item(self):
        return self.array.item()


class Lazy:
    """Behaves like MLX's arrays, which have no `__array__` and a dtype that NumPy does not know."""

    def __init__(self, array):
        self.array = array
        self.shape, self.dtype = array.shape, "mlx.core.float32"

    def __len__(self):
        return len(self.array)

    def __getitem__(self, index):
        return Lazy(self.array[index])

    def tolist(self):
        return self.array.tolist()

    def item(self):
        return self.array.item()


class Exported(Lazy):
    """The same with DLPack."""

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()

    def tolist(self):
        raise AssertionError("not asked for")


# Four numbers that each type can hold. They also are amplitudes, labels, probabilities and grey.
NUMBERS = np.array([0.0, 0.25, 0.5, 1.0])
MASK = np.array([True, False, False, False])


def reversed_view(array):
    return np.ascontiguousarray(array[::-1])[::-1]


def strided(array):
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def read_only(array):
    array = array.copy()
    array.setflags(write=False)
    return array


def quantized(array):
    return torch.quantize_per_tensor(torch.tensor(array).float(), 0.25, 0, torch.quint8)


def tensor_of(kind):
    return lambda array: torch.tensor(array).to(kind)


def of_any_shape(array):
    """Functions that make an array-like of these numbers, by name. These can have any shape."""
    masked = np.ma.array(array, mask=np.resize(MASK, array.shape))
    return {
        "numpy float64": lambda: array,
        "numpy float32": lambda: array.astype("f4"),
        "numpy float16": lambda: array.astype("f2"),
        "numpy longdouble": lambda: array.astype("g"),
        "numpy big-endian": lambda: array.astype(">f4"),
        "numpy objects": lambda: array.astype(object),
        "numpy objects of mixed kinds": lambda: np.array(
            [[int(v) if v == 1 else Decimal(v)][0] for v in array.ravel().tolist()], object
        ).reshape(array.shape),
        "numpy reversed": lambda: reversed_view(array),
        "numpy strided": lambda: strided(array),
        "numpy Fortran": lambda: np.asfortranarray(array),
        "numpy read-only": lambda: read_only(array),
        "numpy broadcast": lambda: np.broadcast_to(array, array.shape),
        "numpy masked": lambda: masked,
        "numpy masked, nothing masked": lambda: np.ma.array(array, mask=False),
        "numpy masked objects": lambda: masked.astype(object),
        "a list": lambda: array.tolist(),
        "a tuple": lambda: tuple(array.tolist()),
        "a list of NumPy arrays": lambda: list(array),
        "a list of tensors": lambda: [torch.tensor(item) for item in array],
        "a list of JAX arrays": lambda: [jnp.asarray(item) for item in array],
        "a list of masked arrays": lambda: [masked[number] for number in range(len(masked))],
        "bfloat16": lambda: array.astype(ml_dtypes.bfloat16),
        "float8_e4m3fn": lambda: array.astype(ml_dtypes.float8_e4m3fn),
        "float8_e5m2": lambda: array.astype(ml_dtypes.float8_e5m2),
        "torch float32": lambda: torch.tensor(array, dtype=torch.float32),
        "torch bfloat16": lambda: tensor_of(torch.bfloat16)(array),
        "torch float16": lambda: tensor_of(torch.float16)(array),
        "torch float8": lambda: tensor_of(torch.float8_e4m3fn)(array),
        "torch with a gradient": lambda: torch.tensor(array, requires_grad=True),
        "torch strided": lambda: torch.tensor(strided(array)),
        "torch negated": lambda: torch.tensor(-array)._neg_view(),
        "torch real part": lambda: torch.tensor(array + 0j).conj().real,
        "torch quantized": lambda: quantized(array),
        "torch sparse": lambda: torch.tensor(array).to_sparse(),
        "torch meta": lambda: torch.tensor(array).to("meta"),
        "torch complex": lambda: torch.tensor(array + 1j),
        "torch nested": lambda: torch.nested.nested_tensor([torch.ones(1), torch.ones(2)]),
        "jax float32": lambda: jnp.asarray(array),
        "jax bfloat16": lambda: jnp.asarray(array, jnp.bfloat16),
        "on a device": lambda: Device(array),
        "without __array__": lambda: Lazy(array),
        "of DLPack": lambda: Exported(array),
        "numpy structured": lambda: array.astype([("x", "f8")]),
        "numpy complex": lambda: array + 1j,
        "numpy strings": lambda: array.astype("U4"),
        "numpy times": lambda: (array * 4).astype("m8[s]"),
        "numpy dates": lambda: (array * 4).astype("M8[ns]"),
        "None": lambda: None,
        "a text": lambda: "0.25",
        "a mapping": lambda: {"a": 0.25},
        "a set": lambda: {0.25},
        "an object": lambda: object(),
        "ragged": lambda: [[0.25], [0.25, 0.5]],
    }


def of_one_dimension(array):
    mask = np.resize(MASK, array.shape)
    return {
        "pandas Series": lambda: pandas.Series(array),
        "pandas Float64": lambda: pandas.Series(array, dtype="Float64"),
        "pandas Float64, some missing": lambda: pandas.Series(array, dtype="Float64").mask(mask),
        "pandas of Arrow, some missing": lambda: pandas.Series(array, dtype="double[pyarrow]").mask(
            mask
        ),
        "pandas Index": lambda: pandas.Index(array),
        "pandas category": lambda: pandas.Series(array, dtype="category"),
        "pandas objects": lambda: pandas.Series(list(array), dtype=object),
        "polars Series": lambda: polars.Series(array),
        "polars Series, some missing": lambda: polars.Series(
            [None if m else v for v, m in zip(array, mask, strict=True)]
        ),
        "polars Decimal": lambda: polars.Series([Decimal(v) for v in array.tolist()]),
        "arrow Array": lambda: arrow.array(array),
        "arrow Array, some missing": lambda: arrow.array(array, mask=mask),
        "arrow ChunkedArray": lambda: arrow.chunked_array([array[:1], array[1:]]),
        "arrow of half floats": lambda: arrow.array(array.astype("f2")),
        "pandas strings": lambda: pandas.Series(["a", "b", "c", "d"]),
        "polars LazyFrame": lambda: polars.DataFrame({"a": array}).lazy(),
        "a memoryview": lambda: memoryview(array),
    }


def of_two_dimensions(array):
    columns = {str(number): column for number, column in enumerate(array.T)}
    return {
        "pandas DataFrame": lambda: pandas.DataFrame(columns),
        "polars DataFrame": lambda: polars.DataFrame(columns),
        "arrow Table": lambda: arrow.table(columns),
        "scipy sparse": lambda: scipy_sparse.csr_array(array),
        "numpy matrix": lambda: np.asmatrix(array),
        "torch CSR": lambda: torch.tensor(array).to_sparse_csr(),
    }


# Array-likes without numbers, or with numbers that no curve or picture takes.
REFUSED = {
    "torch meta",
    "torch complex",
    "torch nested",
    "numpy structured",
    "numpy complex",
    "numpy strings",
    "numpy times",
    "numpy dates",
    "None",
    "a text",
    "a mapping",
    "a set",
    "an object",
    "ragged",
    "pandas strings",
    "polars LazyFrame",
}


def likes(array):
    made = of_any_shape(array)
    if array.ndim == 1:
        made |= of_one_dimension(array)
    if array.ndim == 2:
        made |= of_two_dimensions(array)
    return made


def mask_of(name, shape):
    is_masked = "some missing" in name or name in (
        "numpy masked",
        "numpy masked objects",
        "a list of masked arrays",
    )
    return np.resize(MASK, shape) if is_masked else np.zeros(shape, bool)


class Cell(NamedTuple):
    """An argument of a method: the call, and the values to read back for these numbers."""

    argument: str
    numbers: np.ndarray
    call: Callable[[SummaryWriter, Any], None]
    check: Callable[[Any, np.ndarray, np.ndarray], None]
    """The numbers and the mask in the values that were read."""
    masks: bool = True
    """Whether a mask has a meaning for it. Otherwise it is an error."""
    is_in_files: bool = False
    """Whether it is written beside the event files. Then the check gets the directory."""


def only(series):
    (tag,) = series
    return series[tag]


def scalar_is(log, numbers, mask):
    (value,) = only(log.scalars).value.tolist()
    assert math.isnan(value) if mask.any() else value == np.float32(numbers.item())


def curve_is(log, numbers, mask):
    curve = only(log.scalars)
    assert curve.value.tolist() == numbers[~mask].tolist()
    assert curve.step.tolist() == np.arange(len(numbers))[~mask].tolist()


def histogram_is(log, numbers, mask):
    there = numbers[~mask]
    histogram = only(log.histograms)[0]
    assert (histogram.num, histogram.min, histogram.max) == (there.size, there.min(), there.max())
    assert histogram.sum == pytest.approx(there.sum())
    assert histogram.sum_squares == pytest.approx((there**2).sum())
    assert histogram.bucket.sum() == there.size


def picture_is(log, numbers, mask):
    found = only(log.images)[0].decode()
    grey = np.where(mask, 0, np.trunc(numbers * 255)).astype(np.uint8)
    assert np.array_equal(found, np.repeat(grey.reshape(*grey.shape[-2:], 1), 3, -1))


def sound_is(log, numbers, mask):
    sound = only(log.audio)[0]
    with wave.open(io.BytesIO(sound.data)) as file:
        found = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert found.tolist() == np.where(mask, 0, np.trunc(numbers * 32767)).astype(int).tolist()


def tensor_is(log, numbers, mask):
    found = only(log.tensors)[0].value
    assert np.array_equal(
        np.asarray(found, np.float64), np.where(mask, np.nan, numbers), equal_nan=True
    )


def steps_are(log, numbers, mask):
    assert only(log.scalars).step.tolist() == numbers.astype(int).tolist()


def times_are(log, numbers, mask):
    assert only(log.scalars).wall_time.tolist() == numbers.tolist()


def curve_of(labels, predictions, weights):
    """Precision and recall at the thresholds 0, 1/2 and 1, by their definitions."""
    rows = []
    for threshold in (0.0, 0.5, 1.0):
        positive = predictions >= threshold
        true = float((weights * labels * positive).sum())
        false = float((weights * (1 - labels) * positive).sum())
        rows.append((true, false))
    return rows


def pr_curve_is(of):
    def check(log, numbers, mask):
        numbers = numbers[~mask]
        others = {name: column[~mask] for name, column in PR.items()} | {of: numbers}
        curve = only(log.pr_curves)[0]
        expected = curve_of(others["labels"], others["predictions"], others["weights"])
        assert curve.true_positives.tolist() == [true for true, _ in expected]
        assert curve.false_positives.tolist() == [false for _, false in expected]

    return check


PR = {
    "labels": np.array([0.0, 1.0, 0.0, 1.0]),
    "predictions": NUMBERS,
    "weights": np.array([1.0, 2.0, 1.0, 0.5]),
}


def pr_curve(of):
    def call(writer, value):
        arguments = PR | {of: value}
        writer.add_pr_curve(
            "t", arguments["labels"], arguments["predictions"], 0, 3, arguments["weights"]
        )

    return call


def mesh_is(kind):
    def check(log, numbers, mask):
        mesh = only(log.meshes)[0]
        assert np.array_equal(getattr(mesh, kind), numbers)

    return check


POINTS = np.resize(NUMBERS, (1, 4, 3))


def mesh(of):
    def call(writer, value):
        writer.add_mesh("t", **({"vertices": POINTS} | {of: value}))

    return call


def raw_curve(of):
    rows = ["true_positive_counts", "false_positive_counts", "true_negative_counts"]
    rows += ["false_negative_counts", "precision", "recall"]

    def call(writer, value):
        writer.add_pr_curve_raw("t", **(dict.fromkeys(rows, NUMBERS) | {of: value}), global_step=0)

    return call


def boxes(writer, value):
    writer.add_image_with_boxes("t", np.zeros((3, 16, 16)), value)


def boxes_are(log, numbers, mask):
    """Of each box, the corners are red and the inside is not."""
    pixels = only(log.images)[0].decode()
    for left, top, right, bottom in numbers.astype(int).tolist():
        for x, y in ((left, top), (right, top), (left, bottom), (right, bottom)):
            assert pixels[y, x].tolist() == [255, 0, 0]
        assert pixels[(top + bottom) // 2, (left + right) // 2].tolist() == [0, 0, 0]


def vectors_are(directory, numbers, mask):
    found = np.loadtxt(directory / "00000" / "default" / "tensors.tsv", ndmin=2)
    assert np.array_equal(found, numbers)


def sprite_is(directory, numbers, mask):
    with Image.open(directory / "00000" / "default" / "sprite.png") as sprite:
        found = np.asarray(sprite.convert("RGB"))
    grey = np.where(mask, 0, np.trunc(numbers * 255)).astype(np.uint8)
    assert np.array_equal(found, np.repeat(grey.reshape(2, 2, 1), 3, -1))


def bins_are(log, numbers, mask):
    counts, _ = np.histogram(NUMBERS, numbers)
    histogram = only(log.histograms)[0]
    found = dict(zip(histogram.bucket_limit.tolist(), histogram.bucket.tolist(), strict=True))
    assert [found[limit] for limit in numbers[1:].tolist()] == counts.tolist()


def raw_histogram(of):
    def call(writer, value):
        buckets = {"bucket_limits": NUMBERS, "bucket_counts": NUMBERS} | {of: value}
        writer.add_histogram_raw("t", 0.0, 1.0, 4, 2.0, 1.5, **buckets, global_step=0)

    return call


def buckets_are(of):
    def check(log, numbers, mask):
        assert getattr(only(log.histograms)[0], of).tolist() == numbers.tolist()

    return check


def raw_moment_is(of):
    def check(log, numbers, mask):
        found = getattr(only(log.histograms)[0], of)
        assert math.isnan(found) if mask.any() else found == numbers.item()

    return check


def raw_moment(of):
    def call(writer, value):
        moments = {"min": 0.0, "max": 1.0, "num": 4, "sum": 2.0, "sum_squares": 1.5} | {of: value}
        writer.add_histogram_raw(
            "t", **moments, bucket_limits=NUMBERS, bucket_counts=NUMBERS, global_step=0
        )

    return call


def rate_is(log, numbers, mask):
    assert only(log.audio)[0].sample_rate == numbers.item()


def width_is(log, numbers, mask):
    assert only(log.images)[0].width == 8 * numbers.item()


def pause_is(log, numbers, mask):
    """The time between the two frames of a GIF."""
    with Image.open(io.BytesIO(only(log.images)[0].data)) as gif:
        assert gif.info["duration"] == 1000 / numbers.item()


def step_of(view):
    def check(log, numbers, mask):
        assert only(view(log)).step.tolist() == numbers.astype(int).tolist()

    return check


CELLS = {
    "add_histogram_raw min": Cell("min", np.array([1.0]), raw_moment("min"), raw_moment_is("min")),
    "add_histogram_raw num": Cell("num", np.array([1.0]), raw_moment("num"), raw_moment_is("num")),
    "add_audio sample_rate": Cell(
        "sample_rate",
        np.array([1.0]),
        lambda w, v: w.add_audio("t", NUMBERS, 0, sample_rate=v),
        rate_is,
        False,
    ),
    "add_video fps": Cell(
        "fps",
        np.array([1.0]),
        lambda w, v: w.add_video("t", np.resize(NUMBERS, (1, 2, 3, 4, 3)), 0, fps=v),
        pause_is,
        False,
    ),
    "add_image_with_boxes rescale": Cell(
        "rescale",
        np.array([1.0]),
        lambda w, v: w.add_image_with_boxes("t", np.zeros((3, 8, 8)), [[0, 0, 4, 4]], rescale=v),
        width_is,
        False,
    ),
    "add_text step": Cell(
        "global_step",
        np.array([1.0]),
        lambda w, v: w.add_text("t", "x", v),
        step_of(lambda log: log.texts),
        False,
    ),
    "add_image step": Cell(
        "global_step",
        np.array([1.0]),
        lambda w, v: w.add_image("t", np.zeros((3, 8, 8)), v),
        step_of(lambda log: log.images),
        False,
    ),
    "add_image walltime": Cell(
        "walltime",
        np.array([1.0]),
        lambda w, v: w.add_image("t", np.zeros((3, 8, 8)), 0, v),
        lambda log, numbers, mask: np.testing.assert_array_equal(
            only(log.images).wall_time, numbers
        ),
        False,
    ),
    "add_scalar": Cell(
        "scalar_value", np.array([1.0]), lambda w, v: w.add_scalar("t", v, 0), scalar_is
    ),
    "add_scalar step": Cell(
        "global_step", np.array([1.0]), lambda w, v: w.add_scalar("t", 1.0, v), steps_are, False
    ),
    "add_scalar walltime": Cell(
        "walltime", np.array([1.0]), lambda w, v: w.add_scalar("t", 1.0, 0, v), times_are, False
    ),
    "log": Cell("values", np.array([1.0]), lambda w, v: w.log({"t": v}, 0), scalar_is),
    "log step": Cell("step", np.array([1.0]), lambda w, v: w.log({"t": 1.0}, v), steps_are, False),
    "add_scalars": Cell(
        "tag_scalar_dict",
        np.array([1.0]),
        lambda w, v: w.add_scalars("t", {"a": v}, 0, same_run=True),
        scalar_is,
    ),
    "add_scalar_series values": Cell(
        "values", NUMBERS, lambda w, v: w.add_scalar_series("t", v), curve_is
    ),
    "add_scalar_series steps": Cell(
        "steps",
        np.array([0.0, 1.0, 2.0, 4.0]),
        lambda w, v: w.add_scalar_series("t", NUMBERS, v),
        steps_are,
        False,
    ),
    "add_scalar_series wall_times": Cell(
        "wall_times",
        NUMBERS,
        lambda w, v: w.add_scalar_series("t", NUMBERS, None, v),
        times_are,
        False,
    ),
    "add_histogram": Cell("values", NUMBERS, lambda w, v: w.add_histogram("t", v, 0), histogram_is),
    "add_histogram of two dimensions": Cell(
        "values",
        NUMBERS.reshape(2, 2),
        lambda w, v: w.add_histogram("t", v, 0, bins="auto"),
        histogram_is,
    ),
    "add_pr_curve labels": Cell(
        "labels", np.array([0.0, 0.25, 1.0, 1.0]), pr_curve("labels"), pr_curve_is("labels")
    ),
    "add_pr_curve predictions": Cell(
        "predictions", NUMBERS, pr_curve("predictions"), pr_curve_is("predictions")
    ),
    "add_pr_curve weights": Cell("weights", NUMBERS, pr_curve("weights"), pr_curve_is("weights")),
    "add_pr_curve_raw": Cell(
        "recall",
        NUMBERS,
        raw_curve("recall"),
        lambda log, numbers, mask: np.testing.assert_array_equal(
            only(log.pr_curves)[0].recall, numbers
        ),
        False,
    ),
    "add_image": Cell(
        "img_tensor",
        NUMBERS.reshape(2, 2),
        lambda w, v: w.add_image("t", v, 0, dataformats="HW"),
        picture_is,
    ),
    "add_image of three dimensions": Cell(
        "img_tensor", NUMBERS.reshape(1, 2, 2), lambda w, v: w.add_image("t", v, 0), picture_is
    ),
    "add_images": Cell(
        "img_tensor", NUMBERS.reshape(1, 1, 2, 2), lambda w, v: w.add_images("t", v, 0), picture_is
    ),
    "add_image_with_boxes": Cell(
        "box_tensor", np.array([[1.0, 2.0, 12.0, 13.0]]), boxes, boxes_are, False
    ),
    "add_video": Cell(
        "vid_tensor",
        NUMBERS.reshape(1, 1, 1, 2, 2),
        lambda w, v: w.add_video("t", v, 0),
        picture_is,
    ),
    "add_histogram bins": Cell(
        "bins", NUMBERS, lambda w, v: w.add_histogram("t", NUMBERS, 0, v), bins_are, False
    ),
    "add_histogram_raw bucket_limits": Cell(
        "bucket_limits", NUMBERS, raw_histogram("bucket_limits"), buckets_are("bucket_limit"), False
    ),
    "add_histogram_raw bucket_counts": Cell(
        "bucket_counts", NUMBERS, raw_histogram("bucket_counts"), buckets_are("bucket"), False
    ),
    "add_hparams": Cell(
        "metric_dict",
        np.array([1.0]),
        lambda w, v: w.add_hparams({"lr": 1.0}, {"t": v}, same_run=True),
        scalar_is,
    ),
    "add_embedding mat": Cell(
        "mat",
        NUMBERS.reshape(2, 2),
        lambda w, v: w.add_embedding(v),
        vectors_are,
        False,
        is_in_files=True,
    ),
    "add_embedding label_img": Cell(
        "label_img",
        NUMBERS.reshape(1, 1, 2, 2),
        lambda w, v: w.add_embedding(np.ones((1, 2)), label_img=v),
        sprite_is,
        is_in_files=True,
    ),
    "add_audio": Cell("snd_tensor", NUMBERS, lambda w, v: w.add_audio("t", v, 0), sound_is),
    "add_tensor": Cell("tensor", NUMBERS, lambda w, v: w.add_tensor("t", v, 0), tensor_is),
    "add_mesh vertices": Cell("vertices", POINTS, mesh("vertices"), mesh_is("vertices"), False),
    "add_mesh colors": Cell("colors", POINTS, mesh("colors"), mesh_is("colors"), False),
    "add_mesh faces": Cell(
        "faces", np.array([[[0.0, 1.0, 2.0]]]), mesh("faces"), mesh_is("faces"), False
    ),
}


def is_something_else(method, name):
    """Whether the argument does not take it as a number, but without an error: it leaves it out, or
    takes it as a time or a tensor.
    """
    if name == "None":
        return method.endswith(
            ("step", "walltime", "steps", "wall_times", "weights", "colors", "faces", "label_img")
        )
    if name == "a mapping" and method == "log":
        return True
    if name == "numpy dates":
        return method.endswith(("walltime", "wall_times"))
    of_tensors = ("numpy complex", "torch complex", "numpy strings", "a text", "pandas strings")
    return method == "add_tensor" and name in of_tensors


def table():
    for method, cell in CELLS.items():
        for name in likes(cell.numbers):
            if not is_something_else(method, name):
                yield pytest.param(method, name, id=f"{method}: {name}")


@pytest.mark.parametrize("missing", [np.ma.masked, pandas.NA, arrow.scalar(None, arrow.int64())])
def test_what_is_no_value_is_no_time_and_no_step(tmp_path, missing):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", missing, 0)
        for argument in "global_step", "walltime":
            with pytest.raises(ValueError, match=f"{argument}: .* masked"):
                writer.add_scalar("a", 1.0, **{argument: missing})
    assert math.isnan(tfevents.read(tmp_path)["."].scalars["a"].value.item())


@pytest.mark.parametrize(("method", "name"), [*table()])
def test_every_argument_of_every_array(tmp_path, method, name):
    cell = CELLS[method]
    value = likes(cell.numbers)[name]()
    mask = mask_of(name, cell.numbers.shape)
    is_refused = name in REFUSED or (mask.any() and not cell.masks)
    # A list with one number is not a number, as in torch.
    is_refused |= cell.numbers.shape == (1,) and name.startswith(("a list", "a tuple"))
    # The event files have no type for it.
    is_refused |= (method, name) == ("add_tensor", "numpy longdouble")
    with SummaryWriter(tmp_path) as writer:
        if is_refused:
            with pytest.raises((TypeError, ValueError), match=cell.argument):
                cell.call(writer, value)
        else:
            cell.call(writer, value)
    log = tfevents.read(tmp_path)["."]
    if is_refused:
        assert len(events.parse_file(events.only_file(tmp_path))) == 1
    else:
        cell.check(tmp_path if cell.is_in_files else log, cell.numbers, mask)
