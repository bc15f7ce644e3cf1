"""The method that logs vectors for TensorBoard's projector."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfevents._arguments import is_iterable, warn
from tfevents._arrays import as_array
from tfevents._native import as_step
from tfevents._pictures import are_pictures, colours, is_picture, stacked
from tfevents.summary._pixels import check_size
from tfevents.writer.base import BaseWriter, check_name

# The limits of TensorBoard's projector.
_MOST_VECTORS = 100_000
_LARGEST_SPRITE = 8192


class EmbeddingMethods(BaseWriter):
    """Files of their own below the log directory, which the writer's thread writes."""

    def add_embedding(
        self,
        mat: ArrayLike,
        metadata: Sequence[Any] | None = None,
        label_img: ArrayLike | None = None,
        global_step: SupportsIndex | None = None,
        tag: str = "default",
        metadata_header: Sequence[Any] | None = None,
    ) -> None:
        """Logs vectors, with labels and pictures for them where there are any.

        The files are `<step>/<tag>/tensors.tsv`, `metadata.tsv` and `sprite.png`, and an entry in
        `projector_config.pbtxt`, whose other entries stay. They are there after `flush` or
        `close`. The same step and tag once more write the files anew, with a warning, and add an
        entry unless it is the same one; the projector shows the labels and pictures of the first.

        Args:
            mat: the vectors, of shape [n, columns], floats, integers or bools.
            metadata: n labels, each as `str` shows it; with a `metadata_header`, n rows of
                values. A tab or a newline in a label is written as `\\t` or `\\n`, and a label
                without any character that shows as `(empty)`: the projector skips empty lines.
            label_img: n pictures, of shape [n, 1 or 3, height, width]; floats are intensities
                from 0 to 1, integers from 0 to 255. Or n pictures of Pillow, of one size.
            global_step: the step, by default 0.
            tag: the name of the embedding.
            metadata_header: the names of the columns of `metadata`.

        What the projector will not show is told by a `RuntimeWarning`: vectors beyond the first
        100,000, and a sprite of more than 8192 pixels along a side.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is written then.
            OSError: the directory can't be made (with `on_error="warn"` that is a warning later);
                in a later call, that writing failed.

        Example:
            >>> writer.add_embedding(rng.normal(size=(3, 8)), metadata=["cat", "dog", "cow"])
        """
        vectors = _vectors(mat)
        count = len(vectors)
        text = None if metadata is None else _metadata(metadata, metadata_header, count)
        pictures = None if label_img is None else _pictures(label_img, count)
        step = str(as_step(global_step, "global_step") or 0).zfill(5)
        directory = f"{step}/{_directory(tag)}"
        if self.write_to_disk:
            path = os.path.join(self._directory(), directory)
            if os.path.isdir(path):
                warnings.warn(
                    f"add_embedding: what was logged for the tag {tag!r} and this step before is "
                    "replaced; another global_step would keep it",
                    stacklevel=2,
                )
            try:
                os.makedirs(path, exist_ok=True)
            except OSError:
                # The thread tries again, and reports it as `on_error` says.
                if self.on_error == "raise":
                    raise
        self._add_embedding(directory, f"{tag}:{step}", vectors, text, pictures)


def _vectors(mat: ArrayLike) -> NDArray[Any]:
    array = as_array(mat, "mat")
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"mat: expected the shape [n, columns], got {list(array.shape)}")
    if len(array) > _MOST_VECTORS:
        warn(f"mat: the projector shows the first {_MOST_VECTORS} of {len(array)} vectors")
    return np.require(array, _plain(array.dtype), ["C", "A"])


def _plain(dtype: np.dtype[Any]) -> type[np.generic]:
    """The widest type of the kind, but for float32."""
    if dtype.kind in "bi":
        return np.int64
    if dtype.kind == "u":
        return np.uint64
    # All narrower types fit into float32, such as bfloat16.
    return np.float64 if dtype.kind == "f" and dtype.itemsize >= 8 else np.float32


def _pictures(label_img: ArrayLike, count: int) -> NDArray[Any]:
    array = _of_pillow(label_img)
    if array is None:
        array = as_array(label_img, "label_img", masked="zero")
    shape = list(array.shape)
    if array.ndim != 4 or shape[1] not in (1, 3) or 0 in shape[2:]:
        raise ValueError(f"label_img: expected the shape [n, 1 or 3, height, width], got {shape}")
    _check_count("label_img", "pictures", count, shape[0])
    if count == 0:
        raise ValueError("label_img: expected pictures, got none")
    # The sprite is at least as high as it is wide.
    side = math.isqrt(count - 1) + 1
    width = side * shape[3]
    height = math.ceil(count / side) * shape[2]
    check_size("label_img", max(width, height), width, 3)
    if max(width, height) > _LARGEST_SPRITE:
        warn(
            f"label_img: the projector shows no pictures of a sprite larger than {_LARGEST_SPRITE} "
            f"pixels along a side; that of {count} pictures is {width} × {max(width, height)}"
        )
    if array.dtype.kind == "b":
        array = array * np.uint8(255)
    elif array.dtype.kind in "iu":
        array = array.clip(0, 255).astype(np.uint8)
    else:
        array = array.astype(_plain(array.dtype), copy=False)
    return np.require(array, None, ["C", "A"])


def _of_pillow(label_img: Any) -> NDArray[Any] | None:
    """RGB pixels of shape [n, 3, height, width], where it is a list of Pillow's pictures."""
    if is_picture(label_img):
        raise ValueError("label_img: expected a picture for each vector, in a list")
    if not are_pictures(label_img):
        return None
    try:
        pixels = stacked(map(colours, label_img))
    except (ValueError, OSError) as error:
        raise ValueError(f"label_img: {error}") from error
    return pixels[..., :3].transpose(0, 3, 1, 2)


def _metadata(metadata: Any, header: Any, count: int) -> str:
    """What `metadata.tsv` holds."""
    labels = _items("metadata", metadata)
    _check_count("metadata", "labels", count, len(labels))
    if header is None or not (names := _items("metadata_header", header)):
        return _lines(_field(label) for label in labels)
    rows = [_items(f"metadata[{number}]", label) for number, label in enumerate(labels)]
    for number, row in enumerate(rows):
        if len(row) != len(names):
            raise ValueError(
                f"metadata[{number}]: expected {len(names)} values, as many as metadata_header "
                f"has, got {len(row)}"
            )
    # The projector takes the first line for a header only if there are several columns.
    table = rows if len(names) == 1 else [names, *rows]
    return _lines("\t".join(map(_field, row)) for row in table)


def _items(argument: str, values: Any) -> list[Any]:
    if hasattr(values, "detach"):
        # `str` would show tensors instead of their numbers. NumPy's numbers show only the digits
        # that their type can hold.
        values = as_array(values, argument)
    elif hasattr(values, "columns") and hasattr(values, "__array__"):
        # A table iterates over its columns, but its rows are needed.
        values = np.asarray(values, object).tolist()
    elif hasattr(values, "to_pylist"):
        values = values.to_pylist()
    # A set is refused, since it has no order.
    is_no_list = isinstance(values, (str, bytes, Mapping, set, frozenset))
    if is_no_list or not is_iterable(values):
        raise TypeError(f"{argument}: expected a list, got {type(values).__name__}")
    return list(values)


def _check_count(argument: str, what: str, count: int, found: int) -> None:
    if found != count:
        raise ValueError(
            f"{argument}: expected {count} {what}, as many as mat has rows, got {found}"
        )


_ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _field(value: Any) -> str:
    if hasattr(value, "detach") and value.ndim == 0:
        value = as_array(value, "metadata")[()]
    return str(value).translate(_ESCAPES)


def _lines(lines: Iterable[str]) -> str:
    text = "\n".join(line if line.strip() else "(empty)" for line in lines) + "\n"
    # A lone surrogate, for example from a file's name, can't be encoded.
    return text.encode("utf-8", "replace").decode()


def _directory(tag: str) -> str:
    """The directory of a tag, another one for each tag, never outside of the step's."""
    check_name(tag, "tag")
    if tag in ("", ".", ".."):
        return "%" + tag
    return tag.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")
