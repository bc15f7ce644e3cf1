//! What a tag holds.

use crate::proto::metadata::{Metadata, data_class};
use crate::proto::plugin;
use crate::proto::value::Data;

/// What a tag of a run holds, for all of the run.
///
/// TensorBoard's rule (`tensorboard/data_compat.py`, `dataclass_compat.py`, and `run.rs` of its
/// data server): the tag's first value in the run decides. A `simple_value`, a histogram, an image
/// or a sound are what they are. Of a tensor the metadata say: data class `SCALAR`, or no data
/// class and the plugin `scalars`, make it a scalar; the plugins `images` and `audio` with data
/// class `BLOB_SEQUENCE` or none, and `histograms`, `text`, `pr_curves`, `mesh`, `custom_scalars`
/// and `hparams` with `TENSOR` or none, make it what they are called. Later metadata are ignored,
/// so are values that do not fit: a scalar is a `simple_value` or a tensor with one element that is
/// a real number, a text is a tensor of strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// Numbers.
    Scalar,
    /// Histograms.
    Histogram,
    /// Pictures.
    Image,
    /// Sounds.
    Audio,
    /// Strings.
    Text,
    /// Tensors of no plugin known here.
    Tensor,
    /// Precision and recall over thresholds.
    PrCurve,
    /// Vertices, faces or colours of three-dimensional shapes.
    Mesh,
    /// Which scalars to show in one chart.
    CustomScalars,
    /// Hyperparameters and metrics of an experiment.
    HParams,
    /// A graph of operations.
    Graph,
    /// A graph with all that is needed to run it.
    MetaGraph,
    /// What a step of a graph took.
    RunMetadata,
    /// Starts and stops of the training program.
    SessionLog,
    /// Anything else.
    Other,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 15] = [
        Kind::Scalar,
        Kind::Histogram,
        Kind::Image,
        Kind::Audio,
        Kind::Text,
        Kind::Tensor,
        Kind::PrCurve,
        Kind::Mesh,
        Kind::CustomScalars,
        Kind::HParams,
        Kind::Graph,
        Kind::MetaGraph,
        Kind::RunMetadata,
        Kind::SessionLog,
        Kind::Other,
    ];

    /// The kind of the tag whose first value has this content and these metadata.
    pub fn of(data: &Data<'_>, metadata: Option<&Metadata<'_>>) -> Kind {
        let otherwise = match data {
            Data::SimpleValue(_) => return Kind::Scalar,
            Data::Histogram(_) => return Kind::Histogram,
            Data::Image(_) => return Kind::Image,
            Data::Audio(_) => return Kind::Audio,
            Data::Other(_) => return Kind::Other,
            Data::Tensor(_) => Kind::Tensor,
            Data::Nothing => Kind::Other,
        };
        let Some(metadata) = metadata else { return otherwise };
        use data_class::{BLOB_SEQUENCE, SCALAR, TENSOR, UNKNOWN};
        match (metadata.data_class, &*metadata.plugin_name) {
            (SCALAR, _) | (UNKNOWN, plugin::SCALARS) => Kind::Scalar,
            (BLOB_SEQUENCE | UNKNOWN, plugin::IMAGES) => Kind::Image,
            (BLOB_SEQUENCE | UNKNOWN, plugin::AUDIO) => Kind::Audio,
            (TENSOR | UNKNOWN, plugin::HISTOGRAMS) => Kind::Histogram,
            (TENSOR | UNKNOWN, plugin::TEXT) => Kind::Text,
            (TENSOR | UNKNOWN, plugin::PR_CURVES) => Kind::PrCurve,
            (TENSOR | UNKNOWN, plugin::MESH) => Kind::Mesh,
            (TENSOR | UNKNOWN, plugin::CUSTOM_SCALARS) => Kind::CustomScalars,
            (TENSOR | UNKNOWN, plugin::HPARAMS) => Kind::HParams,
            _ => otherwise,
        }
    }

    /// Whether a value with this content belongs under a tag of this kind. Scalars and texts ask
    /// for more.
    pub fn takes(self, data: &Data<'_>) -> bool {
        match data {
            Data::SimpleValue(_) => self == Kind::Scalar,
            Data::Histogram(_) => self == Kind::Histogram,
            Data::Image(_) => self == Kind::Image,
            Data::Audio(_) => self == Kind::Audio,
            Data::Tensor(_) => self != Kind::Other,
            // What hyperparameters there are say the metadata.
            Data::Nothing => self == Kind::HParams,
            Data::Other(_) => false,
        }
    }

    /// The kind's name, one word, as `scalar`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Scalar => "scalar",
            Kind::Histogram => "histogram",
            Kind::Image => "image",
            Kind::Audio => "audio",
            Kind::Text => "text",
            Kind::Tensor => "tensor",
            Kind::PrCurve => "pr_curve",
            Kind::Mesh => "mesh",
            Kind::CustomScalars => "custom_scalars",
            Kind::HParams => "hparams",
            Kind::Graph => "graph",
            Kind::MetaGraph => "meta_graph",
            Kind::RunMetadata => "run_metadata",
            Kind::SessionLog => "session_log",
            Kind::Other => "other",
        }
    }
}
