//! What a tag holds.

use crate::event::{Data, SummaryValue};

/// What a tag of a run holds, for all of the run.
///
/// TensorBoard's rule (`tensorboard/data_compat.py`, `dataclass_compat.py`, and `run.rs` of its
/// data server): the tag's first value in the run decides. A `simple_value` makes it a scalar.
/// Otherwise the value's metadata do: data class `SCALAR`, or no data class and the plugin
/// `scalars`, make it a scalar; the plugin `text`, with data class `TENSOR` or none, makes it a
/// text. Later metadata are ignored, so are values that do not fit: a scalar is a `simple_value`
/// or a tensor with one element that is a real number, a text is a tensor of strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Numbers.
    Scalar,
    /// Strings.
    Text,
    /// Anything else.
    Other,
}

impl Kind {
    /// The kind of the tag whose first value this is.
    pub fn of(first: &SummaryValue<'_>) -> Kind {
        const UNKNOWN: i64 = 0;
        const SCALAR: i64 = 1;
        const TENSOR: i64 = 2;
        match first.data {
            Data::SimpleValue(_) => return Kind::Scalar,
            Data::Other(_) => return Kind::Other,
            Data::Tensor(_) | Data::Nothing => {}
        }
        let Some(metadata) = &first.metadata else { return Kind::Other };
        match (metadata.data_class, &*metadata.plugin_name) {
            (SCALAR, _) | (UNKNOWN, "scalars") => Kind::Scalar,
            (TENSOR | UNKNOWN, "text") => Kind::Text,
            _ => Kind::Other,
        }
    }
}
