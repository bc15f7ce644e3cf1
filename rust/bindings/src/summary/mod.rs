//! The native half of `tfevents.summary`: one function a kind, one file a kind.

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
