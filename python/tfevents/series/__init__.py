"""The values of one tag as columns, with one file for each kind."""

from tfevents.series.audio import Audio, AudioClip
from tfevents.series.custom_scalars import Category, Chart, Layout, Layouts
from tfevents.series.graph import Graph, Node, graph_of
from tfevents.series.histograms import Histogram, Histograms
from tfevents.series.hparams import HParams
from tfevents.series.images import Image, Images
from tfevents.series.meshes import Mesh, Meshes, mesh_names
from tfevents.series.pr_curves import PrCurve, PrCurves
from tfevents.series.run_metadata import RunMetadata, RunMetadatas
from tfevents.series.scalars import Scalar, Scalars
from tfevents.series.session_logs import SessionLog, session_log
from tfevents.series.tensors import Tensor, Tensors
from tfevents.series.texts import Text, Texts

__all__ = [
    "Audio",
    "AudioClip",
    "Category",
    "Chart",
    "Graph",
    "HParams",
    "Histogram",
    "Histograms",
    "Image",
    "Images",
    "Layout",
    "Layouts",
    "Mesh",
    "Meshes",
    "Node",
    "PrCurve",
    "PrCurves",
    "RunMetadata",
    "RunMetadatas",
    "Scalar",
    "Scalars",
    "SessionLog",
    "Tensor",
    "Tensors",
    "Text",
    "Texts",
    "graph_of",
    "mesh_names",
    "session_log",
]
