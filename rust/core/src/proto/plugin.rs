//! The names of TensorBoard's plugins.

pub const SCALARS: &str = "scalars";
pub const HISTOGRAMS: &str = "histograms";
pub const IMAGES: &str = "images";
pub const AUDIO: &str = "audio";
pub const TEXT: &str = "text";
/// Not TensorBoard's own: torch's `add_tensor` says it.
pub const TENSOR: &str = "tensor";
pub const PR_CURVES: &str = "pr_curves";
pub const MESH: &str = "mesh";
pub const CUSTOM_SCALARS: &str = "custom_scalars";
pub const HPARAMS: &str = "hparams";
