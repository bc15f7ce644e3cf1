//! What values are.

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

/// What a value under a tag is. One tag may have values of several kinds.
///
/// A value says it itself: a `simple_value`, a histogram, an image or a sound are what they are. Of
/// a tensor the metadata say (`tensorboard/data_compat.py`, `dataclass_compat.py`, and `run.rs` of
/// TensorBoard's data server): data class `SCALAR`, or no data class and the plugin `scalars`, make
/// it a scalar; the plugins `images` and `audio` with data class `BLOB_SEQUENCE` or none, and
/// `histograms`, `text`, `pr_curves`, `mesh`, `custom_scalars` and `hparams` with `TENSOR` or none,
/// make it what they are called. A tensor without metadata goes by the first of its tag in the run.
/// One that does not fit what they say, as a vector where they say scalar, is a tensor.
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
    /// Anything else: metadata without a value, and histograms as they were before 2015.
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

    /// What tensors with these metadata claim to be.
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

    /// The kind of a value with this content, which is `claimed`, should it be a tensor.
    pub fn of(data: &Data<'_>, claimed: Kind) -> Kind {
        match data {
            Data::SimpleValue(_) => Kind::Scalar,
            Data::Histogram(_) => Kind::Histogram,
            Data::Image(_) => Kind::Image,
            Data::Audio(_) => Kind::Audio,
            Data::Tensor(tensor) if claimed.is_kind_of(tensor) => claimed,
            Data::Tensor(_) => Kind::Tensor,
            // What hyperparameters there are say the metadata.
            Data::Nothing if claimed == Kind::HParams => Kind::HParams,
            Data::Nothing | Data::Other(_) => Kind::Other,
        }
    }

    /// Whether it takes all of a tensor, and not only its type and shape, to tell whether it is of
    /// this kind.
    pub(crate) fn needs_elements(self) -> bool {
        matches!(self, Kind::Scalar | Kind::Text | Kind::Histogram)
    }

    /// Whether a tensor that claims to be of this kind is.
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

/// Whether a tensor holds as many rows of left edge, right edge and count as its shape \[k, 3\] says.
fn is_histogram(tensor: &Tensor<'_>) -> bool {
    let Ok(array) = tensor.array() else { return false };
    match (&array.shape[..], &array.elements) {
        // One number for all buckets is no histogram.
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
    /// All of them.
    pub const ALL: KindSet = KindSet(u32::MAX);

    /// Whether this one is among them.
    pub fn contains(self, kind: Kind) -> bool {
        self.0 & KindSet::bit(kind) != 0
    }

    /// Adds this one.
    pub fn insert(&mut self, kind: Kind) {
        self.0 |= KindSet::bit(kind);
    }

    /// Those of either.
    pub fn union(self, other: KindSet) -> KindSet {
        KindSet(self.0 | other.0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether there is none but this one.
    pub fn is_at_most(self, kind: Kind) -> bool {
        self.0 & !KindSet::bit(kind) == 0
    }

    /// Each of them.
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
