//! Encodes values as `Summary.value`, with one file for each kind.
//!
//! [`proto`](crate::proto) describes the messages. Functions that append a whole record leave its
//! checksums to [`record::seal`](crate::record::seal).

mod audio;
mod boxes;
mod custom_scalars;
mod deferred;
mod event;
mod histogram;
mod hparams;
mod image;
mod mesh;
mod picture;
mod pixels;
mod pr_curve;
mod scalar;
mod tensor;
mod text;
mod video;

pub use audio::{Amplitude, DeferredAudio};
pub use custom_scalars::custom_scalars_value;
pub use deferred::{DeferredEvent, DeferredValues, Prepared};
pub use event::{
    FILE_VERSION, copied_event, event, file_version, replaced_event, retagged_value,
    rewritten_event, session_start, summary_event,
};
pub use histogram::{Buckets, EDGES, Float, Moments, histogram, histogram_value};
pub use hparams::{
    Hparam, hparams_experiment_value, hparams_session_end_value, hparams_session_start_value,
};
pub use image::DeferredImage;
pub(crate) use image::png;
pub use mesh::{MeshTensor, mesh_values};
pub use picture::{Picture, PictureError, decode_png};
pub use pixels::{Channel, Grid, tile};
pub use pr_curve::{PrCurve, Prediction, pr_curve, pr_curve_value};
pub use scalar::{
    Precision, described_scalar_value, scalar_event, scalar_value, tensor_scalar_value,
};
pub use tensor::{tensor_of_numbers_value, tensor_of_strings_value};
pub use text::text_value;
pub use video::DeferredVideo;
