"""The method that logs tensors."""

from __future__ import annotations

from typing import SupportsIndex

from numpy.typing import ArrayLike

from tfevents import summary
from tfevents._arguments import WallTime
from tfevents.writer.base import BaseWriter


class TensorMethods(BaseWriter):
    """Whole tensors."""

    def add_tensor(
        self,
        tag: str,
        tensor: ArrayLike,
        global_step: SupportsIndex | None = None,
        walltime: WallTime | None = None,
    ) -> None:
        """Logs a tensor with its type and shape.

        Args:
            tag: its name.
            tensor: of any shape; bool, integers, float16, bfloat16, float32, float64, complex64,
                complex128, or strings (str, stored as UTF-8, or bytes). float8 and other types of
                `ml_dtypes` are stored as float32 or int8. What is masked is NaN, and in integers
                an error.
            global_step: an integer of 64 bits.
            walltime: seconds since the epoch, or a `datetime`; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used, or a tensor of 2 GiB or more;
                nothing is logged then.

        Example:
            >>> writer.add_tensor("confusion", np.eye(3, dtype=np.int64), 10)
        """
        self._add(summary.tensor_proto(tag, tensor), global_step, walltime)
