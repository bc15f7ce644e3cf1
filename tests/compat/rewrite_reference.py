"""A slow and plain `tfevents.rewrite`. It has all messages of protobuf in memory."""

from collections import defaultdict
from typing import Any

from peers import peer

event_pb2 = peer("tensorboard.compat.proto.event_pb2")
summary_pb2 = peer("tensorboard.compat.proto.summary_pb2")
types_pb2 = peer("tensorboard.compat.proto.types_pb2")
tensor_util = peer("tensorboard.util.tensor_util")
hparams_pb2 = peer("tensorboard.plugins.hparams.plugin_data_pb2")
layout_pb2 = peer("tensorboard.plugins.custom_scalar.layout_pb2")

SCALAR, TENSOR, BLOBS = 1, 2, 3
PLUGINS = {
    "scalars": ("scalars", {0}),
    "images": ("images", {0, BLOBS}),
    "audio": ("audio", {0, BLOBS}),
    "histograms": ("histograms", {0, TENSOR}),
    "text": ("texts", {0, TENSOR}),
    "pr_curves": ("pr_curves", {0, TENSOR}),
    "custom_scalars": ("custom_scalars", {0, TENSOR}),
    "hparams": ("hparams", {0, TENSOR}),
}


def claimed(metadata: Any) -> str:
    kind, classes = PLUGINS.get(metadata.plugin_data.plugin_name, ("tensors", set()))
    if metadata.data_class == SCALAR:
        return "scalars"
    return kind if metadata.data_class in classes else "tensors"


def fits(tensor: Any, kind: str) -> bool:
    shape = tuple(dim.size for dim in tensor.tensor_shape.dim)
    array = tensor_util.make_ndarray(tensor)
    if kind == "scalars":
        return array.size == 1 and array.dtype != object
    if kind in ("texts", "images", "audio", "custom_scalars"):
        return array.dtype == object
    if kind == "histograms":
        return array.dtype != object and len(shape) == 2 and shape[1] == 3
    return True


def kind_of(value: Any, claim: str) -> str:
    field = value.WhichOneof("value")
    plain = {"simple_value": "scalars", "histo": "histograms", "image": "images", "audio": "audio"}
    if field in plain:
        return plain[field]
    if field == "tensor":
        return claim if fits(value.tensor, claim) else "tensors"
    return "hparams" if field is None and claim == "hparams" else "other"


class Series:
    def __init__(self) -> None:
        self.steps: list[int] = []
        # The index of the first value after a restart, and its step.
        self.purges: list[tuple[int, int]] = []

    def taken(self, restarts: str) -> set[int]:
        if restarts == "last_wins":
            last = {step: index for index, step in enumerate(self.steps)}
            return {index for index, step in enumerate(self.steps) if last[step] != index}
        return {
            index
            for before, purged in self.purges
            for index, step in enumerate(self.steps[:before])
            if step >= purged
        }


class Reference:
    """The result for the files of one group: the records of each, by the place where they go."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.left: dict[str, int] = defaultdict(int)

    def route(self, tag: str) -> tuple[str, str] | None:
        if tag in self.options.get("drop", ()):
            return None
        new = self.options.get("rename", {}).get(tag, tag)
        return self.options.get("split", {}).get(tag, ""), new

    def rewrite(self, files: list[list[bytes]]) -> list[dict[str, list[bytes]]]:
        restarts = self.options.get("restarts", "raw")
        taken: dict[Any, set[int]] = {}
        self.filled: set[str] = set()
        if restarts != "raw":
            all_series: dict[Any, Series] = {}
            for records in files:
                self._walk(records, all_series, None)
            taken = {key: series.taken(restarts) for key, series in all_series.items()}
        self.left.clear()
        self.filled.clear()
        self.claims_read: dict[str, Any] = {}
        self.claims_written: dict[Any, Any] = {}
        self.seen: dict[Any, int] = defaultdict(int)
        self.kept: dict[Any, int] = defaultdict(int)
        return [self._walk(records, None, taken) for records in files]

    def _walk(self, records: list[bytes], plan: Any, taken: Any) -> dict[str, list[bytes]]:
        out: dict[str, list[bytes]] = {}
        first: list[bytes] = []
        version, last_step = 0.0, None
        if plan is not None and not plan:
            self.claims_read = {}
        kinds = self.options.get("kinds")

        def wants(kind: str) -> bool:
            is_wanted = kinds is None or kind in kinds
            self.left["kinds"] += not is_wanted
            return is_wanted

        def put(below: str, record: bytes) -> None:
            self.filled.add(below)
            out.setdefault(below, list(first)).append(record)

        for number, record in enumerate(records):
            event = event_pb2.Event.FromString(record)
            what = event.WhichOneof("what")
            is_summary = what == "summary"
            is_backwards = version < 2 and is_summary and last_step is not None
            is_backwards = is_backwards and event.step < last_step
            if not is_backwards:
                last_step = event.step
            if what == "file_version":
                version = float(event.file_version.partition(":")[2])
                if number == 0:
                    first.append(record)
                else:
                    for below in {*out, ""}:
                        put(below, record)
            elif what == "session_log":
                if plan is not None and version >= 2 and event.session_log.status == 1:
                    for series in plan.values():
                        series.purges.append((len(series.steps), event.step))
                if wants("session_logs"):
                    is_start = event.session_log.status == 1
                    for below in {*out, "", *(self.filled if is_start else ())}:
                        put(below, record)
            elif what in ("graph_def", "meta_graph_def"):
                if wants("graph"):
                    put("", record)
            elif what == "tagged_run_metadata":
                key = ("", event.tagged_run_metadata.tag, "run_metadata")
                if wants("run_metadata") and self._stays(key, event.step, plan, taken):
                    put("", record)
            elif is_summary and event.summary.value:
                if plan is not None and is_backwards:
                    targets = {self.route(value.tag) for value in event.summary.value}
                    before = [
                        (series, len(series.steps))
                        for (below, tag, _), series in plan.items()
                        if (below, tag) in targets
                    ]
                self._summary(event, record, put, plan, taken, wants)
                if plan is not None and is_backwards:
                    for series, length in before:
                        series.purges.append((length, event.step))
            else:
                put("", record)
        if not out:
            out[""] = first
        return out

    def _stays(self, key: Any, step: int, plan: Any, taken: Any) -> bool:
        if plan is not None:
            plan.setdefault(key, Series()).steps.append(step)
            return False
        index = self.seen[key]
        self.seen[key] += 1
        if index in taken.get(key, ()):
            self.left["restarts"] += 1
            return False
        kept = self.kept[key]
        self.kept[key] += 1
        if kept % self.options.get("every", 1) and key[2] != "run_metadata":
            self.left["every"] += 1
            return False
        return True

    def _summary(self, event: Any, record: bytes, put: Any, plan: Any, taken: Any, wants: Any):
        lo, hi = self.options.get("steps", (None, None))
        values: dict[str, list[Any]] = {}
        is_same = True
        for value in event.summary.value:
            has_metadata = value.HasField("metadata")
            if has_metadata and value.tag not in self.claims_read:
                self.claims_read[value.tag] = summary_pb2.SummaryMetadata.FromString(
                    value.metadata.SerializeToString()
                )
            known = self.claims_read.get(value.tag)
            source = value.metadata if has_metadata else known
            kind = kind_of(value, claimed(source) if source is not None else "tensors")
            is_same = False if kinds_gone(kind, wants) else is_same
            if self.options.get("kinds") is not None and kind not in self.options["kinds"]:
                continue
            if kind == "hparams":
                below, tag = "", value.tag
            else:
                to = self.route(value.tag)
                if to is None:
                    self.left["tags"] += 1
                    is_same = False
                    continue
                below, tag = to
                if (lo is not None and event.step < lo) or (hi is not None and event.step >= hi):
                    self.left["steps"] += 1
                    is_same = False
                    continue
                if not self._stays((below, tag, kind), event.step, plan, taken):
                    is_same = False
                    continue
            if plan is not None:
                continue
            new = summary_pb2.Summary.Value.FromString(value.SerializeToString())
            new.tag = tag
            written = self.claims_written.get((below, tag))
            self._add_metadata(new, kind, known, written)
            if kind == "scalars":
                self._cast(new)
            elif kind == "hparams":
                self._rename_metrics(new)
            elif kind == "custom_scalars":
                self._rename_charts(new)
            if new.HasField("metadata") and written is None:
                self.claims_written[below, tag] = new.metadata
            is_same = is_same and new == value
            values.setdefault(below, []).append(new)
        if is_same and len(values) == 1:
            put(*values, record)
            return
        for below, kept in values.items():
            copy = event_pb2.Event.FromString(record)
            del copy.summary.value[:]
            copy.summary.value.extend(kept)
            put(below, copy.SerializeToString())

    def _add_metadata(self, value: Any, kind: str, known: Any, written: Any) -> None:
        if value.HasField("metadata"):
            return
        if value.WhichOneof("value") == "tensor":
            if known is not None and written != known:
                value.metadata.CopyFrom(known)
            elif known is None and written is not None:
                value.metadata.SetInParent()
        elif known is not None and written is None:
            is_open = not known.plugin_data.plugin_name and known.data_class == 0
            if is_open or claimed(known) == kind:
                value.metadata.CopyFrom(known)

    def _named(self, tag: str) -> str:
        """The new name of a tag that a value refers to."""
        to = self.route(tag)
        return tag if to is None else to[1]

    def _rename_metrics(self, value: Any) -> None:
        plugin = value.metadata.plugin_data
        message = hparams_pb2.HParamsPluginData.FromString(plugin.content)
        if message.HasField("experiment"):
            for metric in message.experiment.metric_infos:
                metric.name.tag = self._named(metric.name.tag)
            plugin.content = message.SerializeToString()

    def _rename_charts(self, value: Any) -> None:
        layout = layout_pb2.Layout.FromString(value.tensor.string_val[0])
        for category in layout.category:
            for chart in category.chart:
                tags = chart.multiline.tag if chart.HasField("multiline") else []
                tags[:] = map(self._named, tags)
                for line in chart.margin.series if chart.HasField("margin") else ():
                    line.value = self._named(line.value)
                    line.lower = self._named(line.lower)
                    line.upper = self._named(line.upper)
        value.tensor.string_val[0] = layout.SerializeToString()

    def _cast(self, value: Any) -> None:
        casts = self.options.get("cast", ())
        field = value.WhichOneof("value")
        if field == "simple_value" and "tensor" in casts:
            number = value.simple_value
            value.tensor.dtype = types_pb2.DT_FLOAT
            value.tensor.float_val.append(number)
            value.metadata.plugin_data.plugin_name = "scalars"
            value.metadata.data_class = SCALAR
        elif field == "tensor" and "simple_value" in casts:
            value.simple_value = float(tensor_util.make_ndarray(value.tensor).item())
            value.metadata.ClearField("plugin_data")
            value.metadata.ClearField("data_class")
            if not value.metadata.ByteSize():
                value.ClearField("metadata")
        elif field == "tensor" and "float32" in casts and value.tensor.dtype == types_pb2.DT_DOUBLE:
            number = float(tensor_util.make_ndarray(value.tensor).item())
            value.tensor.dtype = types_pb2.DT_FLOAT
            value.tensor.ClearField("double_val")
            value.tensor.ClearField("tensor_content")
            value.tensor.float_val.append(number)


def kinds_gone(kind: str, wants: Any) -> bool:
    return not wants(kind)
