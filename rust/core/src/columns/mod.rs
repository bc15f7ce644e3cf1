//! Turns records into columns.

pub(crate) mod blobs;
pub(crate) mod builder;
pub(crate) mod claims;
pub(crate) mod content;
pub(crate) mod extremes;
pub(crate) mod histograms;
pub(crate) mod memory;
pub(crate) mod origin;
pub(crate) mod points;
pub(crate) mod restarts;
pub(crate) mod selection;
pub(crate) mod series;
pub(crate) mod sessions;
pub(crate) mod shape;
pub(crate) mod template;
pub(crate) mod texts;
mod thinning;

pub use crate::proto::KindSet;
pub use blobs::{Blob, Blobs, Place};
pub use claims::{Claim, Claims};
pub use histograms::Histograms;
pub use memory::Lockstep;
pub use origin::Origin;
pub use points::Points;
pub use restarts::Restarts;
pub use selection::Selection;
pub use series::{Series, Values};
pub use texts::{Text, Texts};
pub use thinning::thinned;
