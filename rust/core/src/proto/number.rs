//! The numbers of all fields that are read or written, with the names of the messages'
//! definitions. Field numbers are nowhere else.
//!
//! The definitions are the `.proto` files in `python/tfevents/proto`. A test checks that both
//! agree. The definitions of ONNX are in `onnx.proto` of <https://github.com/onnx/onnx>, and those
//! of `google.protobuf` in `struct.proto` of protobuf.

/// Makes a module with the numbers of each message.
macro_rules! numbers {
    ($($message:literal as $module:ident { $($field:ident = $number:literal),+ $(,)? })+) => {
        $(
            #[doc = concat!("`", $message, "`.")]
            pub mod $module {
                $(pub const $field: u32 = $number;)+
            }
        )+

        #[cfg(test)]
        const ALL: &[(&str, &[(&str, u32)])] =
            &[$(($message, &[$((stringify!($field), $number)),+])),+];
    };
}

numbers! {
    "Event" as event {
        WALL_TIME = 1,
        STEP = 2,
        FILE_VERSION = 3,
        GRAPH_DEF = 4,
        SUMMARY = 5,
        LOG_MESSAGE = 6,
        SESSION_LOG = 7,
        TAGGED_RUN_METADATA = 8,
        META_GRAPH_DEF = 9,
        SOURCE_METADATA = 10,
    }
    "SourceMetadata" as source_metadata { WRITER = 1 }
    "LogMessage" as log_message { LEVEL = 1, MESSAGE = 2 }
    "SessionLog" as session_log { STATUS = 1, CHECKPOINT_PATH = 2, MSG = 3 }
    "TaggedRunMetadata" as tagged_run_metadata { TAG = 1, RUN_METADATA = 2 }
    "RunMetadata" as run_metadata { STEP_STATS = 1 }
    "StepStats" as step_stats { DEV_STATS = 1 }
    "DeviceStepStats" as device_step_stats { DEVICE = 1 }

    "Summary" as summary { VALUE = 1 }
    "Summary.Value" as value {
        TAG = 1,
        SIMPLE_VALUE = 2,
        OBSOLETE_OLD_STYLE_HISTOGRAM = 3,
        IMAGE = 4,
        HISTO = 5,
        AUDIO = 6,
        NODE_NAME = 7,
        TENSOR = 8,
        METADATA = 9,
    }
    "SummaryMetadata" as metadata {
        PLUGIN_DATA = 1,
        DISPLAY_NAME = 2,
        SUMMARY_DESCRIPTION = 3,
        DATA_CLASS = 4,
    }
    "SummaryMetadata.PluginData" as plugin_data { PLUGIN_NAME = 1, CONTENT = 2 }
    "Summary.Image" as image { HEIGHT = 1, WIDTH = 2, COLORSPACE = 3, ENCODED_IMAGE_STRING = 4 }
    "Summary.Audio" as audio {
        SAMPLE_RATE = 1,
        NUM_CHANNELS = 2,
        LENGTH_FRAMES = 3,
        ENCODED_AUDIO_STRING = 4,
        CONTENT_TYPE = 5,
    }
    "HistogramProto" as histogram {
        MIN = 1,
        MAX = 2,
        NUM = 3,
        SUM = 4,
        SUM_SQUARES = 5,
        BUCKET_LIMIT = 6,
        BUCKET = 7,
    }

    "TensorProto" as tensor {
        DTYPE = 1,
        TENSOR_SHAPE = 2,
        TENSOR_CONTENT = 4,
        FLOAT_VAL = 5,
        DOUBLE_VAL = 6,
        INT_VAL = 7,
        STRING_VAL = 8,
        SCOMPLEX_VAL = 9,
        INT64_VAL = 10,
        BOOL_VAL = 11,
        DCOMPLEX_VAL = 12,
        HALF_VAL = 13,
        UINT32_VAL = 16,
        UINT64_VAL = 17,
        FLOAT8_VAL = 18,
    }
    "TensorShapeProto" as shape { DIM = 2, UNKNOWN_RANK = 3 }
    "TensorShapeProto.Dim" as dim { SIZE = 1 }

    "PrCurvePluginData" as pr_curve { NUM_THRESHOLDS = 2 }
    "MeshPluginData" as mesh {
        NAME = 2,
        CONTENT_TYPE = 3,
        JSON_CONFIG = 5,
        SHAPE = 6,
        COMPONENTS = 7,
    }
    "Layout" as layout { CATEGORY = 2 }
    "Category" as category { TITLE = 1, CHART = 2, CLOSED = 3 }
    "Chart" as chart { TITLE = 1, MULTILINE = 2, MARGIN = 3 }
    "MultilineChartContent" as multiline { TAG = 1 }
    "MarginChartContent" as margin { SERIES = 1 }
    "MarginChartContent.Series" as margin_series { VALUE = 1, LOWER = 2, UPPER = 3 }

    "HParamsPluginData" as hparams {
        EXPERIMENT = 2,
        SESSION_START_INFO = 3,
        SESSION_END_INFO = 4,
    }
    "Experiment" as experiment { HPARAM_INFOS = 4, METRIC_INFOS = 5 }
    "HParamInfo" as hparam_info { NAME = 1, TYPE = 4, DOMAIN_DISCRETE = 5, DOMAIN_INTERVAL = 6 }
    "Interval" as interval { MIN_VALUE = 1, MAX_VALUE = 2 }
    "MetricInfo" as metric_info { NAME = 1 }
    "MetricName" as metric_name { TAG = 2 }
    "SessionStartInfo" as session_start { HPARAMS = 1, GROUP_NAME = 4, START_TIME_SECS = 5 }
    "SessionEndInfo" as session_end { STATUS = 1, END_TIME_SECS = 2 }
    "google.protobuf.Value" as any_value {
        NULL_VALUE = 1,
        NUMBER_VALUE = 2,
        STRING_VALUE = 3,
        BOOL_VALUE = 4,
        STRUCT_VALUE = 5,
        LIST_VALUE = 6,
    }
    "google.protobuf.Struct" as any_struct { FIELDS = 1 }
    "google.protobuf.ListValue" as any_list { VALUES = 1 }
    "google.protobuf.MapEntry" as map_entry { KEY = 1, VALUE = 2 }

    "GraphDef" as graph { NODE = 1, VERSIONS = 4 }
    "VersionDef" as versions { PRODUCER = 1 }
    "NodeDef" as node { NAME = 1, OP = 2, INPUT = 3, DEVICE = 4, ATTR = 5 }
    "AttrValue" as attr_value {
        LIST = 1,
        S = 2,
        I = 3,
        F = 4,
        B = 5,
        TYPE = 6,
        SHAPE = 7,
        TENSOR = 8,
        PLACEHOLDER = 9,
        FUNC = 10,
    }
    "AttrValue.ListValue" as attr_list {
        S = 2,
        I = 3,
        F = 4,
        B = 5,
        TYPE = 6,
        SHAPE = 7,
        TENSOR = 8,
        FUNC = 9,
    }
    "NameAttrList" as name_attr_list { NAME = 1 }
    "MetaGraphDef" as meta_graph { GRAPH_DEF = 2 }

    "onnx.ModelProto" as onnx_model { GRAPH = 7 }
    "onnx.GraphProto" as onnx_graph { NODE = 1, NAME = 2, INPUT = 11, OUTPUT = 12 }
    "onnx.NodeProto" as onnx_node { INPUT = 1, OUTPUT = 2, NAME = 3, OP_TYPE = 4, ATTRIBUTE = 5 }
    "onnx.AttributeProto" as onnx_attribute {
        NAME = 1,
        F = 2,
        I = 3,
        S = 4,
        T = 5,
        G = 6,
        FLOATS = 7,
        INTS = 8,
        STRINGS = 9,
        TENSORS = 10,
        GRAPHS = 11,
        DOC_STRING = 13,
        TYPE = 20,
        REF_ATTR_NAME = 21,
    }
    "onnx.ValueInfoProto" as onnx_value_info { NAME = 1, TYPE = 2 }
    "onnx.TypeProto" as onnx_type { TENSOR_TYPE = 1 }
    "onnx.TypeProto.Tensor" as onnx_tensor_type { ELEM_TYPE = 1, SHAPE = 2 }
    "onnx.TensorShapeProto" as onnx_shape { DIM = 1 }
    "onnx.TensorShapeProto.Dimension" as onnx_dimension { DIM_VALUE = 1 }
    "onnx.TensorProto" as onnx_tensor { DIMS = 1, DATA_TYPE = 2 }
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::proto::definitions;

    #[test]
    fn every_number_is_that_of_the_definition() {
        let defined = definitions::fields();
        for (message, fields) in ALL {
            if message.starts_with("onnx.") || message.starts_with("google.") {
                continue;
            }
            for (field, number) in *fields {
                let name = format!("{message}.{}", field.to_lowercase());
                assert_eq!(defined.get(&name), Some(number), "{name}");
            }
        }
    }
}
