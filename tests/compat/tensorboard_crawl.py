"""Requests each HTTP route of TensorBoard's plugins twice: with TensorBoard's slow reader, and with
ours.

    python tests/compat/tensorboard_crawl.py DIRECTORY... [--alone | --live]

It prints differences and routes that were not requested, and exits with 1 if there are any. With
`--alone` it requests ours only, and checks that it answers; with `--live` files change meanwhile.
It needs neither pytest nor TensorFlow.
"""

import argparse
import json
import logging
import random
import shutil
import sys
import threading
import urllib.parse
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

# This comes before TensorBoard is imported, which must not find TensorFlow.
sys.modules["tensorboard.compat.notf"] = ModuleType("tensorboard.compat.notf")
warnings.simplefilter("ignore")

from tensorboard import default, program  # noqa: E402
from werkzeug.test import Client  # noqa: E402

from tensorboard_plugin_tfevents import ReaderLoader  # noqa: E402

# Files of the page itself, and routes that need other programs than ours.
NOT_ASKED = ("/data/plugin/debugger-v2/", "/data/plugin/projector/", "/data/plugin_entry.html")
PROJECTOR = ("runs", "info", "tensor", "metadata", "bookmarks", "sprite_image")
STATUSES = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]


def application(log_dir: str, reader: str, *flags: str) -> Any:
    """TensorBoard's application, after everything was read."""
    plugins = default.get_plugins()
    if ReaderLoader not in plugins:
        plugins.append(ReaderLoader)
    tensorboard = program.TensorBoard(plugins=plugins, server_class=lambda app, flags: app)
    once = ["--reload_interval=0", "--reload_task=blocking", "--load_fast=false"]
    asked = [f"--logdir={log_dir}", f"--reader={reader}", *once, *flags]
    tensorboard.configure(["tensorboard", *asked])
    return tensorboard._make_server()


class Site:
    """The answers of one application."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._client = Client(app)
        self.asked: set[str] = set()

    def get(self, route: str, *, form: Any = None, body: Any = None, **query: Any) -> Any:
        """The status and the answer. JSON is parsed."""
        path = f"/data/{route}"
        self.asked.add(path)
        url = f"{path}?{urllib.parse.urlencode(query)}"
        try:
            if form is not None:
                response = self._client.post(url, data=form)
            elif body is not None:
                response = self._client.post(url, json=body)
            else:
                response = self._client.get(url)
        # A server would answer the same.
        except Exception as error:
            return 500, f"{type(error).__name__}: {error}"
        try:
            answer = json.loads(response.data)
        except ValueError:
            answer = response.data
        return response.status_code, answer

    def json(self, route: str, **query: Any) -> Any:
        """The answer to a route that must exist, or nothing if it does not."""
        status, answer = self.get(route, **query)
        return answer if status == 200 else {}

    def not_asked(self) -> list[str]:
        routes = (route for route in self.app.exact_routes if route.startswith("/data/"))
        return sorted(
            route for route in routes if route not in self.asked and not route.startswith(NOT_ASKED)
        )


Request = tuple[str, dict[str, Any]]


def requests(site: Site) -> Iterator[Request]:
    """All requests that the page may make for the data that the site lists."""
    for route in ("environment", "logdir", "runs", "experiments", "experiment_runs"):
        yield route, {}
    yield from ((route, {}) for route in ("plugins_listing", "window_properties", "notifications"))
    runs = site.json("runs")
    for plugin in ("scalars", "images", "audio", "histograms", "distributions", "text"):
        yield f"plugin/{plugin}/tags", {}
    yield from ((f"plugin/{plugin}/tags", {}) for plugin in ("pr_curves", "mesh", "timeseries"))
    yield from _scalars(site, runs)
    yield from _time_series(site)
    for plugin, single in (("images", "individualImage"), ("audio", "individualAudio")):
        for run, tag, info in _tags(site, plugin):
            for sample in range(min(info["samples"], 3)):
                query = {"run": run, "tag": tag, "sample": sample}
                yield f"plugin/{plugin}/{plugin}", query
                for answer in site.json(f"plugin/{plugin}/{plugin}", **query):
                    yield f"plugin/{plugin}/{single}", dict(urllib.parse.parse_qsl(answer["query"]))
    for plugin in ("histograms", "distributions"):
        for run, tag, _ in _tags(site, plugin):
            yield f"plugin/{plugin}/{plugin}", {"run": run, "tag": tag}
    for run, tags in site.json("plugin/text/tags").items():
        for tag in tags:
            for markdown in ("true", "false"):
                yield "plugin/text/text", {"run": run, "tag": tag, "markdown": markdown}
    for run, tag, _ in _tags(site, "pr_curves"):
        yield "plugin/pr_curves/pr_curves", {"run": run, "tag": tag}
    yield from _meshes(site)
    yield from _graphs(site)
    yield from _hparams(site)
    yield from _custom_scalars(site, runs)
    yield from _projector(site)


def _tags(site: Site, plugin: str) -> Iterator[tuple[str, str, Any]]:
    for run, tags in site.json(f"plugin/{plugin}/tags").items():
        yield from ((run, tag, info) for tag, info in tags.items())


def _scalars(site: Site, runs: list[str]) -> Iterator[Request]:
    tags = set()
    for run, tag, _ in _tags(site, "scalars"):
        tags.add(tag)
        yield "plugin/scalars/scalars", {"run": run, "tag": tag}
        yield "plugin/scalars/scalars", {"run": run, "tag": tag, "format": "csv"}
    # A run without the tag is an error with the slow reader.
    for tag in tags:
        having = [run for run, found, _ in _tags(site, "scalars") if found == tag]
        yield "plugin/scalars/scalars_multirun", {"form": {"tag": tag, "runs": having}}
    yield "plugin/scalars/scalars", {"run": "no such run", "tag": "no such tag"}


def _time_series(site: Site) -> Iterator[Request]:
    tags = site.json("plugin/timeseries/tags")
    asked: list[dict[str, Any]] = []
    for run, of_run in tags["scalars"]["runTagInfo"].items():
        for tag in of_run:
            asked += [{"plugin": "scalars", "tag": tag}]
            asked += [{"plugin": "scalars", "tag": tag, "run": run}]
    for run, of_run in tags["histograms"]["runTagInfo"].items():
        asked += [{"plugin": "histograms", "tag": tag, "run": run} for tag in of_run]
    for tag, of_tag in tags["images"]["tagRunSampledInfo"].items():
        for run in of_tag:
            asked += [{"plugin": "images", "tag": tag, "run": run, "sample": 0}]
    wrong = [{"plugin": "scalars"}, {"plugin": "x", "tag": "y"}, {"plugin": "images", "tag": "y"}]
    for request in (*asked, *wrong):
        yield "plugin/timeseries/timeSeries", {"form": {"requests": json.dumps([request])}}
    everything = {"requests": json.dumps(asked + wrong)}
    yield "plugin/timeseries/timeSeries", {"form": everything}
    answers = site.json("plugin/timeseries/timeSeries", form=everything)
    for answer in answers:
        for images in (answer.get("runToSeries") or {}).values():
            for image in images:
                if "imageId" in image:
                    yield "plugin/timeseries/imageData", {"imageId": image["imageId"]}


def _meshes(site: Site) -> Iterator[Request]:
    for run, tag, info in _tags(site, "mesh"):
        for sample in range(min(info["samples"], 3)):
            query = {"run": run, "tag": tag, "sample": sample}
            yield "plugin/mesh/meshes", query
            for mesh in site.json("plugin/mesh/meshes", **query):
                for content in ("VERTEX", "FACE", "COLOR"):
                    more = {"content_type": content, "step": mesh["step"]}
                    yield "plugin/mesh/data", {**query, **more}


def _graphs(site: Site) -> Iterator[Request]:
    yield "plugin/graphs/info", {}
    for run, info in site.json("plugin/graphs/info").items():
        # The nodes and their attributes.
        detail = {"limit_attr_size": 1024, "large_attrs_key": "_too_large_attrs"}
        if info["run_graph"]:
            yield "plugin/graphs/graph", {"run": run, "conceptual": "false", **detail}
            yield "plugin/graphs/graph", {"run": run, "conceptual": "false"}
        for tag, of_tag in info["tags"].items():
            for conceptual in ("true", "false"):
                yield "plugin/graphs/graph", {"run": run, "tag": tag, "conceptual": conceptual}
            if of_tag["profile"]:
                yield "plugin/graphs/run_metadata", {"run": run, "tag": tag}


def _hparams(site: Site) -> Iterator[Request]:
    experiment = {"body": {"experimentName": ""}}
    yield "plugin/hparams/experiment", experiment
    found = site.json("plugin/hparams/experiment", **experiment)
    names = [{"hparam": info["name"]} for info in found.get("hparamInfos", [])]
    metrics = [info["name"] for info in found.get("metricInfos", [])]
    columns = [*names, *({"metric": metric} for metric in metrics)]
    groups = {"experimentName": "", "allowedStatuses": STATUSES, "colParams": columns}
    groups |= {"startIndex": 0, "sliceSize": 100}
    yield "plugin/hparams/session_groups", {"body": groups}
    for kind in ("csv", "json", "latex"):
        columns_visibility = json.dumps([True] * len(columns))
        query = {"request": json.dumps(groups), "format": kind}
        query |= {"columnsVisibility": columns_visibility}
        yield "plugin/hparams/download_data", query
    answer = site.json("plugin/hparams/session_groups", body=groups)
    for group in answer.get("sessionGroups", []):
        for session in group["sessions"]:
            for metric in metrics:
                body = {"sessionName": session["name"], "metricName": metric}
                yield "plugin/hparams/metric_evals", {"body": body}


def _custom_scalars(site: Site, runs: list[str]) -> Iterator[Request]:
    yield "plugin/custom_scalars/layout", {}
    for run in runs:
        for tag in (".*", "train/(loss|low)", "("):
            yield "plugin/custom_scalars/scalars", {"run": run, "tag": tag}
    for run, tag, _ in _tags(site, "scalars"):
        for kind in ("json", "csv"):
            query = {"run": run, "tag": tag, "format": kind}
            yield "plugin/custom_scalars/download_data", query


def _projector(site: Site) -> Iterator[Request]:
    yield "plugin/projector/runs", {}
    for run in site.json("plugin/projector/runs"):
        yield "plugin/projector/info", {"run": run}
        info = site.json("plugin/projector/info", run=run)
        for embedding in info.get("embeddings", []):
            for route in ("tensor", "metadata", "bookmarks", "sprite_image"):
                yield f"plugin/projector/{route}", {"run": run, "name": embedding["tensorName"]}


def meant(route: str, answer: Any) -> Any:
    """An answer without the parts that may differ."""
    if route == "environment" and isinstance(answer, dict):
        # The name of the reader and its flags.
        answer.pop("debug", None)
    if route == "plugins_listing":
        return answer
    return answer


def compare(log_dir: str) -> Iterator[str]:
    """The additions of our answers to TensorBoard's."""
    theirs = Site(application(log_dir, "tensorboard"))
    ours = Site(application(log_dir, "tfevents"))
    count = 0
    for route, query in requests(theirs):
        count += 1
        expected, found = theirs.get(route, **query), ours.get(route, **query)
        if expected[0] != found[0]:
            yield f"{route} {query}: status {found[0]}, TensorBoard's is {expected[0]}"
        elif meant(route, expected[1]) != meant(route, found[1]):
            shown = [repr(answer)[:600] for answer in (found[1], expected[1])]
            yield f"{route} {query}:\n  {shown[0]}\n  {shown[1]}"
    missing = [f"not asked: {route}" for route in ours.not_asked()]
    print(f"{log_dir}: {count} requests, {len(missing)} routes not asked", file=sys.stderr)
    for line in missing:
        print(line, file=sys.stderr)


def crawl(log_dir: str, *flags: str) -> Iterator[str]:
    """The requests that ours does not answer."""
    site = Site(application(log_dir, "tfevents", *flags))
    count = 0
    for route, query in requests(site):
        count += 1
        status, answer = site.get(route, **query)
        if status >= 500:
            yield f"{route} {query}: {status} {answer!r}"
    print(f"{log_dir}: {count} requests", file=sys.stderr)


def crawl_live(log_dir: str) -> Iterator[str]:
    """The requests that ours does not answer while files change."""
    with changing(Path(log_dir)):
        yield from crawl(log_dir, "--reload_interval=1", "--reload_task=thread")


@contextmanager
def changing(directory: Path) -> Iterator[None]:
    """Removes, cuts, replaces and damages the files below a directory, one after the other, and
    writes them again, piece by piece.
    """
    contents = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    rng, is_over = random.Random(0), threading.Event()

    def change() -> None:
        while not is_over.wait(0.01):
            path, content = rng.choice(list(contents.items()))
            path.parent.mkdir(parents=True, exist_ok=True)
            match rng.randrange(5):
                case 0:
                    path.unlink(missing_ok=True)
                case 1:
                    shutil.rmtree(path.parent)
                case 2:
                    path.write_bytes(content[: rng.randrange(len(content) + 1)])
                case 3:
                    new = path.with_name("new")
                    new.write_bytes(rng.choice(list(contents.values())))
                    new.replace(path)
                case 4:
                    damaged = bytearray(content)
                    for at in rng.choices(range(len(damaged)), k=20):
                        damaged[at] ^= 4
                    path.write_bytes(damaged)
            is_over.wait(0.05)
            for other, whole in contents.items():
                other.parent.mkdir(parents=True, exist_ok=True)
                if not other.exists() or other == path:
                    write(other, whole)

    def write(path: Path, content: bytes) -> None:
        with path.open("wb", buffering=0) as file:
            for start in range(0, len(content), 50_000):
                file.write(content[start : start + 50_000])

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", nargs="+")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--live", action="store_true")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    look = crawl_live if arguments.live else crawl if arguments.alone else compare
    lines = [line for directory in arguments.directory for line in look(directory)]
    print("\n".join(lines))
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
