"""`tfevents show`: values, for people."""

from __future__ import annotations

import contextlib
import textwrap
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import typer

from tfevents._text import shown
from tfevents.cli import options
from tfevents.cli.draw import histogram, picture
from tfevents.cli.logs import Lost, no_tag, read_log
from tfevents.cli.output import Quit, heading, number, print_json, when
from tfevents.reader.log import Log
from tfevents.reader.run import KINDS, Run

# The kinds whose values are shown one by one.
_TAGGED = tuple(kind for kind in KINDS if kind not in ("hparams", "graph", "session_logs"))

# The suffix of the names of texts and meshes in a file.
_ENDS = ("", "/text_summary", "_VERTEX", "_FACE", "_COLOR")


def command(
    path: options.Path,
    tag: Annotated[
        list[str] | None, typer.Argument(metavar="[TAG]...", help="Tags, as --tags has them.")
    ] = None,
    runs: options.Runs = None,
    tags: options.Tags = None,
    kinds: options.Kinds = None,
    steps: options.Steps = None,
    last: Annotated[
        int, typer.Option("--last", "-n", min=1, help="So many values of each tag, the last ones.")
    ] = 1,
    restarts: options.Restarts = "raw",
    json: options.Json = False,
) -> int:
    """Show the last values of tags.

    It shows numbers, texts, histograms, and pictures if the terminal has colours. With a tag, it
    shows all of these values, and the tag's metadata.

    \b
    tfevents show runs/exp1
    tfevents show runs/exp1 loss -n 10
    tfevents show runs 'weights/*' --runs 'exp*' --steps 100:200
    """
    chosen = [*(tag or []), *(tags or [])]
    stored = [f"{name}{end}" for name in chosen for end in _ENDS]
    log = read_log(path, runs, stored, options.kinds(kinds), steps, restarts, tells_tags=False)
    lost = Lost()
    found = list(_found(log, last, lost))
    if chosen and not any(one["tag"] for one in found):
        raise Quit(1, f"{path}: there is {no_tag(path, runs, chosen)}")
    if not found and not lost.number:
        raise Quit(
            1, f"{path}: there is no value" + (" that is selected" if kinds or steps else "")
        )
    if json:
        print_json([{name: it for name, it in one.items() if name != "items"} for one in found])
    else:
        run = None
        for one in found:
            if one["run"] != run:
                run = one["run"]
                heading(f"run {run}")
            _show(one, detailed=bool(chosen) or len(found) == 1)
    return int(bool(log.damage or lost.number))


def _found(log: Log, last: int, lost: Lost) -> Iterator[dict[str, Any]]:
    for name, run in log.items():
        for kind in _TAGGED:
            for tag, series in getattr(run, kind).items():
                if not len(series):
                    continue
                items, values = [], []
                for at in range(max(len(series) - last, 0), len(series)):
                    with lost.tell(name, f"tag {tag!r}", series.step[at]):
                        item = series[at]
                        values.append(_value(kind, item))
                        items.append(item)
                yield {
                    "run": name,
                    "tag": tag,
                    "kind": kind,
                    "count": len(series),
                    **_said(run, tag),
                    "items": items,
                    "values": values,
                }
        lost.tell_hparams(name, run)
        if run.hparams:
            yield {
                "run": name,
                "tag": "",
                "kind": "hparams",
                "count": len(run.hparams),
                "status": run.hparams.status,
                "metrics": run.hparams.metrics,
                "values": [dict(run.hparams)],
            }
        nodes = None
        with lost.tell(name, "graph"):
            if run.graph is not None:
                nodes = {"nodes": len(run.graph), "step": run.graph.step}
        if nodes is not None:
            yield {"run": name, "tag": "", "kind": "graph", "count": 1, "values": [nodes]}
        if run.session_logs:
            logs = [{"step": one.step, "status": one.status} for one in run.session_logs]
            found = {"run": name, "tag": "", "kind": "session_logs", "count": len(logs)}
            yield {**found, "values": logs[-last:]}


def _said(run: Run, tag: str) -> dict[str, str]:
    """The metadata of a tag."""
    said = run.metadata.get(tag)
    names = ("display_name", "description", "plugin_name")
    return {} if said is None else {name: it for name in names if (it := getattr(said, name))}


def _value(kind: str, item: Any) -> dict[str, Any]:
    """A value for JSON, without its large parts."""
    value = {"step": item.step, "wall_time": item.wall_time}
    match kind:
        case "scalars":
            value["value"] = item.value
        case "texts":
            value["value"] = np.asarray(item.value, dtype=object).tolist()
        case "histograms":
            names = ("min", "max", "num", "sum", "sum_squares")
            value.update({name: getattr(item, name) for name in names})
            value.update(edges=item.edges.tolist(), counts=item.counts.tolist())
        case "images":
            value.update(width=item.width, height=item.height, **_sizes(item))
        case "audio":
            with contextlib.suppress(ValueError):
                value.update(sample_rate=item.sample_rate)
            value.update(_sizes(item))
        case "tensors":
            value.update(dtype=str(item.value.dtype), shape=list(item.value.shape))
        case "run_metadata":
            pass
        case _:
            value["value"] = repr(item)
    return value


def _sizes(item: Any) -> dict[str, Any]:
    """The bytes of a picture or a sound. TensorFlow 2 writes several at once."""
    sizes = [len(data) for data in item.batch]
    return {"bytes": sizes[0]} if len(sizes) == 1 else {"batch": len(sizes), "bytes": sum(sizes)}


def _show(one: dict[str, Any], detailed: bool) -> None:
    title = f"  {one['tag']}  " if one["tag"] else "  "
    what = one["kind"] if one["kind"] in ("hparams", "graph") else f"{one['kind']}, {one['count']}"
    heading(f"{title}({what})", "cyan")
    for name in ("display_name", "description") if detailed else ():
        if name in one:
            print(textwrap.indent(shown(one[name], "\n\t"), "    "))
    for item, value in zip(one.get("items", one["values"]), one["values"], strict=True):
        match one["kind"]:
            case "scalars":
                print(f"    step {item.step}  {when(item.wall_time)}  {number(item.value)}")
            case "hparams":
                for name, it in value.items():
                    print(f"    {shown(name)} = {shown(str(it))}")
            case "graph":
                print(f"    {value['nodes']} nodes")
            case "session_logs":
                print(f"    step {value['step']}  {value['status']}")
            case "texts":
                print(f"    step {item.step}  {when(item.wall_time)}")
                print(textwrap.indent(_text(item.value, detailed), "      "))
            case "histograms":
                moments = f"min {number(item.min)}  max {number(item.max)}  num {number(item.num)}"
                print(f"    step {item.step}  {when(item.wall_time)}  {moments}")
                if detailed:
                    print(textwrap.indent(histogram(item), "      "))
            case "images":
                about = ", ".join(f"{len(data)} bytes" for data in item.batch) or "none"
                size = f"{item.width} × {item.height}, {about}"
                print(f"    step {item.step}  {when(item.wall_time)}  {size}")
                for at in range(len(item.batch)) if detailed else ():
                    picture(item, at)
            case _:
                print(f"    step {item.step}  {when(item.wall_time)}  {_short(value, item)}")


def _short(value: dict[str, Any], item: Any) -> str:
    rest = {name: it for name, it in value.items() if name not in ("step", "wall_time", "value")}
    return ", ".join(f"{name} {it}" for name, it in rest.items()) or repr(item)


def _text(value: Any, detailed: bool) -> str:
    text = value if isinstance(value, str) else str(np.asarray(value).tolist())
    text = shown(text, "\n\t")
    return text if detailed else textwrap.shorten(text, 100, placeholder=" …")
