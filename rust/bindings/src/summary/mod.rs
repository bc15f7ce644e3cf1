//! The native half of `tfevents.summary`, with one file for each kind.

pub mod custom_scalars;
pub mod encoded;
pub mod histogram;
pub mod hparams;
pub mod media;
pub mod mesh;
pub mod pr_curve;
pub mod scalar;
pub mod tensor;
pub mod text;

pub use encoded::Summary;
