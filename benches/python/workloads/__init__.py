"""One workload a file; each yields rows of the table, in the order of this list."""

from collections.abc import Callable, Iterator

from harness.bench import Bench
from harness.measure import Row
from workloads import (
    add_graph,
    add_scalar,
    embedding,
    histogram,
    image,
    layout,
    load,
    load_histograms,
    load_images,
    load_many_files,
    load_memory,
    load_runs,
    load_tags,
    load_tf2,
    load_two_files,
    log,
    pr_curve,
    reload,
    series,
    stream,
    tables,
    text,
    video,
)

WORKLOADS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "add_scalar": add_scalar.rows,
    "log": log.rows,
    "series": series.rows,
    "text": text.rows,
    "histogram": histogram.rows,
    "pr_curve": pr_curve.rows,
    "image": image.rows,
    "video": video.rows,
    "embedding": embedding.rows,
    "add_graph": add_graph.rows,
    "layout": layout.rows,
    "load": load.rows,
    "load_tf2": load_tf2.rows,
    "load_tags": load_tags.rows,
    "load_two_files": load_two_files.rows,
    "load_runs": load_runs.rows,
    "load_many_files": load_many_files.rows,
    "load_images": load_images.rows,
    "load_histograms": load_histograms.rows,
    "load_memory": load_memory.rows,
    "reload": reload.rows,
    "stream": stream.rows,
    "tables": tables.rows,
}
