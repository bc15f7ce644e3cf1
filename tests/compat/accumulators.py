"""Compares TensorBoard's `EventAccumulator` with ours, method by method."""

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from peers import peer
from tfevents.compat import event_accumulator as ours

theirs = peer("tensorboard.backend.event_processing.event_accumulator")

Guidance = dict[str, int] | None

GUIDANCES: list[Guidance] = [
    None,
    dict(theirs.STORE_EVERYTHING_SIZE_GUIDANCE),
    dict.fromkeys(theirs.DEFAULT_SIZE_GUIDANCE, 3),
    {"scalars": 2, "distributions": 1},
]
KINDS = {
    "scalars": "Scalars",
    "histograms": "Histograms",
    "distributions": "CompressedHistograms",
    "images": "Images",
    "audio": "Audio",
    "tensors": "Tensors",
}


def plain(value: Any) -> Any:
    """A value for comparisons. NaN equals itself, and classes of the same name are equal."""
    if is_dataclass(value):
        names = [field.name for field in fields(value)]
        return type(value).__name__, [(name, plain(getattr(value, name))) for name in names]
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return [(key, plain(item)) for key, item in value.items()]
    if hasattr(value, "SerializeToString"):
        return type(value), value.SerializeToString(deterministic=True)
    return repr(value) if isinstance(value, float) else value


def outcome(call: Callable[[], Any]) -> Any:
    """The result or the error of a call."""
    try:
        return plain(call())
    except (KeyError, ValueError) as error:
        return type(error), str(error)


def assert_same(mine: Any, original: Any) -> None:
    """Checks that both return the same from every method."""

    def same(method: str, *arguments: Any) -> None:
        both = [outcome(lambda it=it: getattr(it, method)(*arguments)) for it in (mine, original)]
        assert both[0] == both[1], (method, arguments)

    same("Tags")
    tags = original.Tags()
    for kind, method in KINDS.items():
        for tag in [*tags[kind], "there is none"]:
            same(method, tag)
    for tag in [*tags["run_metadata"], "there is none"]:
        same("RunMetadata", tag)
    for method in ("Graph", "MetaGraph", "FirstEventTimestamp", "GetSourceWriter"):
        same(method)
    for tag in [*original.summary_metadata, "there is none"]:
        same("SummaryMetadata", tag)
    for plugin in [*original._plugin_to_tag_to_content, "there is none"]:
        same("PluginTagToContent", plugin)
        same("PluginAssets", plugin)
    assert plain(mine.summary_metadata) == plain(original.summary_metadata)
    for name in ("file_version", "most_recent_step", "most_recent_wall_time"):
        assert plain(getattr(mine, name)) == plain(getattr(original, name)), name


def pair(path: Path, guidance: Guidance = None, **options: Any) -> tuple[Any, Any]:
    """Ours and TensorBoard's accumulator of a path, before loading."""
    return (
        ours.EventAccumulator(str(path), guidance, **options),
        theirs.EventAccumulator(str(path), guidance, **options),
    )


def assert_path_same(path: Path, guidances: Iterable[Guidance] = GUIDANCES, **options: Any) -> None:
    """Checks that both return the same of a path, after loading it once and again."""
    for guidance in guidances:
        mine, original = pair(path, guidance, **options)
        for _ in range(2):
            assert mine.Reload() is mine
            original.Reload()
            assert_same(mine, original)
