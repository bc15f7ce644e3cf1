//! `PrCurvePluginData`: the content of the "pr_curves" plugin.

use crate::proto::field::put_varint;
use crate::proto::message::Message;
use crate::proto::number::pr_curve as number;
use crate::wire::{Cursor, Malformed, Value};

/// The rows of a curve's tensor: true positives, false positives, true negatives, false negatives,
/// precision, recall.
pub const PR_CURVE_ROWS: usize = 6;

/// The plugin's data about all curves of a tag. TensorBoard takes the number of thresholds from
/// the curves themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrCurvePluginData {
    /// How many thresholds there are.
    pub num_thresholds: u32,
}

impl Message<'_> for PrCurvePluginData {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            if let (number::NUM_THRESHOLDS, Value::Varint(count)) = (field.number, field.value) {
                self.num_thresholds = count as u32;
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, number::NUM_THRESHOLDS, self.num_thresholds.into());
    }
}
