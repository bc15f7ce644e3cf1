//! The schema: the messages of an event file. Each file has a message's decoder and its encoder.
//!
//! The messages are TensorFlow's and those of TensorBoard's plugins. `number` has the numbers of
//! all fields. Decoding follows protobuf's rules: unknown fields are skipped, the last member of a
//! `oneof` counts, and a message that occurs twice is merged. Encoding writes the fields in the
//! order of their numbers, without those that have the default value. Every protobuf serializer
//! does so, and therefore our bytes equal theirs.

mod array;
mod audio;
mod data_type;
#[cfg(test)]
mod definitions;
mod element;
pub(crate) mod event;
pub(crate) mod field;
mod graph;
mod histogram;
pub(crate) mod hparams;
mod image;
pub(crate) mod kind;
mod layout;
mod log_message;
mod mesh;
mod message;
pub(crate) mod metadata;
pub(crate) mod number;
pub(crate) mod plugin;
mod pr_curve;
mod projector;
mod run_metadata;
pub(crate) mod scalar_event;
mod session_log;
mod shape;
mod strings;
mod summary;
mod tensor;
mod tensor_scalar;
#[cfg(test)]
mod tests;
pub(crate) mod value;

pub use crate::wire::Malformed;
pub use array::{Array, Elements, NoArray};
pub(crate) use array::{tensor_of_floats, tensor_of_numbers};
pub use audio::{Audio, LabelledSound};
pub use data_type::{DataType, NumberType, type_name};
pub use element::Element;
pub(crate) use event::is_event;
pub use event::{Event, What};
pub use graph::{AttrList, AttrValue, GraphDef, NodeDef, graph_of_meta_graph};
pub use histogram::Histogram;
pub use hparams::{
    Experiment, HparamDomain, HparamInfo, HparamValue, HparamsData, HparamsPluginData,
    HparamsStatus, MetricInfo, SessionEnd, SessionStart,
};
pub use image::{Image, Pictures};
pub use kind::{Kind, KindSet};
pub use layout::{Category, Chart, ChartContent, LAYOUT_TAG, Layout, MarginSeries};
pub use log_message::LogMessage;
pub use mesh::{MeshComponent, MeshPluginData};
pub use message::Message;
pub use metadata::Metadata;
pub use pr_curve::{PR_CURVE_ROWS, PrCurvePluginData};
pub use projector::{EmbeddingInfo, SpriteMetadata};
pub use run_metadata::{RunMetadata, TaggedRunMetadata};
pub use scalar_event::ScalarEvent;
pub use session_log::{SessionLog, SessionStatus};
pub use shape::Shape;
pub use strings::Strings;
pub use summary::Summary;
pub use tensor::Tensor;
pub(crate) use tensor::tensor_of_strings;
pub use tensor_scalar::TensorScalar;
pub(crate) use tensor_scalar::{tensor_of_double, tensor_of_float};
pub use value::{Data, SummaryValue};
