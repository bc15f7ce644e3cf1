//! The kinds of values, and how to tell the kind of a value.

use crate::proto::array::Elements;
use crate::proto::data_type::DataType;
use crate::proto::element::Element;
use crate::proto::metadata::{Metadata, data_class};
use crate::proto::number::tensor as number;
use crate::proto::plugin;
use crate::proto::pr_curve::PR_CURVE_ROWS;
use crate::proto::shape::sizes;
use crate::proto::tensor::Tensor;
use crate::proto::tensor_scalar::TensorScalar;
use crate::proto::value::Data;

/// The kind of a value. One tag may have values of several kinds.
///
/// The field of a `simple_value`, a histogram, an image or a sound gives its kind. The metadata
/// give the kind of a tensor (`tensorboard/data_compat.py`, `dataclass_compat.py`, and `run.rs` of
/// TensorBoard's data server). Data class `SCALAR`, or no data class and the plugin `scalars`, is a
/// scalar. The plugins `images` and `audio` with data class `BLOB_SEQUENCE` or none are their
/// kinds. So are `histograms`, `text`, `pr_curves`, `mesh`, `custom_scalars` and `hparams` with
/// `TENSOR` or none. A tensor without metadata has the kind of the first metadata of its tag in the
/// run. A tensor that does not fit that kind, such as a vector in a scalar tag, has the kind
/// `Tensor`.
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
    /// The cost of one step of a graph.
    RunMetadata,
    /// Starts and stops of the training program.
    SessionLog,
    /// Anything else: metadata without a value, and the format of histograms before 2015.
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

    /// The kind that these metadata give to tensors.
    pub fn claimed_by(metadata: &Metadata<'_>) -> Kind {
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
            _ => Kind::Tensor,
        }
    }

    /// The kind of a value with this content. `claimed` is the kind that metadata give to tensors.
    pub fn of(data: &Data<'_>, claimed: Kind) -> Kind {
        match data {
            Data::SimpleValue(_) => Kind::Scalar,
            Data::Histogram(_) => Kind::Histogram,
            Data::Image(_) => Kind::Image,
            Data::Audio(_) => Kind::Audio,
            Data::Tensor(tensor) if claimed.is_kind_of(tensor) => claimed,
            Data::Tensor(_) => Kind::Tensor,
            // The metadata hold the hyperparameters.
            Data::Nothing if claimed == Kind::HParams => Kind::HParams,
            Data::Nothing | Data::Other(_) => Kind::Other,
        }
    }

    /// Whether the elements of a tensor are needed to tell that it has this kind. For other kinds,
    /// its type and shape are enough.
    pub(crate) fn needs_elements(self) -> bool {
        matches!(self, Kind::Scalar | Kind::Text | Kind::Histogram)
    }

    /// Whether a tensor that claims this kind has it.
    fn is_kind_of(self, tensor: &Tensor<'_>) -> bool {
        let is_real = || Element::of(tensor.dtype).is_some();
        match self {
            Kind::Scalar => tensor.scalar().and_then(TensorScalar::to_f64).is_some(),
            Kind::Text => tensor.strings().is_some(),
            Kind::Histogram => is_histogram(tensor),
            Kind::Image | Kind::Audio | Kind::CustomScalars => {
                tensor.dtype == DataType::String as i32
            }
            Kind::PrCurve => is_real() && is_curve(tensor),
            Kind::Mesh => is_real(),
            _ => true,
        }
    }

    /// The kind's name, one word, such as `scalar`.
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

    /// What several values of it are called, as `scalars`; None of those that have no name.
    pub fn plural(self) -> Option<&'static str> {
        Some(match self {
            Kind::Scalar => "scalars",
            Kind::Histogram => "histograms",
            Kind::Image => "images",
            Kind::Text => "texts",
            Kind::Tensor => "tensors",
            Kind::PrCurve => "pr_curves",
            Kind::Mesh => "meshes",
            Kind::SessionLog => "session_logs",
            Kind::MetaGraph => "graph",
            Kind::Audio | Kind::CustomScalars | Kind::HParams | Kind::Graph | Kind::RunMetadata => {
                self.name()
            }
            Kind::Other => return None,
        })
    }
}

/// Whether a tensor of shape \[k, 3\] has k rows of left edge, right edge and count.
fn is_histogram(tensor: &Tensor<'_>) -> bool {
    let Ok(array) = tensor.array() else { return false };
    match (&array.shape[..], &array.elements) {
        // A single number for all buckets is not a histogram.
        (&[buckets, 3], Elements::Numbers(dtype, bytes)) => {
            Element::of(tensor.dtype).is_some() && bytes.len() / dtype.size == 3 * buckets
        }
        _ => false,
    }
}

/// Whether a tensor has the shape of a curve.
fn is_curve(tensor: &Tensor<'_>) -> bool {
    let sizes = tensor.bytes(number::TENSOR_SHAPE).flat_map(sizes).flatten();
    matches!(sizes.collect::<Vec<i64>>()[..], [rows, _] if rows >= PR_CURVE_ROWS as i64)
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KindSet(u32);

impl KindSet {
    /// All kinds.
    pub const ALL: KindSet = KindSet(u32::MAX);

    /// Whether the set has this kind.
    pub fn contains(self, kind: Kind) -> bool {
        self.0 & KindSet::bit(kind) != 0
    }

    /// Adds this kind.
    pub fn insert(&mut self, kind: Kind) {
        self.0 |= KindSet::bit(kind);
    }

    /// The kinds of both sets.
    pub fn union(self, other: KindSet) -> KindSet {
        KindSet(self.0 | other.0)
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the set has no kind except this one.
    pub fn is_at_most(self, kind: Kind) -> bool {
        self.0 & !KindSet::bit(kind) == 0
    }

    /// The kinds, one by one.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |&kind| self.contains(kind))
    }

    fn bit(kind: Kind) -> u32 {
        1 << kind as u32
    }
}

impl FromIterator<Kind> for KindSet {
    fn from_iter<T: IntoIterator<Item = Kind>>(kinds: T) -> KindSet {
        let mut set = KindSet::default();
        kinds.into_iter().for_each(|kind| set.insert(kind));
        set
    }
}
