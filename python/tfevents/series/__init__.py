"""What one tag holds, as columns; one file a kind."""

from tfevents.series.histograms import Histogram, Histograms
from tfevents.series.images import Image, Images
from tfevents.series.scalars import Scalar, Scalars
from tfevents.series.tensors import Tensor, Tensors
from tfevents.series.texts import Text, Texts

__all__ = [
    "Histogram",
    "Histograms",
    "Image",
    "Images",
    "Scalar",
    "Scalars",
    "Tensor",
    "Tensors",
    "Text",
    "Texts",
]
