"""Converts values in older styles to tensors, as TensorBoard does.

TensorBoard converts them before anything else sees them (`tensorboard/data_compat.py`,
`tensorboard/dataclass_compat.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tfevents.compat.messages import message

SCALARS, HISTOGRAMS, IMAGES, AUDIO = "scalars", "histograms", "images", "audio"
_SCALAR, _TENSOR, _BLOBS = 1, 2, 3
_FLOAT, _STRING = 1, 7

# The plugin of a value in an older style, by the member of the message's `oneof`, and its plugin
# data. These say that the value was not a tensor, and that sounds are WAV files.
OLD_STYLES = {
    "simple_value": (SCALARS, b""),
    "histo": (HISTOGRAMS, b""),
    "image": (IMAGES, b"\x10\x01"),
    "audio": (AUDIO, b"\x10\x0b\x18\x01"),
}
_GRAPHS = ("graph_run_metadata", "graph_run_metadata_graph", "graph_keras_model")
_CLASSES = {
    SCALARS: _SCALAR,
    IMAGES: _BLOBS,
    AUDIO: _BLOBS,
    **dict.fromkeys(
        (HISTOGRAMS, "text", "hparams", "pr_curves", "mesh", "custom_scalars"), _TENSOR
    ),
    **dict.fromkeys(_GRAPHS, _BLOBS),
}


class Claim(NamedTuple):
    """What the first value of a tag in a file says about all values of the tag."""

    plugin: str
    data_class: int

    @property
    def makes_tensors(self) -> bool:
        """Whether values without content are tensors."""
        return not self.data_class and self.plugin in ("hparams", *_GRAPHS)


def claim(what: str | None, raw: bytes) -> Claim:
    """The claim of a value with this content and message."""
    if what in OLD_STYLES:
        return Claim(OLD_STYLES[what][0], 0)
    metadata = _value(raw).metadata
    return Claim(metadata.plugin_data.plugin_name, metadata.data_class)


def migrated(raw: bytes, first: Claim) -> Any:
    """The `Summary.Value` as one with a tensor, whatever its style."""
    value = _value(raw)
    what = value.WhichOneof("value")
    if what in OLD_STYLES:
        plugin, content = OLD_STYLES[what]
        old = message("Summary").Value()
        old.CopyFrom(value)
        value = message("Summary").Value(tag=old.tag)
        value.metadata.display_name = old.metadata.display_name or old.tag
        value.metadata.summary_description = old.metadata.summary_description
        value.metadata.plugin_data.plugin_name = plugin
        if content:
            value.metadata.plugin_data.content = content
        _fill(value.tensor, what, getattr(old, what))
    if first.data_class or first.plugin not in _CLASSES:
        return value
    if value.HasField("metadata"):
        value.metadata.data_class = _CLASSES[first.plugin]
    if first.plugin == AUDIO:
        _keep_sounds(value.tensor)
    elif first.plugin == "hparams" and not value.HasField("tensor"):
        _numbers(value.tensor, np.empty(0, np.float32))
    elif first.plugin in _GRAPHS and not value.tensor.tensor_shape.dim:
        value.tensor.tensor_shape.dim.add(size=1)
    return value


def of_bytes(tag: str, plugin: str, content: bytes) -> bytes:
    """A serialized summary of a blob, in the form in which plugins get graphs and run metadata."""
    summary = message("Summary")()
    value = summary.value.add(tag=tag)
    value.metadata.plugin_data.plugin_name = plugin
    value.metadata.data_class = _BLOBS
    _strings(value.tensor, [content], [1])
    serialized: bytes = summary.SerializeToString()
    return serialized


def of_number(tag: str, number: float) -> bytes:
    """A serialized summary of a scalar in the older style."""
    summary = message("Summary")()
    summary.value.add(tag=tag, simple_value=number)
    serialized: bytes = summary.SerializeToString()
    return serialized


def _value(raw: bytes) -> Any:
    return message("Summary").FromString(raw).value[0]


def _fill(tensor: Any, what: str, old: Any) -> None:
    if what == "simple_value":
        _numbers(tensor, np.float32(old))
    elif what == "histo":
        _numbers(tensor, _buckets(old))
    elif what == "image":
        size = [str(old.width).encode(), str(old.height).encode()]
        _strings(tensor, [*size, old.encoded_image_string], [3])
    else:
        # Each sound has an empty label beside it.
        _strings(tensor, [old.encoded_audio_string, b""], [1, 2])


def _buckets(old: Any) -> Any:
    """Left edges, right edges and counts, without the empty buckets at both ends."""
    counts = np.array(old.bucket)
    (filled,) = np.nonzero(counts > 0)
    if not len(filled):
        return np.zeros((0, 3), np.float32)
    first, last = int(filled[0]), int(filled[-1])
    inner = list(old.bucket_limit[first:last])
    with np.errstate(over="ignore"):
        return np.array(
            [[old.min, *inner], [*inner, old.max], counts[first : last + 1]], np.float32
        ).T


def _numbers(tensor: Any, array: Any) -> None:
    """Adds numbers as float32, as TensorBoard's `make_tensor_proto` does."""
    tensor.dtype = _FLOAT
    _shape(tensor, np.shape(array))
    if array.size > 1:
        tensor.tensor_content = array.tobytes()
    else:
        tensor.float_val.extend(array.ravel().tolist())


def _strings(tensor: Any, strings: Sequence[bytes], shape: Sequence[int]) -> None:
    tensor.dtype = _STRING
    _shape(tensor, shape)
    tensor.string_val.extend(strings)


def _shape(tensor: Any, shape: Sequence[int]) -> None:
    tensor.tensor_shape.SetInParent()
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)


def _keep_sounds(tensor: Any) -> None:
    """Removes the labels beside sounds."""
    stride = 1
    while len(tensor.tensor_shape.dim) > 1:
        stride *= tensor.tensor_shape.dim.pop().size
    if stride != 1:
        tensor.string_val[:] = tensor.string_val[::stride]
